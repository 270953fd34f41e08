// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// A fault at every place of a change of several sockets: all of it or nothing, or the exact lines that recover.
#include "apply/register_backend.hpp"
#include "base/text.hpp"
#include "fakes/boards.hpp"
#include "fakes/fake_registers.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::apply {
namespace {

using chips::RouteBits;
using chips::RouteRegister;
using fakes::FakeRegisters;
using fakes::RecordingJournal;

const RouteBits all_on_xhci{
    .usb2_owner = 0x7fff, .usb2_movable = 0x3fff, .superspeed_on = 0x3f, .superspeed_movable = 0x3f};

/// front (bit 0 and SuperSpeed 1), keys and rear: a SuperSpeed step and one of the USB 2 wires.
plan::Plan three_sockets()
{
    auto snapshot = fakes::z97();
    fakes::bits(snapshot) = all_on_xhci;
    const auto settings = fakes::settings();
    const plan::MoveRequest move{{ConnectorName("front"), ConnectorName("keys"), ConnectorName("rear")},
                                 topology::Side::ehci};
    return std::get<plan::Plan>(plan::make_plan({snapshot, settings, {}, {}}, {.wish = move}));
}

/// What setpci would do: "setpci -s 0000:00:14.0 d0.l=205:205 && ...".
RouteBits after_typing(const std::string& message, RouteBits bits)
{
    const auto lines = message.substr(message.find("as root: ") + 9);
    for (const auto word : words(lines)) {
        const auto equals = word.find(".l=");
        if (equals == std::string_view::npos) continue;
        const auto colon = word.find(':', equals);
        const auto offset = parse_hex(word.substr(0, equals));
        const auto value = parse_hex(word.substr(equals + 3, colon - equals - 3));
        const auto mask = parse_hex(word.substr(colon + 1));
        EXPECT_TRUE(offset && value && mask) << word;
        const bool is_usb2 = *offset == chips::offset_of(RouteRegister::usb2_owner);
        auto& target = is_usb2 ? bits.usb2_owner : bits.superspeed_on;
        target = (target & ~*mask) | *value;
    }
    return bits;
}

enum class Fault : std::uint8_t { write, read, stuck };
enum class Lasts : std::uint8_t { once, for_ever };

struct Outcome {
    bool done = false;
    ErrorKind kind = ErrorKind::failed;
    std::string message;
    RouteBits left;
    std::string journal;
};

Outcome run(Fault fault, int at, Lasts lasts)
{
    FakeRegisters registers(all_on_xhci);
    RecordingJournal journal;
    int reads = 0;
    if (fault == Fault::write) {
        if (at == 1) registers.failing_write = lasts == Lasts::once ? 1 : FakeRegisters::every_write;
        registers.on_write = [&](int n) {
            if (n + 1 == at) registers.failing_write = lasts == Lasts::once ? at : FakeRegisters::every_write;
        };
    }
    registers.on_read = [&] {
        ++reads;
        if (fault == Fault::read)
            registers.read_errno = reads == at || (reads > at && lasts == Lasts::for_ever) ? 5 : 0;
        // From the n-th read on a bit of each register keeps what it has.
        if (fault == Fault::stuck)
            registers.stuck = reads >= at && (reads == at || lasts == Lasts::for_ever) ? 1 : 0;
    };
    const auto applied = execute(three_sockets(), registers, journal);
    Outcome outcome{.done = applied.has_value(), .left = registers.bits, .journal = journal.text};
    if (applied) return outcome;
    outcome.kind = applied.error().kind();
    outcome.message = applied.error().message();
    return outcome;
}

TEST(ExecutionFault, AtEveryPlaceLeavesAllNothingOrTheLinesThatRecover)
{
    const auto plan = three_sockets();
    ASSERT_EQ(plan.steps.size(), 2u);
    int done = 0;
    int as_before = 0;
    int half_way = 0;

    for (const auto fault : {Fault::write, Fault::read, Fault::stuck})
        for (const auto lasts : {Lasts::once, Lasts::for_ever})
            for (int at = 1; at <= 8; ++at) {
                const auto outcome = run(fault, at, lasts);
                SCOPED_TRACE(outcome.message);
                if (outcome.done) {
                    ++done;
                    EXPECT_EQ(outcome.left.usb2_owner, 0x7dfau);
                    EXPECT_EQ(outcome.left.superspeed_on, 0x3eu);
                } else if (outcome.kind != ErrorKind::half_way) {
                    ++as_before;
                    EXPECT_EQ(outcome.left, all_on_xhci);
                    EXPECT_FALSE(read_history(outcome.journal).open);
                } else {
                    ++half_way;
                    EXPECT_EQ(after_typing(outcome.message, outcome.left), all_on_xhci);
                    EXPECT_TRUE(outcome.journal.ends_with("end half-way\n"));
                }
                EXPECT_TRUE(outcome.done || read_history(outcome.journal).undoable.empty());
            }

    // Each of the three ends is reached, so none of the checks above was idle.
    EXPECT_GT(done, 0);
    EXPECT_GT(as_before, 0);
    EXPECT_GT(half_way, 0);
}

} // namespace
} // namespace usbroute::apply
