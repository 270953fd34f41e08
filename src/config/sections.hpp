// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/document.hpp"
#include "config/fields.hpp"
#include "config/settings.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::config {

/// The tables of a file that hold one table for each name: [connector.NAME].
enum class Section : std::uint8_t { connector, guest, profile, listen, hub, rule };

/// A configuration while its files are read. Faulty settings stay in, so that one mistake is one problem;
/// with a problem the whole is thrown away.
struct Intake {
    Settings settings;
    Problems problems;
    /// Every name met so far and its place, faulty ones too, by section.
    std::array<std::map<std::string, Origin, std::less<>>, 6> names;
    /// The profiles that guests begin with, to be looked for when all profiles are known.
    std::vector<std::pair<Origin, ProfileName>> start_profiles;
    /// The ports of hubs that connectors name, to be looked for when all hubs are known.
    struct NamedHubPort {
        Origin origin;
        topology::HubPlace port;
        bool is_beside_controllers = false; ///< in one list with places of controllers
    };
    std::vector<NamedHubPort> hub_ports;
    /// The place of [toggle], once it was met.
    std::optional<Origin> toggle;
    /// The place of [routes], once it was met.
    std::optional<Origin> routes;
    bool rules_are_compared = false;
    /// False once something could not be read at all; then an unknown name proves nothing.
    bool complete = true;

    [[nodiscard]] auto& names_in(Section section) { return names[static_cast<std::size_t>(section)]; }
    [[nodiscard]] bool knows(Section section, std::string_view name)
    {
        return names_in(section).contains(name);
    }
    /// For "did you mean".
    [[nodiscard]] std::vector<std::string> known(Section section);
};

/// One [SECTION.NAME] of a file.
struct NamedTable {
    std::string name;
    Origin origin;
    FilePlace place;
    const Table* table = nullptr;
    std::string label; ///< "[connector.dock]", for messages
};

/// The tables of a section in the order of the file. Names that are taken or not plain, and what is no table,
/// become problems here.
[[nodiscard]] std::vector<NamedTable> named_tables(const Document& document, Section section,
                                                   Intake& reading);

/// The only table of a section that has no names, such as [toggle]; `first` is where it is. Null: it is not in this file,
/// or it is a problem, which is reported.
[[nodiscard]] const Table* only_table(const Document& document, const char* section,
                                      std::optional<Origin>& first, Problems& problems);

// Each refers to those above it, which have to be read from all files first.
void read_connectors(const Document& document, Intake& reading);
/// Holes of a hub, once all connectors are known.
void check_behind(const Document& document, Intake& reading);
void read_hubs(const Document& document, Intake& reading);
/// Ports of hubs, once all connectors and hubs are known.
void check_hubs_named(const Document& document, Intake& reading);
void read_guests(const Document& document, Intake& reading);
void read_rules(const Document& document, Intake& reading);
/// That no two rules contradict each other, once all of them are known; called for each file, and done once.
void check_rules(const Document& document, Intake& reading);
void read_profiles(const Document& document, Intake& reading);
void check_start_profiles(const Document& document, Intake& reading);
void read_toggle(const Document& document, Intake& reading);
void read_listeners(const Document& document, Intake& reading);
void read_routes(const Document& document, Intake& reading);
/// Tables and keys at the top that belong to nobody.
void check_top_level(const Document& document, Intake& reading);

} // namespace usbroute::config
