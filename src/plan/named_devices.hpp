// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/board.hpp"
#include "plan/plan.hpp"

#include <expected>
#include <string_view>
#include <vector>

/// Devices that a person names in place of a connector.
namespace usbroute::plan {

/// Those that a word can mean, by path: of the first of these forms that fits any, its place "3-2.1", bus and number "3:12", ids "046d:c31c",
/// what it is remembered by "046d:c31c+SERIAL", its serial number, the name by which it is shown. Hubs are among them.
[[nodiscard]] std::vector<const topology::Device*> devices_named(const topology::Snapshot& snapshot,
                                                                 std::string_view word);

/// The one device that is meant. A refusal: there is none, there are several, or it is a hub.
[[nodiscard]] std::expected<const topology::Device*, Refusal> device_named(const topology::Snapshot& snapshot,
                                                                           std::string_view word);

/// The same request, in which devices go by their place, and are apart on the board. A refusal where what is named is neither a
/// connector nor a device that can be moved by itself; where no word can mean a device, it is left to whoever knows the connectors.
[[nodiscard]] std::expected<Request, Refusal> with_devices_apart(Board& board, const Situation& situation,
                                                                 Request request);

} // namespace usbroute::plan
