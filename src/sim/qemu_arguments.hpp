// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "sim/json_qmp.hpp"

#include <map>
#include <string>

namespace usbroute::sim {

/// An argument of device_add, of which QEMU 7.2 makes text whatever it was; empty: it is not there.
[[nodiscard]] std::string device_text(const std::map<std::string, QmpValue>& arguments, const char* name);

} // namespace usbroute::sim
