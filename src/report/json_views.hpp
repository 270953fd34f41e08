// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "report/in_guest.hpp"
#include "report/log.hpp"
#include "report/views.hpp"
#include "report/why.hpp"

#include <concepts>
#include <type_traits>

/// The keys of every document that the daemon sends and its clients read, once for both. A reader passes over keys it
/// does not know and leaves what is missing as it was.
namespace usbroute::report {

template <class T, class... Any>
concept OneOf = (std::same_as<std::remove_const_t<T>, Any> || ...);

template <class Io> void describe(OneOf<WaitView> auto& v, Io& io)
{
    io("place", v.place);
    io("code", v.code);
    io("why", v.why);
    io.if_any("errors", v.errors);
}

template <class Io> void describe(OneOf<DeviceView> auto& v, Io& io)
{
    io("place", v.place);
    io("name", v.name);
    io("speed", v.speed);
    io("keyboard", v.keyboard);
    io("hub", v.hub);
    io.if_any("kind", v.kind);
    io("disks", v.disks);
    io("in_use", v.in_use);
    io.if_any("owner", v.owner);
    io.if_any("ask", v.ask);
    io.if_any("rule", v.rule);
    io.if_any("waits", v.waits);
}

template <class Io> void describe(OneOf<ConnectorView> auto& v, Io& io)
{
    io("name", v.name);
    io("named", v.named);
    io("owner", v.owner);
    io("side", v.side);
    io("bit", v.bit);
    io("xhci_port", v.xhci_port);
    io("ehci_port", v.ehci_port);
    io("superspeed", v.superspeed);
    io("superspeed_on", v.superspeed_on);
    io("movable", v.movable);
    io("why_not", v.why_not);
    io("panel", v.panel);
    io("row", v.row);
    io("column", v.column);
    io("usb", v.usb);
    io.if_any("expect", v.expect);
    io.if_any("missing", v.missing);
    io.if_any("half", v.half);
    io.if_any("behind", v.behind);
    io.if_any("given_by", v.given_by);
    io.if_any("waits", v.waits);
    io.if_any("signs", v.signs);
    io.if_any("last_seen", v.last_seen);
    io("devices", v.devices);
}

template <class Io> void describe(OneOf<ControllerView> auto& v, Io& io)
{
    io("address", v.address);
    io("kind", v.kind);
    io("id", v.id);
    io("driver", v.driver);
    io("owner", v.owner);
    io("iommu_group", v.iommu_group);
    io("buses", v.buses);
}

template <class Io> void describe(OneOf<LineView> auto& v, Io& io)
{
    io("listener", v.listener);
    io("guest", v.guest);
    io("place", v.place);
    io("connected", v.connected);
    io("process", v.process);
    io("proven", v.proven);
    io("commands", v.commands);
    io("noise", v.noise);
    io("partials", v.partials);
    io("echoes", v.echoes);
    io("limited", v.limited);
}

template <class Io> void describe(OneOf<SilenceView> auto& v, Io& io)
{
    io("guest", v.guest);
    io("code", v.code);
    io("why", v.why);
}

template <class Io> void describe(OneOf<DeviceGuestView> auto& v, Io& io)
{
    io("guest", v.guest);
    io.if_any("state", v.state);
}

template <class Io> void describe(OneOf<PlugView> auto& v, Io& io)
{
    io("guest", v.guest);
    io("code", v.code);
    io("what", v.what);
}

template <class Io> void describe(OneOf<QuestionView> auto& v, Io& io)
{
    io("place", v.place);
    io("connector", v.connector);
    io("name", v.name);
    io("rule", v.rule);
    io("answers", v.answers);
    io.if_any("seconds", v.seconds);
}

template <class Io> void describe(OneOf<StatusView> auto& v, Io& io)
{
    io("schema", v.schema);
    io("family", v.family);
    io("profile", v.profile);
    io("unreadable", v.unreadable);
    io("connectors", v.connectors);
    io("controllers", v.controllers);
    io("elsewhere", v.elsewhere);
    io("lines", v.lines);
    io.if_any("silent", v.silent);
    io.if_any("by_plug", v.by_plug);
    io.if_any("questions", v.questions);
    io.if_any("device_guests", v.device_guests);
    io("notes", v.notes);
    io.if_any("trial_seconds", v.trial_seconds);
    io.if_any("trial_way_back", v.trial_way_back);
    io.if_any("trial_why_out", v.trial_why_out);
}

template <class Io> void describe(OneOf<RegisterView::Row> auto& v, Io& io)
{
    io("bit", v.bit);
    io("xhci_port", v.xhci_port);
    io("ehci_port", v.ehci_port);
    io("ehci_present", v.ehci_present);
    io("side", v.side);
    io("movable", v.movable);
    io("connector", v.connector);
}

template <class Io> void describe(OneOf<RegisterView::SuperSpeedRow> auto& v, Io& io)
{
    io("port", v.port);
    io("bit", v.bit);
    io("on", v.on);
    io("movable", v.movable);
    io("connector", v.connector);
}

template <class Io> void describe(OneOf<RegisterView> auto& v, Io& io)
{
    io("controller", v.controller);
    io("id", v.id);
    io("family", v.family);
    io("codename", v.codename);
    io("unreadable", v.unreadable);
    io("usb2_owner", v.usb2_owner);
    io("usb2_movable", v.usb2_movable);
    io("superspeed_on", v.superspeed_on);
    io("superspeed_movable", v.superspeed_movable);
    io("fuses", v.fuses);
    io("usb2_disabled", v.usb2_disabled);
    io("superspeed_disabled", v.superspeed_disabled);
    io("valid_usb2", v.valid_usb2);
    io("valid_superspeed", v.valid_superspeed);
    io("usb_r_bit", v.usb_r_bit);
    io("writable", v.writable);
    io("ids_trust", v.ids_trust);
    io("map_trust", v.map_trust);
    io("width_trust", v.width_trust);
    io("rows", v.rows);
    io("superspeed_rows", v.superspeed_rows);
    io("notes", v.notes);
}

template <class Io> void describe(OneOf<WhyView::Past> auto& v, Io& io)
{
    io("when", v.when);
    io("who", v.who);
    io("what", v.what);
    io("to", v.to);
}

template <class Io> void describe(OneOf<WhyView::Move> auto& v, Io& io)
{
    io("to", v.to);
    io("code", v.code);
    io("sentence", v.sentence);
    io("remedy", v.remedy);
    io("warnings", v.warnings);
}

template <class Io> void describe(OneOf<WhyView::Lost> auto& v, Io& io)
{
    io("rule", v.rule);
    io("to", v.to);
    io("why", v.why);
}

template <class Io> void describe(OneOf<WhyView::OfDevice> auto& v, Io& io)
{
    io("place", v.place);
    io("name", v.name);
    io("owner", v.owner);
    io("by", v.by);
    io("rule", v.rule);
    io("says", v.says);
    io("lost", v.lost);
}

template <class Io> void describe(OneOf<WhyView> auto& v, Io& io)
{
    io("schema", v.schema);
    io("connector", v.connector);
    io.if_any("device", v.device);
    io("since", v.since);
    io("by", v.by);
    io("what", v.what);
    io("strayed", v.strayed);
    io("history", v.history);
    io("moves", v.moves);
    io.if_any("trial_seconds", v.trial_seconds);
    io.if_any("trial_way_back", v.trial_way_back);
    io.if_any("trial_why_out", v.trial_why_out);
}

template <class Io> void describe(OneOf<LogView::Moved> auto& v, Io& io)
{
    io("name", v.name);
    io("from", v.from);
    io("to", v.to);
}

template <class Io> void describe(OneOf<LogView::Entry> auto& v, Io& io)
{
    io("when", v.when);
    io("who", v.who);
    io("what", v.what);
    io("moved", v.moved);
}

template <class Io> void describe(OneOf<LogView> auto& v, Io& io)
{
    io("schema", v.schema);
    io("entries", v.entries);
}

template <class Io> void describe(OneOf<RegistersView> auto& v, Io& io)
{
    io("schema", v.schema);
    io("controllers", v.controllers);
}

template <class Io> void describe(OneOf<PlanView::StepView> auto& v, Io& io)
{
    io("action", v.action);
    io("reason", v.reason);
    io("setpci", v.setpci);
}

template <class Io> void describe(OneOf<PlanView::MoveView> auto& v, Io& io)
{
    io("connector", v.connector);
    io("from", v.from);
    io("to", v.to);
    io("owner_before", v.owner_before);
    io("owner_after", v.owner_after);
    io("devices", v.devices);
    io.if_any("superspeed", v.superspeed);
}

template <class Io> void describe(OneOf<RuleView> auto& v, Io& io)
{
    io("id", v.id);
    io.if_any("serial", v.serial);
    io.if_any("socket", v.socket);
    io("to", v.to);
}

template <class Io> void describe(OneOf<PlanView> auto& v, Io& io)
{
    io("schema", v.schema);
    io("title", v.title);
    io.if_any("rule", v.rule);
    io("profile", v.profile);
    io("controller", v.controller);
    io("steps", v.steps);
    io("moves", v.moves);
    io("already", v.already);
    io("expectations", v.expectations);
    io("undo", v.undo);
    io("warnings", v.warnings);
}

template <class Io> void describe(OneOf<HeldFunctionView> auto& v, Io& io)
{
    io("function", v.function);
    io("object", v.object);
    io("place", v.place);
    io("farewell", v.farewell);
}

template <class Io> void describe(OneOf<InGuestView> auto& v, Io& io)
{
    io("schema", v.schema);
    io("guest", v.guest);
    io("machine", v.machine);
    io("why", v.why);
    io("process", v.process);
    io("functions", v.functions);
    io("places", v.places);
    io("chooses_places", v.chooses_places);
}

} // namespace usbroute::report
