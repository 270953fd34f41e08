// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/parse.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/document.hpp"
#include "config/lexical_check.hpp"
#include "config/sections.hpp"
#include "config/toml_advice.hpp"

// The only file that sees toml++. Without exceptions its errors come back as values.
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
// Lists and inline tables inside each other. No setting needs more than two; the limit bounds recursion.
#define TOML_MAX_NESTED_VALUES 8
// toml++ 3.3 asserts what a malformed file breaks, such as "[[=" (marzer/tomlplusplus, pull request 301). A
// reload must not end the daemon, and with NDEBUG clang takes these assertions for facts. Without either, the
// parser runs into its own error some lines later; the tests damage files to see that it does.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
// It trusts no g++ to read numbers by from_chars and takes a stream with a locale, which costs every start of the
// command line some tens of pages; since version 11 libstdc++ has it.
#define TOML_FLOAT_CHARCONV 1
#include <toml++/toml.h>

#include <algorithm>

namespace usbroute::config {

namespace {

FilePlace place_of(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

Node node_from(const toml::node& node);

Table table_from(const toml::table& source)
{
    Table table;
    for (const auto& [key, value] : source)
        table.push_back({std::string(key.str()), place_of(key.source()), node_from(value)});
    // toml++ sorts by key; the order of the file is what people mean.
    std::ranges::sort(table, {}, &Entry::place);
    return table;
}

List list_from(const toml::array& source)
{
    List list;
    for (const auto& value : source) list.push_back(node_from(value));
    return list;
}

Node node_from(const toml::node& node)
{
    const auto place = place_of(node.source());
    if (const auto* text = node.as_string()) return {place, text->get()};
    if (const auto* number = node.as_integer()) return {place, number->get()};
    if (const auto* truth = node.as_boolean()) return {place, truth->get()};
    if (const auto* list = node.as_array()) return {place, list_from(*list)};
    if (const auto* table = node.as_table()) return {place, table_from(*table)};
    if (node.is_floating_point()) return {place, Foreign{"a number with a fraction"}};
    return {place, Foreign{"a date or a time"}};
}

/// toml++'s words for an error, made ours where they speak of its inside. They quote the file, so they are
/// treated as text from outside.
std::string readable(std::string_view description, std::string_view line, std::uint32_t column)
{
    constexpr std::string_view opening = "Error while parsing ";
    if (description.find("TOML_MAX_NESTED_VALUES") != std::string_view::npos)
        return format("lists or inline tables are nested too deeply; at most {} levels are read",
                      TOML_MAX_NESTED_VALUES);

    if (const auto at = description.find("cannot redefine existing "); at != std::string_view::npos) {
        const auto from = description.find('\'', at);
        const auto to = description.rfind('\'');
        if (from == std::string_view::npos || from == to)
            return "a key is given a second time here; keep one of the two";
        return format("{} is given a second time here; keep one of the two",
                      in_quotes(trim(description.substr(from + 1, to - from - 1))));
    }
    if (description.find("unescaped control characters") != std::string_view::npos)
        return "a string is not closed on its line, or has a control character in it";
    if (description.find("utf-8") != std::string_view::npos) return "this is not UTF-8 text";
    const bool is_too_large = description.find("not representable") != std::string_view::npos;
    if (const auto advice = toml_advice(line, column); advice && !is_too_large) return *advice;
    if (!description.starts_with(opening)) return printable(format("not valid TOML: {}", description), 400);
    return printable(format("not valid TOML, in {}", description.substr(opening.size())), 400);
}

/// The line with that number, counted from 1.
std::string_view line_of(std::string_view text, std::uint32_t number)
{
    const auto lines = split(text, '\n');
    return number == 0 || number > lines.size() ? std::string_view() : lines[number - 1];
}

std::expected<Document, Problem> document_from(const SourceText& source)
{
    if (auto problem = lexical_problem(source)) return std::unexpected(std::move(*problem));

    // As a string_view: a std::string and a literal are ambiguous in toml++ 3.3.
    const auto parsed = toml::parse(std::string_view(source.text));
    if (!parsed) {
        const auto place = place_of(parsed.error().source());
        return std::unexpected(
            Problem{{source.name, place.line, place.column},
                    readable(parsed.error().description(), line_of(source.text, place.line), place.column)});
    }
    return Document{source.name, table_from(parsed.table())};
}

std::vector<Document> documents_from(std::span<const SourceText> files, Intake& reading)
{
    std::vector<Document> documents;
    for (const auto& file : files) {
        auto document = document_from(file);
        if (document) {
            documents.push_back(std::move(*document));
            continue;
        }
        reading.problems.add(document.error().origin, document.error().message);
        reading.complete = false;
    }
    return documents;
}

} // namespace

std::string Problem::text() const
{
    return origin.file.empty() ? message : format("{}: {}", origin.text(), message);
}

std::expected<Settings, std::vector<Problem>> parse(std::span<const SourceText> files)
{
    Intake reading;
    const auto documents = documents_from(files, reading);
    for (const auto read : {check_top_level, read_connectors, check_behind, read_hubs, check_hubs_named,
                            read_guests, read_rules, check_rules, read_profiles, check_start_profiles,
                            read_toggle, read_listeners, read_routes})
        for (const auto& document : documents) read(document, reading);

    if (!reading.problems.empty()) return std::unexpected(std::move(reading.problems).sorted());
    const auto default_control = default_control_listener();
    const auto takes_its_place = [&](const ListenerSettings& listener) {
        const auto* address = std::get_if<UnixAddress>(&listener.address);
        return listener.name == default_control.name ||
               (address != nullptr && address->path == std::get<UnixAddress>(default_control.address).path);
    };
    if (std::ranges::none_of(reading.settings.listeners, takes_its_place))
        reading.settings.listeners.push_back(default_control);
    return std::move(reading.settings);
}

} // namespace usbroute::config
