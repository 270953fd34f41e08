// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/register_news.hpp"

#include "base/format.hpp"
#include "daemon/log.hpp"
#include "plan/unreadable.hpp"
#include "route/mux.hpp"
#include "topology/connector.hpp"

#include <utility>

namespace usbroute::daemon {

void RegisterNews::look_again()
{
    using topology::RegisterAccess;
    const auto snapshot = machine_.snapshot();
    const auto mux = route::find_mux(*snapshot);
    const auto* unreadable =
        mux ? std::get_if<topology::Unreadable>(&snapshot->registers_of(mux->xhci->address)) : nullptr;
    const auto access = unreadable == nullptr ? RegisterAccess::own : unreadable->access;
    // While the controller is gone, nothing has changed about who may open it.
    if (mux && access != std::exchange(said_, access)) {
        if (access == RegisterAccess::own) {
            log::info(format("the routing registers of {} can be read again", mux->xhci->name));
        } else {
            const auto why = plan::why_unreadable(*unreadable);
            const auto text = format("cannot read the routing registers of {}: {}; {}", mux->xhci->name,
                                     why.cause, why.remedy);
            // Below systemd they are handed over a moment after the start.
            if (access == RegisterAccess::not_handed)
                log::warning(text);
            else
                log::error(text);
        }
    }
    // A change that was cut short is ended through the registers.
    const bool is_in_reach = mux && access == RegisterAccess::own;
    const bool begins = access == RegisterAccess::own && !has_begun_;
    const bool has_come = is_in_reach && !is_in_reach_;
    is_in_reach_ = is_in_reach;
    // Another process can hold the lock: then the next look tries again.
    if ((begins || has_come) && !recover_()) {
        is_in_reach_ = false;
        return;
    }
    if (begins) begin_();
    has_begun_ = has_begun_ || begins;
}

} // namespace usbroute::daemon
