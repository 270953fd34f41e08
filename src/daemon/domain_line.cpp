// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/domain_line.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "daemon/log.hpp"

#include <utility>

namespace usbroute::daemon {

using Reach = vmm::LibvirtLine::Reach;

namespace {

constexpr auto between_looks_at_a_domain = std::chrono::milliseconds(100);
constexpr auto after_a_failed_look = std::chrono::seconds(5);
constexpr std::size_t longest_why = 200;

} // namespace

DomainLine::DomainLine(linux_::Loop& loop, std::shared_ptr<vmm::LibvirtLine> line, GuestName guest,
                       config::LibvirtSettings settings, Tell tell)
    : guest_(std::move(guest)),
      settings_(std::move(settings)),
      tell_(std::move(tell)),
      line_(std::move(line)),
      domain_(line_, settings_.domain),
      functions_(line_, settings_.domain),
      first_word_(loop.timer([this] {
          say_why();
          tell_(MachineNews::has_other_devices);
      })),
      soon_(loop.timer([this] { look_again({}); })),
      again_(loop.timer([this] { watch(); }))
{}

void DomainLine::begin()
{
    first_word_.start(awaited);
    subscription_ = line_->subscribe({.domain = settings_.domain,
                                      .reached = [this] { reached(); },
                                      .event = [this](const wire::QmpEvent& event) { hear(event); }});
    if (line_->reach() != Reach::nowhere) reached();
}

bool DomainLine::may_be_there() const
{
    if (state_) return wire::is_there(*state_);
    return line_->reach() == Reach::the_domains || is_awaited();
}

std::optional<attach::Silence> DomainLine::silence() const
{
    const auto why = line_->why().empty() ? std::string() : ": " + printable(line_->why(), longest_why);
    switch (line_->reach()) {
    case Reach::nowhere:
        return attach::Silence{
            .code = "no-helper",
            .why = format("usbroute-libvirt cannot be reached at {}{}, so libvirt is not asked for {}",
                          line_->path(), why, guest_.text())};
    case Reach::the_helper:
        return attach::Silence{.code = "no-libvirt",
                               .why = format("libvirt does not answer at {}{}", settings_.uri(), why)};
    case Reach::the_domains: break;
    }
    if (state_ == wire::DomainState::undefined)
        return attach::Silence{
            .code = "no-domain",
            .why = format("libvirt has no domain {} at {}", settings_.domain, settings_.uri())};
    if (may_be_there() && !usb_ && !why_unknown_.empty())
        return attach::Silence{.code = "no-look",
                               .why = format("libvirt does not say what {} at {} has: {}", settings_.domain,
                                             settings_.uri(), why_unknown_)};
    return std::nullopt;
}

/// libvirt is there, or not: either way nothing is known from before.
void DomainLine::reached()
{
    again_.stop();
    soon_.stop();
    why_unknown_.clear();
    const auto reach = line_->reach();
    if (reach == Reach::the_domains) {
        first_word_.stop();
        said_.clear();
        return watch();
    }
    is_unheard_ = true;
    // It may be starting.
    if (!is_awaited()) say_why();
    forget_devices();
}

void DomainLine::say_why()
{
    const auto silent = silence();
    if (!silent || silent->why == said_) return;
    said_ = silent->why;
    const auto remedy = silent->code == "no-domain"
                            ? format("; `virsh -c {} list --all` names those that it has", settings_.uri())
                            : std::string();
    log::warning(format("guest {}: {}{}", guest_.text(), said_, remedy), line_->path());
}

void DomainLine::watch()
{
    is_looked_at_first_ = !usb_;
    domain_.watch([this](Result<wire::LibvirtLook> look) {
        const bool was_first = std::exchange(is_looked_at_first_, false);
        if (look) return know(std::move(*look));
        could_not_look(look.error());
        if (was_first) tell_(MachineNews::has_other_devices); // that nothing is known is to be said now
    });
}

/// Where libvirt is lost there is news of that, too.
void DomainLine::could_not_look(const Error& why)
{
    log::debug(format("guest {}: {}", guest_.text(), why.message()), line_->path());
    if (line_->reach() != Reach::the_domains) return;
    again_.start(after_a_failed_look);
    if (why.kind() == ErrorKind::unreachable) return;
    why_unknown_ = why.message();
    say_why();
}

void DomainLine::look_again(std::function<void(Result<void>)> done)
{
    domain_.look([this, done = std::move(done)](Result<wire::LibvirtLook> look) {
        const bool was_first = std::exchange(is_looked_at_first_, false);
        if (!look) {
            could_not_look(look.error());
            if (was_first) tell_(MachineNews::has_other_devices);
            if (done) done(std::unexpected(std::move(look.error())));
            return;
        }
        know(std::move(*look));
        if (done) done({});
    });
}

void DomainLine::know(wire::LibvirtLook look)
{
    why_unknown_.clear();
    uuid_ = std::move(look.uuid);
    auto usb = wire::is_there(look.state) ? std::optional(std::move(look.usb)) : std::nullopt;
    const auto before = std::exchange(usb_, std::move(usb));
    know_state(look.state);
    // That it is known again whether it runs is news, too.
    if (std::exchange(is_unheard_, false) || before != usb_) tell_(MachineNews::has_other_devices);
}

void DomainLine::know_state(wire::DomainState state)
{
    const auto before = std::exchange(state_, state);
    if (before == state) return;
    why_unknown_.clear();
    if (state == wire::DomainState::undefined) say_why();
    const bool is_there = wire::is_there(state);
    if (!is_there) usb_.reset();
    if (before && wire::is_there(*before) == is_there) return;
    tell_(is_there ? MachineNews::runs : MachineNews::is_switched_off);
}

/// Whether it runs, is paused or sleeps is in the event itself: a plug may come before the next look.
void DomainLine::know_word(const std::string& word)
{
    if (!usb_ || usb_->status == word) return;
    usb_->status = word;
    usb_->is_running = state_ == wire::DomainState::running;
    tell_(MachineNews::has_other_devices);
}

void DomainLine::hear(const wire::QmpEvent& event)
{
    if (event.name == "domain") {
        const auto word = wire::qmp_text_at(event.payload, "state");
        const auto state = word ? wire::domain_state_from(*word) : std::nullopt;
        if (!state) return;
        const bool is_there = wire::is_there(*state);
        is_looked_at_first_ = is_there && !usb_;
        know_state(*state);
        if (is_looked_at_first_) return look_again({});
        if (is_there) know_word(*word);
        if (is_there && !soon_.is_running()) soon_.start(between_looks_at_a_domain);
        return;
    }
    const bool is_of_devices = event.name == "added" || event.name == "removed";
    if (is_of_devices && !soon_.is_running()) soon_.start(between_looks_at_a_domain);
}

void DomainLine::forget_devices()
{
    const bool was_known = usb_.has_value() || is_looked_at_first_;
    usb_.reset();
    is_looked_at_first_ = false;
    if (was_known || !state_) tell_(MachineNews::has_other_devices);
}

} // namespace usbroute::daemon
