// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/guest_usb.hpp"
#include "base/result.hpp"
#include "vmm/qmp_session.hpp"

#include <functional>

namespace usbroute::vmm {

/// Devices of a machine beyond which nothing is looked at: a QEMU that lists so many is not to be trusted.
inline constexpr std::size_t most_looked_at = 1024;

/// Asks QEMU for all that attach::GuestUsb has. `done` is called once unless the session is destroyed before.
///
/// By qom-list and qom-get alone, which are the same from QEMU 7.2 to 10.2: it asks for what lies on the buses of the USB
/// controllers, whatever it is. What goes away meanwhile is left out. The port of a device to which QEMU gave one by itself
/// is nowhere in QOM. Whether a root port is free is asked of its bus, too: query-pci shows the devices behind a bridge only
/// once the guest's firmware has numbered the buses.
void look(QmpSession& session, std::function<void(Result<attach::GuestUsb>)> done);

} // namespace usbroute::vmm
