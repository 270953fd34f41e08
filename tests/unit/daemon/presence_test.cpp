// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/guest_memory.hpp"
#include "daemon/presence.hpp"

#include <gtest/gtest.h>

namespace usbroute::daemon {
namespace {

constexpr linux_::ProcessId qemu{.number = 100, .start = 5};
constexpr linux_::ProcessId next_qemu{.number = 100, .start = 6};
constexpr linux_::ProcessId visitor{.number = 200, .start = 7};

TEST(Presence, IsGoneWhenItsProcessHasEndedAndItsLineIsClosed)
{
    Presence presence;
    presence.process_came(qemu);
    presence.line_opened(qemu);
    EXPECT_TRUE(presence.is_there());

    presence.line_closed(qemu); // QEMU takes a chardev away
    EXPECT_TRUE(presence.is_there());
    presence.process_ended(qemu);
    EXPECT_FALSE(presence.is_there());
}

TEST(Presence, IsThereWhileSomebodyElseHoldsTheLineOfAnEndedProcess)
{
    Presence presence;
    presence.process_came(qemu);
    presence.line_opened(qemu);

    presence.process_ended(qemu);
    EXPECT_TRUE(presence.is_there());
    presence.line_closed(qemu);
    EXPECT_FALSE(presence.is_there());
}

TEST(Presence, StaysWhenAVisitorGoes)
{
    Presence presence;
    presence.process_came(qemu);
    presence.process_came(visitor);
    presence.line_opened(visitor);

    presence.line_closed(visitor);
    presence.process_ended(visitor);

    EXPECT_TRUE(presence.is_there());
}

TEST(Presence, TakesTheSameNumberForAnotherProcess)
{
    Presence presence;
    presence.process_came(qemu);
    presence.process_ended(qemu);
    presence.process_came(next_qemu);
    EXPECT_TRUE(presence.is_there());

    presence.process_ended(qemu); // once more, late
    EXPECT_TRUE(presence.is_there());
}

TEST(Presence, BelievesTheMonitorOverTheProcess)
{
    Presence presence;
    presence.process_came(qemu);

    presence.switched_off(); // -no-shutdown: the process stays
    EXPECT_FALSE(presence.is_there());
    presence.process_came(qemu); // a line of the same process
    EXPECT_FALSE(presence.is_there());
    presence.switched_on();
    EXPECT_TRUE(presence.is_there());

    presence.switched_off();
    presence.process_came(next_qemu);
    EXPECT_TRUE(presence.is_there());
}

TEST(Presence, IsThereByItsMonitorAlone)
{
    Presence presence;
    EXPECT_FALSE(presence.is_there());

    presence.switched_on();
    EXPECT_TRUE(presence.is_there());
    presence.switched_off();
    EXPECT_FALSE(presence.is_there());
}

TEST(GuestMemory, IsReadAsItWasWritten)
{
    const GuestMemory memory{
        .boot = "9f0c",
        .processes = {{GuestName("windows"), qemu, true}, {GuestName("mac"), visitor, false}}};

    EXPECT_EQ(read_guest_memory(written(memory)), memory);
    EXPECT_EQ(read_guest_memory(written({})), GuestMemory{});
    // As a version wrote it that remembered who had spoken.
    EXPECT_EQ(read_guest_memory(written(memory) + "proven windows\n"), memory);
}

TEST(GuestMemory, IsNothingWhenItIsCutOffOrWrong)
{
    const auto whole = written({.boot = "9f0c", .processes = {{GuestName("windows"), qemu, true}}});

    for (const auto& text :
         {std::string(), std::string("\n"), std::string("usbroute guests 2\n"), whole + "process windows 1\n",
          whole + "process windows -1 5 new\n", whole + "process windows 1 5 old\n", whole + "proven ../x\n",
          whole + "process windows 99999999999999999999 5 new\n", whole + "\n",
          whole + std::string("\0\n", 2)})
        EXPECT_FALSE(read_guest_memory(text)) << text;
    for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
        const auto read = read_guest_memory(whole.substr(0, length));
        EXPECT_TRUE(!read || read->processes.empty()) << length;
    }
}

} // namespace
} // namespace usbroute::daemon
