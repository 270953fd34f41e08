// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/libvirt_line.hpp"

#include "base/check.hpp"
#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::vmm {

using Kind = LineFailure::Kind;

namespace {

constexpr std::size_t longest_of_libvirts_words = 300;

struct KnownCode {
    std::string_view theirs; ///< docs/libvirt-line.md
    ErrorKind kind;
    std::string_view code;
    std::string_view sentence;
};

constexpr std::array<KnownCode, 14> known_codes = {{
    {"bad-question", ErrorKind::failed, "libvirt-bad-question",
     "usbroute-libvirt does not understand usbrouted: they are of different versions"},
    {"busy", ErrorKind::failed, "libvirt-busy",
     "libvirt is busy with earlier questions, and was not asked this one"},
    {"not-connected", ErrorKind::unreachable, "libvirt-away", "libvirt does not answer"},
    {"no-domain", ErrorKind::not_found, "libvirt-no-domain",
     "libvirt has no such domain, or it does not run"},
    {"no-device", ErrorKind::not_found, "host-device-not-found",
     "libvirt does not see this USB device; it has probably been unplugged"},
    {"in-use", ErrorKind::failed, "libvirt-in-use", "another domain has this USB device"},
    {"alias-in-use", ErrorKind::failed, "id-in-use", "the domain already has an object with this alias"},
    {"port-in-use", ErrorKind::failed, "guest-port-in-use",
     "the guest's USB port is in use, or its controller has no such port"},
    {"no-room", ErrorKind::failed, "no-hot-plug-there",
     "nothing can be added there while the guest runs; give the domain an empty pcie-root-port"},
    {"unsupported", ErrorKind::failed, "libvirt-cannot", "libvirt, or the guest's QEMU, cannot do this"},
    {"not-allowed", ErrorKind::not_permitted, "host-device-no-rights",
     "libvirt, or what confines the guest's QEMU, forbids it to have this USB device"},
    {"still-there", ErrorKind::timed_out, "guest-keeps-object",
     "the guest has not let go of it in time; it may still do so"},
    {"timed-out", ErrorKind::half_way, "libvirt-no-answer",
     "libvirt did not answer in time; it may still do what it was asked"},
    {"failed", ErrorKind::failed, "libvirt-refused", "libvirt refused"},
}};

Error in_libvirts_words(const KnownCode& known, std::string_view words)
{
    auto sentence = words.empty() ? std::string(known.sentence)
                                  : format("{}; libvirt says: {}", known.sentence,
                                           printable(words, longest_of_libvirts_words));
    return Error(known.kind, std::move(sentence)).with_code(std::string(known.code));
}

LineMessage as_line_message(wire::LibvirtMessage message,
                            const std::function<void(const wire::LibvirtGreeting&)>& greeted)
{
    if (const auto* greeting = std::get_if<wire::LibvirtGreeting>(&message)) {
        if (greeting->protocol != wire::libvirt_protocol)
            return LineGreeting{
                .why_not = format(
                    "usbroute-libvirt speaks protocol {}, and usbrouted {}: install the same version of both",
                    greeting->protocol, wire::libvirt_protocol)};
        greeted(*greeting);
        return LineGreeting{};
    }
    if (auto* answer = std::get_if<wire::QmpReturn>(&message)) return std::move(*answer);
    if (auto* error = std::get_if<wire::QmpError>(&message)) return std::move(*error);
    if (auto* event = std::get_if<wire::QmpEvent>(&message)) return std::move(*event);
    return wire::NoQmp{};
}

LineSession::Dialect libvirt_dialect(std::function<void(const wire::LibvirtGreeting&)> greeted)
{
    return {.other_end = "usbroute-libvirt",
            .door = "socket",
            .protocol = "the lines of docs/libvirt-line.md",
            .longest_line = wire::longest_libvirt_line,
            .most_commands = LibvirtLine::most_questions,
            .answers = LineSession::Answers::any,
            .greeting = LibvirtLine::longest_greeting,
            .first = std::nullopt,
            .read =
                [greeted = std::move(greeted)](std::string_view line) {
                    return as_line_message(wire::read_libvirt_line(line), greeted);
                },
            .write = wire::to_libvirt_line};
}

} // namespace

