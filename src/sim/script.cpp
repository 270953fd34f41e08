// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/script.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "chips/registers.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

namespace usbroute::sim {

namespace {

namespace route_reg = chips::route_reg;
using Words = std::span<const std::string_view>;

constexpr std::size_t longest_line = 1024;
constexpr std::uint32_t longest_wait_ms = 3'600'000;

std::unexpected<Error> not_a_command(std::string text)
{
    return std::unexpected(Error(ErrorKind::usage, std::move(text)));
}

Result<PciAddress> address_from(std::string_view word)
{
    if (const auto address = PciAddress::parse(word)) return *address;
    return not_a_command(format("not a PCI address: {} (0000:00:1d.0 is one)", printable(word)));
}

Result<std::chrono::milliseconds> time_from(std::string_view word)
{
    const auto value = parse_decimal(word);
    if (!value || *value > longest_wait_ms)
        return not_a_command(format("not milliseconds, 0 to {}: {}", longest_wait_ms, printable(word)));
    return std::chrono::milliseconds(*value);
}

Result<std::uint16_t> register_from(std::string_view word)
{
    constexpr std::array<std::pair<std::string_view, std::uint16_t>, 4> names{
        {{"XUSB2PR", chips::route_reg::usb2_owner},
         {"XUSB2PRM", chips::route_reg::usb2_movable},
         {"USB3_PSSEN", chips::route_reg::superspeed_on},
         {"USB3PRM", chips::route_reg::superspeed_movable}}};
    for (const auto& [name, offset] : names)
        if (word == name) return offset;
    const auto offset = parse_hex(word);
    if (!offset || *offset > 0xfc || *offset % 4 != 0)
        return not_a_command(
            format("not a register: {} (d0 or XUSB2PR, d4, d8 or USB3_PSSEN, dc, ...)", printable(word)));
    return static_cast<std::uint16_t>(*offset);
}

Result<Command> parse_plug(Words words)
{
    if (words.size() == 5 && words[3] != "as") return not_a_command("plug SOCKET[.PORT] KIND [as NAME]");
    if (words.size() == 4) return not_a_command("plug SOCKET[.PORT] KIND [as NAME]");
    return command::PlugIn{.socket = std::string(words[1]),
                           .kind = std::string(words[2]),
                           .name = words.size() == 5 ? std::string(words[4]) : std::string()};
}

Result<Command> parse_driver(Words words)
{
    const auto address = address_from(words[1]);
    if (!address) return std::unexpected(address.error());
    if (!is_plain_name(words[2])) return not_a_command(format("not a driver: {}", printable(words[2])));
    return command::Driver{.function = *address,
                           .name = words[2] == "none" ? std::string() : std::string(words[2])};
}

Result<Command> parse_remove(Words words)
{
    const auto address = address_from(words[1]);
    if (!address) return std::unexpected(address.error());
    return command::Remove{*address};
}

Result<Command> parse_write(Words words)
{
    const auto offset = register_from(words[1]);
    if (!offset) return std::unexpected(offset.error());
    const auto value = parse_hex(words[2]);
    if (!value) return not_a_command(format("not a hexadecimal value of 32 bits: {}", printable(words[2])));
    return command::WriteRegister{.offset = *offset, .value = *value};
}

Result<Command> parse_mount(Words words)
{
    // mountinfo escapes such characters; nothing here needs them.
    if (!words[2].starts_with('/') || words[2].find('\\') != std::string_view::npos)
        return not_a_command(format("not a mount point: {}", printable(words[2])));
    return command::Mount{.partition = std::string(words[1]), .point = std::string(words[2])};
}

Result<Command> parse_guest(Words words)
{
    constexpr std::array<std::pair<std::string_view, command::GuestAct>, 5> acts{
        {{"start", command::GuestAct::start},
         {"quit", command::GuestAct::quit},
         {"kill", command::GuestAct::kill},
         {"hang", command::GuestAct::hang},
         {"reset", command::GuestAct::reset}}};
    for (const auto& [word, act] : acts)
        if (words[1] == word) return command::Guest{.act = act, .name = std::string(words[2])};
    return not_a_command(format("not start, quit, kill, hang or reset: {}", printable(words[1])));
}

template <class Timed> Result<Command> parse_timed(Words words)
{
    const auto time = time_from(words[1]);
    if (!time) return std::unexpected(time.error());
    return Timed{*time};
}

template <class Plain> Result<Command> parse_plain(Words) { return Plain{}; }

struct Grammar {
    std::string_view verb;
    std::string_view arguments; ///< for people
    std::size_t fewest = 0;
    std::size_t most = 0;
    Result<Command> (*parse)(Words);
};

constexpr auto parse_unplug = [](Words words) -> Result<Command> {
    return command::Unplug{std::string(words[1])};
};
constexpr auto parse_unmount = [](Words words) -> Result<Command> {
    return command::Unmount{std::string(words[1])};
};

constexpr std::array<Grammar, 16> grammar{{
    {"plug", "SOCKET[.PORT] KIND [as NAME]", 2, 4, parse_plug},
    {"unplug", "SOCKET[.PORT]|NAME", 1, 1, parse_unplug},
    {"resume", "", 0, 0, parse_plain<command::Resume>},
    {"driver", "ADDRESS NAME|none", 2, 2, parse_driver},
    {"remove", "ADDRESS", 1, 1, parse_remove},
    {"rescan", "", 0, 0, parse_plain<command::Rescan>},
    {"write", "REGISTER VALUE", 2, 2, parse_write},
    {"mount", "PARTITION POINT", 2, 2, parse_mount},
    {"umount", "POINT", 1, 1, parse_unmount},
    {"guest", "start|quit|kill|hang|reset NAME", 2, 2, parse_guest},
    {"show", "", 0, 0, parse_plain<command::Show>},
    {"wait", "MS", 1, 1, parse_timed<command::Wait>},
    {"settle", "", 0, 0, parse_plain<command::Settle>},
    {"quiet", "MS", 1, 1, parse_timed<command::Quiet>},
    {"start", "", 0, 0, parse_plain<command::Start>},
    {"help", "", 0, 0, parse_plain<command::Help>},
}};

} // namespace

Result<Command> parse_command(std::string_view line)
{
    if (line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3); // a byte order mark in front of the first
    line = trim(line);
    if (line.size() > longest_line) return not_a_command(format("a line has at most {} bytes", longest_line));
    const auto found = words(line);
    if (found.empty() || found.front().starts_with('#')) return command::Nothing{};
    const auto* rule = std::ranges::find(grammar, found.front(), &Grammar::verb);
    if (rule == grammar.end()) {
        const auto verbs = texts_of(grammar, [](const auto& each) { return each.verb; });
        const auto near = nearest(found.front(), verbs);
        return not_a_command(format("unknown command {}; {}", printable(found.front(), 32),
                                    near ? format("did you mean {}?", *near) : "try: help"));
    }
    const auto arguments = found.size() - 1;
    if (arguments < rule->fewest || arguments > rule->most)
        return not_a_command(
            format("usage: {}{}{}", rule->verb, rule->arguments.empty() ? "" : " ", rule->arguments));
    return rule->parse(found);
}

std::string_view command_summary()
{
    static const std::string text = [] {
        std::string lines;
        for (const auto& rule : grammar)
            lines += format("  {}{}{}\n", rule.verb, rule.arguments.empty() ? "" : " ", rule.arguments);
        return lines;
    }();
    return text;
}

} // namespace usbroute::sim
