// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/leaving_root.hpp"

#include "base/format.hpp"
#include "daemon/log.hpp"
#include "linux/files.hpp"
#include "linux/listen.hpp"

namespace usbroute::daemon {

Result<void> leave_root(const OwnUser& own, const linux_::Locations& locations,
                        const config::Settings& settings, linux_::RegisterFiles& registers,
                        std::list<OpenedBefore>& sockets, OwnNodes& nodes)
{
    const auto listeners = listeners_here(settings.listeners, locations);
    if (own.becomes) {
        registers.keep(linux_::LiveTree(locations.root));
        sockets = open_before(listeners, std::move(sockets), own.becomes->user);
    }
    const auto warnings = become(own, locations, listeners);
    if (!warnings) return std::unexpected(warnings.error());
    for (const auto& warning : *warnings) log::warning(warning);
    if (!own.warning.empty()) log::warning(own.warning);
    // What a name service loads at its first question, it cannot load later.
    static_cast<void>(linux_::group_number("root"));
    if (nodes.why_not())
        log::warning(nodes.why_not()->message() + "; a guest's QEMU has to open devices by itself");
    if (const auto filter = registers.confine(linux_::LiveTree(locations.root), nodes.message()); !filter)
        log::warning(filter.error().message() + "; going on without");
    else if (*filter == linux_::Filter::not_built)
        log::debug("built without libseccomp: system calls are not filtered");
    else
        nodes.confined();
    if (own.becomes) log::info(format("serving as user {}, without capabilities", own.becomes->name));
    return {};
}

} // namespace usbroute::daemon
