// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/qmp.hpp"

#include <nlohmann/json.hpp>

#include <limits>

namespace usbroute::wire {

using nlohmann::json;

namespace {

constexpr int deepest_qmp = 64;

/// Never throws: what is no JSON, or too deep, is discarded.
json parsed_qmp(std::string_view text)
{
    json none(json::value_t::discarded);
    if (text.size() > longest_qmp_line) return none;
    bool is_deep = false;
    // What the callback refuses is only left out of what is around it.
    const auto bounded = [&](int depth, json::parse_event_t, json&) {
        is_deep = is_deep || depth > deepest_qmp;
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

std::optional<std::string> text_of_qmp(const json* value)
{
    if (value == nullptr || !value->is_string()) return std::nullopt;
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() > longest_qmp_text) return std::nullopt;
    return text;
}

std::optional<bool> truth_of_qmp(const json* value)
{
    if (value == nullptr || !value->is_boolean()) return std::nullopt;
    return value->get<bool>();
}

std::optional<std::uint64_t> number_of_qmp(const json* value)
{
    if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
    return value->get<std::uint64_t>();
}

std::uint32_t part_of_version(const json& version, std::string_view key)
{
    const auto part = number_of_qmp(member(version, key));
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
    return QmpError{.id = number_of_qmp(member(line, "id")),
                    .error_class = std::move(*error_class),
                    .text = std::move(*text)};
}

} // namespace

QmpMessage read_qmp_line(std::string_view line)
{
    const auto value = parsed_qmp(line);
    if (const auto* inside = member(value, "QMP")) return greeting_of(*inside);
    if (const auto* payload = member(value, "return"))
        return QmpReturn{.id = number_of_qmp(member(value, "id")), .payload = dumped(*payload)};
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
    return truth_of_qmp(&value);
}

std::optional<std::uint64_t> qmp_number(std::string_view payload)
{
    const auto value = parsed_qmp(payload);
    return number_of_qmp(&value);
}

std::optional<std::string> qmp_text_at(std::string_view payload, std::string_view key)
{
    const auto value = parsed_qmp(payload);
    return text_of_qmp(member(value, key));
}

std::optional<bool> qmp_truth_at(std::string_view payload, std::string_view key)
{
    const auto value = parsed_qmp(payload);
    return truth_of_qmp(member(value, key));
}

std::optional<std::uint64_t> qmp_number_at(std::string_view payload, std::string_view key)
{
    const auto value = parsed_qmp(payload);
    return number_of_qmp(member(value, key));
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

} // namespace usbroute::wire
