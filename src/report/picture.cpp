// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/picture.hpp"

#include "base/format.hpp"
#include "base/groups.hpp"
#include "base/text.hpp"
#include "report/plugged.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace usbroute::report {

namespace {

/// What is wrong has marks of its own, which no guest gets.
std::optional<char> fixed_letter(const std::string& owner)
{
    if (owner == "nobody") return '-';
    if (owner == "unknown") return '?';
    if (owner == "unknown-guest") return '!';
    return std::nullopt;
}

/// The first letter of the name that is free, then any that is.
char free_letter(const std::string& owner, const std::vector<OwnerMark>& taken)
{
    const auto is_free = [&](char letter) {
        return std::ranges::find(taken, letter, &OwnerMark::letter) == taken.end();
    };
    for (const char c : owner) {
        const auto letter = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        const bool is_plain = (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
        if (is_plain && is_free(letter)) return letter;
    }
    for (const char letter : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
        if (is_free(letter)) return letter;
    return '*';
}

std::vector<std::string> owners_of(const StatusView& view)
{
    std::vector<std::string> guests;
    std::vector<std::string> wrong;
    const auto add = [&](const std::string& owner) {
        auto& kind = fixed_letter(owner) ? wrong : guests;
        if (owner != "host" && std::ranges::find(kind, owner) == kind.end()) kind.push_back(owner);
    };
    // A controller that nobody drives is no owner of a socket yet.
    for (const auto& controller : view.controllers)
        if (!fixed_letter(controller.owner)) add(controller.owner);
    for (const auto& connector : view.connectors) {
        add(connector.owner);
        for (const auto* device : those_away_in(connector))
            if (device->ask.empty()) add(device->owner);
    }
    std::ranges::sort(guests);
    std::ranges::sort(wrong);
    std::vector<std::string> owners{"host"};
    owners.insert(owners.end(), guests.begin(), guests.end());
    owners.insert(owners.end(), wrong.begin(), wrong.end());
    return owners;
}

Picture::SuperSpeed superspeed_of(const ConnectorView& connector)
{
    const auto is_superspeed = [](const std::string& place) {
        return place.find("/ss") != std::string::npos;
    };
    if (std::ranges::any_of(connector.usb, is_superspeed)) return Picture::SuperSpeed::on;
    if (!connector.superspeed) return Picture::SuperSpeed::none;
    return connector.superspeed_on.value_or(true) ? Picture::SuperSpeed::on : Picture::SuperSpeed::off;
}

/// Rows and columns as the configuration counts them, and sockets of which it says only one of the two put where there
/// is room. Two sockets cannot have one place: the first has it.
class Places {
public:
    void take(Picture::Panel& panel)
    {
        for (auto& socket : panel.sockets)
            if (socket.connector.row && socket.connector.column)
                put(socket, *socket.connector.row, *socket.connector.column);
        for (auto& socket : panel.sockets) {
            const auto& [row, column] = std::pair(socket.connector.row, socket.connector.column);
            if (row && !column) put_first_free(socket, [&](int at) { return std::pair(*row, at); });
            if (column && !row) put_first_free(socket, [&](int at) { return std::pair(at, *column); });
        }
        close_gaps(panel);
    }

private:
    void put(Picture::Socket& socket, int row, int column)
    {
        if (row < 1 || column < 1 || !taken_.insert({row, column}).second) return;
        socket.place = Picture::GridPlace{static_cast<std::size_t>(row), static_cast<std::size_t>(column)};
    }

    template <class PlaceAt> void put_first_free(Picture::Socket& socket, const PlaceAt& place_at)
    {
        int at = 1;
        while (taken_.contains(place_at(at))) ++at;
        const auto [row, column] = place_at(at);
        put(socket, row, column);
    }

    /// "1, 2, 7" becomes "0, 1, 3": a gap stays a gap, and ninety empty columns need no room.
    static std::map<std::size_t, std::size_t> closed(const std::set<std::size_t>& used)
    {
        std::map<std::size_t, std::size_t> closer;
        std::size_t at = 0;
        std::optional<std::size_t> before;
        for (const auto number : used) {
            if (before) at += number == *before + 1 ? 1U : 2U;
            closer[number] = at;
            before = number;
        }
        return closer;
    }

    static void close_gaps(Picture::Panel& panel)
    {
        std::set<std::size_t> used_rows;
        std::set<std::size_t> used_columns;
        for (const auto& socket : panel.sockets) {
            if (!socket.place) continue;
            used_rows.insert(socket.place->row);
            used_columns.insert(socket.place->column);
        }
        const auto rows = closed(used_rows);
        const auto columns = closed(used_columns);
        for (auto& socket : panel.sockets)
            if (socket.place)
                socket.place =
                    Picture::GridPlace{rows.at(socket.place->row), columns.at(socket.place->column)};
        panel.rows = rows.empty() ? 0 : rows.rbegin()->second + 1;
        panel.columns = columns.empty() ? 0 : columns.rbegin()->second + 1;
        sort(panel);
    }

    /// Reading order, those without a place last and as they came: so a list shows them, and so arrow keys begin.
    static void sort(Picture::Panel& panel)
    {
        std::vector<Picture::Socket> loose;
        std::vector<Picture::Socket> placed;
        for (auto& socket : panel.sockets) (socket.place ? placed : loose).push_back(std::move(socket));
        std::ranges::sort(placed, {}, [](const Picture::Socket& socket) {
            return std::pair(socket.place->row, socket.place->column);
        });
        std::ranges::move(loose, std::back_inserter(placed));
        panel.sockets = std::move(placed);
    }

    std::set<std::pair<int, int>> taken_;
};

/// The view may come from elsewhere than this program; what is printable already stays as it is.
ConnectorView safe(ConnectorView connector)
{
    connector.name = printable(connector.name, 64);
    connector.last_seen = printable(connector.last_seen, 64);
    for (auto& device : connector.devices) {
        device.name = printable(device.name);
        device.in_use = printable(device.in_use);
        for (auto& disk : device.disks) disk = printable(disk, 32);
    }
    return connector;
}

} // namespace

std::vector<OwnerMark> owner_marks(const StatusView& view)
{
    constexpr std::array guest_tones{Tone::guest, Tone::second_guest, Tone::third_guest};
    std::vector<OwnerMark> marks;
    std::size_t guests = 0;
    for (const auto& owner : owners_of(view)) {
        OwnerMark mark{.owner = owner, .letter = 'H', .tone = Tone::host};
        if (const auto letter = fixed_letter(owner)) {
            mark.letter = *letter;
            mark.tone = Tone::warning;
        } else if (owner != "host") {
            mark.letter = free_letter(owner, marks);
            mark.tone = guest_tones[guests++ % guest_tones.size()];
        }
        marks.push_back(std::move(mark));
    }
    return marks;
}

namespace {

std::string device_in(const ConnectorView& connector, const DeviceView& device, std::size_t room,
                      const Style& style)
{
    auto alone = connector;
    alone.devices = {device};
    alone.devices.front().disks.clear(); // there is room for the name alone
    return plugged_in_briefly(alone, room, style);
}

/// "? Ultra Fit", ">W C920": one that does not go with its socket.
Span shown_away(const Picture& picture, const ConnectorView& connector, std::size_t room, const Style& style)
{
    const auto devices = those_away_in(connector);
    const auto asked = std::ranges::find_if(devices, [](const auto* device) { return !device->ask.empty(); });
    const auto& shown = asked == devices.end() ? *devices.front() : **asked;
    const auto mark = std::ranges::find(picture.marks, shown.owner, &OwnerMark::owner);
    const auto sign = !shown.ask.empty()            ? std::string("? ")
                      : mark == picture.marks.end() ? std::string("> ")
                                                    : format(">{} ", mark->letter);
    const auto tone = !shown.ask.empty() || mark == picture.marks.end() ? Tone::warning : mark->tone;
    return {sign + device_in(connector, shown, room > sign.size() ? room - sign.size() : 0, style), tone};
}

} // namespace

Span contents_of(const Picture& picture, const Picture::Socket& socket, std::size_t room, const Style& style)
{
    const auto& connector = socket.connector;
    if (connector.has_sign("question")) return shown_away(picture, connector, room, style);
    const auto own = without_those_away(connector);
    auto state = connector.has_sign("parked")     ? std::string("parked")
                 : connector.has_sign("reserved") ? std::string("reserved")
                                                  : std::string();
    if (!own.devices.empty()) {
        constexpr std::size_t enough_of_a_device = 8;
        if (!state.empty()) state += ": ";
        if (columns(state) + enough_of_a_device > room) state.clear();
        return {state + plugged_in_briefly(own, room - columns(state), style), Tone::plain};
    }
    if (!those_away_in(connector).empty()) return shown_away(picture, connector, room, style);
    if (connector.has_sign("expected-missing"))
        return {cut(format("no {}", connector.expect), room, style), Tone::warning};
    return {cut(state, room, style), Tone::dim};
}

bool has_sign(const Picture& picture, std::string_view sign)
{
    const std::string_view word = sign == "?" ? "question" : "given-away";
    return std::ranges::any_of(picture.panels, [&](const Picture::Panel& panel) {
        return std::ranges::any_of(
            panel.sockets, [&](const Picture::Socket& socket) { return socket.connector.has_sign(word); });
    });
}

bool names_panels(const StatusView& view)
{
    return std::ranges::any_of(view.connectors,
                               [](const auto& connector) { return !connector.panel.empty(); });
}

Picture picture_of(const StatusView& view)
{
    Picture picture;
    picture.marks = owner_marks(view);
    for (const auto& connector : view.connectors) {
        if (!connector.named && connector.devices.empty()) continue;
        auto& panel = group_with(picture.panels, &Picture::Panel::title, printable(connector.panel, 64));
        const auto mark = std::ranges::find(picture.marks, connector.owner, &OwnerMark::owner);
        panel.sockets.push_back({.connector = safe(connector),
                                 .mark = static_cast<std::size_t>(mark - picture.marks.begin()),
                                 .superspeed = superspeed_of(connector),
                                 .place = {}});
    }
    // Sockets of no panel are looked for last.
    const auto untitled = std::ranges::find(picture.panels, std::string(), &Picture::Panel::title);
    if (untitled != picture.panels.end()) std::rotate(untitled, untitled + 1, picture.panels.end());
    for (auto& panel : picture.panels) Places().take(panel);
    for (auto& mark : picture.marks) mark.owner = printable(mark.owner, 64);
    return picture;
}

} // namespace usbroute::report
