// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/hints.hpp"

#include <utility>

namespace usbroute::fakes {

/// Knows of everything that happens: nothing, until the test says that something has.
class ScriptedHints final : public observe::HintSource {
public:
    [[nodiscard]] int fd() const override { return -1; }
    [[nodiscard]] observe::Hints drain() override
    {
        return {.everything = std::exchange(has_changed, false), .registers = false, .paths = {}};
    }
    [[nodiscard]] bool hears_everything() const override { return sure; }
    bool has_changed = false;
    bool sure = true;
};

} // namespace usbroute::fakes
