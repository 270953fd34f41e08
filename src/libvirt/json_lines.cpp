// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/check.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "libvirt/answer.hpp"
#include "libvirt/question.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

namespace usbroute::libvirt {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t longest_domain = 255;
constexpr std::size_t longest_message = 1024; // characters
constexpr int deepest = 8;

/// Nothing in it: it reads. Else what is wrong with it.
using Wrong = std::string;

bool has_control_characters(std::string_view text)
{
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Wrong read_number(const json& value, std::uint32_t least, std::uint32_t most, std::uint32_t& into)
{
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number >= least && number <= most) {
            into = static_cast<std::uint32_t>(number);
            return {};
        }
    }
    return format("a number from {} to {} is expected", least, most);
}

Wrong read_domain(const json& value, Question& into)
{
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        if (!text.empty() && text.size() <= longest_domain && !has_control_characters(text)) {
            into.domain = text;
            return {};
        }
    }
    return format("a name or a UUID of 1 to {} bytes is expected", longest_domain);
}

Wrong read_alias(const json& value, Question& into)
{
    if (value.is_string()) into.alias = Alias::from(value.get_ref<const std::string&>());
    if (into.alias) return {};
    return "ua-usbroute and up to 64 letters, digits, '-' and '.' are expected";
}

Wrong read_pci(const json& value, Question& into)
{
    if (value.is_string()) into.pci = PciAddress::parse(value.get_ref<const std::string&>());
    if (into.pci) return {};
    return "a PCI address such as 0000:03:00.0 is expected";
}

struct Field {
    std::string_view key;
    Wrong (*read)(const json& value, Question& into);
    bool is_optional = false;
};

constexpr Field domain_field{.key = "domain", .read = read_domain};
constexpr Field alias_field{.key = "alias", .read = read_alias};
constexpr Field pci_field{.key = "pci", .read = read_pci};
constexpr Field bus_field{.key = "bus", .read = [](const json& value, Question& into) {
                              return read_number(value, 1, 255, into.bus);
                          }};
constexpr Field device_field{.key = "device", .read = [](const json& value, Question& into) {
                                 return read_number(value, 1, 127, into.device);
                             }};
constexpr Field guest_bus_field{.key = "guest-bus", .read = [](const json& value, Question& into) {
                                    return read_number(value, 0, 255, into.guest_bus);
                                }};
constexpr Field guest_port_field{.key = "guest-port", .read = [](const json& value, Question& into) {
                                     return read_number(value, 1, 255, into.guest_port);
                                 }};

constexpr std::array of_a_domain{domain_field};
constexpr std::array of_a_device{domain_field, alias_field};
constexpr std::array of_attach{domain_field, alias_field,     bus_field,
                               device_field, guest_bus_field, guest_port_field};
constexpr Field if_there(Field field)
{
    field.is_optional = true;
    return field;
}
constexpr std::array of_attach_descriptor{domain_field,     alias_field,         guest_bus_field,
                                          guest_port_field, if_there(bus_field), if_there(device_field)};
constexpr std::array of_attach_controller{domain_field, alias_field, pci_field};

struct Form {
    std::string_view word;
    Verb verb;
    std::span<const Field> fields;
};
constexpr std::array<Form, 10> forms{{
    {.word = "watch", .verb = Verb::watch, .fields = of_a_domain},
    {.word = "look", .verb = Verb::look, .fields = of_a_domain},
    {.word = "attach", .verb = Verb::attach, .fields = of_attach},
    {.word = "attach-descriptor", .verb = Verb::attach_descriptor, .fields = of_attach_descriptor},
    {.word = "detach", .verb = Verb::detach, .fields = of_a_device},
    {.word = "add-usb-controller", .verb = Verb::add_usb_controller, .fields = of_a_device},
    {.word = "attach-controller", .verb = Verb::attach_controller, .fields = of_attach_controller},
    {.word = "detach-controller", .verb = Verb::detach_controller, .fields = of_a_device},
    {.word = "start", .verb = Verb::start, .fields = of_a_domain},
    {.word = "resume", .verb = Verb::resume, .fields = of_a_domain},
}};

struct Parsed {
    json value{json::value_t::discarded};
    std::string twice; ///< a key of the object itself
};

