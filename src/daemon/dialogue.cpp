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

constexpr std::string_view nothing_seen =
    "the kernel does not say which devices there are: one of them may hang, or usbrouted is out of file descriptors; nothing was touched";
constexpr std::string_view nothing_seen_for_guest =
    "the host cannot look at its devices now; nothing was touched";

Weight weight_of(const Command& command)
{
    switch (command.verb) {
    case Verb::move:
    case Verb::apply:
    case Verb::toggle:
    case Verb::undo:
    case Verb::assign:
    case Verb::answer:
    case Verb::reload:
    case Verb::confirm: return Weight::change;
    case Verb::plan:
    case Verb::log:
    case Verb::why: return Weight::study;
    case Verb::status: return command.form == Form::json ? Weight::study : Weight::look;
    case Verb::regs:
    case Verb::subscribe: break;
    }
    return Weight::look;
}

/// A subscription and a reload need none, and what root's own command asks of a guest it has decided on a look of its own.
bool needs_a_look(const Command& command)
{
    return command.verb != Verb::subscribe && command.verb != Verb::assign && command.verb != Verb::reload;
}

} // namespace

Turn Dialogue::take(std::string_view bytes, std::chrono::milliseconds now)
{
    if (entrance_->is_guest() && !bytes.empty() && serial_.is_stale(lines_.is_within_a_line(), now)) {
        now_ = now;
        answer_begun();
        lines_.drop();
        count_noise(&LineCounts::partials);
    }
    input_.append(bytes);
    return go_on(now);
}

Turn Dialogue::go_on(std::chrono::milliseconds now)
{
    now_ = now;
    if (under_way_) return Turn::under_way;
    if (auto command = std::exchange(held_, std::nullopt)) {
        waits_ = 0; // while another process held the lock, much can have changed
        held_for_ = Turn::idle;
        if (const auto turn = answer_when_known(std::move(*command)); turn != Turn::idle) return turn;
    }
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
    if (!entrance_->is_guest() || is_admitted(Weight::look, command.error().form))
        say(error(command.error().is_unknown_verb ? "not-a-command" : "usage", command.error().message),
            command.error().form);
    return Turn::idle;
}

/// A client that asks without end is told so, once for each line, and nothing else happens.
bool Dialogue::is_admitted(Weight weight, Form form)
{
    if (entrance_->is_guest()) ++entrance_->counts.commands;
    const auto wait = entrance_->allowance.wait_for(entrance_->settings, user_, weight, now_);
    if (!wait) return true;
    if (entrance_->is_guest()) {
        ++entrance_->counts.limited;
        desk_->line_changed(*entrance_);
    }
    desk_->complain(*entrance_, "more commands came than per_minute allows; the rest are not carried out");
    say(error("busy",
              format("more than {} {} a minute came over listener {}: nothing was done; try again in {} s",
                     most_a_minute(entrance_->settings, weight),
                     weight == Weight::change ? "changes" : "questions", entrance_->name(), wait->count())),
        form);
    return false;
}

/// Since this client came; another one that follows it on the same line has to speak for itself.
void Dialogue::has_spoken()
{
    if (!entrance_->is_guest() || std::exchange(has_spoken_, true)) return;
    ++entrance_->speakers;
    desk_->line_changed(*entrance_);
}

void Dialogue::count_noise(std::uint64_t LineCounts::* kind)
{
    ++entrance_->counts.noise;
    if (kind != nullptr) ++(entrance_->counts.*kind);
}

Turn Dialogue::finish(std::chrono::milliseconds now)
{
    now_ = now;
    if (entrance_->is_guest() || !lines_.is_within_a_line()) return Turn::idle;
    const std::string line(lines_.begun());
    const auto command = wire::read_command(line);
    if (!command && !command.error().is_ours) {
        lines_.drop();
        return trim(line).empty() ? Turn::idle : answer_foreign(command.error());
    }
    answer_begun();
    lines_.drop();
    return Turn::idle;
}

