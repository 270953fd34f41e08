// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/presence.hpp"

#include "base/groups.hpp"

#include <algorithm>

namespace usbroute::daemon {

void Presence::process_came(const Id& id)
{
    const bool is_new = std::ranges::find(known_, id, &Known::id) == known_.end();
    known(id).is_alive = true;
    // Another machine than the one that was switched off.
    if (is_new) is_off_ = false;
}

void Presence::process_ended(const Id& id)
{
    known(id).is_alive = false;
    forget_the_gone();
}

void Presence::line_opened(const Id& id) { ++known(id).lines; }

void Presence::line_closed(const Id& id)
{
    auto& one = known(id);
    if (one.lines > 0) --one.lines;
    forget_the_gone();
}

void Presence::switched_off()
{
    is_off_ = true;
    is_answering_ = false;
}

void Presence::switched_on()
{
    is_off_ = false;
    is_answering_ = true;
}

bool Presence::is_there() const { return !is_off_ && (is_answering_ || !known_.empty()); }

bool Presence::knows(const Id& id) const { return std::ranges::find(known_, id, &Known::id) != known_.end(); }

Presence::Known& Presence::known(const Id& id) { return group_with(known_, &Known::id, id); }

void Presence::forget_the_gone()
{
    std::erase_if(known_, [](const Known& one) { return !one.is_alive && one.lines == 0; });
}

} // namespace usbroute::daemon
