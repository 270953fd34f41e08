// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/format.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/scripted_monitor.hpp"
#include "fakes/state_directory.hpp"
#include "vmm/qmp_session.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>

namespace usbroute::fakes {

/// A session, and a monitor on its other end that says what the test wants.
class QmpRoom : public testing::Test {
protected:
    static constexpr std::string_view words_of_kinds[] = {"refused",   "away",  "busy",       "not-sent",
                                                          "no-answer", "ended", "cannot-lend"};

    void begin()
    {
        session->begin();
        ASSERT_TRUE(qemu.accept());
        greet();
        EXPECT_EQ(told(), "ready-7.2.22 ");
    }
    void greet()
    {
        qemu.say(qemus_greeting);
        loop.settle();
        const auto word = qemu.hear();
        EXPECT_TRUE(word.starts_with(R"({"execute":"qmp_capabilities","id":)")) << word;
        qemu.say("{\"return\": {}, \"id\": " + word.substr(35, word.find('}') - 35) + "}\r\n");
        loop.settle();
    }
    void hear(std::string_view line)
    {
        qemu.say(std::string(line) + "\r\n");
        loop.settle();
    }
    /// Under a name by which it tells its end.
    vmm::QmpSession::Done done(const std::string& name)
    {
        return [this, name](const vmm::QmpReply& reply) {
            said += name + "=" +
                    (reply ? *reply : std::string(words_of_kinds[std::size_t(reply.error().kind)])) + " ";
        };
    }
    void ask(const std::string& name, std::chrono::milliseconds deadline = vmm::QmpSession::usual_deadline)
    {
        session->ask({.command = {.name = name}, .deadline = deadline}, done(name));
    }
    void ask_with_file(const std::string& name)
    {
        session->ask({.command = {.name = name}, .file = linux_::UniqueFd(::open("/dev/null", O_RDWR))},
                     done(name));
    }
    std::string heard()
    {
        loop.settle();
        return qemu.hear();
    }
    /// In as many pieces as it comes.
    std::string heard_all()
    {
        std::string all;
        for (auto more = heard(); !more.empty(); more = heard()) all += more;
        return all;
    }
    std::string told() { return std::exchange(said, {}); }
    static std::string line(const std::string& name, int id)
    {
        return format("{{\"execute\":\"{}\",\"id\":{}}}\n", name, id);
    }
    /// The connection has ended, and is there again after the first pause.
    void comes_again()
    {
        loop.settle();
        loop.advance(std::chrono::milliseconds(100));
        ASSERT_TRUE(qemu.accept());
        greet();
        EXPECT_EQ(told(), "ready-7.2.22 ");
    }

    StateDirectory directory;
    FakeLoop loop;
    ScriptedMonitor qemu{directory.path() + "/qmp.sock"};
    std::string said;
    linux_::Transfer lent; ///< as the next file is answered, where `is_lending` does not hold
    bool is_lending = true;
    std::unique_ptr<vmm::QmpSession> session = std::make_unique<vmm::QmpSession>(
        loop, directory.path() + "/qmp.sock",
        vmm::QmpSession::Tell{
            .ready =
                [this](const attach::QemuVersion& v) {
                    said += format("ready-{}.{}.{} ", v.major, v.minor, v.micro);
                },
            .event = [this](const wire::QmpEvent& event) { said += event.name + event.payload + " "; },
            .ended = [this](std::string_view why) { said += format("ended: {} ", why); },
            .did_not_begin = [this](std::string_view why) { said += format("did not begin: {} ", why); }},
        [this](int socket, int file) { return is_lending ? linux_::lend(socket, file) : lent; });
};

} // namespace usbroute::fakes
