// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/format.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/scripted_monitor.hpp"
#include "fakes/state_directory.hpp"
#include "vmm/libvirt_guest.hpp"
#include "vmm/libvirt_line.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace usbroute::fakes {

/// A line to a usbroute-libvirt, two domains on it, and a helper at its other end that says what the test wants.
class LibvirtRoom : public testing::Test {
protected:
    static constexpr std::string_view greeting =
        R"({"usbroute-libvirt": 1, "version": "0.2.0", "uri": "qemu:///system", "connected": true})";

    LibvirtRoom()
    {
        line->begin();
        EXPECT_TRUE(helper.accept());
    }
    void greet()
    {
        hear(greeting);
        EXPECT_EQ(told(), "win: the domains, tux: the domains, ");
    }
    void hear(std::string_view words)
    {
        helper.say(std::string(words) + "\n");
        loop.settle();
    }
    std::string heard()
    {
        loop.settle();
        return helper.hear();
    }
    std::string told() { return std::exchange(said, {}); }
    /// The connection has ended, and is there again after a pause.
    bool comes_again()
    {
        loop.settle();
        loop.advance(std::chrono::milliseconds(200));
        return helper.accept();
    }
    vmm::LibvirtLine::Subscription subscribe(const std::string& domain)
    {
        return line->subscribe(
            {.domain = domain,
             .reached =
                 [this, domain] {
                     constexpr const char* words[] = {"nowhere", "the helper", "the domains"};
                     said += format("{}: {}, ", domain, words[std::size_t(line->reach())]);
                 },
             .event = [this, domain](
                          const wire::QmpEvent& event) { said += format("{}: {}, ", domain, event.name); }});
    }
    /// Tells "name=done " or its code.
    template <class T> std::function<void(Result<T>)> done(const std::string& name)
    {
        return [this, name](const Result<T>& result) {
            said += name + "=" + (result ? "done" : result.error().code()) + " ";
            last = result ? "" : result.error().message();
        };
    }

    StateDirectory directory;
    FakeLoop loop;
    ScriptedMonitor helper{directory.path() + "/socket"};
    std::string said;
    std::string last; ///< the message of the last error
    std::shared_ptr<vmm::LibvirtLine> line =
        std::make_shared<vmm::LibvirtLine>(loop, directory.path() + "/socket");
    vmm::LibvirtLine::Subscription win = subscribe("win");
    vmm::LibvirtLine::Subscription tux = subscribe("tux");
    vmm::LibvirtGuest guest{line, "win"};
};

} // namespace usbroute::fakes
