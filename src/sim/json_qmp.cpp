// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/json_qmp.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <nlohmann/json.hpp>

namespace usbroute::sim {

using nlohmann::json;

namespace {

constexpr std::size_t longest_shown = 64;

QmpValue qmp_value(const json& value)
{
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) return std::monostate();
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (value.is_string()) return value.get<std::string>();
    return std::monostate();
}

std::string dumped(const json& value) { return value.dump(-1, ' ', true, json::error_handler_t::replace); }

} // namespace

std::expected<QmpCommand, QmpProblem> read_qmp_command(std::string_view text)
{
    const auto value = json::parse(text, nullptr, false);
    // Which of its several sentences QEMU would use, nobody should depend on.
    if (value.is_discarded())
        return std::unexpected(QmpProblem{"JSON parse error, expected separator in dict"});
    if (!value.is_object()) return std::unexpected(QmpProblem{"QMP input must be a JSON object"});
    QmpCommand command;
    if (const auto id = value.find("id"); id != value.end()) command.id = dumped(*id);
    const auto problem = [&command](std::string words) {
        return std::unexpected(QmpProblem{.words = std::move(words), .id = command.id});
    };
    for (const auto& [name, member] : value.items())
        if (name != "id" && name != "execute" && name != "arguments")
            return problem(format("QMP input member '{}' is unexpected", printable(name, longest_shown)));
    const auto execute = value.find("execute");
    if (execute == value.end()) return problem("QMP input lacks member 'execute'");
    if (!execute->is_string()) return problem("QMP input member 'execute' must be a string");
    command.execute = execute->get<std::string>();
    const auto arguments = value.find("arguments");
    if (arguments == value.end()) return command;
    if (!arguments->is_object()) return problem("QMP input member 'arguments' must be an object");
    for (const auto& [name, member] : arguments->items()) command.arguments.emplace(name, qmp_value(member));
    return command;
}

std::string json_text(std::string_view text) { return dumped(json(text)); }

} // namespace usbroute::sim
