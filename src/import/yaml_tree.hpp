// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "import/limits.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::import_ {

struct YamlPair;

/// A value of a YAML or JSON document with its line.
struct YamlNode {
    enum class Form : std::uint8_t { scalar, list, map };
    Form form = Form::scalar;
    std::uint32_t line = 0;
    bool is_quoted = false; ///< a scalar in quotes, which is text whatever it looks like
    std::string text;       ///< of a scalar
    std::vector<YamlNode> items;
    std::vector<YamlPair> pairs;

    [[nodiscard]] bool is_scalar() const { return form == Form::scalar; }
    [[nodiscard]] bool is_list() const { return form == Form::list; }
    [[nodiscard]] bool is_map() const { return form == Form::map; }
    /// A plain "null", "~", or nothing at all.
    [[nodiscard]] bool is_null() const;
    /// The value of a key, the last of several; null: there is none, or this is no map.
    [[nodiscard]] const YamlNode* get(std::string_view key) const;
    /// The text of a scalar at that key; empty: there is none.
    [[nodiscard]] std::string text_at(std::string_view key) const;
};

/// A key and its value.
struct YamlPair {
    YamlNode key;
    YamlNode value;
};

/// Reads the one document in a text. An alias may stand for a scalar, or for a list or a map of scalars; `<<` puts a map in. More depth,
/// more entries, a second document and what libyaml refuses are bad input.
[[nodiscard]] Result<YamlNode> read_yaml(const Source& source);
/// The same for JSON: what is YAML and no JSON is bad input.
[[nodiscard]] Result<YamlNode> read_json(const Source& source);

/// Not quoted, whole: "4", "0x1f", "0b1", "0o17"; nothing for the rest.
[[nodiscard]] std::optional<std::uint32_t> yaml_number(const YamlNode& node);

} // namespace usbroute::import_
