// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/qmp_line.hpp"

#include "base/format.hpp"
#include "daemon/log.hpp"
#include "linux/listen.hpp"
#include "wire/qmp.hpp"

#include <array>
#include <utility>

namespace usbroute::daemon {

using wire::QmpSaid;

QmpLine::QmpLine(linux_::Loop& loop, std::string path, Tell tell)
    : loop_(loop),
      tell_(std::move(tell)),
      connecting_(loop, std::move(path), [this](linux_::UniqueFd fd) { connected(std::move(fd)); })
{}

void QmpLine::connected(linux_::UniqueFd fd)
{
    fd_ = std::move(fd);
    lines_ = {};
    has_greeted_ = false;
    auto watch = loop_.watch(fd_.get(), [this](linux_::Ready) { read(); });
    if (!watch) {
        log::warning(watch.error().message());
        return end();
    }
    watch_ = std::move(*watch);
    watch_.want(linux_::Ready::readable);
}

void QmpLine::read()
{
    std::array<char, 4096> bytes;
    const auto got = linux_::look_at_received(fd_.get(), bytes.data(), bytes.size());
    if (got.would_block) return;
    if (got.errno_value != 0 || got.count == 0) return end();
    linux_::take_received(fd_.get(), got.count);
    take({bytes.data(), got.count});
}

void QmpLine::take(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto line = lines_.next(bytes);
        if (!line || line->too_long) continue;
        switch (wire::read_qmp_line(line->text)) {
        case QmpSaid::greeting:
            if (std::exchange(has_greeted_, true)) break;
            // A few bytes into an empty buffer: they fit, or QEMU is gone and the next read says so.
            static_cast<void>(linux_::send(fd_.get(), wire::qmp_begin.data(), wire::qmp_begin.size()));
            log::debug(format("{}: QEMU's monitor answers", connecting_.path()), connecting_.path());
            tell_(MachineNews::runs);
            break;
        case QmpSaid::running: tell_(MachineNews::runs); break;
        case QmpSaid::shut_down: tell_(MachineNews::is_switched_off); break;
        case QmpSaid::otherwise: break;
        }
    }
}

void QmpLine::end()
{
    watch_ = {};
    fd_ = {};
    connecting_.again();
    // What never greeted was no monitor, and says nothing of the machine.
    if (std::exchange(has_greeted_, false)) tell_(MachineNews::is_switched_off);
}

} // namespace usbroute::daemon
