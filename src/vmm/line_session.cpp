// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/line_session.hpp"

#include "base/format.hpp"
#include "linux/listen.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace usbroute::vmm {

using namespace std::chrono_literals;
using Kind = LineFailure::Kind;

LineSession::LineSession(linux_::Loop& loop, std::string path, Dialect dialect, Tell tell, Lend lend)
    : loop_(loop),
      dialect_(std::move(dialect)),
      tell_(std::make_shared<const Tell>(std::move(tell))),
      lend_(std::move(lend)),
      connecting_(loop, std::move(path), [this](linux_::UniqueFd fd) { connected(std::move(fd)); }),
      deadline_(loop.timer([this] { pass_deadlines(); })),
      greeting_(loop.timer([this] { end(format("{} did not greet", dialect_.other_end)); })),
      soon_(loop.timer([this] { tell_what_was_put_off(); })),
      lines_(dialect_.longest_line)
{}

void LineSession::connected(linux_::UniqueFd fd)
{
    fd_ = std::move(fd);
    const auto peer = linux_::peer_of(fd_.get());
    peer_ = peer ? peer->process : 0;
    connection_ = std::make_shared<const bool>(true);
    phase_ = Phase::connected;
    auto watch = loop_.watch(fd_.get(), [this](linux_::Ready what) { ready_for(what); });
    if (!watch) return end(watch.error().message());
    watch_ = std::move(*watch);
    watch_.want(linux_::Ready::readable);
    if (dialect_.greeting) greeting_.start(*dialect_.greeting);
}

void LineSession::ask(Request request, Done done)
{
    if (phase_ != Phase::ready)
        return put_off(std::move(done), {.kind = Kind::away,
                                         .text = format("there is no connection to {}", dialect_.other_end)});
    if (open_.size() >= dialect_.most_commands || waiting_bytes_ >= most_waiting_bytes)
        return put_off(
            std::move(done),
            {.kind = Kind::busy, .text = format("too many commands wait for {}", dialect_.other_end)});
    add(std::move(request), std::move(done));
    // Not from within the caller: what fails here would call back.
    soon_.start(0ms);
}

void LineSession::add(Request request, Done done)
{
    Open open{.id = ++last_id_,
              .due = loop_.now() + request.deadline,
              .done = std::move(done),
              .late = std::move(request.late)};
    open.line = dialect_.write(request.command, open.id);
    open.has_file = request.file.is_open();
    open.file = std::move(request.file);
    waiting_bytes_ += open.line.size();
    open_.push_back(std::move(open));
    start_deadline();
}

void LineSession::put_off(Done done, LineFailure failure)
{
    later([done = std::move(done), failure = std::move(failure)] { done(std::unexpected(failure)); });
}

void LineSession::later(std::function<void()> done)
{
    put_off_.push_back(std::move(done));
    soon_.start(0ms);
}

void LineSession::tell_what_was_put_off()
{
    // What is put off meanwhile is for the next turn. The list is ours: it outlives the session.
    const auto told = std::exchange(put_off_, {});
    const auto alive = std::weak_ptr(alive_);
    for (const auto& done : told) {
        done();
        if (alive.expired()) return;
    }
    write();
}

void LineSession::ready_for(linux_::Ready what)
{
    const Life life = connection_;
    if (what != linux_::Ready::readable) write();
    if (what != linux_::Ready::writable && !life.expired()) read();
}

void LineSession::read()
{
    std::array<char, 16384> bytes; // at a time: a flood keeps nobody else from their turn
    const auto got = linux_::look_at_received(fd_.get(), bytes.data(), bytes.size());
    if (got.would_block) return;
    if (got.errno_value != 0 || got.count == 0) return end(has_closed());
    linux_::take_received(fd_.get(), got.count);
    take({bytes.data(), got.count});
}

void LineSession::take(std::string_view bytes)
{
    const Life life = connection_;
    while (!bytes.empty() && !life.expired()) {
        const auto line = lines_.next(bytes);
        if (lines_.is_within_a_long_line() || (line && line->too_long))
            return end(
                format("{} sent a line of more than {} bytes", dialect_.other_end, dialect_.longest_line));
        if (line && !line->text.empty()) take_line(line->text);
    }
}

