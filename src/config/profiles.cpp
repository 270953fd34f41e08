// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/sections.hpp"
#include "route/wiring.hpp"

#include <algorithm>

namespace usbroute::config {

namespace {

constexpr std::string_view keyboard_key = "may_take_last_keyboard";

/// A profile while it is read.
struct Draft {
    const NamedTable* named = nullptr;
    Scope scope;
    ProfileSettings profile;
};

/// The connector that a word in a profile means. "bit3" is the socket of that bit, whatever name it has by
/// now: so a profile stays valid when `map` names the socket later.
std::optional<ConnectorName> connector_meant(const std::string& word, Intake& reading)
{
    if (reading.knows(Section::connector, word)) return ConnectorName(word);
    const auto bit = route::bit_of_unnamed(word);
    if (!bit) return std::nullopt;
    for (const auto& connector : reading.settings.connectors)
        if (connector.spec.bit == bit) return connector.spec.name;
    return ConnectorName(format("bit{}", bit->value));
}

/// A connector has one owner, so a profile lists it once.
bool is_new_in(const Draft& draft, FilePlace place, const std::string& word, const ProfileEntry& entry)
{
    const auto& entries = draft.profile.entries;
    const auto first = std::ranges::find(entries, entry.connector, &ProfileEntry::connector);
    if (first == entries.end()) return true;
    const auto before = printable(text_of(first->target));
    const auto now = printable(text_of(entry.target));
    const auto& label = draft.named->label;
    draft.scope.problem(
        place, before == now ? format("{} is listed twice in {} of {}; keep one", in_quotes(word), now, label)
                             : format("{} is listed in {} and in {} of {}; a connector has one owner",
                                      in_quotes(word), before, now, label));
    return false;
}

void read_connector_list(const Entry& entry, const Target& target, Draft& draft, Intake& reading)
{
    const auto* list = std::get_if<List>(&entry.node.value);
    if (list == nullptr)
        draft.scope.wrong_type(entry.node, entry.key, R"(a list of connectors such as ["front-left"])");
    if (list == nullptr) return;
    for (const auto& item : *list) {
        const auto* word = text_entry(draft.scope, item, entry.key, "the name of a connector");
        if (word == nullptr) continue;
        const auto connector = connector_meant(*word, reading);
        if (!connector) {
            if (reading.complete)
                reading.problems.add_unknown(draft.scope.at(item.place), "unknown connector", *word,
                                             format(" in {}", draft.named->label),
                                             reading.known(Section::connector));
            continue;
        }
        const ProfileEntry found{*connector, target};
        if (is_new_in(draft, item.place, *word, found)) draft.profile.entries.push_back(found);
    }
}

/// Keys of a profile are targets; a key that is not one may also be a typing error in the one key that is not a target.
bool is_known_target(const Entry& entry, const Target& target, const Draft& draft, Intake& reading)
{
    if (!std::holds_alternative<GuestName>(target) || reading.knows(Section::guest, entry.key)) return true;
    auto known = reading.known(Section::guest);
    for (const auto* word : {"host", "ehci", "xhci", "none"}) known.emplace_back(word);
    const bool looks_like_a_list = std::holds_alternative<List>(entry.node.value);
    if (!looks_like_a_list) known.emplace_back(keyboard_key);
    if (reading.complete || !looks_like_a_list)
        reading.problems.add_unknown(draft.scope.at(entry.place),
                                     looks_like_a_list ? "unknown guest" : "unknown key", entry.key,
                                     format(" in {}", draft.named->label), known);
    return false;
}

void read_profile_entry(const Entry& entry, Draft& draft, Intake& reading)
{
    if (entry.key == keyboard_key) {
        const auto* value = std::get_if<bool>(&entry.node.value);
        if (value == nullptr)
            draft.scope.wrong_type(entry.node, entry.key, "true or false");
        else
            draft.profile.may_take_last_keyboard = *value;
        return;
    }
    const auto target = target_from(entry.key);
    if (is_known_target(entry, target, draft, reading)) read_connector_list(entry, target, draft, reading);
}

void read_toggle_list(const List& list, const Scope& scope, Intake& reading)
{
    auto& order = reading.settings.toggle;
    for (const auto& entry : list) {
        const auto* word = text_entry(scope, entry, "profiles", "the name of a profile");
        if (word == nullptr) continue;
        const ProfileName name(*word);
        if (!reading.knows(Section::profile, *word)) {
            if (reading.complete)
                reading.problems.add_unknown(scope.at(entry.place), "unknown profile", *word, " in [toggle]",
                                             reading.known(Section::profile));
        } else if (std::ranges::find(order, name) != order.end()) {
            scope.problem(entry.place, format("{} is listed twice in [toggle]; keep one", in_quotes(*word)));
        } else
            order.push_back(name);
    }
}

} // namespace

void read_profiles(const Document& document, Intake& reading)
{
    for (const auto& named : named_tables(document, Section::profile, reading)) {
        Draft draft{.named = &named, .scope = {&document.file, &reading.problems}, .profile = {}};
        draft.profile.name = ProfileName(named.name);
        draft.profile.origin = named.origin;
        for (const auto& entry : *named.table) read_profile_entry(entry, draft, reading);
        reading.settings.profiles.push_back(std::move(draft.profile));
    }
}

void read_toggle(const Document& document, Intake& reading)
{
    constexpr std::string_view rule =
        "a list of profiles (a single one takes turns with everything to the host)";
    const auto* table = only_table(document, "toggle", reading.toggle, reading.problems);
    if (table == nullptr) return;
    const Scope scope{&document.file, &reading.problems};
    Fields fields(scope, *table, "[toggle]");
    const auto* list = fields.list("profiles", rule);
    if (!fields.has("profiles"))
        reading.problems.add(*reading.toggle, format("[toggle] has no profiles; give it {}", rule));
    if (list != nullptr && list->empty())
        scope.wrong_value(fields.node("profiles")->place, "profiles", size_of(*list), rule);
    if (list != nullptr) read_toggle_list(*list, scope, reading);
    fields.report_unknown_keys();
}

} // namespace usbroute::config
