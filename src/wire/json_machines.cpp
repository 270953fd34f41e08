// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/domain.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "wire/libvirt_line.hpp"
#include "wire/qmp.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace usbroute::wire {

using nlohmann::json;

namespace {

constexpr int deepest_machine_line = 64;

/// Never throws: what is no JSON, too long or too deep, is discarded.
json bounded_json(std::string_view text, std::size_t longest)
{
    json none(json::value_t::discarded);
    if (text.size() > longest) return none;
    bool is_deep = false;
    // What the callback refuses is only left out of what is around it.
    const auto bounded = [&](int depth, json::parse_event_t, json&) {
        is_deep = is_deep || depth > deepest_machine_line;
        return !is_deep;
    };
    auto value = json::parse(text, bounded, false);
    return is_deep ? none : value;
}

std::string dumped(const json& value) { return value.dump(-1, ' ', true, json::error_handler_t::replace); }

const json* member(const json& object, std::string_view key)
{
    if (!object.is_object()) return nullptr;
    const auto found = object.find(std::string(key));
    return found == object.end() ? nullptr : &*found;
}

std::optional<std::string> text_of(const json* value, std::size_t longest)
{
    if (value == nullptr || !value->is_string()) return std::nullopt;
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() > longest) return std::nullopt;
    return text;
}

std::optional<bool> truth_of(const json* value)
{
    if (value == nullptr || !value->is_boolean()) return std::nullopt;
    return value->get<bool>();
}

std::optional<std::uint64_t> number_of(const json* value)
{
    if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
    return value->get<std::uint64_t>();
}

json parsed_qmp(std::string_view text) { return bounded_json(text, longest_qmp_line); }

std::optional<std::string> text_of_qmp(const json* value) { return text_of(value, longest_qmp_text); }

std::uint32_t part_of_version(const json& version, std::string_view key)
{
    const auto part = number_of(member(version, key));
    return part && *part <= std::numeric_limits<std::uint32_t>::max() ? static_cast<std::uint32_t>(*part) : 0;
}

QmpGreeting greeting_of(const json& inside)
{
    const auto* const version = member(inside, "version");
    const auto* const qemu = version == nullptr ? nullptr : member(*version, "qemu");
    if (qemu == nullptr) return {};
    return {.version = {.major = part_of_version(*qemu, "major"),
                        .minor = part_of_version(*qemu, "minor"),
                        .micro = part_of_version(*qemu, "micro")}};
}

QmpMessage error_of(const json& line, const json& error)
{
    auto text = text_of_qmp(member(error, "desc"));
    auto error_class = text_of_qmp(member(error, "class"));
    if (!text || !error_class) return NoQmp{};
    return QmpError{.id = number_of(member(line, "id")),
                    .error_class = std::move(*error_class),
                    .text = std::move(*text)};
}

struct StateWord {
    std::string_view word;
    DomainState state;
};
constexpr std::array<StateWord, 5> state_words{{{"running", DomainState::running},
                                                {"paused", DomainState::paused},
                                                {"suspended", DomainState::suspended},
                                                {"shut-off", DomainState::shut_off},
                                                {"undefined", DomainState::undefined}}};

json parsed_libvirt(std::string_view text) { return bounded_json(text, longest_libvirt_line); }

std::optional<std::string> line_text_at(const json& object, std::string_view key)
{
    return text_of(member(object, key), longest_libvirt_text);
}

template <class Number> std::optional<Number> line_number_at(const json& object, std::string_view key)
{
    const auto number = number_of(member(object, key));
    if (!number || *number > std::numeric_limits<Number>::max()) return std::nullopt;
    return static_cast<Number>(*number);
}

LibvirtMessage error_of_libvirt(const json& line, const json& error)
{
    auto text = line_text_at(error, "message");
    auto code = line_text_at(error, "code");
    if (!text || !code) return NoQmp{};
    return QmpError{
        .id = number_of(member(line, "id")), .error_class = std::move(*code), .text = std::move(*text)};
}

/// "9.2.0"
attach::QemuVersion version_of(std::string_view text)
{
    const auto parts = split(text, '.');
    const auto part = [&](std::size_t i) {
        return i < parts.size() ? number_from<std::uint32_t>(parts[i]).value_or(0) : 0;
    };
    return {.major = part(0), .minor = part(1), .micro = part(2)};
}

