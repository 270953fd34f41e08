// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/keyboards.hpp"

#include <vector>

namespace usbroute::observe {

/// What the HID interfaces of these USB devices say that they are for, by place. An interface that no HID driver has
/// (usbfs) shows no descriptor.
[[nodiscard]] std::vector<topology::HidReports>
read_hid_reports(const KernelTree& tree, const std::vector<topology::PortPath>& places);

/// The same of all USB devices.
[[nodiscard]] std::vector<topology::HidReports> read_hid_reports(const KernelTree& tree);

} // namespace usbroute::observe
