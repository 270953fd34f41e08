// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace usbroute::config {

/// Line and column in a file, both from 1.
struct FilePlace {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    auto operator<=>(const FilePlace&) const = default;
};

struct Node;
struct Entry;
using List = std::vector<Node>;
using Table = std::vector<Entry>; ///< in the order of the file

/// A number with a fraction, a date or a time. No setting takes one, so only its kind is kept, for messages.
struct Foreign {
    std::string_view kind;
};

/// A value of a TOML file, free of the library that read it.
struct Node {
    FilePlace place;
    std::variant<std::string, std::int64_t, bool, Foreign, List, Table> value;
};

struct Entry {
    std::string key;
    FilePlace place; ///< of the key
    Node node;
};

struct Document {
    std::string file; ///< for messages
    Table root;
};

} // namespace usbroute::config
