// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What comes over a socket or a guest's line: bytes in any pieces, from anybody.

#include "base/check.hpp"
#include "daemon/dialogue.hpp"
#include "wire/event.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace usbroute::daemon {
namespace {

/// Says "ok" to everything, and looks at what it was asked.
class YesDesk final : public Desk {
public:
    bool is_known(Need, const wire::Command&) override { return true; }
    void answer(const Entrance&, const wire::Command& command, const std::string&, Answered answered) override
    {
        ++asked;
        // What was understood can be said again, in its own words, and is understood the same.
        const auto line = wire::to_line(command);
        const auto again = wire::read_command(line);
        USBROUTE_CHECK(again.has_value());
        USBROUTE_CHECK(wire::to_line(*again) == line);
        answered({.message = line});
    }
    std::optional<std::string> why_not(const Asker&, const wire::Command&) override { return std::nullopt; }
    void after_answer() override {}
    void line_changed(const Entrance&) override {}
    void complain(Entrance&, std::string_view) override {}

    std::size_t asked = 0;
};

void talk(config::ListenerSettings settings, std::string_view bytes, std::size_t piece)
{
    Entrance entrance{.settings = std::move(settings)};
    YesDesk desk;
    Dialogue dialogue(entrance, desk, "somebody");
    std::string output;
    std::chrono::milliseconds now{0};
    auto turn = Turn::idle;
    while (turn != Turn::over && (turn == Turn::more || !bytes.empty())) {
        if (turn == Turn::more) {
            turn = dialogue.go_on(now);
        } else {
            // Half of the pieces come after a pause that parts what they say.
            now += piece % 2 == 0 ? std::chrono::milliseconds(1) : std::chrono::milliseconds(6000);
            turn = dialogue.take(bytes.substr(0, piece), now);
            bytes.remove_prefix(std::min(piece, bytes.size()));
        }
        USBROUTE_CHECK(turn != Turn::waiting);
    }
    output.swap(dialogue.output());
    const auto lines = static_cast<std::size_t>(std::ranges::count(output, '\n'));
    USBROUTE_CHECK(output.empty() || output.back() == '\n');
    // On a guest's line only mistakes in our own language get an answer without being a command.
    for (std::string_view rest(output); !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
        const auto line = rest.substr(0, rest.find('\n'));
        const auto answer = wire::read_answer(line);
        USBROUTE_CHECK(answer.code != "not-an-answer");
        // An object with "do" is meant for us, whatever verb it names.
        if (entrance.is_guest() && !line.starts_with('{')) USBROUTE_CHECK(answer.code != "not-a-command");
    }
    USBROUTE_CHECK(lines >= desk.asked);
    if (entrance.is_guest()) {
        const auto& counts = entrance.counts;
        USBROUTE_CHECK(lines == counts.commands && desk.asked <= counts.commands - counts.limited);
        USBROUTE_CHECK(counts.partials + counts.echoes <= counts.noise);
    }
}

} // namespace
} // namespace usbroute::daemon

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace usbroute;
    if (size < 2) return 0;
    const std::size_t piece = 1U + bytes[0];
    const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    daemon::talk({.name = ListenerName("control")}, text, piece);
    daemon::talk({.name = ListenerName("netcat"), .address = config::TcpAddress{}}, text, piece);
    daemon::talk({.name = ListenerName("windows"), .guest = GuestName("windows")}, text, piece);
    return 0;
}
