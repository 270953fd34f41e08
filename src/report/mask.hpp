// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "report/views.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The HOWTO's arithmetic: masks to names and names to masks.
namespace usbroute::report {

struct MaskView {
    int schema = report::schema;
    std::string controller;
    std::string family;
    bool from_names = false; ///< true: `mask` has the bits of connectors; false: it is a value for XUSB2PR
    std::uint32_t mask = 0;
    std::vector<std::string> names; ///< as asked
    struct Row {
        int bit = 0;
        int xhci_port = 0;
        std::string ehci_port;
        std::string connector;
        bool set = false;
        std::string now; ///< side by the register as read; empty: not readable
    };
    std::vector<Row> rows; ///< every bit of the chip; of the named connectors only, where names were asked
    struct Value {
        std::uint32_t value = 0;
        std::string meaning;
        std::string setpci; ///< empty: this chip is never written
    };
    std::vector<Value> values;
    std::string
        superspeed_setpci; ///< switches the SuperSpeed halves off that would stay behind; empty: none would
    std::vector<std::string> warnings;
};

/// "0x00ff" and "0b11111111", up to 32 bits; nothing for other words.
[[nodiscard]] std::optional<std::uint32_t> parse_mask(std::string_view word);

/// What XUSB2PR = `value` means on this machine.
[[nodiscard]] MaskView mask_of_value(const RegisterView& registers, std::uint32_t value);
/// The bits of connectors, by name or as "bit3".
[[nodiscard]] Result<MaskView> mask_of_names(const RegisterView& registers,
                                             const std::vector<std::string>& names);

/// The controller with the mux among all of them; null: none is in the chip table.
[[nodiscard]] const RegisterView* mux_in(const RegistersView& all);

} // namespace usbroute::report
