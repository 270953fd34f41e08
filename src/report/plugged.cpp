// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/plugged.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cctype>

namespace usbroute::report {

namespace {

/// Those of the parts that say something.
std::string joined(std::initializer_list<std::string_view> parts, std::string_view separator)
{
    std::string text;
    for (const auto part : parts) {
        if (part.empty()) continue;
        if (!text.empty()) text += separator;
        text += part;
    }
    return text;
}

/// Of a hub, what is behind it; a disk in use before others. Never of nothing.
const DeviceView& most_important(const std::vector<DeviceView>& devices)
{
    auto shown =
        std::ranges::find_if(devices, [](const DeviceView& d) { return !d.hub && !d.in_use.empty(); });
    if (shown == devices.end()) shown = std::ranges::find(devices, false, &DeviceView::hub);
    return shown == devices.end() ? devices.front() : *shown;
}

/// A name in the room there is. Makers come first in it, and the last words tell most: of "Logitech USB Optical
/// Mouse", "USB Optical Mouse" is kept. Only what would leave too little that way is cut.
std::string shortened(std::string_view name, std::size_t room, const Style& style)
{
    constexpr std::size_t enough_to_know_it = 5;
    const auto says_nothing = [](std::string_view word) {
        return std::ranges::none_of(word,
                                    [](unsigned char c) { return std::isalnum(c) != 0 || c >= 0x80; }) ||
               word == "from" || word == "by" || word == "of" || word == "with" || word == "for" ||
               word == "and";
    };
    const auto whole = name;
    while (columns(name) > room || (name != whole && says_nothing(name.substr(0, name.find(' '))))) {
        const auto rest = trim(name.substr(std::min(name.find(' '), name.size())));
        if (columns(rest) < enough_to_know_it) break;
        name = rest;
    }
    return cut(name, room, style);
}

} // namespace

bool is_a_guest(const std::string& owner)
{
    return owner != "host" && owner != "nobody" && owner != "unknown";
}

bool is_away(const ConnectorView& connector, const DeviceView& device)
{
    return !device.ask.empty() || (!device.owner.empty() && device.owner != connector.owner);
}

std::string who_has_it(const DeviceView& device)
{
    if (!device.ask.empty()) return format("nobody yet: {}?", join(device.ask, " or "));
    return format("{} has it", device.owner == "host" ? "the host" : device.owner);
}

ConnectorView without_those_away(ConnectorView connector)
{
    const auto all = connector.devices.size();
    const auto is_gone = [&](const DeviceView& device) { return is_away(connector, device); };
    std::erase_if(connector.devices, is_gone);
    // A hub all of whose devices are elsewhere has nothing to show.
    if (connector.devices.size() < all &&
        std::ranges::all_of(connector.devices, [](const DeviceView& device) { return device.hub; }))
        connector.devices.clear();
    return connector;
}

bool is_in_sight(const ConnectorView& connector) { return !connector.usb.empty() && connector.movable; }

std::string disk_words(const DeviceView& device)
{
    if (device.disks.empty()) return device.in_use;
    const auto disks = join(device.disks, ", ");
    return device.in_use.empty() ? disks : format("{} {}", disks, device.in_use);
}

std::string without_ids(const std::string& name)
{
    const auto open = name.rfind(" (");
    return open == std::string::npos || !name.ends_with(')') ? name : name.substr(0, open);
}

std::string name_with(const std::string& name, const std::string& remark, std::size_t room,
                      const Style& style)
{
    const auto plain = fit_for(name, style);
    const auto tail = remark.empty() ? std::string() : ", " + fit_for(remark, style);
    if (columns(plain) + columns(tail) <= room) return plain + tail;
    const auto bare = without_ids(plain);
    if (columns(bare) + columns(tail) <= room) return bare + tail;
    constexpr std::size_t enough_of_a_name = 12;
    const auto left = room > columns(tail) ? room - columns(tail) : 0;
    return cut(bare, std::max(left, enough_of_a_name), style) + tail;
}

namespace {

/// What goes with the socket, in one line; empty for nothing.
std::string with_the_socket(const std::vector<DeviceView>& devices, std::size_t room, const Style& style)
{
    if (devices.empty()) return {};
    const auto hubs = std::ranges::count(devices, true, &DeviceView::hub);
    const auto others = static_cast<std::ptrdiff_t>(devices.size()) - hubs;
    const auto& shown = most_important(devices);
    if (others == 0) return name_with(shown.name, "nothing behind it", room, style);

    const auto disk = disk_words(shown);
    const auto where = hubs > 0 ? std::string_view("behind a hub") : std::string_view();
    const auto more = others > 1 ? format("+{}", others - 1) : std::string();
    const auto remark = joined({disk, joined({more, where}, " ")}, ", ");
    if (columns(without_ids(shown.name)) + columns(remark) + 2 <= room)
        return name_with(shown.name, remark, room, style);
    return name_with(shown.name, joined({disk, more}, ", "), room, style);
}

/// "HD Pro Webcam C920, windows has it +1": an open question before others.
std::string those_away(const std::vector<const DeviceView*>& away, std::size_t room, const Style& style)
{
    const auto asked = std::ranges::find_if(away, [](const auto* device) { return !device->ask.empty(); });
    const auto& shown = asked == away.end() ? *away.front() : **asked;
    const auto more = away.size() > 1 ? format(" +{}", away.size() - 1) : std::string();
    const auto left = room > more.size() ? room - more.size() : 0;
    return name_with(without_ids(shown.name), who_has_it(shown), left, style) + more;
}

} // namespace

std::vector<const DeviceView*> devices_apart_in(const StatusView& view)
{
    std::vector<const DeviceView*> apart;
    const auto add = [&](const std::vector<DeviceView>& devices) {
        for (const auto& device : devices)
            if (!device.owner.empty()) apart.push_back(&device);
    };
    for (const auto& connector : view.connectors) add(connector.devices);
    add(view.elsewhere);
    return apart;
}

std::vector<const DeviceView*> those_away_in(const ConnectorView& connector)
{
    std::vector<const DeviceView*> away;
    for (const auto& device : connector.devices)
        if (is_away(connector, device)) away.push_back(&device);
    return away;
}

std::string plugged_in(const ConnectorView& connector, std::size_t room, const Style& style)
{
    const auto away = those_away_in(connector);
    if (away.empty()) return with_the_socket(connector.devices, room, style);
    const auto own = without_those_away(connector).devices;
    if (own.empty()) return those_away(away, room, style);
    const auto tail = "; " + those_away(away, room / 2, style);
    return with_the_socket(own, room > columns(tail) ? room - columns(tail) : 0, style) + tail;
}

std::string plugged_in_briefly(const ConnectorView& connector, std::size_t room, const Style& style)
{
    const auto& devices = connector.devices;
    if (devices.empty()) return {};
    const auto others = std::ranges::count(devices, false, &DeviceView::hub);
    const auto& shown = most_important(devices);
    const auto name = fit_for(without_ids(shown.name), style);
    auto tail = fit_for(shown.disks.empty() ? std::string() : " " + shown.disks.front(), style);
    if (others > 1) tail += format(" +{}", others - 1);
    constexpr std::size_t enough_of_a_name = 8;
    if (columns(tail) + std::min(columns(name), enough_of_a_name) > room) tail.clear();
    return shortened(name, room - columns(tail), style) + tail;
}

std::string last_seen_words(const ConnectorView& connector, std::size_t room, const Style& style)
{
    constexpr std::string_view head = "last seen: ";
    constexpr std::size_t enough_to_say = 5;
    if (connector.last_seen.empty() || room < head.size() + enough_to_say) return {};
    return std::string(head) + shortened(fit_for(connector.last_seen, style), room - head.size(), style);
}

} // namespace usbroute::report
