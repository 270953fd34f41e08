// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/document.hpp"
#include "config/parse.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace usbroute::config {

/// Gathers what is wrong with a configuration. Beyond a limit it only counts, so that a hostile file costs
/// neither memory nor time.
class Problems {
public:
    void add(Origin origin, std::string message);
    /// `what` is "unknown key", `where` is "" or " in [connector.dock]". Names the nearest of `known`, or
    /// some of them where none is near.
    void add_unknown(Origin origin, std::string_view what, std::string_view word, std::string_view where,
                     std::span<const std::string> known);

    [[nodiscard]] bool empty() const { return count_ == 0; }
    /// By file and line: the first 50, and one entry without a place that counts the others.
    [[nodiscard]] std::vector<Problem> sorted() &&;

private:
    std::vector<Problem> kept_;
    std::size_t count_ = 0;
};

/// One file being read, and where its problems go.
struct Scope {
    const std::string* file = nullptr;
    Problems* problems = nullptr;

    [[nodiscard]] Origin at(FilePlace place) const { return {*file, place.line, place.column}; }
    void problem(FilePlace place, std::string message) const { problems->add(at(place), std::move(message)); }
    /// "mux_bit is a string; it must be ...": for values of a wrong type.
    void wrong_type(const Node& node, std::string_view subject, std::string_view wanted) const;
    /// "mux_bit is 40; it must be ...": for values of the right type.
    void wrong_value(FilePlace place, std::string_view subject, std::string_view value,
                     std::string_view wanted) const;
};

/// "a string", "a whole number", ...
[[nodiscard]] std::string_view kind_of(const Node& node);

/// "an empty list", "a list of 5"
[[nodiscard]] std::string size_of(const List& list);

/// A name as a message shows it, and the rule it must follow.
[[nodiscard]] std::string in_quotes(std::string_view text);
inline constexpr std::string_view plain_name_rule =
    "1 to 64 letters, digits, '-', '_' or '.', the first of them not '-' or '.'";

struct Range {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
};

/// The settings of one table, asked for by key. A value that is not as asked is a problem and counts as
/// absent (only `has` and `node` still see it); a key that nobody asked for is a problem in the end.
class Fields {
public:
    /// `label` is the table as the file writes it, "[connector.dock]".
    Fields(const Scope& scope, const Table& table, std::string label);

    [[nodiscard]] const Node* node(std::string_view key);
    [[nodiscard]] bool has(std::string_view key) { return node(key) != nullptr; }
    /// Of a key that older versions had: its problem is the caller's to add, and it is suggested to nobody.
    [[nodiscard]] const Node* former(std::string_view key);
    [[nodiscard]] std::optional<std::uint32_t> number(std::string_view key, Range range);
    [[nodiscard]] std::optional<bool> truth(std::string_view key);
    [[nodiscard]] const std::string* text(std::string_view key, std::string_view wanted);
    [[nodiscard]] const List* list(std::string_view key, std::string_view wanted);
    /// Of a socket; empty where there is none, or not one that a socket can have.
    [[nodiscard]] std::string path(std::string_view key);
    /// One of these words, for what each means; `value` stays where nothing is said.
    template <class Value>
    void choose(std::string_view key, std::string_view wanted, Value& value,
                std::initializer_list<std::pair<std::string_view, Value>> words)
    {
        const auto* const said = text(key, wanted);
        if (said == nullptr) return;
        for (const auto& [word, meaning] : words)
            if (word == *said) return static_cast<void>(value = meaning);
        wrong_text(key, wanted);
    }
    /// It is a text, and not one of those that may stand there.
    void wrong_text(std::string_view key, std::string_view wanted);

    void report_unknown_keys() const;

    [[nodiscard]] const Scope& scope() const { return scope_; }
    [[nodiscard]] const std::string& label() const { return label_; }

private:
    Scope scope_;
    const Table* table_;
    std::string label_;
    std::vector<std::string> known_;
    std::vector<std::string> former_;
};

/// A path that a socket can have, as `is_socket_path` wants it.
inline constexpr std::string_view socket_path_rule = "an absolute path of at most 107 bytes in plain ASCII";
[[nodiscard]] bool is_socket_path(std::string_view path);

/// The text of a list's entry; anything else is a problem: "an entry of usb is a list; it must be ...".
[[nodiscard]] const std::string* text_entry(const Scope& scope, const Node& entry, std::string_view list,
                                            std::string_view wanted);

} // namespace usbroute::config
