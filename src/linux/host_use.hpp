// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/locations.hpp"
#include "topology/host_use.hpp"

namespace usbroute::linux_ {

/// What the host uses, for a program that acts alone. On the live machine the kernel itself is asked about disks too, which
/// only root may.
[[nodiscard]] topology::HostUse look_at_host_use(const Locations& where, const topology::UseParts& parts);

/// A live machine has something mounted, always. Where the list has nothing, as with no /proc, it is not known.
void doubt_an_empty_mount_list(topology::HostUse& use);

} // namespace usbroute::linux_