/// What is in a list under this key.
template <class Take> void each_of(const json& look, std::string_view key, const Take& take)
{
    const auto* const list = member(look, key);
    if (list == nullptr || !list->is_array()) return;
    for (const auto& one : *list) take(one);
}

void take_controller(LibvirtLook& look, const json& one)
{
    const auto index = line_number_at<std::uint32_t>(one, "index");
    const auto alias = line_text_at(one, "alias");
    auto model = line_text_at(one, "model");
    if (!index || !alias || !model) return;
    auto id = attach::id_of_alias(*alias);
    const bool is_ours = *alias != id && !id.starts_with('?');
    auto bus = is_ours ? id + ".0" : attach::bus_of_index(*index);
    look.indexes[bus] = *index;
    look.usb.controllers.push_back(
        {.id = std::move(id),
         .path = {},
         .bus = std::move(bus),
         .type = std::move(*model),
         .usb2_ports = line_number_at<std::uint8_t>(one, "usb2-ports"),
         .superspeed_ports = line_number_at<std::uint8_t>(one, "superspeed-ports")});
}

/// The name of the bus on which it is; of one that is not among the controllers, that of its index.
std::string bus_of(const LibvirtLook& look, const json& one)
{
    const auto index = line_number_at<std::uint32_t>(one, "guest-bus");
    if (!index) return {};
    const auto found = std::ranges::find(look.indexes, *index, [](const auto& pair) { return pair.second; });
    return found == look.indexes.end() ? attach::bus_of_index(*index) : found->first;
}

void take_device(LibvirtLook& look, const json& one)
{
    const auto alias = line_text_at(one, "alias");
    const auto bus = line_number_at<std::uint32_t>(one, "bus");
    const auto device = line_number_at<std::uint32_t>(one, "device");
    const bool is_by_descriptor = line_text_at(one, "by") == "descriptor";
    if (!alias || ((!bus || !device) && !is_by_descriptor)) return;
    look.usb.host_objects.push_back({.id = attach::id_of_alias(*alias),
                                     .path = {},
                                     .bus = bus_of(look, one),
                                     .port = line_text_at(one, "guest-port").value_or(""),
                                     .host_bus = bus.value_or(0),
                                     .host_address = device.value_or(0),
                                     .host_port = {},
                                     .host_device = {},
                                     .is_attached = is_by_descriptor || device.value_or(0) != 0});
}

void take_other(LibvirtLook& look, const json& one)
{
    auto type = line_text_at(one, "type");
    if (!type) return;
    look.usb.other_devices.push_back({.path = line_text_at(one, "alias").value_or(""),
                                      .type = std::move(*type),
                                      .bus = bus_of(look, one),
                                      .port = line_text_at(one, "guest-port").value_or("")});
}

} // namespace

QmpMessage read_qmp_line(std::string_view line)
{
    const auto value = parsed_qmp(line);
    if (const auto* inside = member(value, "QMP")) return greeting_of(*inside);
    if (const auto* payload = member(value, "return"))
        return QmpReturn{.id = number_of(member(value, "id")), .payload = dumped(*payload)};
    if (const auto* error = member(value, "error")) return error_of(value, *error);
    if (auto name = text_of_qmp(member(value, "event"))) {
        const auto* data = member(value, "data");
        return QmpEvent{.name = std::move(*name), .payload = data == nullptr ? "{}" : dumped(*data)};
    }
    return NoQmp{};
}

std::optional<std::string> qmp_text(std::string_view payload)
{
    const auto value = parsed_qmp(payload);
    return text_of_qmp(&value);
}

std::optional<bool> qmp_truth(std::string_view payload)
{
    const auto value = parsed_qmp(payload);
    return truth_of(&value);
}

std::optional<std::uint64_t> qmp_number(std::string_view payload)
{
    const auto value = parsed_qmp(payload);
    return number_of(&value);
}

std::optional<std::string> qmp_text_at(std::string_view payload, std::string_view key)
{
    const auto value = parsed_qmp(payload);
    return text_of_qmp(member(value, key));
}

std::optional<bool> qmp_truth_at(std::string_view payload, std::string_view key)
{
    const auto value = parsed_qmp(payload);
    return truth_of(member(value, key));
}

std::optional<std::uint64_t> qmp_number_at(std::string_view payload, std::string_view key)
{
    const auto value = parsed_qmp(payload);
    return number_of(member(value, key));
}

