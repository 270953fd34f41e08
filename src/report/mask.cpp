// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/mask.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/plan.hpp"
#include "route/wiring.hpp"
#include "route/words.hpp"
#include "topology/connector.hpp"

#include <algorithm>

namespace usbroute::report {

using chips::RouteRegister;

namespace {

std::uint32_t bit_mask(int bit) { return std::uint32_t{1} << bit; }

std::string name_of(const RegisterView::Row& row)
{
    return row.connector.empty() ? format("bit{}", row.bit) : row.connector;
}

/// The bits that a line for people may write: those of the chip, and of them what firmware allows where that
/// could be read.
std::uint32_t writable_bits(const RegisterView& registers)
{
    return registers.unreadable.empty() ? registers.valid_usb2 & registers.usb2_movable
                                        : registers.valid_usb2;
}

std::string setpci_for(const RegisterView& registers, RouteRegister target, std::uint32_t mask,
                       std::uint32_t value)
{
    const auto address = PciAddress::parse(registers.controller);
    // A family whose map was never confirmed is not written, and nobody is handed a line that does.
    if (!address || !registers.writable || mask == 0) return {};
    return route::shell_line({.controller = *address, .target = target, .mask = mask, .value = value & mask});
}

MaskView begin(const RegisterView& registers)
{
    MaskView view;
    view.controller = registers.controller;
    view.family = registers.family;
    return view;
}

void add_row(MaskView& view, const RegisterView::Row& row)
{
    view.rows.push_back({.bit = row.bit,
                         .xhci_port = row.xhci_port,
                         .ehci_port = row.ehci_port,
                         .connector = row.connector,
                         .set = (view.mask & bit_mask(row.bit)) != 0,
                         .now = row.side});
}

void add_value(MaskView& view, const RegisterView& registers, std::uint32_t value, std::string meaning)
{
    view.values.push_back(
        {.value = value,
         .meaning = std::move(meaning),
         .setpci = setpci_for(registers, RouteRegister::usb2_owner, writable_bits(registers), value)});
}

void warn_of_dead_sockets(MaskView& view, const RegisterView& registers, std::uint32_t to_ehci)
{
    std::vector<std::string> dead;
    for (const auto& row : registers.rows)
        if ((to_ehci & bit_mask(row.bit)) != 0 && !row.ehci_present) dead.push_back(name_of(row));
    if (!dead.empty())
        view.warnings.push_back(
            format("{} would be dead on EHCI: {} port there, or that EHCI is not on the bus",
                   join(dead, ", "), dead.size() == 1 ? "it has no" : "they have no"));
}

/// The SuperSpeed half of a socket has a switch of its own; XUSB2PR moves only the USB 2 wires.
void warn_of_superspeed(MaskView& view, const RegisterView& registers, std::uint32_t to_ehci)
{
    std::uint32_t halves = 0;
    std::vector<std::string> names;
    for (const auto& row : registers.rows) {
        if ((to_ehci & bit_mask(row.bit)) == 0 || row.connector.empty()) continue;
        const auto half = std::ranges::find(registers.superspeed_rows, row.connector,
                                            &RegisterView::SuperSpeedRow::connector);
        if (half == registers.superspeed_rows.end()) continue;
        if (registers.unreadable.empty() && !half->on) continue;
        halves |= bit_mask(half->bit);
        names.push_back(format("{} (SS port {}, USB3_PSSEN bit {})", row.connector, half->port, half->bit));
    }
    if (names.empty()) return;
    view.superspeed_setpci = setpci_for(registers, RouteRegister::superspeed_on, halves, 0);
    view.warnings.push_back(
        format("a USB 3 device in {} stays on xHCI unless SuperSpeed is switched off there first",
               join(names, ", ")));
}

void warn_of_odd_bits(MaskView& view, const RegisterView& registers)
{
    auto unknown = view.mask & ~registers.valid_usb2;
    if (registers.usb_r_bit && (unknown & bit_mask(*registers.usb_r_bit)) != 0) {
        unknown &= ~bit_mask(*registers.usb_r_bit);
        view.warnings.push_back(
            format("bit {} is USB-R, the management engine's redirection port: usbroute never moves it",
                   *registers.usb_r_bit));
    }
    if (unknown != 0)
        view.warnings.push_back(format("bits 0x{:x} route no port of the {} chipset (its bits are 0x{:04x})",
                                       unknown, registers.family, registers.valid_usb2));
}

void warn_of_fixed_bits(MaskView& view, const RegisterView& registers, std::uint32_t changing)
{
    const auto fixed =
        registers.unreadable.empty() ? changing & registers.valid_usb2 & ~registers.usb2_movable : 0;
    if (fixed != 0)
        view.warnings.push_back(
            format("bits 0x{:04x} are outside XUSB2PRM (0x{:04x}): firmware does not let them move", fixed,
                   registers.usb2_movable));
}

void warn_of_the_chip(MaskView& view, const RegisterView& registers)
{
    if (!registers.unreadable.empty())
        view.warnings.push_back(
            "the registers could not be read, so what firmware allows to move is not known: " +
            registers.unreadable);
    if (!registers.writable)
        view.warnings.emplace_back(
            "usbroute does not write the registers of this machine; `usbroute regs` says why");
    if (registers.map_trust == "inferred")
        view.warnings.push_back(
            format("which bit is which port is inferred for the {} chipset", registers.family));
}

const RegisterView::Row* row_named(const RegisterView& registers, const std::string& name)
{
    const auto named = std::ranges::find(registers.rows, name, &RegisterView::Row::connector);
    if (named != registers.rows.end()) return &*named;
    const auto bit = route::bit_of_unnamed(name);
    if (!bit) return nullptr;
    const auto plain = std::ranges::find(registers.rows, bit->value, &RegisterView::Row::bit);
    return plain == registers.rows.end() ? nullptr : &*plain;
}

Error no_such_name(const RegisterView& registers, const std::string& name)
{
    const auto known = texts_of(registers.rows, [](const auto& row) { return name_of(row); });
    const auto near = nearest(name, known);
    const bool number = !name.empty() && name.front() >= '0' && name.front() <= '9';
    return Error(ErrorKind::not_found,
                 format("there is no connector {} with a mux bit; {}", printable(name, 64),
                        near     ? format("did you mean {}?", *near)
                        : number ? std::string("a mask is written 0x00ff or 0b11111111")
                                 : std::string("`usbroute regs` lists them")))
        .with_code("no-such-connector");
}

} // namespace

std::optional<std::uint32_t> parse_mask(std::string_view word)
{
    if (word.starts_with("0x") || word.starts_with("0X"))
        return word.size() > 2 ? parse_hex(word) : std::nullopt;
    if (!word.starts_with("0b") && !word.starts_with("0B")) return std::nullopt;
    word.remove_prefix(2);
    if (word.empty() || word.size() > 32) return std::nullopt;
    std::uint32_t value = 0;
    for (const char digit : word) {
        if (digit != '0' && digit != '1') return std::nullopt;
        value = value << 1 | (digit == '1' ? 1u : 0u);
    }
    return value;
}

MaskView mask_of_value(const RegisterView& registers, std::uint32_t value)
{
    auto view = begin(registers);
    view.mask = value;
    for (const auto& row : registers.rows) add_row(view, row);
    add_value(view, registers, value, "as given");
    const auto to_ehci = registers.valid_usb2 & ~value;
    warn_of_odd_bits(view, registers);
    warn_of_fixed_bits(view, registers, value ^ registers.usb2_owner);
    warn_of_dead_sockets(view, registers, to_ehci);
    warn_of_superspeed(view, registers, to_ehci);
    warn_of_the_chip(view, registers);
    return view;
}

Result<MaskView> mask_of_names(const RegisterView& registers, const std::vector<std::string>& names)
{
    auto view = begin(registers);
    view.from_names = true;
    for (const auto& name : names) {
        const auto* row = row_named(registers, name);
        if (row == nullptr) return std::unexpected(no_such_name(registers, name));
        if ((view.mask & bit_mask(row->bit)) != 0) continue;
        view.mask |= bit_mask(row->bit);
        view.names.push_back(name_of(*row));
        add_row(view, *row);
    }
    for (auto& row : view.rows) row.set = true;
    add_value(view, registers, registers.valid_usb2 & ~view.mask, "these on EHCI, the rest on xHCI");
    add_value(view, registers, view.mask, "these on xHCI, the rest on EHCI");
    warn_of_fixed_bits(view, registers, view.mask);
    warn_of_dead_sockets(view, registers, view.mask);
    warn_of_superspeed(view, registers, view.mask);
    warn_of_the_chip(view, registers);
    return view;
}

const RegisterView* mux_in(const RegistersView& all)
{
    const auto found =
        std::ranges::find_if(all.controllers, [](const RegisterView& r) { return !r.family.empty(); });
    return found == all.controllers.end() ? nullptr : &*found;
}

} // namespace usbroute::report
