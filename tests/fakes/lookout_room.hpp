// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/lookout.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/fake_count.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/recording_waiter.hpp"
#include "linux/unique_fd.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace usbroute::fakes {

/// udev as it should be: what the test says is there to be drained, and a descriptor tells of it.
class SpeakingHints final : public observe::HintSource {
public:
    SpeakingHints()
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC), 0);
        heard_ = linux_::UniqueFd(ends[0]);
        said_ = linux_::UniqueFd(ends[1]);
    }
    [[nodiscard]] int fd() const override { return heard_.get(); }
    [[nodiscard]] observe::Hints drain() override
    {
        std::array<char, 64> bytes{};
        while (::read(heard_.get(), bytes.data(), bytes.size()) > 0) continue;
        return std::exchange(pending_, {});
    }
    [[nodiscard]] bool hears_everything() const override { return sure; }

    void say(observe::Hints hints)
    {
        pending_ = std::move(hints);
        EXPECT_EQ(::write(said_.get(), "x", 1), 1);
    }
    bool sure = true;

private:
    linux_::UniqueFd heard_;
    linux_::UniqueFd said_;
    observe::Hints pending_;
};

/// Looks as the daemon's own does, and remembers where it was told to look.
class RecordingScanner final : public observe::Scanner {
public:
    explicit RecordingScanner(const observe::KernelTree& tree) : scanner_(tree) {}
    [[nodiscard]] topology::Snapshot look(const topology::Snapshot& before,
                                          const observe::Hints& hints) const override
    {
        asked.push_back(hints);
        return scanner_.look(before, hints);
    }
    [[nodiscard]] bool still_holds(const topology::Snapshot& snapshot) const override
    {
        ++compared;
        return scanner_.still_holds(snapshot);
    }
    mutable std::vector<observe::Hints> asked;
    mutable int compared = 0;

private:
    observe::TreeScanner scanner_;
};

/// On a real machine: the worker looks, and hints tell when to.
class LookoutRoom : public testing::Test, protected DaemonRoom {
protected:
    LookoutRoom()
    {
        EXPECT_TRUE(lookout.begin());
        EXPECT_EQ(loop.errands(), 1u);
        loop.run_errand();
        looks = 0;
    }
    void hint(const char* path = "sys/devices/usb3/3-1")
    {
        hints.say({.everything = false, .registers = false, .paths = {path}});
    }

    RecordingScanner scanner{tree};
    FakeLoop loop;
    SpeakingHints hints;
    FakeCount events;
    int looks = 0;
    std::vector<daemon::Drift> drifts;
    std::string told;
    RecordingWaiter first{"first", told};
    RecordingWaiter second{"second", told};
    bool is_urgent = false;
    daemon::Lookout lookout{{.loop = loop,
                             .machine = machine,
                             .scanner = scanner,
                             .hints = hints,
                             .events = events,
                             .is_urgent = [this] { return is_urgent; }},
                            [this](const daemon::Findings& findings) {
                                ++looks;
                                if (findings.drift) drifts.push_back(*findings.drift);
                            }};
};

} // namespace usbroute::fakes
