// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "report/text.hpp"

#include <array>

namespace usbroute::report {

namespace {

/// "0011 1111 1111 1111": the low `bits` bits; dots in front where a higher one is set, which the value shows.
std::string in_bits(std::uint32_t value, int bits)
{
    std::string text = value >> bits != 0 ? "... " : "";
    for (int bit = bits - 1; bit >= 0; --bit) {
        text += (value >> bit & 1u) != 0 ? '1' : '0';
        if (bit % 4 == 0 && bit != 0) text += ' ';
    }
    return text;
}

struct RegisterLine {
    const char* offset;
    const char* name;
    std::uint32_t value;
    int bits;
    const char* meaning;
};

std::array<RegisterLine, 7> lines_of(const RegisterView& view)
{
    return {{
        {"d0", "XUSB2PR", view.usb2_owner, 16, "USB 2 wires: 1 = xHCI, 0 = EHCI"},
        {"d4", "XUSB2PRM", view.usb2_movable, 16, "bits of it that may change"},
        {"d8", "USB3_PSSEN", view.superspeed_on, 8, "SuperSpeed: 1 = on"},
        {"dc", "USB3PRM", view.superspeed_movable, 8, "bits of it that may change"},
        {"e0", "(fuses)", view.fuses, 16, "port counts of this chip"},
        {"e4", "USB2PDO", view.usb2_disabled, 16, "USB 2 ports switched off"},
        {"e8", "USB3PDO", view.superspeed_disabled, 8, "SuperSpeed ports switched off"},
    }};
}

std::string values_table(const RegisterView& view, const Style& style)
{
    Table table({{"AT"}, {"REGISTER"}, {"VALUE"}, {"BITS", Align::right}, {"MEANS"}});
    for (const auto& line : lines_of(view))
        table.add({{line.offset},
                   {line.name},
                   {format("0x{:08x}", line.value)},
                   {in_bits(line.value, line.bits)},
                   {line.meaning, Tone::dim}});
    return table.text(style);
}

/// In a foreign xHCI these offsets are something else: no names, no bits.
std::string raw_values(const RegisterView& view, const Style& style)
{
    std::string text = "raw:";
    for (const auto& line : lines_of(view)) text += format(" {}={:08x}", line.offset, line.value);
    return wrapped(text, {.first = 2, .rest = 7}, style);
}

std::string connector_words(const std::string& name) { return name.empty() ? "-" : name; }

std::string rows_table(const RegisterView& view, const Style& style)
{
    Table table({{"BIT", Align::right},
                 {"XHCI PORT", Align::right},
                 {"EHCI PORT"},
                 {"SIDE"},
                 {"MOVABLE"},
                 {"CONNECTOR"}});
    const bool readable = view.unreadable.empty();
    for (const auto& row : view.rows)
        table.add({{format("{}", row.bit)},
                   {format("{}", row.xhci_port)},
                   {row.ehci_port.empty() ? "-" : row.ehci_port + (row.ehci_present ? "" : " hidden"),
                    row.ehci_present ? Tone::plain : Tone::warning},
                   {side_words(row.side)},
                   {!readable     ? "?"
                    : row.movable ? "yes"
                                  : "no",
                    readable && !row.movable ? Tone::warning : Tone::plain},
                   {connector_words(row.connector)}});
    return table.text(style);
}

std::string superspeed_table(const RegisterView& view, const Style& style)
{
    Table table(
        {{"BIT", Align::right}, {"SS PORT", Align::right}, {"SUPERSPEED"}, {"MOVABLE"}, {"CONNECTOR"}});
    const bool readable = view.unreadable.empty();
    for (const auto& row : view.superspeed_rows)
        table.add({{format("{}", row.bit)},
                   {format("{}", row.port)},
                   {!readable ? "?"
                    : row.on  ? "on"
                              : "off"},
                   {!readable     ? "?"
                    : row.movable ? "yes"
                                  : "no",
                    readable && !row.movable ? Tone::warning : Tone::plain},
                   {connector_words(row.connector)}});
    return table.text(style);
}

std::string one_controller(const RegisterView& view, const Style& style)
{
    const auto what = view.family.empty() ? std::string("not in the chip table")
                                          : format("{} ({})", view.family, view.codename);
    auto out = painted(format("xHCI {} {} {}", view.controller, view.id, what), Tone::heading, style) + "\n";
    if (!view.family.empty())
        out += wrapped(format("facts: ids {}, bit map {}, width {}; {}", view.ids_trust, view.map_trust,
                              view.width_trust, view.writable ? "may be written" : "never written"),
                       {.first = 2, .rest = 2}, style);
    if (!view.unreadable.empty())
        out += "\n" + labelled("unreadable", {view.unreadable}, Tone::warning, style);
    else if (view.family.empty())
        out += raw_values(view, style);
    else
        out += "\n" + values_table(view, style);
    if (!view.rows.empty()) out += "\n" + rows_table(view, style);
    if (!view.superspeed_rows.empty()) out += "\n" + superspeed_table(view, style);
    if (!view.notes.empty())
        out += (view.family.empty() ? "" : "\n") + labelled("note", view.notes, Tone::warning, style);
    return out;
}

} // namespace

std::string registers_text(const RegistersView& view, const Style& style)
{
    if (view.controllers.empty()) return "this machine has no xHCI controller\n";
    std::string out;
    for (const auto& controller : view.controllers) {
        if (!out.empty()) out += "\n";
        out += one_controller(controller, style);
    }
    return out;
}

} // namespace usbroute::report
