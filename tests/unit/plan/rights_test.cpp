// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/parse.hpp"
#include "fakes/bitwise_change.hpp"
#include "plan/rights.hpp"
#include "plan/sight.hpp"
#include "unit/plan/bench.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace usbroute::plan {
namespace {

using config::ListenerSettings;
using config::Verb;

/// windows has EHCI #1 (keys, bit 2) and linux EHCI #2 (rear, bit 9, granted to both); front (bit 0) is granted to nobody.
Bench two_guests()
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    bench.settings.guests = {
        {.name = GuestName("windows"), .controllers = {*PciAddress::parse("0000:00:1d.0")}},
        {.name = GuestName("linux"), .controllers = {*PciAddress::parse("0000:00:1a.0")}}};
    config::ProfileSettings linux_desk{.name = ProfileName("linux-desk")};
    linux_desk.entries = {{ConnectorName("rear"), GuestName("linux")}};
    bench.settings.profiles.push_back(linux_desk);
    return bench;
}

bool is_wholly(const Bench& bench, const char* guest, std::uint32_t usb2, std::uint32_t superspeed = 0)
{
    const Change change =
        fakes::BitwiseChange{.controller = {},
                             .usb2 = {.mask = usb2, .before = usb2, .after = 0},
                             .superspeed = {.mask = superspeed, .before = superspeed, .after = 0}};
    return is_wholly_of(change, GuestName(guest), look_at_board(bench.snapshot, bench.settings),
                        bench.settings);
}

TEST(Rights, AChangeIsAGuestsOwnOnlyIfAllOfItIs)
{
    const auto bench = two_guests();

    EXPECT_TRUE(is_wholly(bench, "windows", 1U << 2));
    EXPECT_FALSE(is_wholly(bench, "windows", 1U << 2 | 1U << 0)); // front: given to nobody
    EXPECT_FALSE(is_wholly(bench, "windows", 1U << 9)); // rear: given to it, but on linux's controller
    EXPECT_TRUE(is_wholly(bench, "linux", 1U << 9));
    EXPECT_FALSE(is_wholly(bench, "linux", 1U << 9 | 1U << 2));
    EXPECT_FALSE(is_wholly(bench, "windows", 1U << 2 | 1U << 13)); // a socket that nobody has named
    EXPECT_FALSE(is_wholly(bench, "windows", 1U << 2, 1));         // front's SuperSpeed half
    EXPECT_FALSE(is_wholly(bench, "other", 1U << 2));
}

TEST(Rights, AGuestKeepsNoTrialInWhichItHasNoPart)
{
    const auto may_keep = [](const Bench& bench, std::uint32_t usb2) {
        const Change way =
            fakes::BitwiseChange{.controller = {}, .usb2 = {.mask = usb2, .before = usb2, .after = 0}};
        const std::vector<ListenerName> through{ListenerName("control")};
        return !why_not_confirmed(
            {.name = ListenerName("w"), .guest = GuestName("windows"), .allow = {Verb::confirm}},
            {.way = way, .through = through}, look_at_board(bench.snapshot, bench.settings), bench.settings);
    };
    EXPECT_TRUE(may_keep(two_guests(), 1U << 2));
    EXPECT_FALSE(may_keep(two_guests(), 1U << 2 | 1U << 0));

    // Both sides are the host's own: it may take that back, and not keep it.
    EXPECT_FALSE(may_keep(Bench(), 1U << 2));
    EXPECT_TRUE(is_wholly(Bench(), "windows", 1U << 2));
}

TEST(Rights, AGuestTakesBackOnlyWhatIsWhollyItsOwn)
{
    auto bench = two_guests();
    const auto undo = [&](const char* guest) {
        return refusal_of(bench.ask({.wish = UndoRequest{}, .guest = GuestName(guest)}));
    };
    EXPECT_EQ(undo("windows"), "nothing-to-undo");

    carry_out(bench, std::get<Plan>(bench.ask(move("keys", windows()))));
    EXPECT_EQ(undo("windows"), "not refused");
    EXPECT_EQ(undo("linux"), "not-the-guests-change");

    carry_out(bench, std::get<Plan>(bench.ask(move("rear", GuestName("linux")))));
    EXPECT_EQ(undo("windows"), "not-the-guests-change");
    EXPECT_EQ(undo("linux"), "not refused");
    EXPECT_EQ(refusal_of(bench.ask(UndoRequest{})), "not refused"); // the host's people may
}

/// linux tries rear.
Bench with_a_trial_of_linux()
{
    auto bench = two_guests();
    carry_out(bench, std::get<Plan>(bench.ask(move("rear", GuestName("linux")))));
    bench.trial = bench.last;
    return bench;
}

