// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "report/bar_line.hpp"
#include "report/config_start.hpp"
#include "report/diagnosis.hpp"
#include "report/guests.hpp"
#include "report/handover.hpp"
#include "report/json.hpp"
#include "report/json_views.hpp"
#include "report/paste.hpp"
#include "report/recorded.hpp"
#include "report/udev_rules.hpp"

#include <nlohmann/json.hpp>

namespace usbroute::report {

namespace {

/// Keys stay in the order in which they were given.
using Json = nlohmann::ordered_json;

/// Names, addresses and the like as their text, enumerators by their word, what a `describe` knows as an object.
class Writer {
public:
    template <class T> void operator()(const char* key, const T& value) { json_[key] = written(value); }
    /// For what is rarely there.
    template <class T> void if_any(const char* key, const std::optional<T>& value)
    {
        if (value) (*this)(key, value);
    }
    void if_any(const char* key, const std::string& value)
    {
        if (!value.empty()) (*this)(key, value);
    }
    template <class T> void if_any(const char* key, const std::vector<T>& value)
    {
        if (!value.empty()) (*this)(key, value);
    }
    [[nodiscard]] Json take() { return std::move(json_); }

    template <class T> static Json written(const T& value)
    {
        if constexpr (requires { value.text(); }) {
            return value.text();
        } else if constexpr (std::is_enum_v<T>) {
            return text_of(value);
        } else if constexpr (std::constructible_from<Json, const T&>) {
            return value;
        } else {
            Writer writer;
            describe(value, writer);
            return writer.take();
        }
    }
    template <class T> static Json written(const std::optional<T>& value)
    {
        return value ? written(*value) : Json(nullptr);
    }
    template <class T> static Json written(const std::vector<T>& values)
    {
        auto list = Json::array();
        for (const auto& value : values) list.push_back(written(value));
        return list;
    }

private:
    Json json_ = Json::object();
};

/// One line; bytes that are no UTF-8 become U+FFFD.
template <class T> std::string document(const T& value)
{
    return Writer::written(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Texts that are not printable already.
std::string shown(std::string_view text) { return printable(text, 1024); }
std::vector<std::string> shown(const std::vector<std::string>& texts)
{
    return texts_of(texts, [](const auto& text) { return shown(text); });
}

std::string_view certainty(bool inferred) { return inferred ? "inferred" : "confirmed"; }

/// A number that has a name as a type.
template <class Id> std::optional<unsigned> number_of(const std::optional<Id>& id)
{
    return id ? std::optional<unsigned>(id->value) : std::nullopt;
}

void describe(const MaskView::Row& v, Writer& io)
{
    io("bit", v.bit);
    io("xhci_port", v.xhci_port);
    io("ehci_port", v.ehci_port);
    io("connector", v.connector);
    io("set", v.set);
    io("now", v.now);
}

void describe(const MaskView::Value& v, Writer& io)
{
    io("value", v.value);
    io("meaning", v.meaning);
    io("setpci", v.setpci);
}

void describe(const MaskView& v, Writer& io)
{
    io("schema", v.schema);
    io("controller", v.controller);
    io("family", v.family);
    io("from_names", v.from_names);
    io("mask", v.mask);
    io("names", v.names);
    io("rows", v.rows);
    io("values", v.values);
    io("superspeed_setpci", v.superspeed_setpci);
    io("warnings", v.warnings);
}

void describe(const diagnose::Finding& v, Writer& io)
{
    io("code", v.code);
    io("severity", v.severity);
    io("certainty", certainty(v.inferred));
    io("sentence", shown(v.sentence));
    io("evidence", shown(v.evidence));
    io("remedy", shown(v.remedy));
}

void describe(const diagnose::Diagnosis& v, Writer& io)
{
    io("schema", schema);
    io("works", v.works);
    io("means", v.means);
    io("verdict", shown(v.verdict));
    io("next_step", shown(v.next_step));
    io("mux", Json{{"family", v.family},
                   {"state", text_of(v.chipset.state)},
                   {"chipset", v.chipset.name},
                   {"certainty", certainty(v.chipset.inferred)},
                   {"evidence", v.chipset.evidence}});
    io("findings", v.findings);
}

void describe(const RecordedView& v, Writer& io)
{
    io("schema", v.schema);
    io("directory", shown(v.directory));
    io("files", v.files);
    io("links", v.links);
    io("replaced", Json{{"serials", v.serials},
                        {"mac_addresses", v.addresses},
                        {"uuids", v.uuids},
                        {"host_name", v.host_name}});
    io("registers", v.registers);
    io("notes", shown(v.notes));
}

void describe(const GroupMemberView& v, Writer& io)
{
    io("address", v.address);
    io("kind", v.kind);
    io("id", v.id);
    io("driver", v.driver);
    io("in_the_way", v.in_the_way);
}

void describe(const HolderView& v, Writer& io)
{
    io("process", v.process);
    io("command", v.command);
}

void describe(const GuestControllerView& v, Writer& io)
{
    io("address", v.address);
    io("kind", v.kind);
    io("id", v.id);
    io("state", v.state);
    io("driver", v.driver);
    io("driver_override", v.driver_override);
    io("iommu_group", v.iommu_group);
    io("others", v.others);
    io("reset", v.reset);
    io("holders", v.holders);
    io.if_any("in_guest", v.in_guest);
    io("connectors", v.connectors);
}

void describe(const GuestView& v, Writer& io)
{
    io("name", v.name);
    io("state", v.state);
    io("bind", v.bind);
    io("when_off", v.when_off);
    io("qmp", v.qmp);
    io.if_any("libvirt", v.libvirt);
    io.if_any("uri", v.uri);
    io.if_any("user", v.user);
    io("may_take_last_keyboard", v.may_take_last_keyboard);
    io.if_any("on_plug", v.on_plug);
    io("controllers", v.controllers);
    io.if_any("on_move", v.on_move);
    io("connectors", v.connectors);
    io("notes", v.notes);
}

void describe(const GuestsView& v, Writer& io)
{
    io("schema", v.schema);
    io("holders_seen", v.holders_seen);
    io("guests", v.guests);
}

void describe(const plan::MoveBefore& v, Writer& io)
{
    io("to", v.to);
    io("connectors", v.connectors);
}

void describe(const plan::Leaving& v, Writer& io)
{
    io("from", v.from);
    io("devices", v.devices);
}

void describe(const plan::Handover& v, Writer& io)
{
    io("schema", schema);
    io("title", v.plan.title);
    io("guest", v.guest);
    io("moves", v.moves);
    io("leaving", v.leaving);
    auto steps = Json::array();
    for (const auto& step : v.plan.steps) {
        const auto* rebind = std::get_if<assign::Rebind>(&step.action);
        if (rebind == nullptr)
            steps.push_back({{"controller", plan::function_of(step.action).text()},
                             {"command", plan::shell_line(step.action)},
                             {"reason", step.reason}});
        else
            for (const auto& write : rebind->writes)
                steps.push_back({{"controller", rebind->function().text()},
                                 {"command", assign::shell_line(write)},
                                 {"reason", write.reason}});
    }
    io("steps", steps);
    io("already", v.already);
    io("warnings", v.plan.warnings);
}

void describe(const Paste& v, Writer& io)
{
    io("schema", schema);
    io("guest", v.guest);
    io("kind", v.kind);
    io("lines", v.lines);
    io("notes", v.notes);
}

void describe(const config::ConnectorSettings& v, Writer& io)
{
    io("name", v.spec.name);
    io("mux_bit", number_of(v.spec.bit));
    io("superspeed", number_of(v.spec.superspeed));
    io("usb", v.spec.places_told());
    io("seen", v.spec.seen);
    io("panel", v.panel);
    io("row", v.row);
    io("column", v.column);
    io("origin", v.origin);
    io.if_any("behind", v.spec.behind);
    io.if_any("expect", v.spec.expect);
}

void describe(const config::HubSettings& v, Writer& io)
{
    io("name", v.spec.name);
    io("id", v.spec.id);
    io.if_any("serial", v.spec.serial);
    io.if_any("at", v.spec.at ? topology::text_of(*v.spec.at) : std::string());
    io("origin", v.origin);
}

void describe(const config::RuleMatch& v, Writer& io)
{
    io.if_any("id", v.id);
    io.if_any("serial", shown(v.serial));
    io.if_any("name", shown(v.name));
    io.if_any("class", v.device_class);
    io.if_any("interface", v.interfaces);
    io.if_any("socket", v.socket);
    io.if_any("hub", v.hub);
    io.if_any("removable", v.removable);
}

void describe(const config::RuleSettings& v, Writer& io)
{
    io("name", v.name);
    io("match", v.match);
    if (v.ask.empty()) {
        io("to", config::text_of(v.to));
    } else {
        io("ask", texts_of(v.ask, [](const auto& one) { return config::text_of(one); }));
        io("answer_after_ms", v.answer_after.count());
    }
    io("always", v.always);
    io("origin", v.origin);
}

void describe(const config::GuestSettings& v, Writer& io)
{
    io("name", v.name);
    io("controllers", v.controllers);
    io("when_off", config::text_of(v.when_off));
    io("grace_ms", v.grace.count());
    io("on_start", v.on_start);
    io("qmp", v.qmp);
    io.if_any("libvirt", v.libvirt ? v.libvirt->domain : std::string());
    io.if_any("uri", v.libvirt ? std::string(v.libvirt->uri()) : std::string());
    io.if_any("user", v.libvirt ? v.libvirt->user : std::string());
    io.if_any("libvirt_by", v.libvirt && v.libvirt->by == config::LibvirtBy::descriptor
                                ? std::string("descriptor")
                                : std::string());
    io("bind", std::string(text_of(v.bind)));
    io("may_take_last_keyboard", v.may_take_last_keyboard);
    io.if_any("on_plug",
              v.on_plug == config::OnPlug::nothing ? std::string() : std::string(config::text_of(v.on_plug)));
    io("origin", v.origin);
}

void describe(const config::ProfileSettings& v, Writer& io)
{
    auto connectors = Json::object();
    for (const auto& entry : v.entries) connectors[entry.connector.text()] = config::text_of(entry.target);
    io("name", v.name);
    io("connectors", connectors);
    io("may_take_last_keyboard", v.may_take_last_keyboard);
    io("origin", v.origin);
}

void describe(const config::ListenerSettings& v, Writer& io)
{
    io("name", v.name);
    if (const auto* tcp = std::get_if<config::TcpAddress>(&v.address)) {
        io("tcp_host", tcp->host);
        io("tcp_port", tcp->port);
    } else if (const auto* connect = std::get_if<config::ConnectAddress>(&v.address)) {
        io("connect", connect->path);
    } else {
        const auto& address = std::get<config::UnixAddress>(v.address);
        io("unix", address.path);
        io("group", address.group);
    }
    io("guest", v.guest);
    io("allow", v.allow);
    io("may", v.may);
    io("per_minute", v.per_minute);
    io("origin", v.origin);
}

void describe(const config::Settings& v, Writer& io)
{
    io("schema", schema);
    io("connectors", v.connectors);
    io("guests", v.guests);
    io("profiles", v.profiles);
    if (!v.hubs.empty()) io("hubs", v.hubs);
    if (!v.rules.empty()) io("rules", v.rules);
    io("toggle", v.toggle_order());
    io("on_drift", v.on_drift == config::OnDrift::restore ? "restore" : "report");
    if (v.remember) io("remember", true);
    io("at_start", v.at_start);
    io("listeners", v.listeners);
}

void describe(const ConfigCheck::Misfit& v, Writer& io)
{
    io("origin", v.origin);
    io("message", v.message);
}

void describe(const ConfigCheck& v, Writer& io)
{
    io("schema", v.schema);
    io("ok", v.misfits.empty());
    io("files", v.files);
    io("connectors", v.connectors);
    io("guests", v.guests);
    io("profiles", v.profiles);
    io("listeners", v.listeners);
    if (v.hubs > 0) io("hubs", v.hubs);
    io("machine_was_seen", v.machine_was_seen);
    io("misfits", v.misfits);
    io("warnings", v.warnings);
}

void describe(const UdevRules& v, Writer& io)
{
    io("schema", schema);
    io("path", place_of_rules);
    io("lines", v.lines);
    io("none", v.none);
}

void describe(const ConfigStart& v, Writer& io)
{
    io("schema", schema);
    io("toml", v.toml);
    io("written_to", v.written_to);
}

/// The stable word of an error that has none of its own.
const char* word_of(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::failed: return "failed";
    case ErrorKind::usage: return "usage";
    case ErrorKind::unreachable: return "unreachable";
    case ErrorKind::not_found: return "not-found";
    case ErrorKind::not_permitted: return "not-permitted";
    case ErrorKind::refused: return "refused";
    case ErrorKind::timed_out: return "timed-out";
    case ErrorKind::half_way: return "half-way";
    }
    return "failed";
}

void describe(const Error& v, Writer& io)
{
    io("ok", false);
    io("code", v.code().empty() ? word_of(v.kind()) : v.code());
    io("message", v.message());
}

} // namespace

std::string to_json(const StatusView& view) { return document(view); }
std::string to_json(const RegistersView& view) { return document(view); }
std::string to_json(const PlanView& view) { return document(view); }
std::string to_json(const RuleView& view) { return document(view); }
std::string to_json(const std::vector<QuestionView>& open)
{
    return Json{{"schema", schema}, {"questions", Writer::written(open)}}.dump(
        -1, ' ', false, Json::error_handler_t::replace);
}
std::string to_json(const WhyView& view) { return document(view); }
std::string to_json(const LogView& view) { return document(view); }
std::string to_json(const MaskView& view) { return document(view); }
std::string to_json(const diagnose::Diagnosis& diagnosis) { return document(diagnosis); }
std::string to_json(const RecordedView& view) { return document(view); }
std::string to_json(const GuestsView& view) { return document(view); }
std::string to_json(const plan::Handover& handover) { return document(handover); }
std::string to_json(const InGuestView& view) { return document(view); }
std::string to_json(const Paste& paste) { return document(paste); }
std::string to_json(const config::Settings& settings) { return document(settings); }
std::string to_json(const ConfigCheck& check) { return document(check); }
std::string to_json(const UdevRules& rules) { return document(rules); }
std::string to_json(const ConfigStart& start) { return document(start); }
std::string to_json(const Error& error) { return document(error); }

std::string to_json(const GuestView& guest, bool holders_seen)
{
    return document(
        Json{{"schema", schema}, {"holders_seen", holders_seen}, {"guest", Writer::written(guest)}});
}

std::string done_json(const plan::Handover& handover)
{
    auto changed = Json::array();
    for (const auto& function : handover.changed()) changed.push_back(function.text());
    return document(Json{{"ok", true},
                         {"guest", handover.guest.text()},
                         {"changed", changed},
                         {"already", texts_of(handover.already)},
                         {"warnings", handover.plan.warnings}});
}

} // namespace usbroute::report
