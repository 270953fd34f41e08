// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/text.hpp"
#include "fakes/given_life.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::fakes {

using Order = std::vector<std::string>;

/// A life in which things happen by name, and what has to come of them: where each device is follows from what is there now, and
/// not from how it came.
class TravelledLife {
public:
    explicit TravelledLife(const std::set<std::string>& by_libvirt = {}) : life(by_libvirt)
    {
        life.daemon_starts();
        life.settle();
    }

    /// "plug 3-1", "unplug 3-1", "start windows", "quit windows", "kill windows", "move left windows", "restart", "sleep"; of libvirt's,
    /// "helper" and "libvirtd" are started anew
    void happens(const std::string& event)
    {
        const auto words = split(event, ' ');
        const auto of = std::string(words.size() > 1 ? words[1] : std::string_view());
        if (words[0] == "plug") life.plug(of);
        if (words[0] == "unplug") life.unplug(of);
        if (words[0] == "start" && !life.is_on(of)) life.guest_starts(of);
        if (words[0] == "quit") life.guest_quits(of);
        if (words[0] == "kill") life.guest_is_killed(of);
        if (words[0] == "move") move(of, std::string(words[2]));
        if (words[0] == "sleep") life.sleep();
        if (words[0] == "helper") {
            life.libvirt->helper_ends();
            life.libvirt->helper_begins();
        }
        if (words[0] == "libvirtd") {
            life.libvirt->loses_libvirt("it was restarted");
            life.libvirt->finds_libvirt();
        }
        if (words[0] != "restart") return;
        life.daemon_is_killed();
        life.daemon_starts();
    }

    [[nodiscard]] std::string due() const
    {
        std::string text;
        std::string claims;
        for (const auto& [place, socket] : sockets) {
            const auto& whom = is_for.at(socket);
            const bool is_the_hosts = whom == "host" || (whom != "none" && !life.is_on(whom));
            if (life.nodes.devices.contains(life.at(place)))
                text += (text.empty() ? "" : ", ") + place + " " +
                        (is_the_hosts     ? "host"
                         : whom == "none" ? "nobody"
                                          : whom);
            if (!is_the_hosts) claims += " [" + place + "]";
        }
        return text + claims;
    }

    const std::map<std::string, std::string> sockets{{"3-1", "left"}, {"3-2", "right"}};
    std::map<std::string, std::string> is_for{{"left", "host"}, {"right", "host"}};
    GivenLife life;

private:
    /// Whoever asks waits for the answer: a change that the daemon is killed in counts or does not.
    void move(const std::string& socket, const std::string& to)
    {
        life.said.clear();
        life.move(socket, to);
        life.settle();
        // A guest that dies meanwhile leaves all as it was.
        if (life.said.starts_with("failed monitor-away ") || life.said.starts_with("failed libvirt-")) return;
        EXPECT_TRUE(life.said.starts_with("ok ")) << life.said;
        is_for.at(socket) = to;
    }
};

/// After each event.
inline void expect_in_each_order_of(Order events, const Order& before = {},
                                    const std::set<std::string>& by_libvirt = {})
{
    std::ranges::sort(events);
    do {
        TravelledLife travelled(by_libvirt);
        for (const auto& event : before) travelled.happens(event);
        travelled.life.settle();
        std::string trace;
        for (const auto& event : events) {
            trace += event + ", ";
            travelled.happens(event);
            travelled.life.settle();
            ASSERT_EQ(travelled.life.shown(), travelled.due()) << trace << "\n" << travelled.life.heard;
        }
    } while (std::ranges::next_permutation(events).found);
}

} // namespace usbroute::fakes
