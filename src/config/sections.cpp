// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/sections.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::config {

namespace {

struct SectionFacts {
    std::string_view key;
    std::string_view plural;
    std::size_t most = 0; ///< far above any real machine; keeps the checks of each against each quick
};

constexpr std::array<SectionFacts, 6> sections = {{
    {"connector", "connectors", 256},
    {"guest", "guests", 64},
    {"profile", "profiles", 256},
    {"listen", "listeners", 32},
    {"hub", "hubs", 64},
    {"rule", "rules", 512},
}};

const SectionFacts& facts_of(Section section) { return sections[static_cast<std::size_t>(section)]; }

/// Enters a name and says whether its table shall be read.
bool admit(const NamedTable& named, Section section, Intake& reading)
{
    auto& names = reading.names_in(section);
    if (const auto first = names.find(named.name); first != names.end()) {
        reading.problems.add(named.origin, format("{} is already in {}; keep one of the two", named.label,
                                                  first->second.text()));
        return false;
    }
    names.emplace(named.name, named.origin);
    if (!is_plain_name(named.name))
        reading.problems.add(named.origin, format("{} cannot be a name in {}; a name is {}",
                                                  in_quotes(named.name), named.label, plain_name_rule));
    return true;
}

} // namespace

std::vector<std::string> Intake::known(Section section)
{
    std::vector<std::string> all;
    for (const auto& [name, origin] : names_in(section)) all.push_back(name);
    return all;
}

std::vector<NamedTable> named_tables(const Document& document, Section section, Intake& reading)
{
    const auto& facts = facts_of(section);
    const Scope scope{&document.file, &reading.problems};
    const auto whole = std::ranges::find(document.root, facts.key, &Entry::key);
    if (whole == document.root.end()) return {};
    const auto* tables = std::get_if<Table>(&whole->node.value);
    if (tables == nullptr) {
        scope.wrong_type(whole->node, facts.key, format("tables with names: [{}.NAME]", facts.key));
        reading.complete = false;
        return {};
    }

    std::vector<NamedTable> found;
    for (const auto& entry : *tables) {
        if (reading.names_in(section).size() == facts.most) {
            scope.problem(entry.place, format("more than {} {}; usbroute takes at most {}", facts.most,
                                              facts.plural, facts.most));
            reading.complete = false;
            break;
        }
        NamedTable named{.name = entry.key,
                         .origin = scope.at(entry.place),
                         .place = entry.place,
                         .table = std::get_if<Table>(&entry.node.value),
                         .label = format("[{}.{}]", facts.key, printable(entry.key))};
        if (!admit(named, section, reading)) continue;
        if (named.table == nullptr)
            scope.wrong_type(entry.node, entry.key, format("a table: {}", named.label));
        else
            found.push_back(std::move(named));
    }
    return found;
}

const Table* only_table(const Document& document, const char* section, std::optional<Origin>& first,
                        Problems& problems)
{
    const auto found = std::ranges::find(document.root, section, &Entry::key);
    if (found == document.root.end()) return nullptr;
    const Scope scope{&document.file, &problems};
    if (first) {
        scope.problem(found->place,
                      format("[{}] is already in {}; keep one of the two", section, first->text()));
        return nullptr;
    }
    first = scope.at(found->place);
    const auto* table = std::get_if<Table>(&found->node.value);
    if (table == nullptr) scope.wrong_type(found->node, section, format("a table: [{}]", section));
    return table;
}

void check_top_level(const Document& document, Intake& reading)
{
    std::vector<std::string> known = {"toggle", "routes"};
    for (const auto& section : sections) known.emplace_back(section.key);

    for (const auto& entry : document.root) {
        if (std::ranges::find(known, entry.key) != known.end()) continue;
        const Origin origin{document.file, entry.place.line, entry.place.column};
        if (std::holds_alternative<Table>(entry.node.value) || std::holds_alternative<List>(entry.node.value))
            reading.problems.add_unknown(origin, "unknown table", entry.key, "", known);
        else
            reading.problems.add(origin,
                                 format("{} is in no table; keys belong in one, such as [connector.NAME]",
                                        in_quotes(entry.key)));
    }
}

} // namespace usbroute::config
