// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/duration.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "config/rule_order.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::config {

namespace {

constexpr std::string_view rule_id_rule = R"(the ids of a device, as lsusb prints them, such as "046d:c31c")";
constexpr std::string_view rule_serial_rule =
    "the serial number of a device, as `lsusb -v` prints it: not empty, at most 378 bytes, without control characters";
constexpr std::string_view rule_name_rule =
    "what a device calls its maker and product, '*' for anything and '?' for one character: not empty, at most 378 bytes, without control characters";
constexpr std::string_view class_rule =
    R"(a class such as "hid", "audio", "storage" and "video", or by its numbers "03", "03/01", "03/01/02")";
constexpr std::string_view match_rule = R"(a table such as { id = "046d:c31c", socket = "rear-1" })";
constexpr std::string_view to_rule = R"("host", "none" or the name of a guest)";
constexpr std::string_view ask_rule = R"(a list of 2 to 16 of "host", "none" and names of guests)";
constexpr std::string_view answer_after_rule = R"(a time from 5 seconds to an hour such as "30s" or "2m")";
constexpr std::chrono::seconds shortest_question{5};
constexpr std::chrono::hours longest_question{1};
constexpr std::size_t most_choices = 16;
constexpr std::size_t most_interfaces = 16;
/// A string descriptor has at most 126 characters (USB 2.0, 9.6.7), each of at most 3 bytes in UTF-8; a name has two of them.
constexpr std::size_t longest_text = 378;
constexpr std::uint8_t class_of_hubs = 0x09;

bool is_text_of_a_device(std::string_view text)
{
    return !text.empty() && text.size() <= longest_text && std::ranges::none_of(text, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

void read_text(Fields& fields, std::string_view key, std::string_view wanted, std::string& value)
{
    const auto* text = fields.text(key, wanted);
    if (text == nullptr) return;
    if (is_text_of_a_device(*text))
        value = *text;
    else
        fields.wrong_text(key, wanted);
}

/// A hub is never given, so nothing is said of hubs.
std::optional<topology::UsbClass> class_from(const Scope& scope, FilePlace place, std::string_view key,
                                             std::string_view text)
{
    const auto found = topology::UsbClass::parse(text);
    if (!found)
        scope.wrong_value(place, key, in_quotes(text), class_rule);
    else if (found->base == class_of_hubs)
        scope.problem(
            place,
            format(
                "{} is {}: a rule is never for a hub, which stays with the host; name what is behind it by hub = \"NAME\"",
                key, in_quotes(text)));
    else
        return found;
    return std::nullopt;
}

void read_interfaces(Fields& fields, RuleMatch& match)
{
    const auto* node = fields.node("interface");
    if (node == nullptr) return;
    const auto add = [&](FilePlace place, const std::string& text) {
        if (auto one = class_from(fields.scope(), place, "interface", text)) match.interfaces.push_back(*one);
    };
    if (const auto* text = std::get_if<std::string>(&node->value)) return add(node->place, *text);
    const auto* list = fields.list("interface", class_rule);
    if (list == nullptr) return;
    if (list->empty() || list->size() > most_interfaces)
        return fields.scope().wrong_value(node->place, "interface", size_of(*list),
                                          "a class, or a list of 1 to 16 of them");
    for (const auto& entry : *list)
        if (const auto* text = text_entry(fields.scope(), entry, "interface", class_rule))
            add(entry.place, *text);
}

template <class Named>
void read_named(Fields& fields, std::string_view key, Section section, std::string_view what,
                std::optional<Named>& value, Intake& reading)
{
    const auto* name = fields.text(key, what);
    if (name == nullptr) return;
    value = Named(*name);
    if (reading.complete && !reading.knows(section, *name))
        reading.problems.add_unknown(fields.scope().at(fields.node(key)->place),
                                     format("unknown {}", key == "hub" ? "hub" : "connector"), *name,
                                     " in " + fields.label(), reading.known(section));
}

void read_match(const NamedTable& named, Fields& rule, RuleMatch& match, Intake& reading)
{
    const auto* node = rule.node("match");
    const auto& scope = rule.scope();
    if (node == nullptr)
        return scope.problem(named.place,
                             format("{} does not say which devices it is for; give it match = {}",
                                    named.label, match_rule.substr(match_rule.find('{'))));
    const auto* table = std::get_if<Table>(&node->value);
    if (table == nullptr) return scope.wrong_type(*node, "match", match_rule);
    if (table->empty())
        return scope.problem(
            node->place,
            format("match of {} asks for nothing, and would be for all devices; name at least a class",
                   named.label));
    Fields fields(scope, *table, "match of " + named.label);
    if (const auto* text = fields.text("id", rule_id_rule)) {
        match.id = UsbIds::parse(*text);
        if (!match.id) fields.wrong_text("id", rule_id_rule);
    }
    read_text(fields, "serial", rule_serial_rule, match.serial);
    read_text(fields, "name", rule_name_rule, match.name);
    if (const auto* text = fields.text("class", class_rule))
        match.device_class = class_from(scope, fields.node("class")->place, "class", *text);
    read_interfaces(fields, match);
    read_named(fields, "socket", Section::connector, "the name of a connector", match.socket, reading);
    read_named(fields, "hub", Section::hub, "the name of a hub, [hub.NAME]", match.hub, reading);
    match.removable = fields.truth("removable");
    fields.report_unknown_keys();
}

/// Nothing: it is a problem, which is added.
std::optional<Target> target_of_rule(const Scope& scope, FilePlace place, std::string_view key,
                                     const std::string& word, Intake& reading)
{
    auto target = target_from(word);
    if (std::holds_alternative<topology::Side>(target)) {
        scope.wrong_value(place, key, in_quotes(word),
                          std::string(to_rule) + ": a rule gives devices, and moves no wires");
        return std::nullopt;
    }
    const auto* name = std::get_if<GuestName>(&target);
    if (name == nullptr || !reading.complete) return target;
    if (!reading.knows(Section::guest, word)) {
        auto known = reading.known(Section::guest);
        known.insert(known.end(), {"host", "none"});
        reading.problems.add_unknown(scope.at(place), "unknown guest", word, format(" in {}", key), known);
        return std::nullopt;
    }
    const auto* guest = reading.settings.guest(*name);
    if (guest != nullptr && !guest->takes_devices()) {
        scope.problem(
            place,
            format(
                R"({} takes no single devices, which is what a rule gives; add qmp = "/run/usbroute/{}.qmp" or libvirt = "DOMAIN" to [guest.{}])",
                word, word, word));
        return std::nullopt;
    }
    return target;
}

void read_ask(Fields& fields, RuleSettings& rule, Intake& reading)
{
    const auto* list = fields.list("ask", ask_rule);
    if (list == nullptr) return;
    const auto& scope = fields.scope();
    if (list->size() < 2 || list->size() > most_choices)
        return scope.wrong_value(fields.node("ask")->place, "ask", size_of(*list), ask_rule);
    for (const auto& entry : *list) {
        const auto* word = text_entry(scope, entry, "ask", to_rule);
        const auto target =
            word == nullptr ? std::nullopt : target_of_rule(scope, entry.place, "ask", *word, reading);
        if (!target) continue;
        if (std::ranges::find(rule.ask, *target) != rule.ask.end())
            scope.problem(entry.place, format("{} is listed twice in ask; keep one", *word));
        else
            rule.ask.push_back(*target);
    }
}

void read_answer_after(Fields& fields, RuleSettings& rule)
{
    const auto* text = fields.text("answer_after", answer_after_rule);
    if (text == nullptr) return;
    const auto time = parse_decimal(*text) ? std::nullopt : parse_duration(*text);
    if (!time || *time < shortest_question || *time > longest_question)
        return fields.wrong_text("answer_after", answer_after_rule);
    rule.answer_after = *time;
    if (!fields.has("ask"))
        fields.scope().problem(
            fields.node("answer_after")->place,
            format("answer_after is for a question, and {} asks none; remove this line, or add ask",
                   fields.label()));
}

void read_whom(const NamedTable& named, Fields& fields, RuleSettings& rule, Intake& reading)
{
    const auto& scope = fields.scope();
    const auto* word = fields.text("to", to_rule);
    if (word != nullptr)
        rule.to = target_of_rule(scope, fields.node("to")->place, "to", *word, reading).value_or(ToHost{});
    read_ask(fields, rule, reading);
    read_answer_after(fields, rule);
    if (!fields.has("to") && !fields.has("ask"))
        scope.problem(named.place, format("{} does not say whom its devices are for; give it to = {}",
                                          named.label, R"("host", or ask = ["windows", "host"])"));
    if (fields.has("to") && fields.has("ask"))
        scope.problem(
            fields.node("ask")->place,
            format("{} has both to and ask; a device that is asked about is for nobody yet, so remove one",
                   named.label));
    rule.always = fields.truth("always").value_or(false);
    if (rule.always && (rule.to != Target(ToHost{}) || !rule.ask.empty()))
        scope.problem(fields.node("always")->place,
                      R"(always is for what never leaves the host; write to = "host", or remove always)");
}

} // namespace

void read_rules(const Document& document, Intake& reading)
{
    for (const auto& named : named_tables(document, Section::rule, reading)) {
        Fields fields({&document.file, &reading.problems}, *named.table, named.label);
        RuleSettings rule;
        rule.name = RuleName(named.name);
        rule.origin = named.origin;
        read_match(named, fields, rule.match, reading);
        read_whom(named, fields, rule, reading);
        fields.report_unknown_keys();
        if (rule.match != RuleMatch{}) reading.settings.rules.push_back(std::move(rule));
    }
}

void check_rules(const Document&, Intake& reading)
{
    constexpr std::size_t most_told = 50;
    if (std::exchange(reading.rules_are_compared, true) || !reading.complete) return;
    for (const auto& [one, other] : contradictions(reading.settings.rules, most_told))
        reading.problems.add(
            other->origin,
            format(
                "[rule.{}] and [rule.{}] ({}) count the same, and one device can be as both say: {} ({}), {} ({}); say more in one of them",
                other->name.text(), one->name.text(), one->origin.text(), text_of(other->match),
                whom_in_words(*other), text_of(one->match), whom_in_words(*one)));
}

} // namespace usbroute::config