/// Never throws.
Parsed parsed(std::string_view line)
{
    Parsed result;
    if (line.size() >= longest_libvirt_line) return result;
    bool is_deep = false;
    std::set<std::string> keys;
    const auto seen = [&](int depth, json::parse_event_t event, json& part) {
        is_deep = is_deep || depth > deepest;
        if (event == json::parse_event_t::key && depth == 1 && !keys.insert(part.get<std::string>()).second)
            result.twice = part.get<std::string>();
        return !is_deep;
    };
    result.value = json::parse(line, seen, false);
    if (is_deep) result.value = json(json::value_t::discarded);
    return result;
}

std::optional<std::uint64_t> id_in(const json& object)
{
    const auto found = object.find("id");
    if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
    const auto id = found->get<std::uint64_t>();
    return id >= 1 && id <= greatest_id ? std::optional(id) : std::nullopt;
}

const Form* form_of(const json& object)
{
    const auto asked = object.find("do");
    if (asked == object.end() || !asked->is_string()) return nullptr;
    const auto form = std::ranges::find(forms, asked->get_ref<const std::string&>(), &Form::word);
    return form == forms.end() ? nullptr : form;
}

std::vector<std::string> words_of(std::span<const Form> known) { return texts_of(known, &Form::word); }

/// All but its id and its verb.
Wrong read_fields(const json& object, const Form& form, Question& into)
{
    for (const auto& [key, value] : object.items()) {
        const bool is_known = key == "id" || key == "do" ||
                              std::ranges::find(form.fields, key, &Field::key) != form.fields.end();
        if (!is_known) return format(R"("{}" has no "{}")", form.word, printable(key, 64));
    }
    for (const auto& field : form.fields) {
        const auto found = object.find(std::string(field.key));
        if (found == object.end() && field.is_optional) continue;
        if (found == object.end()) return format("\"{}\" is missing", field.key);
        if (const auto wrong = field.read(*found, into); !wrong.empty())
            return format("\"{}\" is wrong: {}", field.key, wrong);
    }
    return {};
}

