// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "import/found.hpp"
#include "topology/snapshot.hpp"

#include <string>

namespace usbroute::import_ {

/// Whether a device is what a file describes, as far as ids and serial number go.
[[nodiscard]] bool is_device(const topology::Device& device, const ToldDevice& told);
/// udev's ID_SERIAL of a device: maker, model and serial number.
[[nodiscard]] std::string udev_serial_of(const topology::Device& device);

} // namespace usbroute::import_
