// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/guest_look.hpp"

#include "linux/files.hpp"
#include "linux/host_use.hpp"
#include "observe/handover.hpp"
#include "observe/scan.hpp"

namespace usbroute::cli {

GuestLook look_at_guests(const linux_::Locations& where, const topology::UseParts& parts)
{
    const linux_::LiveTree tree(where.root);
    GuestLook looked;
    looked.snapshot = observe::scan(tree, observe::Ports::skip);
    looked.look = observe::look_at_handover(tree);
    looked.use = linux_::look_at_host_use(where, parts);
    if (!where.recorded) looked.holders = observe::look_at_holders(tree);
    return looked;
}

} // namespace usbroute::cli
