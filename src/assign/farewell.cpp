// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "assign/farewell.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::assign {

namespace {

struct FarewellWord {
    Farewell farewell;
    std::string_view word;
};
constexpr std::array<FarewellWord, 6> farewell_words{{{Farewell::none, "none"},
                                                      {Farewell::asked, "asked"},
                                                      {Farewell::silent, "silent"},
                                                      {Farewell::refused, "refused"},
                                                      {Farewell::let_go, "let-go"},
                                                      {Farewell::gone, "gone"}}};

} // namespace

Farewell after(Farewell now, FarewellEvent event)
{
    if (is_over(now)) return now;
    switch (event) {
    case FarewellEvent::asked: return Farewell::asked;
    case FarewellEvent::no: return Farewell::refused;
    case FarewellEvent::quiet: return now == Farewell::asked ? Farewell::silent : now;
    case FarewellEvent::deleted: return Farewell::let_go;
    case FarewellEvent::ended: return Farewell::gone;
    }
    std::unreachable();
}

bool is_over(Farewell farewell) { return farewell == Farewell::let_go || farewell == Farewell::gone; }

bool is_awaited(Farewell farewell) { return farewell == Farewell::asked || farewell == Farewell::silent; }

std::string_view text_of(Farewell farewell)
{
    return std::ranges::find(farewell_words, farewell, &FarewellWord::farewell)->word;
}

std::optional<Farewell> farewell_from(std::string_view word)
{
    const auto* const found = std::ranges::find(farewell_words, word, &FarewellWord::word);
    return found == farewell_words.end() ? std::nullopt : std::optional(found->farewell);
}

} // namespace usbroute::assign