/// A command whose end never came, from a program that sends none, or cut off: which of them, nobody can tell, so it is
/// not carried out, and the answer says so.
void Dialogue::answer_begun()
{
    const auto command = wire::read_command(lines_.begun());
    const bool is_ours = command.has_value() || command.error().is_ours;
    if (!is_ours || !is_admitted(Weight::look, command ? command->form : command.error().form)) return;
    say(error("usage", "the line has no end: send LF, CR or CRLF after it; nothing was done"),
        command ? command->form : command.error().form);
}

void Dialogue::end()
{
    if (entrance_->is_guest() && lines_.is_within_a_line()) count_noise(&LineCounts::partials);
    lines_.drop();
    if (!std::exchange(has_spoken_, false)) return;
    --entrance_->speakers;
    desk_->line_changed(*entrance_);
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
    desk_->complain(*entrance_, "a client sent something that is not a command; its connection was closed");
    return Turn::over;
}

Turn Dialogue::answer_command(Command command)
{
    spoke_json_ = spoke_json_ || command.form == Form::json;
    if (!is_admitted(weight_of(command), command.form)) return Turn::idle;
    last_command_ = now_;
    if (auto denied = desk_->why_not({.entrance = *entrance_, .user = user_}, command)) {
        say(error("not-permitted", std::move(*denied)), command.form);
        return Turn::idle;
    }
    has_spoken();
    waits_ = 0;
    held_for_ = Turn::idle;
    return answer_when_known(std::move(command));
}

Turn Dialogue::answer_when_known(Command command)
{
    if (const auto turn = still_needed(command); turn != Turn::idle) {
        held_ = std::move(command);
        return turn;
    }
    return answer_when_free(std::move(command));
}

Turn Dialogue::answer_when_free(Command command)
{
    under_way_ = std::move(command);
    is_asking_ = true;
    desk_->answer(*entrance_, *under_way_, who_, [this, life = std::weak_ptr(life_)](const Answer& answer) {
        if (life.expired()) return;
        if (is_asking_) return answered(answer);
        late_ = answer;
        if (const auto call = when_answered_) call();
    });
    is_asking_ = false;
    if (under_way_) return Turn::under_way;
    return held_ ? Turn::later : Turn::idle;
}

Turn Dialogue::go_on_after_answer(std::chrono::milliseconds now)
{
    now_ = now;
    if (const auto answer = std::exchange(late_, std::nullopt)) answered(*answer);
    return held_ ? Turn::later : go_on(now);
}

void Dialogue::answered(const Answer& answer)
{
    auto command = std::exchange(under_way_, std::nullopt);
    if (answer.status == Status::error && answer.code == "busy" &&
        now_ - locked_out_since_.value_or(now_) < longest_wait_for_the_lock) {
        locked_out_since_ = locked_out_since_.value_or(now_);
        held_ = std::move(command);
        return;
    }
    locked_out_since_.reset();
    if (command->verb == Verb::subscribe) subscription_ = command->form;
    say(answer, command->form);
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
    // The look is as good as there will be one, also where something has changed since.
    if (held_)
        if (const auto turn = still_needed(*held_); turn != Turn::idle) return turn;
    if (auto command = std::exchange(held_, std::nullopt))
        if (const auto turn = answer_when_free(std::move(*command)); turn != Turn::idle) return turn;
    return go_on(now);
}

Turn Dialogue::answer_that_nothing_can_be_seen(std::chrono::milliseconds now)
{
    now_ = now;
    locked_out_since_.reset();
    if (const auto command = std::exchange(held_, std::nullopt))
        say({.status = Status::failed,
             .code = "timed-out",
             .message = std::string(entrance_->is_guest() ? nothing_seen_for_guest : nothing_seen)},
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
    return entrance_->is_tcp() && answered_ == 1 && !spoke_json_ && !subscription_ && input_.empty() &&
           !lines_.is_within_a_line();
}

} // namespace usbroute::daemon
