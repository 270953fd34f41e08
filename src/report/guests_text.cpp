// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/guests.hpp"

#include <algorithm>

namespace usbroute::report {

namespace {

constexpr std::size_t guests_indent = 14; // as wide as "connectors" with what comes before and after it

std::string words_for_holder(const HolderView& holder)
{
    return format("process {} ({})", holder.process, holder.command);
}

std::string words_for_state(const GuestView& guest)
{
    if (guest.state == "running") {
        for (const auto& controller : guest.controllers)
            if (!controller.holders.empty())
                return "running: " + words_for_holder(controller.holders.front());
    }
    if (guest.state == "given") return "given";
    if (guest.state == "takes-devices") return "takes devices, one by one";
    if (guest.state == "partly-given") return "given in part";
    if (guest.state == "absent") return "not on the bus";
    if (guest.state == "not-usb") return "none of them is a USB controller";
    if (guest.state == "with-nobody") return "nobody has them";
    return "the host has them";
}

std::string_view words_for_off(const GuestView& guest)
{
    if (guest.when_off == "host") return "are the host's";
    if (guest.when_off == "reserve") return "are nobody's, and wires stay where they are";
    return "stay where they are";
}

/// A guest that takes devices has no controller to be handed over.
std::string_view words_for_bind(const GuestView& guest)
{
    if (guest.controllers.empty()) return "";
    if (guest.bind == "running") return "; given while it runs";
    return guest.bind == "boot" ? "; given at boot" : "; given by hand";
}

std::string words_for_controller(const GuestControllerView& controller)
{
    const auto state = controller.driver.empty() ? controller.state : controller.driver;
    return format("{} {}", controller.address, controller.state == "no-driver" ? "no driver" : state);
}

std::string_view words_for_on_plug(std::string_view on_plug)
{
    if (on_plug == "ask") return "ask: while it does not run, watchers are told what to type";
    if (on_plug == "resume") return "resume: if it is paused or asleep, it goes on";
    if (on_plug == "start") return "start: if it is off, paused or asleep, it is started or goes on";
    return "nothing: it is left as it is";
}

/// A label in front of wrapped text, which keeps its column.
std::string line(std::string_view label, std::string_view text, const Style& style)
{
    const auto lines = wrapped(text, {.first = guests_indent, .rest = guests_indent}, style);
    const auto head = format("  {}", label);
    return head + lines.substr(head.size());
}

std::string words_for_reset(const std::string& reset)
{
    if (reset == "flr") return "by function level reset";
    if (reset == "none") return "none: a guest that crashed may leave it in a state that only a reboot ends";
    if (reset == "unknown" || reset.empty()) return "not known; root can read its capabilities";
    if (reset == "no-flr") return "no function level reset; what else the kernel can do is not known";
    return "no function level reset; the kernel can do: " + reset;
}

std::string words_for_member(const GroupMemberView& member)
{
    auto text = format("{} {} {}", member.address, member.kind, member.id);
    text += member.driver.empty() ? ", no driver" : ", " + member.driver;
    if (!member.in_the_way.empty()) text += " (in the way: " + member.in_the_way + ")";
    return text;
}

std::string words_for_driver(const GuestControllerView& controller)
{
    auto text = controller.driver.empty() ? "none" : controller.driver;
    if (!controller.driver_override.empty() && controller.driver_override != controller.driver)
        text += format(" (driver_override is {}: the next probe uses that)", controller.driver_override);
    return text;
}

std::string words_for_holders(const GuestControllerView& controller, bool holders_seen)
{
    if (controller.holders.empty())
        return holders_seen ? "nobody has its group open"
                            : "not known: only root sees every process, and a recording has none";
    std::vector<std::string> holders;
    for (const auto& holder : controller.holders) holders.push_back(words_for_holder(holder));
    return join(holders, ", ");
}

std::string_view words_for_in_guest(const std::string& word)
{
    if (word == "yes") return "its machine has it";
    if (word == "no") return "its machine runs, and does not have it";
    if (word == "refused") return "its machine has it; it was asked to let go of it, and said no";
    return "its machine has it; it was asked to let go of it, and has not answered";
}

std::string one_controller(const GuestControllerView& controller, bool holders_seen, const Style& style)
{
    auto out = painted(format("{} {} {}", controller.kind, controller.address, controller.id), Tone::heading,
                       style) +
               "\n";
    if (controller.state == "absent")
        return painted(controller.address, Tone::heading, style) + "\n" +
               line("state", "not on the bus", style);
    out += line("driver", words_for_driver(controller), style);
    if (!controller.iommu_group) {
        out += line("group", "none: the IOMMU is off", style);
    } else {
        out += line("group",
                    format("{}{}", *controller.iommu_group, controller.others.empty() ? ", alone" : " with:"),
                    style);
        for (const auto& other : controller.others) out += line("", words_for_member(other), style);
    }
    out += line("reset", words_for_reset(controller.reset), style);
    out += line("held by", words_for_holders(controller, holders_seen), style);
    if (controller.in_guest) out += line("in guest", words_for_in_guest(*controller.in_guest), style);
    return out + line("connectors",
                      controller.connectors.empty() ? "none" : join(controller.connectors, ", "), style);
}

} // namespace

std::string guests_text(const GuestsView& view, const Style& style)
{
    if (view.guests.empty())
        return "the configuration has no guest; add one: [guest.windows] with controllers = [\"0000:00:1d.0\"], or with qmp = \"/run/usbroute/windows.qmp\" where single devices are given\n";
    Table table({{"GUEST"}, {"CONTROLLERS"}, {"STATE"}});
    for (const auto& guest : view.guests) {
        std::vector<std::string> controllers;
        for (const auto& controller : guest.controllers)
            controllers.push_back(words_for_controller(controller));
        for (const auto& controller : guest.on_move)
            controllers.push_back(words_for_controller(controller) + " (by moves)");
        table.add({{guest.name, Tone::guest},
                   {controllers.empty() ? "none" : join(controllers, ", ")},
                   {words_for_state(guest), guest.notes.empty() ? Tone::plain : Tone::warning}});
    }
    return table.text(style);
}

std::string guest_text(const GuestView& guest, bool holders_seen, const Style& style)
{
    auto out = format("{}: {}{}; when it is off its sockets {}\n", painted(guest.name, Tone::guest, style),
                      words_for_state(guest), words_for_bind(guest), words_for_off(guest));
    if (!guest.qmp.empty())
        out += line("monitor", format("{}, through which it takes devices", guest.qmp), style);
    if (!guest.libvirt.empty())
        out += line("libvirt",
                    format("domain {} of {}{}, through which it takes devices", guest.libvirt, guest.uri,
                           guest.user.empty() ? "" : " of user " + guest.user),
                    style);
    if (guest.may_take_last_keyboard)
        out += line("keyboard", "the host's last one may go to it when it is plugged into one of its sockets",
                    style);
    if (!guest.on_plug.empty()) out += line("on plug", words_for_on_plug(guest.on_plug), style);
    for (const auto& controller : guest.controllers)
        out += "\n" + one_controller(controller, holders_seen, style);
    for (const auto& controller : guest.on_move)
        out += "\n" + one_controller(controller, holders_seen, style) +
               line("", "a move of all of them brings it to " + guest.name + ", or back", style);
    out +=
        "\n" + wrapped(guest.connectors.empty() ? "It can receive nothing now."
                                                : "It can receive now: " + join(guest.connectors, ", ") + ".",
                       {.first = 0, .rest = 2}, style);
    if (!guest.notes.empty()) out += "\n" + labelled("note", guest.notes, Tone::warning, style);
    return out;
}

} // namespace usbroute::report
