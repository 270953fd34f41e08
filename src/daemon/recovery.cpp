// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/recovery.hpp"

#include "daemon/log.hpp"
#include "route/mux.hpp"
#include "topology/connector.hpp"

#include <utility>

namespace usbroute::daemon {

namespace {

/// A write may fail for ever.
constexpr int failures_before_giving_up = 3;

} // namespace

bool Recovery::look_again()
{
    if (is_over_) return true;
    // Called again when there is an answer: a disk that nobody has asked about counts as one in use.
    if (machine_.history().open && machine_.awaits_claims()) return true;
    const auto open = machine_.history().open;
    const auto recovered = machine_.recover();
    if (!recovered) {
        is_over_ = true;
    } else if (!*recovered) {
        if (is_locked_out(recovered->error())) return false;
        // Without the xHCI there was nothing to write to: it is tried again when that is back.
        if (route::find_mux(*machine_.snapshot())) is_over_ = ++failures_ == failures_before_giving_up;
        complain(recovered->error().message());
    } else if (const auto& found = **recovered; found.staying.empty()) {
        is_over_ = true;
        log::change(found.text);
        if (open && ended_) ended_(*open);
    } else {
        complain(found.text);
    }
    return true;
}

void Recovery::complain(const std::string& why)
{
    if (std::exchange(complaint_, why) != why) log::error(why);
}

} // namespace usbroute::daemon
