// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/board.hpp"
#include "plan/ownership.hpp"
#include "plan/unreadable.hpp"
#include "report/port_words.hpp"
#include "report/views.hpp"
#include "route/mux.hpp"

#include <algorithm>
#include <bit>

namespace usbroute::report {

using chips::ChipFamily;
using chips::RouteBits;
using route::Mux;

namespace {

void copy_values(RegisterView& view, const RouteBits& bits)
{
    view.usb2_owner = bits.usb2_owner;
    view.usb2_movable = bits.usb2_movable;
    view.superspeed_on = bits.superspeed_on;
    view.superspeed_movable = bits.superspeed_movable;
    view.fuses = bits.fuses;
    view.usb2_disabled = bits.usb2_disabled;
    view.superspeed_disabled = bits.superspeed_disabled;
}

std::string connector_with(const config::Settings& settings, const auto& is_it)
{
    const auto found =
        std::ranges::find_if(settings.connectors, [&](const auto& c) { return is_it(c.spec); });
    return found == settings.connectors.end() ? std::string() : found->spec.name.text();
}

void add_rows(RegisterView& view, const Mux& mux, const config::Settings& settings)
{
    for (const auto& route : mux.family->routes) {
        const chips::MuxBit bit{route.bit};
        RegisterView::Row row{
            .bit = route.bit,
            .xhci_port = route.xhci_port,
            .ehci_port = words_for(route.ehci),
            .ehci_present = route.ehci && mux.ehci(route.ehci->controller) != nullptr,
            .side = {},
            .movable = (mux.movable_bits() & bit.mask()) != 0,
            .connector = connector_with(settings, [&](const auto& spec) { return spec.bit == bit; })};
        if (mux.bits != nullptr) row.side = (mux.bits->usb2_owner & bit.mask()) != 0 ? "xhci" : "ehci";
        view.rows.push_back(std::move(row));
    }
    for (std::uint8_t port = 1; port <= mux.family->superspeed_ports(); ++port) {
        const chips::SuperSpeedPort superspeed{port};
        view.superspeed_rows.push_back(
            {.port = port,
             .bit = port - 1,
             .on = mux.bits != nullptr && (mux.bits->superspeed_on & superspeed.mask()) != 0,
             .movable = (mux.movable_superspeed_bits() & superspeed.mask()) != 0,
             .connector =
                 connector_with(settings, [&](const auto& spec) { return spec.superspeed == superspeed; })});
    }
}

void note_odd_bits(std::vector<std::string>& notes, const Mux& mux)
{
    const auto& bits = *mux.bits;
    const auto& family = *mux.family;
    const auto valid = family.usb2_bits();
    const auto usb_r = family.usb_r_bit ? chips::MuxBit{*family.usb_r_bit}.mask() : 0;
    if (mux.movable_bits() == 0)
        notes.emplace_back("XUSB2PRM is empty: firmware lets no bit of XUSB2PR move");
    else if (mux.movable_bits() != valid)
        notes.push_back(format("bits 0x{:04x} are outside XUSB2PRM: firmware does not let them move",
                               valid & ~bits.usb2_movable));
    if (const auto outside = bits.usb2_owner & ~bits.usb2_movable & valid; outside != 0)
        notes.push_back(format(
            "bits 0x{:04x} of XUSB2PR are set although XUSB2PRM does not allow them: the mask guards writes, not values",
            outside));
    if (const auto unknown = (bits.usb2_owner | bits.usb2_movable) & ~(valid | usb_r); unknown != 0)
        notes.push_back(format(
            "bits 0x{:x} are set and route no port that the chip table knows; they are kept as they are",
            unknown));
    if (usb_r != 0 && ((bits.usb2_owner | bits.usb2_movable) & usb_r) != 0)
        notes.push_back(
            format("bit {} is USB-R, the management engine's redirection port: never moved, always kept",
                   *family.usb_r_bit));
    if (mux.movable_superspeed_bits() != family.superspeed_bits)
        notes.push_back(
            format("USB3PRM is 0x{:02x} of 0x{:02x}: the other SuperSpeed ports cannot be switched",
                   bits.superspeed_movable, family.superspeed_bits));
}

void note_missing_ports(std::vector<std::string>& notes, const Mux& mux)
{
    const auto& bits = *mux.bits;
    if (const auto counts = chips::fused_counts(*mux.family, bits.fuses)) {
        auto text =
            format("the fuses leave {} USB 2 and {} SuperSpeed ports", counts->usb2, counts->superspeed);
        if (const auto off = chips::fused_off_bits(*mux.family, bits.fuses); off != 0)
            text += format("; the ports of bits 0x{:04x} do not exist then (inferred)", off);
        notes.push_back(std::move(text));
    }
    if (bits.usb2_disabled != 0)
        notes.push_back(
            format("USB2PDO 0x{:04x}: firmware has switched these USB 2 ports off", bits.usb2_disabled));
    if (bits.superspeed_disabled != 0)
        notes.push_back(format("USB3PDO 0x{:02x}: firmware has switched these SuperSpeed ports off",
                               bits.superspeed_disabled));
}

/// `mux` is that of this very controller.
void decode(RegisterView& view, const Mux& mux, const config::Settings& settings)
{
    const auto& family = *mux.family;
    view.family = family.name;
    view.codename = family.codename;
    view.valid_usb2 = family.usb2_bits();
    view.valid_superspeed = family.superspeed_bits;
    if (family.usb_r_bit) view.usb_r_bit = *family.usb_r_bit;
    view.ids_trust = chips::text_of(family.ids_trust);
    view.map_trust = chips::text_of(family.map_trust);
    view.width_trust = chips::text_of(family.width_trust);
    add_rows(view, mux, settings);
    if (const auto hidden = words_for_hidden_ehcis(mux); !hidden.empty()) view.notes.push_back(hidden);
    if (family.access == chips::WriteAccess::read_only)
        view.notes.emplace_back(
            "this family is read, never written: which bit moves which port was never confirmed");
    if (mux.bits != nullptr) {
        note_odd_bits(view.notes, mux);
        note_missing_ports(view.notes, mux);
    }
    if (mux.xhci->is_given_away())
        view.notes.emplace_back("a guest has this controller and can change the routes at any time");
}

} // namespace

RegistersView registers_view(const topology::Snapshot& snapshot, const config::Settings& settings)
{
    const auto board = plan::look_at_board(snapshot, settings);
    const auto refusal = plan::why_not_writable(snapshot, board);
    const bool writable = !refusal || refusal->reason == plan::Reason::registers_unreadable;
    RegistersView all;
    for (const auto& controller : snapshot.controllers) {
        if (controller.kind != topology::ControllerKind::xhci) continue;
        RegisterView view;
        view.controller = printable(controller.name, 64);
        view.id = format("{:04x}:{:04x}", controller.vendor, controller.device);
        if (const auto* bits = std::get_if<RouteBits>(&snapshot.registers_of(controller.address)))
            copy_values(view, *bits);
        else if (const auto* look =
                     std::get_if<topology::Unreadable>(&snapshot.registers_of(controller.address)))
            view.unreadable = plan::why_unreadable(*look).in_one_line();
        else
            view.unreadable = "not read";
        const bool is_the_mux = board.mux && board.mux->xhci == &controller;
        if (is_the_mux)
            decode(view, *board.mux, settings);
        else
            view.notes.emplace_back(
                chips::family_of(controller.vendor, controller.device) == nullptr
                    ? "not in the chip table: read, never written; here these bytes may be something else"
                    : "a second xHCI of the chip table: read, never written");
        view.writable = is_the_mux && writable;
        all.controllers.push_back(std::move(view));
    }
    return all;
}

} // namespace usbroute::report