void LineSession::take_line(const std::string& line)
{
    auto message = dialect_.read(line);
    if (auto* answer = std::get_if<wire::QmpReturn>(&message))
        return take_answer(answer->id, std::move(answer->payload));
    if (auto* error = std::get_if<wire::QmpError>(&message))
        return take_answer(error->id,
                           std::unexpected(LineFailure{.kind = Kind::refused,
                                                       .error_class = std::move(error->error_class),
                                                       .text = std::move(error->text)}));
    if (const auto* event = std::get_if<wire::QmpEvent>(&message)) return take_event(*event);
    if (const auto* greeting = std::get_if<LineGreeting>(&message)) return take_greeting(*greeting);
    end(format("{}'s {} sent something else than {}", dialect_.other_end, dialect_.door, dialect_.protocol));
}

void LineSession::take_greeting(const LineGreeting& greeting)
{
    if (phase_ != Phase::connected) return end(format("{} greeted twice", dialect_.other_end));
    greeting_.stop();
    if (!greeting.why_not.empty()) return end(greeting.why_not);
    phase_ = Phase::negotiating;
    if (!dialect_.first) return be_ready();
    add({.command = *dialect_.first}, [this](LineReply reply) {
        if (reply) return be_ready();
        // The end of the connection has its own words.
        if (reply.error().kind != Kind::ended)
            end(format("{}'s {} takes no commands", dialect_.other_end, dialect_.door));
    });
    write();
}

void LineSession::be_ready()
{
    phase_ = Phase::ready;
    const auto tell = tell_;
    tell->ready();
}

void LineSession::take_event(const wire::QmpEvent& event)
{
    // None comes before the answer to qmp_capabilities (docs/interop/qmp-spec), or before a greeting.
    if (phase_ != Phase::ready)
        return end(format("{}'s {} sent an event before it had begun", dialect_.other_end, dialect_.door));
    const auto tell = tell_;
    tell->event(event);
}

/// QEMU answers in the order of the commands unless it was asked otherwise, which we never do. Nothing relies on it but the
/// end of those that nobody waits for: once a later one is answered, they never will be.
void LineSession::take_answer(std::optional<std::uint64_t> id, LineReply reply)
{
    const auto found = id ? std::ranges::find(open_, *id, &Open::id) : open_.end();
    if (found == open_.end() || !found->is_sent)
        return end(format("{} answered what it was not asked", dialect_.other_end));
    const bool was_left_out =
        dialect_.answers == Answers::of_the_commands &&
        std::any_of(open_.begin(), found, [](const Open& earlier) { return !earlier.done; });
    const auto done = found->done ? std::move(found->done) : std::move(found->late);
    open_.erase(found);
    start_deadline();
    const Life life = connection_;
    if (done) done(std::move(reply));
    if (life.expired()) return;
    if (was_left_out) return end(format("{} left a command without an answer", dialect_.other_end));
    write(); // a file may have waited for it
}

void LineSession::write()
{
    if (phase_ != Phase::negotiating && phase_ != Phase::ready) return;
    const Life life = connection_;
    for (std::size_t i = 0; i < open_.size();) {
        const auto lent = open_[i].is_sent ? Lent::done : lend_file(open_[i]);
        if (lent == Lent::waits) break;
        if (lent == Lent::failed) {
            give_up(i);
            continue;
        }
        if (!send_rest(open_[i])) break;
        ++i;
    }
    if (!life.expired()) want();
}

bool LineSession::is_file_on_its_way() const
{
    return std::ranges::any_of(
        open_, [](const Open& open) { return open.has_file && !open.file.is_open() && open.is_begun; });
}

