// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/fields.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include <sys/un.h>

namespace usbroute::config {

namespace {

constexpr std::size_t most_shown = 50;
/// More than are shown, because files are not read in the order in which problems are sorted.
constexpr std::size_t most_kept = 200;
/// Of the known names, where none is near the unknown one.
constexpr std::size_t most_listed = 13;

std::string advice(std::string_view word, std::span<const std::string> known)
{
    if (known.empty()) return "none is known";
    if (const auto near = nearest(word, known)) return format("did you mean '{}'?", printable(*near));
    const auto listed = known.first(std::min(known.size(), most_listed));
    return printable(format("known: {}{}", join(listed, ", "), known.size() > most_listed ? ", ..." : ""),
                     1024);
}

const Node* node_in(const Table& table, std::string_view key)
{
    const auto found = std::ranges::find(table, key, &Entry::key);
    return found == table.end() ? nullptr : &found->node;
}

} // namespace

void Problems::add(Origin origin, std::string message)
{
    ++count_;
    if (kept_.size() < most_kept) kept_.push_back({std::move(origin), std::move(message)});
}

void Problems::add_unknown(Origin origin, std::string_view what, std::string_view word,
                           std::string_view where, std::span<const std::string> known)
{
    // The search for a near name is the one expensive part.
    if (kept_.size() >= most_kept) {
        ++count_;
        return;
    }
    add(std::move(origin), format("{} {}{}; {}", what, in_quotes(word), where, advice(word, known)));
}

std::vector<Problem> Problems::sorted() &&
{
    const auto place = [](const Problem& problem) {
        return std::tie(problem.origin.file, problem.origin.line, problem.origin.column, problem.message);
    };
    std::ranges::sort(kept_, {}, place);
    if (kept_.size() > most_shown) kept_.erase(std::next(kept_.begin(), most_shown), kept_.end());
    const auto others = count_ - kept_.size();
    if (others == 1) kept_.push_back({{}, "1 more problem is not listed"});
    if (others > 1) kept_.push_back({{}, format("{} more problems are not listed", others)});
    return std::move(kept_);
}

std::string in_quotes(std::string_view text) { return format("'{}'", printable(text)); }

std::string_view kind_of(const Node& node)
{
    if (const auto* foreign = std::get_if<Foreign>(&node.value)) return foreign->kind;
    if (std::holds_alternative<std::string>(node.value)) return "a string";
    if (std::holds_alternative<std::int64_t>(node.value)) return "a whole number";
    if (const auto* truth = std::get_if<bool>(&node.value)) return *truth ? "true" : "false";
    if (std::holds_alternative<List>(node.value)) return "a list";
    return "a table";
}

std::string size_of(const List& list)
{
    return list.empty() ? "an empty list" : format("a list of {}", list.size());
}

void Scope::wrong_type(const Node& node, std::string_view subject, std::string_view wanted) const
{
    problem(node.place, format("{} is {}; it must be {}", printable(subject), kind_of(node), wanted));
}

void Scope::wrong_value(FilePlace place, std::string_view subject, std::string_view value,
                        std::string_view wanted) const
{
    problem(place, format("{} is {}; it must be {}", printable(subject), value, wanted));
}

Fields::Fields(const Scope& scope, const Table& table, std::string label)
    : scope_(scope), table_(&table), label_(std::move(label))
{}

const Node* Fields::node(std::string_view key)
{
    if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
    return node_in(*table_, key);
}

const Node* Fields::former(std::string_view key)
{
    former_.emplace_back(key);
    return node_in(*table_, key);
}

std::optional<std::uint32_t> Fields::number(std::string_view key, Range range)
{
    const auto* found = node(key);
    if (found == nullptr) return std::nullopt;
    const auto wanted = format("a whole number from {} to {}", range.low, range.high);
    const auto* value = std::get_if<std::int64_t>(&found->value);
    if (value == nullptr)
        scope_.wrong_type(*found, key, wanted);
    else if (std::cmp_less(*value, range.low) || std::cmp_greater(*value, range.high))
        scope_.wrong_value(found->place, key, format("{}", *value), wanted);
    else
        return static_cast<std::uint32_t>(*value);
    return std::nullopt;
}

std::optional<bool> Fields::truth(std::string_view key)
{
    const auto* found = node(key);
    if (found == nullptr) return std::nullopt;
    if (const auto* value = std::get_if<bool>(&found->value)) return *value;
    scope_.wrong_type(*found, key, "true or false");
    return std::nullopt;
}

const std::string* Fields::text(std::string_view key, std::string_view wanted)
{
    const auto* found = node(key);
    if (found == nullptr) return nullptr;
    const auto* value = std::get_if<std::string>(&found->value);
    if (value == nullptr) scope_.wrong_type(*found, key, wanted);
    return value;
}

std::string Fields::path(std::string_view key)
{
    const auto* const found = text(key, socket_path_rule);
    if (found == nullptr || is_socket_path(*found)) return found == nullptr ? std::string() : *found;
    wrong_text(key, socket_path_rule);
    return {};
}

void Fields::wrong_text(std::string_view key, std::string_view wanted)
{
    const auto* const found = node(key);
    scope_.wrong_value(found->place, key, in_quotes(std::get<std::string>(found->value)), wanted);
}

const List* Fields::list(std::string_view key, std::string_view wanted)
{
    const auto* found = node(key);
    if (found == nullptr) return nullptr;
    const auto* value = std::get_if<List>(&found->value);
    if (value == nullptr) scope_.wrong_type(*found, key, wanted);
    return value;
}

void Fields::report_unknown_keys() const
{
    for (const auto& entry : *table_)
        if (std::ranges::find(known_, entry.key) == known_.end() &&
            std::ranges::find(former_, entry.key) == former_.end())
            scope_.problems->add_unknown(scope_.at(entry.place), "unknown key", entry.key,
                                         format(" in {}", label_), known_);
}

bool is_socket_path(std::string_view path)
{
    // The kernel's limit counts the closing zero byte.
    return path.starts_with('/') && !path.ends_with('/') && path.size() < sizeof(sockaddr_un::sun_path) &&
           std::ranges::all_of(path, [](char c) { return c >= ' ' && c <= '~'; });
}

const std::string* text_entry(const Scope& scope, const Node& entry, std::string_view list,
                              std::string_view wanted)
{
    const auto* value = std::get_if<std::string>(&entry.value);
    if (value == nullptr) scope.wrong_type(entry, format("an entry of {}", printable(list)), wanted);
    return value;
}

} // namespace usbroute::config
