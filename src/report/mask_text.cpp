// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/text.hpp"

namespace usbroute::report {

namespace {

std::string shown_name(const MaskView::Row& row)
{
    return row.connector.empty() ? format("bit{}", row.bit) : row.connector;
}

std::string names_where(const MaskView& view, bool set)
{
    std::vector<std::string> names;
    for (const auto& row : view.rows)
        if (row.set == set) names.push_back(shown_name(row));
    return names.empty() ? std::string("nothing") : join(names, ", ");
}

std::string rows_table(const MaskView& view, const Style& style)
{
    const bool is_value = !view.from_names;
    Table table({{"BIT", Align::right},
                 {is_value ? "VALUE" : "MASK"},
                 {is_value ? "SIDE" : "NOW"},
                 {"XHCI PORT", Align::right},
                 {"EHCI PORT"},
                 {is_value ? "NOW" : "CONNECTOR"},
                 {is_value ? "CONNECTOR" : ""}});
    for (const auto& row : view.rows) {
        const auto ehci = row.ehci_port.empty() ? std::string("-") : row.ehci_port;
        if (is_value)
            table.add({{format("{}", row.bit)},
                       {row.set ? "1" : "0"},
                       {row.set ? "xHCI" : "EHCI"},
                       {format("{}", row.xhci_port)},
                       {ehci},
                       {side_words(row.now)},
                       {row.connector.empty() ? "-" : row.connector}});
        else
            table.add({{format("{}", row.bit)},
                       {format("0x{:04x}", 1u << row.bit)},
                       {side_words(row.now)},
                       {format("{}", row.xhci_port)},
                       {ehci},
                       {shown_name(row)},
                       {}});
    }
    return table.text(style);
}

std::string values_text(const MaskView& view, const Style& style)
{
    std::string out;
    for (const auto& value : view.values) {
        out += format("XUSB2PR 0x{:04x}  {}\n", value.value, value.meaning);
        if (!value.setpci.empty()) out += "  " + painted(value.setpci, Tone::dim, style) + "\n";
    }
    return out;
}

} // namespace

std::string mask_text(const MaskView& view, const Style& style)
{
    std::string out;
    if (view.from_names) {
        out = painted(format("{}: mask 0x{:04x}", join(view.names, ", "), view.mask), Tone::heading, style);
        out += format(" of {} ({})\n\n", view.controller, view.family) + rows_table(view, style) + "\n" +
               values_text(view, style);
    } else {
        out = painted(format("XUSB2PR 0x{:04x}", view.mask), Tone::heading, style);
        out += format(" on {} ({})\n", view.controller, view.family);
        out += wrapped(format("1, xHCI: {}", names_where(view, true)), {.first = 2, .rest = 11}, style);
        out += wrapped(format("0, EHCI: {}", names_where(view, false)), {.first = 2, .rest = 11}, style);
        out += "\n" + rows_table(view, style);
        for (const auto& value : view.values)
            if (!value.setpci.empty())
                out += "\nwrites it\n  " + painted(value.setpci, Tone::dim, style) + "\n";
    }
    if (!view.superspeed_setpci.empty())
        out += "\nSuperSpeed off, before that\n  " + painted(view.superspeed_setpci, Tone::dim, style) + "\n";
    if (!view.warnings.empty()) out += "\n" + labelled("warning", view.warnings, Tone::warning, style);
    return out;
}

} // namespace usbroute::report
