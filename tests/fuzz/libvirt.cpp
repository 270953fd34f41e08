// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What usbroute-libvirt says: bytes in any pieces. It is ours, and says what domains and their owners are called.

#include "attach/domain.hpp"
#include "base/check.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/scripted_monitor.hpp"
#include "fakes/state_directory.hpp"
#include "vmm/libvirt_guest.hpp"
#include "wire/libvirt_line.hpp"
#include "wire/lines.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace usbroute::vmm {
namespace {

void read_a_look(std::string_view payload)
{
    const auto look = wire::libvirt_look(payload);
    if (!look) return;
    USBROUTE_CHECK(wire::is_there(look->state) || look->usb == attach::GuestUsb{});
    for (const auto& controller : look->usb.controllers)
        USBROUTE_CHECK(look->indexes.contains(controller.bus) &&
                       free_ports(look->usb, controller.bus).size() <= 255);
    for (const auto& object : look->usb.host_objects)
        // What is ours has the alias that we would give it.
        if (const auto id = attach::ObjectId::from(object.id))
            USBROUTE_CHECK(attach::id_of_alias(attach::alias_of(*id)) == object.id);
}

void read_lines_of_libvirt(std::string_view bytes)
{
    wire::LineCutter lines(wire::longest_libvirt_line);
    while (!bytes.empty()) {
        const auto line = lines.next(bytes);
        if (!line) continue;
        const auto message = wire::read_libvirt_line(line->text);
        if (const auto* answer = std::get_if<wire::QmpReturn>(&message)) read_a_look(answer->payload);
        read_a_look(line->text);
    }
}

/// Everything that is asked has one answer, whatever comes, and all is over when the connection is.
void talk_to_libvirt(std::string_view bytes, std::size_t piece)
{
    using namespace std::chrono_literals;
    const fakes::StateDirectory directory;
    fakes::FakeLoop loop;
    fakes::ScriptedMonitor helper(directory.path() + "/socket");
    const auto line = std::make_shared<LibvirtLine>(loop, directory.path() + "/socket");
    LibvirtGuest guest(line, "win");
    const auto subscription =
        line->subscribe({.domain = "win", .reached = [] {}, .event = [](const wire::QmpEvent&) {}});
    int asked = 0;
    int answered = 0;
    const auto told = [&](const auto&) { ++answered; };
    line->begin();
    if (!helper.accept()) return;
    while (!bytes.empty()) {
        if (helper.pour(bytes.substr(0, piece)) == 0) break; // it has been closed
        bytes.remove_prefix(std::min(piece, bytes.size()));
        loop.settle();
        (void)helper.hear();
        if (asked > 0 || line->reach() == LibvirtLine::Reach::nowhere) continue;
        guest.watch(told);
        guest.take(*attach::ObjectId::from("usbroute-b"), told);
        guest.add_controller(
            {.guest = GuestName("w"), .controller = {.number = 1}, .root_port = "any", .place = {}}, told);
        guest.resume(told);
        asked = 4;
        loop.settle();
    }
    helper.hang_up();
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
    vmm::read_lines_of_libvirt(text);
    if (bytes[0] % 2 == 1) vmm::talk_to_libvirt(text, 1U + 16U * (bytes[0] / 2U));
    return 0;
}
