// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/activity.hpp"
#include "observe/disk_use.hpp"
#include "observe/inputs.hpp"
#include "observe/scan.hpp"

namespace usbroute::observe {

topology::HostUse look_at_host_use(const KernelTree& tree, const topology::UseParts& parts)
{
    topology::HostUse use;
    if (parts.disks) look_at_disks(tree, parts, use);
    if (parts.inputs) use.inputs = look_at_inputs(tree);
    if (parts.network) add_network(tree, use.activities);
    if (parts.sound) add_sound(tree, use.activities);
    if (parts.open_devices) add_power_supplies(tree, use.activities);
    if (parts.open_devices) add_consoles(tree, use.activities);
    if (parts.open_devices && parts.processes) add_open_devices(tree, use.activities);
    return use;
}

} // namespace usbroute::observe
