// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What a guest's QEMU says on its monitor: bytes in any pieces, from somebody who may have been taken over.

#include "wire/qmp.hpp"

#include "base/check.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/scripted_monitor.hpp"
#include "fakes/state_directory.hpp"
#include "vmm/guest_monitor.hpp"
#include "wire/lines.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace usbroute::vmm {
namespace {

void read_a_payload(std::string_view payload)
{
    if (const auto text = wire::qmp_text(payload)) {
        USBROUTE_CHECK(text->size() <= wire::longest_qmp_text);
        // What was read can be sent back, on one line, and is JSON there.
        const auto line = wire::to_qmp_line(
            {.name = "qom-list", .arguments = {{.name = "path", .value = *text}}}, payload.size());
        USBROUTE_CHECK(std::ranges::count(line, '\n') == 1 && line.back() == '\n');
        USBROUTE_CHECK(wire::qmp_text_at(line, "execute") == "qom-list");
        USBROUTE_CHECK(wire::qmp_number_at(line, "id") == payload.size());
    }
    if (const auto rows = wire::qmp_properties(payload))
        USBROUTE_CHECK(rows->size() <= wire::most_qmp_properties);
    (void)wire::qmp_truth_at(payload, "running");
}

void read_lines(std::string_view bytes)
{
    wire::LineCutter lines(wire::longest_qmp_line);
    while (!bytes.empty()) {
        const auto line = lines.next(bytes);
        if (!line) continue;
        const auto message = wire::read_qmp_line(line->text);
        if (const auto* answer = std::get_if<wire::QmpReturn>(&message)) read_a_payload(answer->payload);
        if (const auto* event = std::get_if<wire::QmpEvent>(&message)) read_a_payload(event->payload);
    }
}

/// Everything that is asked has one answer, whatever comes, and all is over when the connection is.
void talk(std::string_view bytes, std::size_t piece)
{
    using namespace std::chrono_literals;
    using attach::ObjectId;
    const fakes::StateDirectory directory;
    fakes::FakeLoop loop;
    fakes::ScriptedMonitor qemu(directory.path() + "/qmp.sock");
    int asked = 0;
    int answered = 0;
    const auto told = [&](const auto&) { ++answered; };
    GuestMonitor monitor(loop, directory.path() + "/qmp.sock",
                         {.ready = [](const attach::QemuVersion&) {},
                          .event = [](const wire::QmpEvent&) {},
                          .ended = [](std::string_view) {}});
    monitor.begin();
    if (!qemu.accept()) return;
    while (!bytes.empty()) {
        if (qemu.pour(bytes.substr(0, piece)) == 0) break; // it has been closed
        bytes.remove_prefix(std::min(piece, bytes.size()));
        loop.settle();
        (void)qemu.hear();
        if (asked > 0 || !monitor.is_ready()) continue;
        monitor.look(told);
        monitor.add_waiting(*ObjectId::from("usbroute-a"), {.bus = "x.0", .port = 1}, 3,
                            *attach::HostPort::from("1"), told);
        monitor.remove(*ObjectId::from("usbroute-b"), told);
        monitor.plug_in_controller({.number = 1}, "rp", told);
        asked = 4;
        loop.settle();
    }
    qemu.hang_up();
    loop.advance(60s);
    USBROUTE_CHECK(answered == asked);
}

} // namespace
} // namespace usbroute::vmm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace usbroute;
    if (size < 2) return 0;
    const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    vmm::read_lines(text);
    // Connecting takes the kernel 20 ms, for its inotify; the lines alone are read a thousand times as often.
    if (bytes[0] % 2 == 1) vmm::talk(text, 1U + 16U * (bytes[0] / 2U));
    return 0;
}