/// Alone ahead of its command, with one space: so it goes as a whole or not at all, and the command is sent as any other.
/// QEMU holds one such file; another one that came before the command was read would take its place.
LineSession::Lent LineSession::lend_file(Open& open)
{
    if (!open.file.is_open()) return Lent::done;
    if (is_file_on_its_way()) return Lent::waits;
    const auto lent = lend_(fd_.get(), open.file.get());
    if (lent.would_block) return Lent::waits;
    if (lent.errno_value != 0) {
        put_off(std::move(open.done), {.kind = Kind::cannot_lend, .text = errno_text(lent.errno_value)});
        return Lent::failed;
    }
    open.is_begun = true;
    open.file = {};
    return Lent::done;
}

void LineSession::give_up(std::size_t index)
{
    const auto open = open_.begin() + static_cast<std::ptrdiff_t>(index);
    waiting_bytes_ -= open->line.size();
    open_.erase(open);
    start_deadline();
}

bool LineSession::send_rest(Open& open)
{
    while (!open.line.empty()) {
        const auto sent = linux_::send(fd_.get(), open.line.data(), open.line.size());
        if (sent.would_block) return false;
        if (sent.errno_value != 0) {
            end(has_closed());
            return false;
        }
        open.is_begun = true;
        open.line.erase(0, sent.count);
        waiting_bytes_ -= sent.count;
    }
    open.is_sent = true;
    return true;
}

void LineSession::want()
{
    const auto next = std::ranges::find(open_, false, &Open::is_sent);
    // What waits for an answer to another one is not helped by a socket that can be written to.
    const bool writes = next != open_.end() && !(next->file.is_open() && is_file_on_its_way());
    watch_.want(writes ? linux_::Ready::both : linux_::Ready::readable);
}

void LineSession::start_deadline()
{
    std::optional<std::chrono::milliseconds> first;
    for (const auto& open : open_)
        if (open.done && (!first || open.due < *first)) first = open.due;
    if (first)
        deadline_.start(std::max(*first - loop_.now(), 0ms));
    else
        deadline_.stop();
}

void LineSession::pass_deadlines()
{
    std::vector<std::pair<Done, LineFailure>> late;
    bool is_broken = false;
    for (auto& open : open_) {
        if (!open.done || open.due > loop_.now()) continue;
        late.emplace_back(std::exchange(open.done, {}),
                          open.is_begun ? LineFailure{.kind = Kind::no_answer,
                                                      .text = format("{} did not answer", dialect_.other_end)}
                                        : LineFailure{.kind = Kind::not_sent,
                                                      .text = format("{} did not read", dialect_.other_end)});
        is_broken = is_broken || (open.is_sent && dialect_.answers == Answers::any);
        if (!open.is_begun) waiting_bytes_ -= open.line.size();
    }
    // What has not begun is never sent. What was sent is waited for, so that its answer is not taken for another one's.
    std::erase_if(open_, [](const Open& open) { return !open.done && !open.is_begun; });
    start_deadline();
    const auto alive = std::weak_ptr(alive_);
    for (auto& [done, failure] : late) {
        done(std::unexpected(std::move(failure)));
        if (alive.expired()) return;
    }
    if (is_broken && phase_ != Phase::away)
        return end(format("{} left a command without an answer", dialect_.other_end));
    write();
}

std::string LineSession::has_closed() const
{
    return format("{} has closed its {}", dialect_.other_end, dialect_.door);
}

void LineSession::end(std::string_view why)
{
    const bool was_ready = phase_ == Phase::ready;
    phase_ = Phase::away;
    watch_ = {};
    fd_ = {};
    connection_.reset();
    lines_ = wire::LineCutter(dialect_.longest_line);
    waiting_bytes_ = 0;
    deadline_.stop();
    greeting_.stop();
    const auto open = std::exchange(open_, {});
    const std::string words(why);
    connecting_.again();
    const auto alive = std::weak_ptr(alive_);
    for (const auto& one : open) {
        if (one.done) one.done(std::unexpected(LineFailure{.kind = Kind::ended, .text = words}));
        if (alive.expired()) return;
    }
    const auto tell = tell_;
    if (was_ready) return tell->ended(words);
    if (tell->did_not_begin) tell->did_not_begin(words);
}

} // namespace usbroute::vmm
