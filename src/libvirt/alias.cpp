// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/alias.hpp"

#include "base/text.hpp"

namespace usbroute::libvirt {

namespace {

constexpr std::string_view our_prefix = "ua-usbroute-";
constexpr std::size_t longest_alias = 64;

} // namespace

std::optional<Alias> Alias::from(std::string_view text)
{
    if (!text.starts_with(our_prefix) || text.size() > longest_alias) return std::nullopt;
    if (!is_plain_word(text.substr(our_prefix.size()), "-_")) return std::nullopt;
    return Alias(std::string(text));
}

} // namespace usbroute::libvirt
