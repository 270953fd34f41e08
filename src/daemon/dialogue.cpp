// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/dialogue.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

namespace usbroute::daemon {

using config::Verb;
using wire::Answer;
using wire::Command;
using wire::Form;
using wire::NotACommand;
using wire::Status;

namespace {

Answer error(std::string code, std::string message)
{
    return {.status = Status::error, .code = std::move(code), .message = std::move(message)};
}

/// A subscription is the only thing that needs no look.
bool needs_a_look(const Command& command) { return command.verb != Verb::subscribe; }

} // namespace

Turn Dialogue::take(std::string_view bytes, std::chrono::milliseconds now)
{
    if (entrance_->is_guest() && !bytes.empty() && serial_.is_stale(lines_.is_within_a_line(), now)) {
        lines_.drop();
        count_noise(&LineCounts::partials);
    }
    input_.append(bytes);
    return go_on(now);
}

Turn Dialogue::go_on(std::chrono::milliseconds now)
{
    now_ = now;
    std::string_view rest(input_);
    auto turn = Turn::idle;
    for (int count = 0; turn == Turn::idle && !rest.empty(); ++count) {
        if (count == lines_a_turn) {
            turn = Turn::more;
            break;
        }
        if (const auto line = lines_.next(rest)) turn = answer_line(*line);
    }
    input_.erase(0, input_.size() - rest.size());
    return turn;
}

Turn Dialogue::answer_line(const wire::LineCutter::Line& line)
{
    if (line.too_long) return answer_foreign({.message = "the line is too long"});
    if (trim(line.text).empty()) return answer_blank();
    if (entrance_->is_guest() && serial_.is_echo(line.text, now_)) {
        count_noise(&LineCounts::echoes);
        return Turn::idle;
    }
    auto command = wire::read_command(line.text);
    if (command) return answer_command(std::move(*command));
    if (!command.error().is_ours) return answer_foreign(command.error());
    if (is_admitted(command.error().form)) say(error("usage", command.error().message), command.error().form);
    return Turn::idle;
}

/// A guest that asks without end is told so, once for each line, and nothing else happens.
bool Dialogue::is_admitted(Form form)
{
    if (!entrance_->is_guest()) return true;
    ++entrance_->counts.commands;
    if (entrance_->limit.admit(entrance_->settings.per_minute, now_)) return true;
    ++entrance_->counts.limited;
    desk_->complain(*entrance_,
                    "the guest sends more commands than per_minute allows; they are not carried out");
    say(error("busy", format("more than {} commands a minute came over this line: nothing was done",
                             entrance_->settings.per_minute)),
        form);
    return false;
}

void Dialogue::count_noise(std::uint64_t LineCounts::* kind)
{
    ++entrance_->counts.noise;
    if (kind != nullptr) ++(entrance_->counts.*kind);
}

void Dialogue::end()
{
    if (entrance_->is_guest() && lines_.is_within_a_line()) count_noise(&LineCounts::partials);
    lines_.drop();
}

/// Somebody who presses Enter gets a line like everybody else; on a guest's line it is noise.
Turn Dialogue::answer_blank()
{
    if (!entrance_->is_guest())
        say(error("usage", "the line is empty; say toggle, status, move ..."), Form::text);
    return Turn::idle;
}

/// A line that nobody who speaks our protocol would send.
Turn Dialogue::answer_foreign(const NotACommand& no)
{
    if (entrance_->is_guest()) {
        // Boot messages, a login prompt, an echo of our own answer: an answer would be echoed back for ever.
        count_noise();
        return Turn::idle;
    }
    // A web page can make a browser send HTTP to localhost. Its first line ends the talk, before a body that
    // might hold a command, and it learns nothing.
    if (entrance_->is_tcp() && no.looks_like_http) {
        desk_->complain(*entrance_, "a client sent what looks like HTTP: a web page?");
        return Turn::over;
    }
    say(error("not-a-command", no.message), no.form);
    if (!entrance_->is_tcp()) return Turn::idle;
    desk_->complain(*entrance_, "a client sent what is no command, and was closed");
    return Turn::over;
}

Turn Dialogue::answer_command(Command command)
{
    spoke_json_ = spoke_json_ || command.form == Form::json;
    if (!is_admitted(command.form)) return Turn::idle;
    if (auto denied = desk_->why_not(*entrance_, command)) {
        say(error("not-permitted", std::move(*denied)), command.form);
        return Turn::idle;
    }
    if (entrance_->is_guest()) desk_->carried(*entrance_, command);
    waits_ = 0;
    held_for_ = Turn::idle;
    if (const auto turn = still_needed(command); turn != Turn::idle) {
        held_ = std::move(command);
        return turn;
    }
    if (command.verb == Verb::subscribe) subscription_ = command.form;
    say(desk_->answer(command, who_), command.form);
    return Turn::idle;
}

/// The devices first, for they say which disks could go; and again if they have changed while the kernel was asked about
/// those. On a machine that never comes to rest what was seen last has to do: the planner takes a disk of which it has not
/// been told for one in use.
Turn Dialogue::still_needed(const Command& command)
{
    constexpr int most_waits = 4;
    if (!needs_a_look(command) || waits_++ == most_waits) return Turn::idle;
    const bool has_just_looked = held_for_ == Turn::waiting;
    held_for_ = !has_just_looked && !desk_->is_known(Need::devices, command) ? Turn::waiting
                : !desk_->is_known(Need::claims, command)                    ? Turn::asking
                                                                             : Turn::idle;
    return held_for_;
}

Turn Dialogue::answer_now(std::chrono::milliseconds now)
{
    now_ = now;
    if (held_)
        if (const auto turn = still_needed(*held_); turn != Turn::idle) return turn;
    if (const auto command = std::exchange(held_, std::nullopt))
        say(desk_->answer(*command, who_), command->form);
    return go_on(now);
}

Turn Dialogue::answer_that_nothing_can_be_seen(std::chrono::milliseconds now)
{
    now_ = now;
    if (const auto command = std::exchange(held_, std::nullopt))
        say({.status = Status::failed,
             .code = "timed-out",
             .message =
                 "the kernel does not tell which devices there are: one of them may hang, or usbrouted may "
                 "open no more files; nothing was touched"},
            command->form);
    return go_on(now);
}

void Dialogue::say(const Answer& answer, Form form)
{
    ++answered_;
    const auto line = wire::to_line(answer, form);
    if (entrance_->is_guest()) serial_.said(line, now_);
    output_ += line;
    output_ += '\n';
}

bool Dialogue::may_be_netcat() const
{
    return entrance_->is_tcp() && answered_ == 1 && !spoke_json_ && !subscription_ && input_.empty();
}

} // namespace usbroute::daemon
