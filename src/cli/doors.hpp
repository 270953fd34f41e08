// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/locations.hpp"
#include "report/group_check.hpp"

#include <optional>

namespace usbroute::cli {

/// This machine's. Nothing: it is a recorded one, whose users nobody knows.
[[nodiscard]] std::optional<report::Doors> doors_of(const linux_::Locations& where);

/// As the definitions below /etc/libvirt have it, which root can read.
[[nodiscard]] report::UuidOfDomain uuids_of_domains(const linux_::Locations& where);

} // namespace usbroute::cli