std::string dumped(const ordered_json& line)
{
    return line.dump(-1, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

void put_place(ordered_json& into, const std::optional<std::uint32_t>& bus, const std::string& port)
{
    if (bus) into["guest-bus"] = *bus;
    if (!port.empty()) into["guest-port"] = port;
}

ordered_json json_of(const UsbController& controller)
{
    ordered_json row{{"index", controller.index}, {"alias", controller.alias}, {"model", controller.model}};
    if (controller.usb2_ports) row["usb2-ports"] = *controller.usb2_ports;
    if (controller.superspeed_ports) row["superspeed-ports"] = *controller.superspeed_ports;
    return row;
}

ordered_json json_of(const GivenDevice& device)
{
    ordered_json row{{"alias", device.alias}, {"bus", device.bus}, {"device", device.device}};
    put_place(row, device.guest_bus, device.guest_port);
    if (device.by_descriptor) row["by"] = "descriptor";
    return row;
}

ordered_json json_of(const OtherUsb& other)
{
    ordered_json row{{"alias", other.alias}, {"type", other.type}};
    put_place(row, other.guest_bus, other.guest_port);
    return row;
}

ordered_json json_of(const GivenFunction& function)
{
    return {{"alias", function.alias}, {"pci", function.pci}};
}

template <class Rows> ordered_json json_of(const std::vector<Rows>& rows)
{
    auto list = ordered_json::array();
    for (const auto& row : rows) list.push_back(json_of(row));
    return list;
}

ordered_json json_of(const Looked& looked)
{
    ordered_json value{{"domain", looked.domain}};
    if (!looked.uuid.empty()) value["uuid"] = looked.uuid;
    value["state"] = word_of(looked.state);
    if (!is_active(looked.state)) return value;
    value["qemu"] = looked.qemu;
    value["controllers"] = json_of(looked.has.controllers);
    value["devices"] = json_of(looked.has.devices);
    value["others"] = json_of(looked.has.others);
    value["pci"] = json_of(looked.has.functions);
    value["free-root-ports"] = looked.has.free_root_ports;
    return value;
}

ordered_json json_of(const Done& done)
{
    auto value = ordered_json::object();
    if (done.index) value["index"] = *done.index;
    return value;
}

ordered_json about(const std::optional<std::uint64_t>& id)
{
    auto line = ordered_json::object();
    if (id) line["id"] = *id;
    return line;
}

std::string refusal_line(const std::optional<std::uint64_t>& id, const Refused& refused)
{
    auto line = about(id);
    line["error"] = ordered_json{{"code", word_of(refused.code)},
                                 {"message", printable(refused.message, longest_message)}};
    return dumped(line);
}

template <class Value> std::string return_line(const std::optional<std::uint64_t>& id, const Value& value)
{
    auto line = about(id);
    line["return"] = json_of(value);
    return dumped(line);
}

} // namespace

Heard read_question(std::string_view line)
{
    const auto [object, twice] = parsed(line);
    if (!object.is_object()) return NoQuestion{};
    const auto id = id_in(object);
    const auto* const form = form_of(object);
    const auto bad = [&](std::string message) {
        return BadQuestion{.id = id,
                           .message = std::move(message),
                           .has_file = form != nullptr && form->verb == Verb::attach_descriptor};
    };
    if (!id) return bad(format("\"id\" has to be a number from 1 to {}", greatest_id));
    if (!twice.empty()) return bad(format("\"{}\" is there twice", printable(twice, 64)));
    if (form == nullptr) return bad("\"do\" has to be one of " + join(words_of(forms), ", "));
    Question question;
    question.id = *id;
    question.verb = form->verb;
    if (auto wrong = read_fields(object, *form, question); !wrong.empty()) return bad(std::move(wrong));
    return question;
}

std::string_view word_of(Code code)
{
    switch (code) {
    case Code::bad_question: return "bad-question";
    case Code::busy: return "busy";
    case Code::not_connected: return "not-connected";
    case Code::no_domain: return "no-domain";
    case Code::no_device: return "no-device";
    case Code::in_use: return "in-use";
    case Code::alias_in_use: return "alias-in-use";
    case Code::port_in_use: return "port-in-use";
    case Code::no_room: return "no-room";
    case Code::not_allowed: return "not-allowed";
    case Code::unsupported: return "unsupported";
    case Code::still_there: return "still-there";
    case Code::timed_out: return "timed-out";
    case Code::failed: return "failed";
    }
    return "failed";
}

std::string_view word_of(State state)
{
    switch (state) {
    case State::undefined: return "undefined";
    case State::shut_off: return "shut-off";
    case State::running: return "running";
    case State::paused: return "paused";
    case State::suspended: return "suspended";
    }
    return "undefined";
}

std::string greeting_line(std::string_view uri, bool is_connected, std::string_view why)
{
    ordered_json line{
        {"usbroute-libvirt", 1}, {"version", USBROUTE_VERSION}, {"uri", uri}, {"connected", is_connected}};
    if (!is_connected) line["why"] = printable(why, longest_message);
    return dumped(line);
}

std::string answer_line(std::optional<std::uint64_t> id, const Answer& answer)
{
    if (const auto* const refused = std::get_if<Refused>(&answer)) return refusal_line(id, *refused);
    if (const auto* const done = std::get_if<Done>(&answer)) return return_line(id, *done);
    const auto* const looked = std::get_if<Looked>(&answer);
    USBROUTE_CHECK(looked != nullptr); // what is under way has no answer yet
    auto line = return_line(id, *looked);
    if (line.size() <= longest_libvirt_line) return line;
    return refusal_line(
        id, {.code = Code::failed, .message = "the domain has more devices than a line can tell"});
}

std::string hypervisor_line(bool is_connected, std::string_view why)
{
    ordered_json line{{"event", "hypervisor"}, {"connected", is_connected}};
    if (!is_connected) line["why"] = printable(why, longest_message);
    return dumped(line);
}

std::string domain_line(std::string_view domain, State state)
{
    return dumped({{"event", "domain"}, {"domain", domain}, {"state", word_of(state)}});
}

std::string added_line(std::string_view domain, std::string_view alias)
{
    return dumped({{"event", "added"}, {"domain", domain}, {"alias", alias}});
}

std::string removed_line(std::string_view domain, std::string_view alias)
{
    return dumped({{"event", "removed"}, {"domain", domain}, {"alias", alias}});
}

} // namespace usbroute::libvirt
