// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/unique_fd.hpp"
#include "observe/hints.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

namespace usbroute::fakes {

/// Knows of everything that happens: nothing, until the test says that something has.
class ScriptedHints final : public observe::HintSource {
public:
    [[nodiscard]] int fd() const override { return bell_.get(); }
    [[nodiscard]] observe::Hints drain() override
    {
        std::uint64_t rings = 0;
        if (bell_.is_open()) static_cast<void>(::read(bell_.get(), &rings, sizeof rings));
        return {.everything = std::exchange(has_changed, false),
                .registers = false,
                .paths = std::exchange(places, {}),
                .plugs = std::exchange(has_plugs, false)};
    }
    /// From now on, and before somebody listens: whoever does is woken.
    void hang_up_a_bell() { bell_ = linux_::UniqueFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }
    void ring(std::string place, bool of_a_plug)
    {
        places.push_back(std::move(place));
        has_plugs = has_plugs || of_a_plug;
        const std::uint64_t once = 1;
        static_cast<void>(::write(bell_.get(), &once, sizeof once));
    }
    [[nodiscard]] bool hears_everything() const override { return sure; }
    bool has_changed = false;
    bool has_plugs = false;
    std::vector<std::string> places;
    bool sure = true;

private:
    linux_::UniqueFd bell_;
};

} // namespace usbroute::fakes
