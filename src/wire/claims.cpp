// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/claims.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::wire {

using topology::Claim;
using topology::Claims;
using topology::ClaimState;
using topology::Under;

namespace {

constexpr std::string_view beginning = "ok";
constexpr std::string_view separator = ", ";
constexpr std::string_view cut = "cut";
constexpr std::string_view under_word = " under ";
constexpr std::size_t longest_detail = 64;

constexpr std::array<std::pair<ClaimState, std::string_view>, 4> states{{{ClaimState::free, "free"},
                                                                         {ClaimState::claimed, "claimed"},
                                                                         {ClaimState::open, "open"},
                                                                         {ClaimState::unknown, "unknown"}}};

/// A process may be called anything; a comma would end its entry.
std::string plain(std::string_view text)
{
    auto safe = printable(text, longest_detail);
    std::ranges::replace(safe, ',', ';');
    return safe;
}

std::optional<Claim> read_claim(std::string_view entry)
{
    const auto block_end = entry.find(' ');
    if (block_end == 0 || block_end == std::string_view::npos) return std::nullopt;
    auto rest = entry.substr(block_end + 1);
    const auto word = rest.substr(0, rest.find(' '));
    const auto state = std::ranges::find(states, word, &decltype(states)::value_type::second);
    if (state == states.end()) return std::nullopt;
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    return Claim{.block = std::string(entry.substr(0, block_end)),
                 .state = state->first,
                 .detail = printable(rest, longest_detail)};
}

std::optional<Under> read_under(std::string_view entry)
{
    const auto end = entry.find(' ');
    if (end == 0 || end == std::string_view::npos || !entry.substr(end).starts_with(under_word))
        return std::nullopt;
    const auto by = entry.substr(end + under_word.size());
    if (by.empty()) return std::nullopt;
    return Under{.number = std::string(entry.substr(0, end)), .by = printable(by, longest_detail)};
}

} // namespace

std::string in_words(const Under& under)
{
    return plain(under.number) + std::string(under_word) + plain(under.by);
}

std::string in_words(const Claim& claim)
{
    const auto state = std::ranges::find(states, claim.state, &decltype(states)::value_type::first);
    auto text = plain(claim.block) + " " + std::string(state->second);
    if (!claim.detail.empty()) text += " " + plain(claim.detail);
    return text;
}

std::string to_line(const Claims& claims)
{
    std::string line(beginning);
    const auto add = [&](std::string_view entry) {
        if (line.size() + separator.size() + entry.size() >= longest_claims_answer) return;
        line += line.size() == beginning.size() ? " " : separator;
        line += entry;
    };
    if (claims.is_cut) add(cut);
    for (const auto& under : claims.under) add(in_words(under));
    for (const auto& claim : claims.claims) add(in_words(claim));
    return line;
}

std::optional<Claims> read_claims(std::string_view line)
{
    if (line.size() >= longest_claims_answer || !line.starts_with(beginning)) return std::nullopt;
    line.remove_prefix(beginning.size());
    if (!line.empty() && !line.starts_with(' ')) return std::nullopt;
    Claims claims{.answer = topology::ClaimsAnswer::given};
    for (auto rest = trim(line); !rest.empty();) {
        const auto entry = rest.substr(0, rest.find(separator));
        rest.remove_prefix(std::min(entry.size() + separator.size(), rest.size()));
        if (entry == cut) {
            claims.is_cut = true;
            continue;
        }
        if (auto under = read_under(entry)) {
            claims.under.push_back(std::move(*under));
            continue;
        }
        auto claim = read_claim(entry);
        if (!claim) return std::nullopt;
        claims.claims.push_back(std::move(*claim));
    }
    return claims;
}

} // namespace usbroute::wire
