// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "libvirt/handles.hpp"
#include "libvirt/question.hpp"

#include <string>
#include <vector>

/// The monitor of a domain's QEMU, past libvirt, which from the first command on calls the domain tainted (custom-monitor). So it
/// is asked only where it has been before.
namespace usbroute::libvirt {

/// Whether the library can pass a descriptor (8.2).
[[nodiscard]] bool can_pass_descriptors();

/// A usb-host object with an open node. `controller`: QEMU's id of the guest's controller, libvirt's alias of it.
[[nodiscard]] std::expected<void, Refused> add_by_descriptor(virDomainPtr domain, const Question& question,
                                                             const std::string& controller, int descriptor);
/// Asks the guest to let go of it. False: there is no such object.
[[nodiscard]] std::expected<bool, Refused> remove_by_monitor(virDomainPtr domain, const Alias& alias);
/// Those of our aliases, with their ports; what the host calls them is not told.
[[nodiscard]] std::expected<std::vector<GivenDevice>, Refused>
devices_by_descriptor(virDomainPtr domain, const std::vector<UsbController>& controllers);

} // namespace usbroute::libvirt
