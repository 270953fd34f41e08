// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What comes in at the socket of usbroute-libvirt: bytes in any pieces, from two clients, while libvirt answers, hangs and goes away.

#include "base/check.hpp"
#include "fakes/client_end.hpp"
#include "fakes/fake_crew.hpp"
#include "fakes/fake_hypervisor.hpp"
#include "fakes/fake_loop.hpp"
#include "libvirt/service.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace usbroute::libvirt {
namespace {

using namespace std::chrono_literals;

/// What was read can be said again: nothing of it was lost or added.
void read_a_line(std::string_view line)
{
    const auto heard = read_question(line);
    if (const auto* const question = std::get_if<Question>(&heard)) {
        USBROUTE_CHECK(question->id >= 1 && question->id <= greatest_id);
        USBROUTE_CHECK(!question->domain.empty() && question->domain.size() <= 255);
        USBROUTE_CHECK(question->bus <= 255 && question->device <= 127 && question->guest_port <= 255);
        if (question->alias) USBROUTE_CHECK(Alias::from(question->alias->text()) == question->alias);
    }
    if (const auto* const bad = std::get_if<BadQuestion>(&heard)) {
        const auto answer =
            answer_line(bad->id, Refused{.code = Code::bad_question, .message = bad->message});
        USBROUTE_CHECK(std::ranges::count(answer, '\n') == 1 && answer.size() <= longest_libvirt_line);
    }
}

/// Every line that is heard is whole, however the questions came.
void check_what_is_heard(const std::string& heard, bool is_closed)
{
    USBROUTE_CHECK(heard.empty() || heard.back() == '\n' || is_closed);
    USBROUTE_CHECK(std::ranges::all_of(heard, [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); }));
}

void talk(std::string_view bytes, std::size_t piece, unsigned events)
{
    fakes::FakeLoop loop;
    fakes::FakeHypervisor libvirt;
    fakes::FakeCrew crew;
    fakes::FakeCrew connector;
    Service service({.loop = loop,
                     .hypervisor = libvirt,
                     .crew = crew,
                     .connector = connector,
                     .log = [](const std::string&) {}},
                    "qemu:///system");
    service.begin();
    connector.finish_all();
    auto [ours, client] = fakes::connection();
    service.welcome(std::move(ours));
    auto [others, quiet] = fakes::connection();
    service.welcome(std::move(others));
    while (!bytes.empty()) {
        const auto said = client.say(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(said == 0 ? piece : said, bytes.size()));
        loop.settle();
        if (events % 2 == 1 && crew.jobs() > 0) crew.finish(crew.jobs() - 1);
        if (events % 3 == 1)
            service.hear(DeviceRemoved{.name = "win11", .uuid = "u", .alias = "ua-usbroute-a"});
        if (events % 5 == 1) service.hear(DomainChanged{.name = "win11", .uuid = "u", .state = {}});
        if (events % 7 == 1) libvirt.lets_go = !libvirt.lets_go;
        events = events * 5 + 1;
        check_what_is_heard(client.hear(), client.is_closed());
    }
    service.hear(ConnectionEnded{.why = "it has gone"});
    for (int i = 0; i < 4; ++i) {
        crew.finish_all();
        loop.advance(31s);
        if (connector.jobs() > 0) connector.finish();
    }
    // Nothing is asked of libvirt any more, and the client that was quiet is there still.
    USBROUTE_CHECK(crew.jobs() == 0);
    const auto heard = quiet.hear();
    check_what_is_heard(heard, quiet.is_closed());
    USBROUTE_CHECK(!quiet.is_closed() && heard.starts_with("{\"usbroute-libvirt\":1,"));
}

} // namespace
} // namespace usbroute::libvirt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace usbroute;
    if (size < 2) return 0;
    const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    libvirt::read_a_line(text);
    libvirt::talk(text, 1U + 16U * (bytes[0] / 2U), bytes[0]);
    return 0;
}