Request by(const char* guest, Wish wish)
{
    return {.wish = std::move(wish), .may_say_yes = false, .guest = GuestName(guest)};
}

TEST(Rights, OnlyTheControlSocketAsksForARuleAndAGuestAnswersForItself)
{
    const auto bench = two_guests();
    const auto why_not = [&](const config::ListenerSettings& listener, const char* to, bool always) {
        Deed deed{.verb = Verb::answer,
                  .request = Request{.wish = AnswerRequest{.device = ConnectorName("3-1"),
                                                           .to = config::target_from(to),
                                                           .always = always}}};
        return why_not_allowed(listener, bench.settings, deed).value_or("");
    };
    const auto control = config::default_control_listener();
    EXPECT_EQ(why_not(control, "windows", true), "");
    const config::ListenerSettings netcat{
        .name = ListenerName("netcat"), .address = config::TcpAddress{}, .allow = {Verb::answer}};
    EXPECT_EQ(why_not(netcat, "windows", false), "");
    EXPECT_EQ(why_not(netcat, "windows", true),
              "listener netcat may not ask for a rule: always=1 is the control socket's alone");

    config::ListenerSettings line{
        .name = ListenerName("w"), .guest = GuestName("windows"), .allow = {Verb::answer}};
    EXPECT_EQ(why_not(line, "windows", false), "");
    EXPECT_EQ(why_not(line, "host", false), "");
    EXPECT_EQ(why_not(line, "linux", false), "windows may answer with itself and with host");
    EXPECT_EQ(why_not(line, "none", false), "windows may answer with itself and with host");
    EXPECT_EQ(why_not(line, "windows", true),
              "windows may not have a rule written on the host: leave out always=1");
    line.allow = {Verb::move, Verb::toggle};
    EXPECT_EQ(why_not(line, "windows", false), "listener w does not allow answer");
}

TEST(Rights, AGuestEndsNoTrialOfAnother)
{
    auto bench = with_a_trial_of_linux();
    EXPECT_EQ(refusal_of(bench.ask(by("windows", ToggleRequest{}))), "not-the-guests-change");
    EXPECT_EQ(refusal_of(bench.ask(by("windows", ApplyRequest{ProfileName("all-host")}))),
              "not-the-guests-change");
    EXPECT_EQ(refusal_of(bench.ask(by("windows", move("rear", config::ToHost{})))), "not-the-guests-change");
    EXPECT_EQ(steps_of(bench.ask(by("linux", ToggleRequest{}))), "setpci -s 0000:00:14.0 d0.l=200:200\n");
    EXPECT_EQ(steps_of(bench.ask(ToggleRequest{})), "setpci -s 0000:00:14.0 d0.l=200:200\n");

    // What is its own comes home all the same: a keyboard may be in it.
    fakes::bits(bench.snapshot).usb2_owner &= ~4u;
    const auto outcome = bench.ask(by("windows", ToggleRequest{}));

    EXPECT_EQ(steps_of(outcome), "setpci -s 0000:00:14.0 d0.l=4:4\n");
    const auto& plan = std::get<Plan>(outcome);
    EXPECT_TRUE(plan.stays_out_of_trial);
    EXPECT_FALSE(plan.profile);
    EXPECT_EQ(fakes::usb2(plan.whole).mask & 0x200u, 0u);
    ASSERT_FALSE(plan.warnings.empty());
    EXPECT_EQ(plan.warnings.front(), "rear is on trial, and not windows's own: left where it was put");
}

TEST(Rights, AGuestJoinsNoTrialThatIsNotWhollyItsOwn)
{
    auto bench = with_a_trial_of_linux();
    auto request = by("windows", move("keys", windows()));
    EXPECT_TRUE(std::get<Plan>(bench.ask(request)).stays_out_of_trial);
    // It would have no way back.
    request.revert_after = std::chrono::seconds(30);
    EXPECT_EQ(refusal_of(bench.ask(request)), "not-the-guests-change");

    EXPECT_FALSE(std::get<Plan>(bench.ask(by("linux", move("rear", config::ToHost{})))).stays_out_of_trial);
    EXPECT_FALSE(std::get<Plan>(bench.ask(move("keys", windows()))).stays_out_of_trial);
    bench.trial = fakes::BitwiseChange{.controller = bench.trial->controller,
                                       .usb2 = {.mask = 4, .before = 4, .after = 0}};
    EXPECT_FALSE(std::get<Plan>(bench.ask(request)).stays_out_of_trial);
}

