// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/names.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

namespace usbroute::import_ {

namespace {

constexpr std::size_t longest_plain = 56; // of 64: a number comes behind it

} // namespace

std::string plain_name(std::string_view foreign)
{
    std::string name;
    for (const char c : foreign) {
        if (name.size() >= longest_plain) break;
        const bool is_plain = is_plain_word(std::string_view(&c, 1), "-_.");
        if (is_plain && !(name.empty() && (c == '-' || c == '.')))
            name += c;
        else if (!is_plain && !name.empty() && name.back() != '-')
            name += '-';
    }
    while (!name.empty() && name.back() == '-') name.pop_back();
    return name;
}

std::string PlainNames::of(const std::string& foreign, std::string_view otherwise)
{
    const auto known = given_.find(foreign);
    if (known != given_.end()) return known->second;
    auto name = plain_name(foreign);
    if (name.empty()) name = std::string(otherwise);
    return given_.emplace(foreign, free(name)).first->second;
}

std::string PlainNames::next(const std::string& base)
{
    for (unsigned number = 1;; ++number)
        if (auto name = format("{}-{}", base, number); taken_.insert(name).second) return name;
}

std::string PlainNames::free(const std::string& base)
{
    if (taken_.insert(base).second) return base;
    for (unsigned number = 2;; ++number)
        if (auto name = format("{}-{}", base, number); taken_.insert(name).second) return name;
}

} // namespace usbroute::import_
