// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "daemon/going_back.hpp"
#include "daemon/machine.hpp"

#include <optional>
#include <utility>

namespace usbroute::fakes {

/// What becomes of a request where every backend answers from within.
inline daemon::Carried carry_out(daemon::Machine& machine, plan::Request request,
                                 apply::Signature signature = {})
{
    std::optional<daemon::Carried> carried;
    machine.carry_out(std::move(request), std::move(signature),
                      [&](daemon::Carried now) { carried = std::move(now); });
    USBROUTE_CHECK(carried.has_value());
    return std::move(*carried);
}

inline daemon::WentBack go_back(daemon::Machine& machine, plan::Request wish, apply::Signature signature = {})
{
    std::optional<daemon::WentBack> back;
    daemon::go_back(machine, std::move(wish), std::move(signature),
                    [&](daemon::WentBack now) { back = std::move(now); });
    USBROUTE_CHECK(back.has_value());
    return std::move(*back);
}

} // namespace usbroute::fakes
