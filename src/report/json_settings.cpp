// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/json.hpp"
#include "report/json_text.hpp"

namespace usbroute::report {

namespace {

template <class List, class TextOf> Json texts(const List& list, const TextOf& text_of)
{
    auto json = Json::array();
    for (const auto& item : list) json.push_back(text_of(item));
    return json;
}

template <class T> Json or_null(const std::optional<T>& value)
{
    return value ? Json(*value) : Json(nullptr);
}

constexpr auto as_text = [](const auto& named) { return named.text(); };

Json json_of(const config::ConnectorSettings& connector)
{
    const auto& spec = connector.spec;
    Json json{{"name", spec.name.text()},
              {"mux_bit", spec.bit ? Json(spec.bit->value) : Json(nullptr)},
              {"superspeed", spec.superspeed ? Json(spec.superspeed->value) : Json(nullptr)},
              {"usb", texts(spec.places, as_text)},
              {"seen", texts(spec.seen, as_text)},
              {"panel", connector.panel},
              {"row", or_null(connector.row)},
              {"column", or_null(connector.column)},
              {"origin", connector.origin.text()}};
    if (spec.behind) json["behind"] = spec.behind->text();
    return json;
}

Json json_of(const config::GuestSettings& guest)
{
    return {{"name", guest.name.text()},
            {"controllers", texts(guest.controllers, as_text)},
            {"on_exit", guest.on_exit == config::OnExit::keep ? "keep" : "return"},
            {"grace_ms", guest.grace.count()},
            {"on_start", guest.on_start ? Json(guest.on_start->text()) : Json(nullptr)},
            {"qmp", guest.qmp},
            {"bind", guest.bind == config::BindAt::boot ? "boot" : "manual"},
            {"origin", guest.origin.text()}};
}

Json json_of(const config::ProfileSettings& profile)
{
    auto connectors = Json::object();
    for (const auto& entry : profile.entries)
        connectors[entry.connector.text()] = config::text_of(entry.target);
    return {{"name", profile.name.text()},
            {"connectors", std::move(connectors)},
            {"may_take_last_keyboard", profile.may_take_last_keyboard},
            {"origin", profile.origin.text()}};
}

Json json_of(const config::ListenerSettings& listener)
{
    Json json{{"name", listener.name.text()}};
    if (const auto* tcp = std::get_if<config::TcpAddress>(&listener.address)) {
        json["tcp_host"] = tcp->host;
        json["tcp_port"] = tcp->port;
    } else if (const auto* connect = std::get_if<config::ConnectAddress>(&listener.address)) {
        json["connect"] = connect->path;
    } else {
        const auto& address = std::get<config::UnixAddress>(listener.address);
        json["unix"] = address.path;
        json["group"] = address.group;
    }
    json["guest"] = listener.guest ? Json(listener.guest->text()) : Json(nullptr);
    json["allow"] =
        texts(listener.allow, [](config::Verb verb) { return std::string(config::text_of(verb)); });
    json["may"] = texts(listener.may, [](config::Lift lift) { return std::string(config::text_of(lift)); });
    json["per_minute"] = listener.per_minute;
    json["origin"] = listener.origin.text();
    return json;
}

template <class List> Json objects_of(const List& list)
{
    auto json = Json::array();
    for (const auto& item : list) json.push_back(json_of(item));
    return json;
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

} // namespace

std::string to_json(const config::Settings& settings)
{
    return written({{"schema", schema},
                    {"connectors", objects_of(settings.connectors)},
                    {"guests", objects_of(settings.guests)},
                    {"profiles", objects_of(settings.profiles)},
                    {"toggle", texts(settings.toggle_order(), as_text)},
                    {"on_drift", settings.on_drift == config::OnDrift::restore ? "restore" : "report"},
                    {"at_start", settings.at_start ? Json(settings.at_start->text()) : Json()},
                    {"listeners", objects_of(settings.listeners)}});
}

std::string to_json(const ConfigCheck& check)
{
    auto misfits = Json::array();
    for (const auto& misfit : check.misfits)
        misfits.push_back({{"origin", misfit.origin}, {"message", misfit.message}});
    return written({{"schema", check.schema},
                    {"ok", check.misfits.empty()},
                    {"files", check.files},
                    {"connectors", check.connectors},
                    {"guests", check.guests},
                    {"profiles", check.profiles},
                    {"listeners", check.listeners},
                    {"machine_was_seen", check.machine_was_seen},
                    {"misfits", std::move(misfits)}});
}

std::string to_json(const Error& error)
{
    return written({{"ok", false},
                    {"code", error.code().empty() ? word_of(error.kind()) : error.code()},
                    {"message", error.message()}});
}

} // namespace usbroute::report