std::optional<std::vector<QmpProperty>> qmp_properties(std::string_view payload)
{
    const auto value = parsed_qmp(payload);
    if (!value.is_array() || value.size() > most_qmp_properties) return std::nullopt;
    std::vector<QmpProperty> properties;
    for (const auto& row : value) {
        auto name = text_of_qmp(member(row, "name"));
        auto type = text_of_qmp(member(row, "type"));
        if (!name || !type) return std::nullopt;
        properties.push_back({.name = std::move(*name), .type = std::move(*type)});
    }
    return properties;
}

std::string to_qmp_line(const QmpCommand& command, std::uint64_t id)
{
    json line = {{"execute", command.name}, {"id", id}};
    if (!command.arguments.empty()) {
        auto arguments = json::object();
        for (const auto& [name, value] : command.arguments)
            std::visit([&](const auto& of_its_type) { arguments[name] = of_its_type; }, value);
        line["arguments"] = std::move(arguments);
    }
    return dumped(line) + "\n";
}

LibvirtMessage read_libvirt_line(std::string_view line)
{
    const auto value = parsed_libvirt(line);
    if (const auto* payload = member(value, "return"))
        return QmpReturn{.id = number_of(member(value, "id")), .payload = dumped(*payload)};
    if (const auto* error = member(value, "error")) return error_of_libvirt(value, *error);
    if (auto name = line_text_at(value, "event"))
        return QmpEvent{.name = std::move(*name), .payload = dumped(value)};
    const auto protocol = number_of(member(value, "usbroute-libvirt"));
    const auto is_connected = truth_of(member(value, "connected"));
    // Of another protocol nothing else is known.
    if (!protocol || (*protocol == libvirt_protocol && !is_connected)) return NoQmp{};
    return LibvirtGreeting{.protocol = *protocol,
                           .is_connected = is_connected.value_or(false),
                           .why = line_text_at(value, "why").value_or("")};
}

std::string to_libvirt_line(const QmpCommand& command, std::uint64_t id)
{
    json line = {{"id", id}, {"do", command.name}};
    for (const auto& [name, value] : command.arguments)
        std::visit([&](const auto& of_its_type) { line[name] = of_its_type; }, value);
    return dumped(line) + "\n";
}

bool is_there(DomainState state)
{
    return state == DomainState::running || state == DomainState::paused || state == DomainState::suspended;
}

std::optional<DomainState> domain_state_from(std::string_view word)
{
    const auto* const found = std::ranges::find(state_words, word, &StateWord::word);
    if (found == state_words.end()) return std::nullopt;
    return found->state;
}

std::optional<LibvirtLook> libvirt_look(std::string_view payload)
{
    const auto value = parsed_libvirt(payload);
    const auto word = line_text_at(value, "state");
    const auto state = word ? domain_state_from(*word) : std::nullopt;
    if (!state) return std::nullopt;
    LibvirtLook look{
        .state = *state, .uuid = line_text_at(value, "uuid").value_or(""), .usb = {}, .indexes = {}};
    if (!is_there(*state)) return look;
    look.usb.qemu = version_of(line_text_at(value, "qemu").value_or(""));
    look.usb.is_running = *state == DomainState::running;
    look.usb.status = *word;
    each_of(value, "controllers", [&](const json& one) { take_controller(look, one); });
    each_of(value, "devices", [&](const json& one) { take_device(look, one); });
    each_of(value, "others", [&](const json& one) { take_other(look, one); });
    return look;
}

std::optional<assign::InGuest> libvirt_functions(std::string_view payload)
{
    const auto value = parsed_libvirt(payload);
    const auto state = domain_state_from(line_text_at(value, "state").value_or(""));
    if (!state) return std::nullopt;
    assign::InGuest seen{.machine =
                             is_there(*state) ? assign::MachineState::there : assign::MachineState::away,
                         .chooses_places = true};
    each_of(value, "pci", [&](const json& one) {
        const auto alias = line_text_at(one, "alias");
        const auto function = PciAddress::parse(line_text_at(one, "pci").value_or(""));
        if (alias && function)
            seen.held.push_back({.function = *function, .object = attach::id_of_alias(*alias)});
    });
    const auto places = line_number_at<std::uint8_t>(value, "free-root-ports").value_or(0);
    seen.free_places.resize(places);
    return seen;
}

} // namespace usbroute::wire
