// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace usbroute::import_ {

/// A foreign name made a plain one (base/ids.hpp), at most 56 bytes; empty: nothing of it is left.
[[nodiscard]] std::string plain_name(std::string_view foreign);

/// Plain names for foreign ones: the same for the same, another for another.
class PlainNames {
public:
    /// Never given to anybody.
    void reserve(std::string name) { taken_.insert(std::move(name)); }
    [[nodiscard]] std::string of(const std::string& foreign, std::string_view otherwise);
    /// A new name each time: "tv-1", "tv-2".
    [[nodiscard]] std::string next(const std::string& base);
    /// "tv" where that is free, else "tv-2".
    [[nodiscard]] std::string free(const std::string& base);

private:
    std::map<std::string, std::string> given_;
    std::set<std::string> taken_;
};

} // namespace usbroute::import_
