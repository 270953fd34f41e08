// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/dialogue.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::fakes {

/// Says "ok" and the command itself, and remembers what it was asked.
class ScriptedDesk final : public daemon::Desk {
public:
    [[nodiscard]] bool is_known(daemon::Need need, const wire::Command&) override
    {
        return need == daemon::Need::devices ? fresh : told;
    }
    void answer(const daemon::Entrance&, const wire::Command& command, const std::string&,
                Answered answered) override
    {
        asked.push_back(wire::to_line(command));
        if (is_slow) {
            under_way.emplace_back([this, said = asked.back(), answered] { answered(answer_to(said)); });
            return;
        }
        answered(answer_to(asked.back()));
    }
    [[nodiscard]] std::optional<std::string> why_not(const Asker&, const wire::Command& command) override
    {
        if (command.verb == config::Verb::undo) return "no undo here";
        return std::nullopt;
    }
    void after_answer() override
    {
        if (after) after();
    }
    void line_changed(const daemon::Entrance& entrance) override { speakers.push_back(entrance.speakers); }
    void complain(daemon::Entrance&, std::string_view what) override { complaints.emplace_back(what); }

    bool fresh = true;
    bool is_slow = false;                         ///< the answer comes when one of these is called
    std::vector<std::function<void()>> under_way; ///< in the order in which they were asked
    bool is_locked = false;
    bool told = true;
    std::string message;         ///< said to every command; empty: the command itself
    std::string document;        ///< an object, for who asks in JSON
    std::function<void()> after; ///< each answer
    std::vector<std::string> asked;
    std::vector<std::string> complaints;
    std::vector<std::size_t> speakers; ///< of a line, after each change

private:
    [[nodiscard]] wire::Answer answer_to(const std::string& line) const
    {
        if (is_locked)
            return {.status = wire::Status::error, .code = "busy", .message = "process 7 holds the lock"};
        wire::Answer answer{.message = message.empty() ? "did " + line : message};
        if (!document.empty()) answer.document_name = "status";
        answer.document = document;
        return answer;
    }
};

} // namespace usbroute::fakes
