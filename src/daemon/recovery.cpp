// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/recovery.hpp"

#include "daemon/log.hpp"

#include <utility>

namespace usbroute::daemon {

namespace {

/// A write may fail for ever.
constexpr int most_failures = 3;

} // namespace

void Recovery::look_again()
{
    if (is_over_) return;
    const auto recovered = machine_.recover();
    if (!recovered) {
        is_over_ = true;
    } else if (!*recovered) {
        is_over_ = ++failures_ == most_failures;
        complain(recovered->error().message());
    } else if (const auto& found = **recovered; found.staying.empty()) {
        is_over_ = true;
        log::info(found.text);
    } else {
        complain(found.text);
    }
}

void Recovery::complain(const std::string& why)
{
    if (std::exchange(complaint_, why) != why) log::error(why);
}

} // namespace usbroute::daemon
