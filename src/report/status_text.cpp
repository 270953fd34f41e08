// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/groups.hpp"
#include "base/text.hpp"
#include "report/picture.hpp"
#include "report/plugged.hpp"
#include "report/text.hpp"
#include "report/trial.hpp"

#include <algorithm>

namespace usbroute::report {

namespace {

/// As in the picture, but the host plain: most of a table is the host's.
Tone tone_of_owner(const std::vector<OwnerMark>& marks, const std::string& owner)
{
    const auto mark = std::ranges::find(marks, owner, &OwnerMark::owner);
    return mark == marks.end() || mark->tone == Tone::host ? Tone::plain : mark->tone;
}

Cell socket_cell(const ConnectorView& connector, std::size_t room, const Style& style)
{
    // Why, is said below the table.
    constexpr std::string_view mark = ", waits";
    const bool waits =
        std::ranges::any_of(connector.waits, [](const WaitView& wait) { return !wait.place.empty(); });
    if (waits && !connector.devices.empty())
        return {plugged_in(connector, room > mark.size() ? room - mark.size() : 0, style) + std::string(mark),
                Tone::warning};
    const std::string_view state = connector.has_sign("parked")     ? ", parked"
                                   : connector.has_sign("reserved") ? ", reserved"
                                                                    : "";
    if (auto text = plugged_in(connector, room > state.size() ? room - state.size() : 0, style);
        !text.empty())
        return {text + std::string(state), connector.has_sign("question") ? Tone::warning : Tone::plain};
    if (connector.has_sign("expected-missing"))
        return {format("{} is expected, and not there", connector.expect), Tone::warning};
    if (connector.has_sign("parked")) return {"parked", Tone::dim};
    if (connector.has_sign("reserved")) return {"reserved", Tone::dim};
    if (is_in_sight(connector)) return {"-", Tone::dim};
    if (connector.owner == "nobody") return {"dead: nothing drives it there", Tone::warning};
    if (auto text = last_seen_words(connector, room, style); !text.empty())
        return {std::move(text), Tone::dim};
    if (is_a_guest(connector.owner)) return {"not visible from here", Tone::dim};
    return {"-", Tone::dim};
}

bool is_shown(const ConnectorView& connector, Detail detail)
{
    return connector.named || detail == Detail::full || !connector.devices.empty();
}

/// "the host has 13, windows 1, 2 unknown".
std::string shares(const StatusView& view)
{
    std::vector<std::pair<std::string, int>> counts;
    for (const auto& connector : view.connectors) {
        if (connector.named)
            ++group_with(counts, connector.has_sign("parked") ? std::string("parked") : connector.owner);
    }
    const auto host = std::ranges::find(counts, "host", &std::pair<std::string, int>::first);
    if (host != counts.end()) std::rotate(counts.begin(), host, host + 1);
    if (counts.empty()) return {};
    const auto who = [](const std::string& owner) {
        return owner == "host" ? std::string("the host") : owner;
    };
    if (counts.size() == 1 && counts.front().first == "unknown") return "owners are not known";
    if (counts.size() == 1 && counts.front().first == "parked") return "all connectors are parked";
    if (counts.size() == 1)
        return counts.front().second == 1
                   ? format("{} has the one connector", who(counts.front().first))
                   : format("{} has all {} connectors", who(counts.front().first), counts.front().second);
    std::string text;
    for (const auto& [owner, count] : counts) {
        if (!text.empty()) text += ", ";
        if (owner == "unknown" || owner == "nobody" || owner == "parked")
            text += format("{} {}", count, owner == "nobody" ? "dead" : owner);
        else
            text += format("{} {}{}", who(owner), text.empty() ? "has " : "", count);
    }
    return text;
}

std::string brief_table(const StatusView& view, const Style& style)
{
    const bool has_sides = !view.family.empty();
    Table table(has_sides ? std::vector<Table::Column>{{"CONNECTOR"}, {"OWNER"}, {"SIDE"}, {"PLUGGED IN"}}
                          : std::vector<Table::Column>{{"CONNECTOR"}, {"OWNER"}, {"PLUGGED IN"}});
    const auto marks = owner_marks(view);
    std::vector<const ConnectorView*> shown;
    for (const auto& connector : view.connectors) {
        if (!is_shown(connector, Detail::brief)) continue;
        shown.push_back(&connector);
        std::vector<Cell> row{{connector.name, connector.named ? Tone::plain : Tone::dim},
                              {connector.owner, tone_of_owner(marks, connector.owner)}};
        if (has_sides) row.push_back({side_words(connector.side)});
        row.emplace_back();
        table.add(std::move(row));
    }
    if (shown.empty()) return {};
    const auto room = table.room_in_last(style);
    for (std::size_t i = 0; i < shown.size(); ++i) table.last_cell(i) = socket_cell(*shown[i], room, style);
    return table.text(style);
}

std::string number_or_dash(const std::optional<int>& number) { return number ? format("{}", *number) : "-"; }
std::string text_or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string superspeed_words(const ConnectorView& connector)
{
    if (!connector.superspeed) return "-";
    if (!connector.superspeed_on) return format("{}", *connector.superspeed);
    return format("{} {}", *connector.superspeed, *connector.superspeed_on ? "on" : "off");
}

/// One line for each device, set in under its hub.
std::string device_line(const DeviceView& device, std::size_t room, const Style& style)
{
    const auto depth = static_cast<std::size_t>(std::ranges::count(device.place, '.'));
    auto head = std::string(std::min<std::size_t>(depth, 6), ' ') + device.place + " ";
    std::vector<std::string> remarks;
    if (auto disk = disk_words(device); !disk.empty()) remarks.push_back(std::move(disk));
    if (device.keyboard) remarks.emplace_back("keyboard");
    if (!device.speed.empty()) remarks.push_back(device.speed + "M");
    if (!device.ask.empty())
        remarks.push_back(format("{} (rule {})", who_has_it(device), device.rule));
    else if (!device.owner.empty())
        remarks.push_back(device.rule.empty() ? "for " + device.owner
                                              : format("for {} by rule {}", device.owner, device.rule));
    const auto left = room > columns(head) ? room - columns(head) : 0;
    return head + name_with(device.name, join(remarks, ", "), left, style);
}

std::string full_table(const StatusView& view, const Style& style)
{
    Table table({{"CONNECTOR"},
                 {"OWNER"},
                 {"SIDE"},
                 {"BIT", Align::right},
                 {"XHCI", Align::right},
                 {"EHCI"},
                 {"SS"},
                 {"PLUGGED IN"}});
    const auto marks = owner_marks(view);
    std::vector<const DeviceView*> devices; // of each row; null: none
    std::vector<const ConnectorView*> owners;
    for (const auto& connector : view.connectors) {
        table.add({{connector.name, connector.named ? Tone::plain : Tone::dim},
                   {connector.owner, tone_of_owner(marks, connector.owner)},
                   {side_words(connector.side)},
                   {number_or_dash(connector.bit)},
                   {number_or_dash(connector.xhci_port)},
                   {text_or_dash(connector.ehci_port)},
                   {superspeed_words(connector)},
                   {}});
        devices.push_back(connector.devices.empty() ? nullptr : &connector.devices.front());
        owners.push_back(&connector);
        for (std::size_t i = 1; i < connector.devices.size(); ++i) {
            table.add({{}, {}, {}, {}, {}, {}, {}, {}});
            devices.push_back(&connector.devices[i]);
            owners.push_back(&connector);
        }
    }
    if (owners.empty()) return {};
    const auto room = table.room_in_last(style);
    for (std::size_t i = 0; i < owners.size(); ++i)
        table.last_cell(i) = devices[i] == nullptr ? socket_cell(*owners[i], room, style)
                                                   : Cell{device_line(*devices[i], room, style)};
    return table.text(style);
}

std::string controllers_table(const StatusView& view, const Style& style)
{
    if (view.controllers.empty()) return {};
    Table table(
        {{"CONTROLLER"}, {"KIND"}, {"ID"}, {"DRIVER"}, {"OWNER"}, {"GROUP", Align::right}, {"BUSES"}});
    const auto marks = owner_marks(view);
    for (const auto& controller : view.controllers) {
        std::vector<std::string> buses;
        for (const int bus : controller.buses) buses.push_back(format("{}", bus));
        table.add({{controller.address},
                   {controller.kind},
                   {controller.id},
                   {text_or_dash(controller.driver)},
                   {controller.owner, tone_of_owner(marks, controller.owner)},
                   {number_or_dash(controller.iommu_group)},
                   {text_or_dash(join(buses, ", "))}});
    }
    return "\n" + table.text(style);
}

std::string elsewhere_text(const StatusView& view, const Style& style, Detail detail)
{
    if (view.elsewhere.empty()) return {};
    if (detail == Detail::brief)
        return format("\n{} more device{} in no known connector; -v lists {}\n", view.elsewhere.size(),
                      view.elsewhere.size() == 1 ? "" : "s", view.elsewhere.size() == 1 ? "it" : "them");
    auto out = "\n" + painted("IN NO KNOWN CONNECTOR", Tone::heading, style) + "\n";
    const auto room = style.width == 0 ? std::string::npos : style.width;
    for (const auto& device : view.elsewhere) out += device_line(device, room, style) + "\n";
    return out;
}

/// Connectors that cannot move, by reason; many share one.
std::vector<std::string> fixed_connectors(const StatusView& view)
{
    std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
    for (const auto& connector : view.connectors) {
        if (connector.movable) continue;
        group_with(reasons, connector.why_not).push_back(connector.name);
    }
    std::vector<std::string> lines;
    for (const auto& [reason, names] : reasons) lines.push_back(format("{} ({})", join(names, ", "), reason));
    return lines;
}

/// Connectors about which there is something to say, by what it is: a hub is not plugged in, a half is not known.
std::vector<std::string> grouped_connectors(const StatusView& view, std::string ConnectorView::* reason_of)
{
    std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
    for (const auto& connector : view.connectors)
        if (!(connector.*reason_of).empty())
            group_with(reasons, connector.*reason_of).push_back(connector.name);
    std::vector<std::string> lines;
    for (const auto& [reason, names] : reasons) lines.push_back(format("{} ({})", join(names, ", "), reason));
    return lines;
}

/// "windows: connected, qemu-system-x86 1234; 5 commands, 3 lines of noise"
std::string line_words(const LineView& line)
{
    auto text =
        format("{} ({}): {}", line.listener, line.place, line.connected ? "connected" : "nobody on it");
    if (!line.process.empty()) text += format(", guest {} is {}", line.guest, line.process);
    text += format("; {}", counted(line.commands, "command", "commands"));
    if (line.limited > 0) text += format(", {} over the limit", line.limited);
    if (line.noise > 0) text += ", " + counted(line.noise, "line of noise", "lines of noise");
    if (line.partials > 0) text += format(", {} of them broken off", line.partials);
    if (line.echoes > 0) text += format(", {} of them our own echo", line.echoes);
    if (line.noise > 0 && line.commands == 0)
        text += "; only noise: is something else on that port, a console or a login?";
    return text;
}

/// A line over which nothing ever came is shown only with -v.
std::vector<std::string> guest_lines(const StatusView& view, Detail detail)
{
    std::vector<std::string> lines;
    for (const auto& line : view.lines)
        if (detail == Detail::full || line.connected || line.noise > 0 || line.commands > 0)
            lines.push_back(line_words(line));
    return lines;
}

/// "rear-1: windows does not run: what is plugged in is the host's until it does"
std::vector<std::string> waits_of(const StatusView& view)
{
    std::vector<std::pair<std::string, std::vector<std::string>>> sockets;
    for (const auto& connector : view.connectors)
        for (const auto& wait : connector.waits) group_with(sockets, wait.why).push_back(connector.name);
    std::vector<std::string> lines;
    for (const auto& [why, names] : sockets) lines.push_back(format("{}: {}", join(names, ", "), why));
    return lines;
}

/// "; the host in 42 s"
std::string safe_answer(const StatusView& view, const std::string& place)
{
    const auto question = std::ranges::find(view.questions, place, &QuestionView::place);
    return question == view.questions.end() || !question->seconds
               ? std::string()
               : format("; the host in {} s", *question->seconds);
}

/// Connectors without the device that is expected there.
std::vector<std::string> expected_lines(const StatusView& view)
{
    std::vector<std::string> lines;
    for (const auto& connector : view.connectors)
        if (connector.has_sign("expected-missing"))
            lines.push_back(format("{}: {} is not plugged in", connector.name, connector.expect));
    return lines;
}

/// "3-2.1 Logitech USB Keyboard (046d:c31c): windows, by rule keyboards"
std::vector<std::string> apart_lines(const StatusView& view)
{
    std::vector<std::string> lines;
    for (const auto* device : devices_apart_in(view)) {
        const auto by = device->rule.empty() ? std::string("moved by its name") : "by rule " + device->rule;
        if (device->ask.empty())
            lines.push_back(format("{} {}: {}, {}", device->place, device->name, device->owner, by));
        else
            lines.push_back(format("{} {}: nobody, {}: who is to have it, {}? usbroute answer {} {}{}",
                                   device->place, device->name, by, join(device->ask, " or "), device->place,
                                   device->ask.front(), safe_answer(view, device->place)));
        for (const auto& wait : device->waits) lines.push_back(format("{}: {}", device->place, wait.why));
    }
    return lines;
}

/// What no socket says that waits.
std::vector<std::string> silent_guests(const StatusView& view)
{
    std::vector<std::string> lines;
    for (const auto& silent : view.silent) {
        const auto is_said = [&](const WaitView& wait) { return wait.why.starts_with(silent.why); };
        if (std::ranges::none_of(view.connectors, [&](const ConnectorView& one) {
                return std::ranges::any_of(one.waits, is_said);
            }))
            lines.push_back(format("{}: {}", silent.guest, silent.why));
    }
    return lines;
}

/// A socket is such a guest's, and its devices do nothing there.
std::vector<std::string> guests_that_stand_still(const StatusView& view)
{
    std::vector<std::string> lines;
    for (const auto& guest : view.device_guests)
        if (guest.state == "paused" || guest.state == "suspended")
            lines.push_back(format("{} is {}", guest.guest, guest.state == "paused" ? "paused" : "asleep"));
    return lines;
}

/// What sockets do not say that wait.
std::vector<std::string> plugs_of(const StatusView& view)
{
    std::vector<std::string> lines;
    for (const auto& plug : view.by_plug)
        if (plug.code != "failed" && plug.code != "too-often") lines.push_back(printable(plug.what, 512));
    return lines;
}

/// Sockets at whose ports QEMU looks itself; with -v also the others.
std::vector<std::string> ways_of(const StatusView& view, Detail detail)
{
    std::vector<std::string> lines;
    const auto add = [&](std::string_view by, const char* words) {
        std::vector<std::string> names;
        for (const auto& connector : view.connectors)
            if (connector.given_by == by) names.push_back(connector.name);
        if (!names.empty()) lines.push_back(format("{}: {}", join(names, ", "), words));
    };
    if (detail == Detail::full) add("descriptor", "usbrouted opens the device and passes it on");
    if (detail == Detail::full) add("libvirt", "libvirt is asked for each device");
    if (detail == Detail::full) add("whole", "the whole controller goes");
    add("place",
        "usbrouted may not open a device node there: QEMU looks at the port itself, which takes up to 2 s");
    return lines;
}

std::string below_headline(const StatusView& view, const Style& style, Detail detail)
{
    const auto table = detail == Detail::brief ? brief_table(view, style) : full_table(view, style);
    auto out = table.empty() ? std::string() : "\n" + table;
    out += elsewhere_text(view, style, detail);
    if (detail == Detail::full) out += controllers_table(view, style);
    std::string below;
    if (view.trial_seconds)
        below += labelled(
            "trial",
            {trial_line(view.trial_way_back, std::chrono::seconds(*view.trial_seconds), view.trial_why_out)},
            Tone::warning, style);
    below += labelled("device", apart_lines(view), Tone::plain, style);
    below += labelled("waits", waits_of(view), Tone::warning, style);
    below += labelled("guest", guests_that_stand_still(view), Tone::plain, style);
    below += labelled("silent", silent_guests(view), Tone::warning, style);
    below += labelled("plug", plugs_of(view), Tone::plain, style);
    below += labelled("given", ways_of(view, detail), Tone::plain, style);
    below += labelled("line", guest_lines(view, detail), Tone::plain, style);
    below += labelled("no place", grouped_connectors(view, &ConnectorView::missing), Tone::warning, style);
    below += labelled("expected", expected_lines(view), Tone::warning, style);
    below += labelled("one half", grouped_connectors(view, &ConnectorView::half), Tone::warning, style);
    below += labelled("note", view.notes, Tone::warning, style);
    if (detail == Detail::full) below += labelled("fixed", fixed_connectors(view), Tone::dim, style);
    if (!below.empty()) out += "\n" + below;
    return out;
}

} // namespace

std::string headline(const StatusView& view, const Style& style)
{
    std::vector<std::string> parts;
    if (!view.profile.empty())
        parts.push_back(format("profile {}", view.profile));
    else if (!view.family.empty())
        parts.emplace_back("no profile in force");
    if (auto who = shares(view); !who.empty()) parts.push_back(std::move(who));
    parts.push_back(view.family.empty() ? std::string("no port mux") : format("{} chipset", view.family));
    return join(parts, style.unicode ? " · " : " | ");
}

std::string side_words(std::string_view side)
{
    if (side == "xhci") return "xHCI";
    return side == "ehci" ? "EHCI" : "-";
}

std::string words_of_seat(std::string_view word)
{
    auto side = side_words(word);
    return side == "-" ? std::string(word) : side;
}

std::string status_text(const StatusView& view, const Style& style, Detail detail)
{
    return painted(headline(view, style), Tone::heading, style) + "\n" + below_headline(view, style, detail);
}

std::string status_text(const StatusView& view, const Style& style, Detail detail, std::size_t rows)
{
    constexpr std::size_t narrowest = 40;
    const auto head = painted(headline(view, style), Tone::heading, style) + "\n";
    const auto below = below_headline(view, style, detail);
    const bool is_wide_enough = style.width == 0 || style.width >= narrowest;
    if (detail == Detail::full || !names_panels(view) || !is_wide_enough) return head + below;
    const auto whole = head + "\n" + picture_text(picture_of(view), style) + below;
    // The last row is the prompt's.
    const auto lines = static_cast<std::size_t>(std::ranges::count(whole, '\n'));
    return rows == 0 || lines < rows ? whole : head + below;
}

} // namespace usbroute::report
