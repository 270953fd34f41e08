// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "map/names.hpp"

#include "base/format.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace usbroute::map {

namespace {

constexpr std::array<std::string_view, 11> commands{"present", "help",  "?",    "list",   "skip", "rename",
                                                    "remove",  "place", "pair", "verify", "done"};
constexpr std::array<std::string_view, 8> panels{"front", "rear",  "internal", "top",
                                                 "left",  "right", "side",     "dock"};
constexpr std::array<std::string_view, 3> owners{"host", "ehci", "xhci"};

template <class List> bool contains(const List& list, std::string_view word)
{
    return std::ranges::find(list, word) != list.end();
}

} // namespace

bool is_command(std::string_view word) { return contains(commands, word); }
bool is_panel(std::string_view word) { return contains(panels, word); }

std::optional<std::string> why_no_name(std::string_view word)
{
    if (!is_plain_name(word))
        return format(
            "{} cannot be a name: letters, digits, '-', '_' and '.', at most 64, and not '-' or '.' at the beginning",
            printable(word, 70));
    if (is_command(word)) return format("{} is a command of map; give another name", word);
    if (contains(owners, word)) return format("{} means an owner; give another name", word);
    return std::nullopt;
}

std::string_view panel_of(std::string_view name)
{
    const auto first = name.substr(0, name.find('-'));
    return is_panel(first) ? first : std::string_view();
}

std::optional<std::uint32_t> place_number(std::string_view word)
{
    const auto number = parse_decimal(word);
    return number && *number >= 1 && *number <= 99 ? number : std::nullopt;
}

std::optional<std::uint32_t> place_of_name(std::string_view name)
{
    const auto dash = name.rfind('-');
    if (dash == std::string_view::npos || panel_of(name).size() != dash) return std::nullopt;
    return place_number(name.substr(dash + 1));
}

std::string_view help()
{
    return "Enter             take the name in brackets\n"
           "NAME              call the socket that\n"
           "front, rear, ...  the next free number on that panel: front-3\n"
           "NAME PANEL ROW COLUMN   with its place for the picture, counted from 1: dac rear 2 3\n"
           "skip              leave this one\n"
           "present           ask about what is already plugged in, built-in devices too\n"
           "list              what has a name, and which sockets have none\n"
           "rename OLD NEW, remove NAME, place NAME PANEL [ROW COLUMN]\n"
           "pair [NAME]       take the kernel's word for the half of the socket that nobody has seen\n"
           "verify [NAME]     move the socket to its twin and back, and see whether the device follows\n"
           "done              end; so does Ctrl-D. Everything that was named is already saved";
}

} // namespace usbroute::map
