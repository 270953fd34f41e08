// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "wire/command.hpp"
#include "wire/fields.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::wire {

enum class EventKind : std::uint8_t {
    moved,    ///< the daemon has moved something
    drift,    ///< somebody else has written the registers: a guest, firmware, another program
    arrived,  ///< a device
    left,     ///< a device
    verdict,  ///< what a look some moments after a move says about it
    guest,    ///< a guest's machine has come, or is gone
    given,    ///< a device went to a guest, or came back to the host
    kept,     ///< a device is not with the guest that its socket is for
    wanted,   ///< a device was plugged in for a guest that does not run, and somebody is to have it run
    trial,    ///< changes that go back by themselves: begun, confirmed, reverted, delayed, over
    question, ///< a rule asks who is to have a device, or does not ask any more
    lost,     ///< the client was too slow: events are missing here
};

/// Of a question.
enum class QuestionTurn : std::uint8_t {
    asked,
    answered, ///< somebody has said who is to have the device
    expired,  ///< nobody has in time: it goes to `owner`
    gone,     ///< the device was unplugged, or no rule asks about it any more
};
[[nodiscard]] std::string_view text_of(QuestionTurn turn);

struct QuestionNews {
    QuestionTurn turn = QuestionTurn::asked;
    /// Those that the rule offers. Decide who is told; sent when it is asked.
    std::vector<std::string> answers = {};
    std::uint32_t seconds = 0; ///< asked: until the host has it, because nobody has answered
    std::string owner = {};    ///< answered, expired: who has it now; empty: not for whoever is told
    bool operator==(const QuestionNews&) const = default;
};

/// What a subscriber is told, one line for each.
///
///   event moved desk-in-windows windows=front-left,rear-1
///   event drift XUSB2PR 0x3fff -> 0x3ff7
///   event arrived front-left 3-3 Logitech USB Keyboard (046d:c31c)
///   event trial begun rear-4 goes back to host in 30 s unless confirmed
///   event given rear-1 windows Logitech USB Keyboard (046d:c31c)
///   event kept rear-1 3-3 Logitech USB Keyboard (046d:c31c) stays with the host, which has no other keyboard
///   event guest-wanted rear-1 windows Logitech USB Keyboard (046d:c31c) is plugged into rear-1, and windows does not run: ...
///   event question rear-1 3-3 asked windows,linux,host 60s Logitech USB Keyboard (046d:c31c)
///   event question rear-1 3-3 answered windows Logitech USB Keyboard (046d:c31c)
///   event verdict front-left confirmed Logitech USB Keyboard (046d:c31c) is at 3-3 now
///   event guest windows is gone
struct Event {
    EventKind kind = EventKind::moved;
    std::string
        connector; ///< arrived, left, given, kept, wanted, question, verdict; empty: none that is known
    std::string
        word; ///< arrived, left, kept, question: the place; given: who has it now; verdict: the verdict; drift: the register; guest, wanted: its name; trial: what
    std::string text;                   ///< for people
    std::optional<std::string> profile; ///< moved
    /// trial: the connectors in it. Decides who is told, and is not sent.
    std::vector<std::string> about = {};
    Owners owners;                         ///< moved, as in an answer
    std::optional<QuestionNews> asks = {}; ///< question
    bool operator==(const Event&) const = default;
};

[[nodiscard]] std::string_view text_of(EventKind kind);
/// Without its end.
[[nodiscard]] std::string to_line(const Event& event, Form form);
/// Reads either form; nothing for what is no event.
[[nodiscard]] std::optional<Event> read_event(std::string_view line);

} // namespace usbroute::wire
