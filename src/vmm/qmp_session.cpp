// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/qmp_session.hpp"

#include <utility>

namespace usbroute::vmm {

namespace {

LineMessage as_line_message(wire::QmpMessage message, attach::QemuVersion& qemu)
{
    if (const auto* greeting = std::get_if<wire::QmpGreeting>(&message)) {
        qemu = greeting->version;
        return LineGreeting{};
    }
    if (auto* answer = std::get_if<wire::QmpReturn>(&message)) return std::move(*answer);
    if (auto* error = std::get_if<wire::QmpError>(&message)) return std::move(*error);
    if (auto* event = std::get_if<wire::QmpEvent>(&message)) return std::move(*event);
    return wire::NoQmp{};
}

LineSession::Dialect qmp_dialect(const std::shared_ptr<attach::QemuVersion>& qemu)
{
    return {
        .other_end = "QEMU",
        .door = "monitor",
        .protocol = "QMP",
        .longest_line = wire::longest_qmp_line,
        .most_commands = QmpSession::most_commands,
        .answers = LineSession::Answers::of_the_commands, // unless it was asked otherwise, which we never do
        .greeting = std::nullopt,
        .first = wire::QmpCommand{.name = "qmp_capabilities"},
        .read = [qemu](std::string_view line) { return as_line_message(wire::read_qmp_line(line), *qemu); },
        .write = wire::to_qmp_line};
}

} // namespace

QmpSession::QmpSession(linux_::Loop& loop, std::string path, Tell tell, Lend lend)
    : QmpSession(loop, std::move(path), std::move(tell), std::move(lend),
                 std::make_shared<attach::QemuVersion>())
{}

QmpSession::QmpSession(linux_::Loop& loop, std::string path, Tell tell, Lend lend, const Version& qemu)
    : LineSession(loop, std::move(path), qmp_dialect(qemu),
                  {.ready = [qemu, ready = std::move(tell.ready)] { ready(*qemu); },
                   .event = std::move(tell.event),
                   .ended = std::move(tell.ended),
                   .did_not_begin = std::move(tell.did_not_begin)},
                  std::move(lend)),
      qemu_(qemu)
{}

} // namespace usbroute::vmm
