// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "assign/in_guest.hpp"
#include "base/result.hpp"
#include "report/views.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The whole controllers in a guest, as the daemon tells root's command of them.
namespace usbroute::report {

/// Under which the document stands in an answer.
inline constexpr const char* in_guest_key = "controllers";

struct HeldFunctionView {
    std::string function; ///< "0000:00:1d.0"
    std::string object;   ///< QEMU's id; empty: it has none
    std::string place;    ///< its root port; empty: not known
    std::string farewell; ///< "none", "asked", "silent", "refused"
};

struct InGuestView {
    int schema = report::schema;
    std::string guest;
    std::string machine; ///< "there", "away", "silent"
    std::string why;
    std::uint32_t process = 0; ///< 0: not known
    std::vector<HeldFunctionView> functions;
    std::vector<std::string> places; ///< root ports with nothing on them
    bool chooses_places = false;     ///< libvirt does, and counts them
};
[[nodiscard]] InGuestView in_guest_view(const GuestName& guest, const assign::InGuest& seen);
/// Nothing: it has words that nobody of this version says.
[[nodiscard]] std::optional<assign::InGuest> in_guest_of(const InGuestView& view);

[[nodiscard]] std::string to_json(const InGuestView& view);
/// Out of an answer that has it. What the daemon has refused comes back as that error.
[[nodiscard]] Result<InGuestView> in_guest_in(std::string_view answer);
/// "windows has 0000:00:1d.0 on rp1 (asked); 1 root port is free"
[[nodiscard]] std::string in_guest_in_words(const GuestName& guest, const assign::InGuest& seen);

} // namespace usbroute::report
