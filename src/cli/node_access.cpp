// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/node_access.hpp"

#include "base/format.hpp"
#include "linux/rights.hpp"

#include <utility>

namespace usbroute::cli {

std::optional<report::LookAtNode> nodes_for_the_daemon(const linux_::Locations& where)
{
    if (where.recorded) return std::nullopt;
    const auto daemon = linux_::account_named("usbroute");
    if (!daemon) return std::nullopt;
    return [root = where.root,
            daemon = *daemon](const plan::NumberedPath& device) -> std::optional<report::NodeAccess> {
        auto path = format("{}dev/bus/usb/{:03}/{:03}", root, device.path.bus(), device.number);
        const auto writable = linux_::may_write(path, daemon);
        if (!writable) return std::nullopt;
        return report::NodeAccess{.path = std::move(path), .is_writable = *writable};
    };
}

} // namespace usbroute::cli
