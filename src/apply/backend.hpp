// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "plan/plan.hpp"

#include <functional>

namespace usbroute::apply {

/// What touches the machine for one means. Both methods call back exactly once: from within the call, or later from the
/// loop. Nothing else is asked of it meanwhile.
class Backend {
public:
    using Seen = std::function<void(Result<plan::Reading>)>;

    virtual ~Backend() = default;

    virtual void look(Seen seen) = 0;
    /// Acts on top of what the last look or action showed, and checks that it worked. The reading is from afterwards.
    virtual void act(const plan::Action& action, Seen seen) = 0;
};

} // namespace usbroute::apply