LibvirtLine::LibvirtLine(linux_::Loop& loop, std::string path, LineSession::Lend lend)
    : session_(loop, std::move(path),
               libvirt_dialect([this](const wire::LibvirtGreeting& greeting) { greeted(greeting); }),
               {.ready = [this] { tell_reach(); },
                .event = [this](const wire::QmpEvent& event) { hear(event); },
                .ended =
                    [this](std::string_view) {
                        has_libvirt_ = false;
                        why_.clear();
                        tell_reach();
                    },
                .did_not_begin =
                    [this](std::string_view why) {
                        has_libvirt_ = false;
                        why_ = why;
                        tell_reach();
                    }},
               std::move(lend))
{}

LibvirtLine::Reach LibvirtLine::reach() const
{
    if (!session_.is_ready()) return Reach::nowhere;
    return has_libvirt_ ? Reach::the_domains : Reach::the_helper;
}

LibvirtLine::Subscription LibvirtLine::subscribe(Subscriber subscriber)
{
    auto subscription = std::make_shared<const Subscriber>(std::move(subscriber));
    std::erase_if(subscribers_, [](const auto& one) { return one.expired(); });
    subscribers_.push_back(subscription);
    return subscription;
}

void LibvirtLine::ask(wire::QmpCommand question, Done done, linux_::UniqueFd file)
{
    session_.ask({.command = std::move(question), .file = std::move(file), .deadline = longest_answer},
                 std::move(done));
}

void LibvirtLine::greeted(const wire::LibvirtGreeting& greeting)
{
    has_libvirt_ = greeting.is_connected;
    why_ = greeting.why;
}

/// Whoever is told may end subscriptions, begin others, or destroy the line.
template <class Tell> void LibvirtLine::each(const Tell& tell)
{
    const auto alive = std::weak_ptr(alive_);
    const auto now = subscribers_;
    for (const auto& one : now) {
        const auto subscriber = one.lock();
        if (subscriber) tell(*subscriber);
        if (alive.expired()) return;
    }
}

void LibvirtLine::tell_reach()
{
    each([](const Subscriber& one) { one.reached(); });
}

void LibvirtLine::hear(const wire::QmpEvent& event)
{
    if (event.name == "hypervisor") {
        has_libvirt_ = wire::qmp_truth_at(event.payload, "connected").value_or(false);
        why_ = has_libvirt_ ? "" : wire::qmp_text_at(event.payload, "why").value_or("");
        return tell_reach();
    }
    const auto domain = wire::qmp_text_at(event.payload, "domain");
    if (!domain) return;
    each([&](const Subscriber& one) {
        if (one.domain == *domain) one.event(event);
    });
}

Error error_of_libvirt(const LineFailure& failure)
{
    switch (failure.kind) {
    case Kind::refused: {
        const auto* const known = std::ranges::find(known_codes, failure.error_class, &KnownCode::theirs);
        return in_libvirts_words(known == known_codes.end() ? known_codes.back() : *known, failure.text);
    }
    case Kind::away:
        return Error(ErrorKind::unreachable, "usbroute-libvirt cannot be reached").with_code("libvirt-away");
    case Kind::busy:
        return Error(ErrorKind::failed,
                     "usbroute-libvirt has not answered for a long time; nothing more is asked until it does")
            .with_code("libvirt-busy");
    case Kind::not_sent:
        return Error(ErrorKind::failed, "usbroute-libvirt does not read").with_code("libvirt-does-not-read");
    case Kind::no_answer:
        return Error(ErrorKind::half_way,
                     "usbroute-libvirt did not answer in time; it may still do what it was asked")
            .with_code("libvirt-no-answer");
    case Kind::ended:
        return Error(
                   ErrorKind::half_way,
                   format(
                       "the connection to usbroute-libvirt has ended: {}; it may have done what it was asked",
                       printable(failure.text, longest_of_libvirts_words)))
            .with_code("libvirt-ended");
    case Kind::cannot_lend:
        return Error(ErrorKind::failed,
                     format("the open device cannot be passed to usbroute-libvirt: {}", failure.text))
            .with_code("cannot-pass-file");
    }
    USBROUTE_CHECK(false);
}

} // namespace usbroute::vmm
