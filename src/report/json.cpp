// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/json.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/json_text.hpp"

#include <concepts>
#include <limits>

namespace usbroute::report {

namespace {

// A document of a machine with 2,000 devices is below 1 MiB. The depth is that of our own documents and some to
// spare: the library's destructor and writer recurse.
constexpr std::size_t longest = 8U << 20;
constexpr int deepest = 16;

template <class T, class... Any>
concept OneOf = (std::same_as<std::remove_const_t<T>, Any> || ...);

// The keys of every document, once, for writing and for reading. A reader passes over keys it does not know and
// leaves what is missing as it was.

template <class Io> void describe(OneOf<DeviceView> auto& v, Io& io)
{
    io("place", v.place);
    io("name", v.name);
    io("speed", v.speed);
    io("keyboard", v.keyboard);
    io("hub", v.hub);
    io("disks", v.disks);
    io("in_use", v.in_use);
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
    io.if_any("behind", v.behind);
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

template <class Io> void describe(OneOf<WhyView> auto& v, Io& io)
{
    io("schema", v.schema);
    io("connector", v.connector);
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

template <class Io> void describe(OneOf<PlanView> auto& v, Io& io)
{
    io("schema", v.schema);
    io("title", v.title);
    io("profile", v.profile);
    io("controller", v.controller);
    io("steps", v.steps);
    io("moves", v.moves);
    io("already", v.already);
    io("expectations", v.expectations);
    io("undo", v.undo);
    io("warnings", v.warnings);
}

template <class Io> void describe(OneOf<MaskView::Row> auto& v, Io& io)
{
    io("bit", v.bit);
    io("xhci_port", v.xhci_port);
    io("ehci_port", v.ehci_port);
    io("connector", v.connector);
    io("set", v.set);
    io("now", v.now);
}

template <class Io> void describe(OneOf<MaskView::Value> auto& v, Io& io)
{
    io("value", v.value);
    io("meaning", v.meaning);
    io("setpci", v.setpci);
}

template <class Io> void describe(OneOf<MaskView> auto& v, Io& io)
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
    [[nodiscard]] Json take() { return std::move(json_); }

    template <class T> static Json written(const T& value)
    {
        if constexpr (std::constructible_from<Json, const T&>) {
            return value;
        } else {
            Writer writer;
            describe(value, writer);
            return writer.take();
        }
    }
    template <class T> static Json written(const std::optional<T>& value)
    {
        return value ? Json(*value) : Json(nullptr);
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

/// Takes what has the right type; the first key that has not is remembered.
class Reader {
public:
    explicit Reader(const Json& json) : json_(json) {}
    [[nodiscard]] const std::string& wrong_key() const { return wrong_; }

    template <class T> void operator()(const char* key, T& value)
    {
        const auto found = json_.find(key);
        if (found == json_.end() || found->is_null()) return;
        if (!take(*found, value) && wrong_.empty()) wrong_ = key;
    }
    template <class T> void if_any(const char* key, T& value) { (*this)(key, value); }

private:
    static bool take(const Json& json, std::string& value)
    {
        const auto* text = json.get_ptr<const std::string*>();
        if (text != nullptr) value = printable(*text, 1024);
        return text != nullptr;
    }
    static bool take(const Json& json, bool& value)
    {
        if (json.is_boolean()) value = json.get<bool>();
        return json.is_boolean();
    }
    template <std::integral T> static bool take(const Json& json, T& value)
    {
        if (!json.is_number_integer()) return false;
        const bool too_large =
            json.is_number_unsigned() && json.get<std::uint64_t>() > std::numeric_limits<T>::max();
        const bool too_small = !json.is_number_unsigned() &&
                               json.get<std::int64_t>() < std::int64_t{std::numeric_limits<T>::min()};
        if (too_large || too_small) return false;
        value = json.get<T>();
        return true;
    }
    template <class T> static bool take(const Json& json, std::optional<T>& value)
    {
        return take(json, value.emplace());
    }
    template <class T> static bool take(const Json& json, std::vector<T>& values)
    {
        if (!json.is_array()) return false;
        for (const auto& entry : json)
            if (!take(entry, values.emplace_back())) return false;
        return true;
    }
    template <class T>
        requires std::is_class_v<T>
    static bool take(const Json& json, T& value)
    {
        if (!json.is_object()) return false;
        Reader reader(json);
        describe(value, reader);
        return reader.wrong_key().empty();
    }

    const Json& json_;
    std::string wrong_;
};

Error not_a_document(std::string_view what, std::string_view why)
{
    return Error(ErrorKind::failed, format("this is not a {} document: {}", what, why))
        .with_code("not-an-answer");
}

template <class View> Result<View> view_from(std::string_view text, std::string_view what)
{
    if (text.size() > longest)
        return std::unexpected(not_a_document(what, format("longer than {} bytes", longest)));
    const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= deepest; };
    const auto json = Json::parse(text, shallow, false);
    if (json.is_discarded()) return std::unexpected(not_a_document(what, "not JSON"));
    if (!json.is_object()) return std::unexpected(not_a_document(what, "not an object"));
    View view;
    view.schema = 0;
    Reader reader(json);
    describe(view, reader);
    if (!reader.wrong_key().empty())
        return std::unexpected(not_a_document(what, format("{} has the wrong type", reader.wrong_key())));
    if (view.schema != schema)
        return std::unexpected(not_a_document(
            what,
            format(
                "its schema is {}, and this program knows {}; usbroute and usbrouted must be of one version",
                view.schema, schema)));
    return view;
}

} // namespace

std::string to_json(const StatusView& view) { return written(Writer::written(view)); }
std::string to_json(const RegistersView& view) { return written(Writer::written(view)); }
std::string to_json(const PlanView& view) { return written(Writer::written(view)); }
std::string to_json(const WhyView& view) { return written(Writer::written(view)); }
std::string to_json(const MaskView& view) { return written(Writer::written(view)); }

Result<StatusView> status_from_json(std::string_view text) { return view_from<StatusView>(text, "status"); }
Result<RegistersView> registers_from_json(std::string_view text)
{
    return view_from<RegistersView>(text, "registers");
}
Result<WhyView> why_from_json(std::string_view text) { return view_from<WhyView>(text, "why"); }
Result<PlanView> plan_from_json(std::string_view text) { return view_from<PlanView>(text, "plan"); }

} // namespace usbroute::report