TEST(Rights, AGuestMovesItsOwnSocketOfATrialOfOthers)
{
    auto bench = with_a_trial_of_linux();
    fakes::bits(bench.snapshot).usb2_owner &= ~4u;
    bench.trial = fakes::BitwiseChange{.controller = bench.trial->controller,
                                       .usb2 = {.mask = 0x204, .before = 0x204, .after = 0}};

    const auto outcome = bench.ask(by("windows", move("keys", config::ToHost{})));

    EXPECT_EQ(steps_of(outcome), "setpci -s 0000:00:14.0 d0.l=4:4\n");
    EXPECT_TRUE(std::get<Plan>(outcome).stays_out_of_trial);
}

TEST(Rights, AKeyboardThatATrialWillTakeIsNotCountedForAChangeThatStaysOutOfIt)
{
    auto bench = two_guests();
    fakes::plug_keyboard(bench.snapshot, "3-3"); // keys
    fakes::plug_keyboard(bench.snapshot, "3-6"); // rear, which has come from linux
    const auto request = by("windows", move("keys", windows()));
    EXPECT_EQ(refusal_of(bench.ask(request)), "not refused");

    bench.trial = fakes::BitwiseChange{.controller = *PciAddress::parse("00:14.0"),
                                       .usb2 = {.mask = 0x200, .before = 0, .after = 0x200},
                                       .superspeed = {},
                                       .title = "move rear to host"};

    EXPECT_EQ(refusal_of(bench.ask(request)), "last-keyboard");
}

TEST(Rights, TheRemedyOfARefusalIsOneThatTheListenerHas)
{
    const Refusal keyboard{Reason::last_keyboard, "keys", "keys holds it", "say yes"};
    const Refusal disk{Reason::disk_in_use, "keys", "keys holds it", "force it"};
    const Refusal other{Reason::no_twin, "keys", "none", "it stays"};
    const auto control = config::ListenerSettings{.name = ListenerName("a"), .may = config::all_lifts()};
    const auto netcat =
        config::ListenerSettings{.name = ListenerName("netcat"), .may = {config::Lift::no_trial}};

    for (const auto& refusal : {keyboard, disk, other}) EXPECT_EQ(as_told_to(control, refusal), refusal);
    EXPECT_EQ(as_told_to(netcat, other), other);
    EXPECT_NE(as_told_to(netcat, keyboard).remedy.find(R"(may = ["yes"] in [listen.netcat])"),
              std::string::npos);
    EXPECT_NE(as_told_to(netcat, disk).remedy.find(R"(may = ["force-disk"] in [listen.netcat])"),
              std::string::npos);
}

TEST(Sight, IsWhatAGuestHasAndWhatTheHostCouldGiveIt)
{
    auto bench = two_guests();
    const auto seen = [&](const char* guest) {
        return sight_of(GuestName(guest), bench.settings, bench.snapshot).sockets;
    };
    EXPECT_EQ(seen("windows"), (std::vector<std::string>{"keys", "rear"}));

    // rear, which both may have, goes to linux; front to windows, though no profile says so.
    fakes::bits(bench.snapshot).usb2_owner &= ~(1U << 9 | 1U << 0);

    EXPECT_EQ(seen("windows"), (std::vector<std::string>{"front", "keys"}));
    EXPECT_EQ(seen("linux"), (std::vector<std::string>{"rear"}));
    EXPECT_TRUE(seen("other").empty());
}

TEST(Sight, GeneralWordsNameNothingButASocketThatIsSeen)
{
    const auto bench = two_guests();
    const auto sight = sight_of(GuestName("windows"), bench.settings, bench.snapshot);
    for (int i = 0; i <= static_cast<int>(Reason::disk_in_use); ++i) {
        const Refusal secret{static_cast<Reason>(i), "front", "SECRET front linux 0000:00:1a.0",
                             "SECRET rear-9"};
        if (secret.reason == Reason::not_the_guests_change) continue; // its words are general already
        const auto told = in_general_words(secret, sight);

        EXPECT_EQ(told.reason, secret.reason);
        for (const auto* word : {"SECRET", "front", "linux", "0000", "rear-9"})
            EXPECT_EQ(text_of(told).find(word), std::string::npos) << code_of(secret.reason) << word;
    }

    const auto own =
        in_general_words({Reason::last_keyboard, "keys", "keys holds Logitech", "say yes"}, sight);
    EXPECT_EQ(text_of(own), "keys holds the host's last keyboard; only the host can let it go");
    const auto others =
        in_general_words({Reason::disk_in_use, "front", "front holds sdb > /home", "x"}, sight);
    EXPECT_EQ(text_of(others),
              "a socket that this would move holds a disk that the host uses; have it unmounted on the host");
}

} // namespace
} // namespace usbroute::plan
