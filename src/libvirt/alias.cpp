// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/alias.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace usbroute::libvirt {

namespace {

constexpr std::string_view our_prefix = "ua-usbroute";
constexpr std::size_t longest_of_ours = 64; // behind the prefix

std::string with(std::string_view alias, char mark, char in_place_of)
{
    std::string text(alias);
    if (alias.starts_with(our_prefix)) std::ranges::replace(text, in_place_of, mark);
    return text;
}

} // namespace

std::optional<Alias> Alias::from(std::string_view text)
{
    if (!text.starts_with(our_prefix) || text.size() > our_prefix.size() + longest_of_ours)
        return std::nullopt;
    if (!is_plain_word(text.substr(our_prefix.size()), "-.")) return std::nullopt;
    return Alias(std::string(text));
}

std::string Alias::in_libvirt() const { return alias_to_libvirt(text_); }

std::string alias_from_libvirt(std::string_view alias) { return with(alias, '.', '_'); }
std::string alias_to_libvirt(std::string_view alias) { return with(alias, '_', '.'); }

} // namespace usbroute::libvirt
