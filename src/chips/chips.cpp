// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "chips/chips.hpp"

#include <algorithm>
#include <bit>

namespace usbroute::chips {

namespace {

// Sources for every row: the pages in docs/hardware/.

constexpr EhciPort ehci1(std::uint8_t port) { return {.controller = 1, .port = port}; }
constexpr EhciPort ehci2(std::uint8_t port) { return {.controller = 2, .port = port}; }

/// 8/9-series desktop parts and C610: XUSB2PR counts as the EHCIs do, the xHCI counts otherwise.
/// Firmware methods PR2S and PRTE read the register with this permutation.
constexpr std::array<BitRoute, 14> permuted{{
    {0, 1, ehci1(1)},
    {1, 2, ehci1(2)},
    {2, 3, ehci1(3)},
    {3, 4, ehci1(4)},
    {4, 9, ehci1(5)},
    {5, 10, ehci1(6)},
    {6, 13, ehci1(7)},
    {7, 14, ehci1(8)},
    {8, 5, ehci2(1)},
    {9, 6, ehci2(2)},
    {10, 7, ehci2(3)},
    {11, 8, ehci2(4)},
    {12, 11, ehci2(5)},
    {13, 12, ehci2(6)},
}};

template <std::size_t Count, std::uint8_t WithTwin = Count> constexpr auto linear()
{
    std::array<BitRoute, Count> routes{};
    for (std::size_t i = 0; i < Count; ++i) {
        const auto bit = static_cast<std::uint8_t>(i);
        routes[bit] = {bit, static_cast<std::uint8_t>(bit + 1), std::nullopt};
        if (bit < WithTwin) routes[bit].ehci = ehci1(static_cast<std::uint8_t>(bit + 1));
    }
    return routes;
}

constexpr auto linear_4 = linear<4>();
constexpr auto linear_8 = linear<8>();
/// 9-series LP: ten bits, but its one EHCI has a rate matching hub of eight ports.
constexpr auto linear_10 = linear<10, 8>();

constexpr std::array<EhciFunction, 2> ehcis_7{{{0x1e26, 0x1d, 8}, {0x1e2d, 0x1a, 6}}};
constexpr std::array<EhciFunction, 2> ehcis_8{{{0x8c26, 0x1d, 8}, {0x8c2d, 0x1a, 6}}};
constexpr std::array<EhciFunction, 1> ehcis_8_lp{{{0x9c26, 0x1d, 8}}};
constexpr std::array<EhciFunction, 2> ehcis_9{{{0x8ca6, 0x1d, 8}, {0x8cad, 0x1a, 6}}};
constexpr std::array<EhciFunction, 1> ehcis_9_lp{{{0x9ca6, 0x1d, 8}}};
constexpr std::array<EhciFunction, 2> ehcis_c610{{{0x8d26, 0x1d, 8}, {0x8d2d, 0x1a, 6}}};
constexpr std::array<EhciFunction, 1> ehcis_bay_trail{{{0x0f34, 0x1d, 4}}};

constexpr std::array<ChipFamily, 7> families{{
    {.name = "7-series",
     .codename = "Panther Point",
     .xhci_id = 0x1e31,
     .ehcis = ehcis_7,
     .routes = linear_4,
     .superspeed_bits = 0xf,
     .usb_r_bit = std::nullopt,
     .fuse_layout = FuseLayout::series_7,
     .access = WriteAccess::allowed,
     .page = "7-series.md"},
    {.name = "8-series",
     .codename = "Lynx Point",
     .xhci_id = 0x8c31,
     .ehcis = ehcis_8,
     .routes = permuted,
     .superspeed_bits = 0x3f,
     .usb_r_bit = 14,
     .fuse_layout = FuseLayout::series_8,
     .access = WriteAccess::allowed,
     .page = "8-series.md"},
    {.name = "8-series LP",
     .codename = "Lynx Point-LP",
     .xhci_id = 0x9c31,
     .ehcis = ehcis_8_lp,
     .routes = linear_8,
     .superspeed_bits = 0xf,
     .usb_r_bit = 8,
     .access = WriteAccess::allowed,
     .ids_trust = Trust::single,
     .page = "8-series-lp.md"},
    {.name = "9-series",
     .codename = "Wildcat Point",
     .xhci_id = 0x8cb1,
     .ehcis = ehcis_9,
     .routes = permuted,
     .superspeed_bits = 0x3f,
     .usb_r_bit = 14,
     .fuse_layout = FuseLayout::series_8,
     .access = WriteAccess::allowed,
     .page = "9-series.md"},
    {.name = "9-series LP",
     .codename = "Wildcat Point-LP",
     .xhci_id = 0x9cb1,
     .ehcis = ehcis_9_lp,
     .routes = linear_10,
     .superspeed_bits = 0xf,
     .usb_r_bit = 10,
     .access = WriteAccess::allowed,
     .ids_trust = Trust::single,
     .page = "9-series-lp.md"},
    {.name = "C610/X99",
     .codename = "Wellsburg",
     .xhci_id = 0x8d31,
     .ehcis = ehcis_c610,
     .routes = permuted,
     .superspeed_bits = 0x3f,
     .usb_r_bit = 14,
     .fuse_layout = FuseLayout::series_8,
     .access = WriteAccess::allowed,
     .map_trust = Trust::inferred,
     .width_trust = Trust::inferred,
     .page = "c610-x99.md"},
    // The register exists at the same offsets; which bit routes which port, and whether both controllers can
    // be used at once, was never seen. Read, reported, not written.
    {.name = "Bay Trail",
     .codename = "Valleyview",
     .xhci_id = 0x0f35,
     .ehcis = ehcis_bay_trail,
     .routes = linear_4,
     .superspeed_bits = 0x1,
     .usb_r_bit = std::nullopt,
     .access = WriteAccess::read_only,
     .ids_trust = Trust::single,
     .map_trust = Trust::inferred,
     .width_trust = Trust::single,
     .page = "bay-trail.md"},
}};

} // namespace

std::string_view text_of(Trust trust)
{
    switch (trust) {
    case Trust::confirmed: return "confirmed";
    case Trust::single: return "one source";
    case Trust::inferred: return "inferred";
    }
    return "inferred";
}

std::uint32_t ChipFamily::usb2_bits() const
{
    std::uint32_t bits = 0;
    for (const auto& route : routes) bits |= MuxBit{route.bit}.mask();
    return bits;
}

const BitRoute* ChipFamily::route_of(MuxBit bit) const
{
    const auto found = std::ranges::find(routes, bit.value, &BitRoute::bit);
    return found == routes.end() ? nullptr : &*found;
}

const BitRoute* ChipFamily::route_of_xhci_port(std::uint8_t port) const
{
    const auto found = std::ranges::find(routes, port, &BitRoute::xhci_port);
    return found == routes.end() ? nullptr : &*found;
}

std::uint8_t ChipFamily::superspeed_ports() const
{
    return static_cast<std::uint8_t>(std::popcount(superspeed_bits));
}

std::span<const ChipFamily> chip_table() { return families; }

const ChipFamily* family_of(std::uint16_t vendor, std::uint16_t device)
{
    if (vendor != intel_vendor) return nullptr;
    const auto found = std::ranges::find(families, device, &ChipFamily::xhci_id);
    return found == families.end() ? nullptr : &*found;
}

std::optional<FusedCounts> fused_counts(const ChipFamily& family, std::uint32_t fuse_word)
{
    switch (family.fuse_layout) {
    case FuseLayout::unknown: return std::nullopt;
    case FuseLayout::series_7: {
        constexpr std::array<std::uint8_t, 4> ports{4, 4, 2, 0};
        const auto count = ports[fuse_word & 3];
        return FusedCounts{.usb2 = count, .superspeed = count};
    }
    case FuseLayout::series_8: {
        constexpr std::array<std::uint8_t, 4> usb2{14, 12, 10, 8};
        constexpr std::array<std::uint8_t, 4> superspeed{6, 4, 2, 0};
        return FusedCounts{.usb2 = usb2[(fuse_word >> 1) & 3],
                           .superspeed = superspeed[(fuse_word >> 3) & 3]};
    }
    }
    return std::nullopt;
}

std::uint32_t fused_off_bits(const ChipFamily& family, std::uint32_t fuse_word)
{
    const auto counts = fused_counts(family, fuse_word);
    if (!counts) return 0;
    std::uint32_t bits = 0;
    for (const auto& route : family.routes)
        if (route.xhci_port > counts->usb2) bits |= MuxBit{route.bit}.mask();
    return bits;
}

} // namespace usbroute::chips
