// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "chips/chipset.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace usbroute::chips {

namespace {

/// Device ids of one chipset that has no mux, or of the bridge (00:1f.0, LPC or eSPI) of any chipset.
struct IdRange {
    std::uint16_t first;
    std::uint16_t last;
    std::string_view name;
};

// Names and ids below: the public PCI id list (pci-ids.ucw.cz, vendor 8086). Ranges of bridges are those that the
// list names for one chipset; ids in them that it does not name are taken for the same chipset.

/// EHCI functions of chipsets that have no xHCI.
constexpr std::array<IdRange, 17> old_ehcis{{
    {0x1c26, 0x1c26, "6-series"},
    {0x1c2d, 0x1c2d, "6-series"},
    {0x1d26, 0x1d26, "C600/X79"},
    {0x1d2d, 0x1d2d, "C600/X79"},
    {0x3b34, 0x3b34, "5-series"},
    {0x3b3c, 0x3b3c, "5-series"},
    {0x3a3a, 0x3a3c, "ICH10"},
    {0x3a6a, 0x3a6c, "ICH10"},
    {0x293a, 0x293c, "ICH9"},
    {0x2836, 0x283a, "ICH8"},
    {0x27cc, 0x27cc, "ICH7/NM10"},
    {0x265c, 0x265c, "ICH6"},
    {0x268c, 0x268c, "631xESB"},
    {0x24dd, 0x24dd, "ICH5"},
    {0x24cd, 0x24cd, "ICH4"},
    {0x2334, 0x2335, "DH89xxCC"},
    {0x23b4, 0x23b5, "DH895xCC"},
}};

/// xHCI functions of chipsets that have no EHCI, and so nothing to route to.
constexpr std::array<IdRange, 25> new_xhcis{{
    {0xa12f, 0xa12f, "100-series"},   {0x9d2f, 0x9d2f, "100-series LP"},
    {0xa1af, 0xa1af, "C620"},         {0xa2af, 0xa2af, "200-series"},
    {0xa36d, 0xa36d, "300-series"},   {0x9ded, 0x9ded, "300-series LP"},
    {0xa3af, 0xa3af, "400-series"},   {0x02ed, 0x02ed, "400-series LP"},
    {0x06ed, 0x06ed, "400-series"},   {0x34ed, 0x34ed, "Ice Lake-LP"},
    {0x43ed, 0x43ed, "500-series"},   {0xa0ed, 0xa0ed, "500-series LP"},
    {0x7ae0, 0x7ae0, "600-series"},   {0x51ed, 0x51ed, "600-series mobile"},
    {0x7e7d, 0x7e7d, "Meteor Lake"},  {0x22b5, 0x22b5, "Braswell"},
    {0x5aa8, 0x5aa8, "Apollo Lake"},  {0x31a8, 0x31a8, "Gemini Lake"},
    {0x4b7d, 0x4b7d, "Elkhart Lake"}, {0x19d0, 0x19d0, "Atom C3000"},
    {0x7a60, 0x7a60, "700-series"},   {0x54ed, 0x54ed, "Alder Lake-N"},
    {0x4ded, 0x4ded, "Jasper Lake"},  {0x1bcd, 0x1bcd, "C740"},
    {0xa87d, 0xa87d, "Lunar Lake"},
}};

/// xHCI functions of processors (their Type-C sockets), which come before the chipset's on bus 0 and say nothing of it.
constexpr std::array<std::uint16_t, 8> processors_xhcis{
    0x8a13, // Ice Lake
    0x9a13, // Tiger Lake-LP
    0x9a17, // Tiger Lake-H
    0x461e, // Alder Lake-P
    0x464e, // Alder Lake-N
    0xa71e, // Raptor Lake-P
    0x7ec0, // Meteor Lake
    0xa831, // Lunar Lake
};

/// The LPC bridge tells the chipset where firmware hides every USB controller. Names of the chip table mean that row.
constexpr std::array<IdRange, 18> bridges{{
    {0x1e40, 0x1e5f, "7-series"},
    {0x8c40, 0x8c5f, "8-series"},
    {0x9c40, 0x9c47, "8-series LP"},
    {0x8cc0, 0x8cc6, "9-series"},
    {0x9cc0, 0x9cc9, "9-series LP"},
    {0x8d40, 0x8d4f, "C610/X99"},
    {0x0f1c, 0x0f1c, "Bay Trail"},
    {0x1c40, 0x1c5f, "6-series"},
    {0x1d40, 0x1d41, "C600/X79"},
    {0x3b00, 0x3b1f, "5-series"},
    {0x3a14, 0x3a1a, "ICH10"},
    {0x2910, 0x2919, "ICH9"},
    {0x2810, 0x2815, "ICH8"},
    {0x27b0, 0x27bd, "ICH7/NM10"},
    {0x2640, 0x2642, "ICH6"},
    {0x2670, 0x2670, "631xESB"},
    {0x24d0, 0x24dc, "ICH5"},
    {0x24c0, 0x24cc, "ICH4"},
}};

auto range_of(std::span<const IdRange> ranges, std::uint16_t id)
{
    return std::ranges::find_if(ranges, [id](const IdRange& r) { return r.first <= id && id <= r.last; });
}

bool is_the_chipsets(const PciFunction& f)
{
    return f.vendor == intel_vendor && f.address.domain == 0 && f.address.bus == 0;
}

const ChipFamily* family_with_ehci(const PciFunction& f)
{
    if (f.vendor != intel_vendor || !f.is_ehci()) return nullptr;
    for (const auto& family : chip_table())
        for (const auto& ehci : family.ehcis)
            if (ehci.device_id == f.device) return &family;
    return nullptr;
}

std::string sight(std::string_view kind, const PciFunction& f)
{
    return format("{} {} is {}", kind, f.address.text(), f.ids());
}

std::optional<Chipset> by_the_chip_table(std::span<const PciFunction> functions, bool inside_a_guest)
{
    const auto seen = [](const ChipFamily& family, MuxState state, std::string evidence) {
        return Chipset{.name = std::string(family.name),
                       .family = &family,
                       .state = state,
                       .evidence = std::move(evidence)};
    };
    for (const auto& f : functions) {
        const auto* family = f.is_xhci() ? family_of(f.vendor, f.device) : nullptr;
        if (family == nullptr) continue;
        const bool ehci = std::ranges::any_of(
            functions, [&](const PciFunction& other) { return family_with_ehci(other) == family; });
        return seen(*family, ehci ? MuxState::ready : MuxState::ehci_hidden, sight("xHCI", f));
    }
    // A guest sees the EHCI that it was given, and the xHCI is the host's.
    if (inside_a_guest) return std::nullopt;
    for (const auto& f : functions)
        if (const auto* family = family_with_ehci(f); family != nullptr)
            return seen(*family, MuxState::xhci_hidden, sight("EHCI", f));
    return std::nullopt;
}

/// Of several on bus 0 the one that the table knows, else the one in the place that every chipset has it; a processor's own
/// says nothing.
const PciFunction* xhci_of_the_chipset(std::span<const PciFunction> functions)
{
    constexpr std::uint8_t usual_place = 0x14; // 00:14.0 since the 7-series
    const PciFunction* best = nullptr;
    int best_rank = 0;
    for (const auto& f : functions) {
        if (!is_the_chipsets(f) || !f.is_xhci()) continue;
        const bool is_processors = std::ranges::find(processors_xhcis, f.device) != processors_xhcis.end();
        const bool is_known = std::ranges::any_of(
            new_xhcis, [&](const IdRange& r) { return r.first <= f.device && f.device <= r.last; });
        const int rank = is_processors ? 1 : is_known ? 4 : f.address.device == usual_place ? 3 : 2;
        if (rank <= best_rank) continue;
        best = &f;
        best_rank = rank;
    }
    return best;
}

/// Chipsets without the mux, by the controllers that they show.
std::optional<Chipset> by_other_controllers(std::span<const PciFunction> functions, bool inside_a_guest)
{
    const auto seen = [](std::span<const IdRange> table, MuxState state, std::string_view kind,
                         const PciFunction& f) {
        const auto known = range_of(table, f.device);
        const bool unknown = known == table.end();
        return Chipset{.name = unknown ? std::string() : std::string(known->name),
                       .state = state,
                       .inferred = unknown,
                       .evidence = sight(kind, f)};
    };
    if (const auto* xhci = xhci_of_the_chipset(functions))
        return seen(new_xhcis, MuxState::no_mux, "xHCI", *xhci);
    if (inside_a_guest) return std::nullopt;
    for (const auto& f : functions)
        if (is_the_chipsets(f) && f.is_ehci()) return seen(old_ehcis, MuxState::too_old, "EHCI", f);
    return std::nullopt;
}

std::optional<Chipset> by_the_bridge(std::span<const PciFunction> functions)
{
    const std::span<const IdRange> table(bridges);
    for (const auto& f : functions) {
        if (!is_the_chipsets(f) || f.class_code >> 8 != 0x0601) continue;
        const auto known = range_of(table, f.device);
        if (known == table.end()) continue;
        const auto row = std::ranges::find(chip_table(), known->name, &ChipFamily::name);
        const bool has_mux = row != chip_table().end();
        return Chipset{.name = std::string(known->name),
                       .family = has_mux ? &*row : nullptr,
                       .state = has_mux ? MuxState::xhci_hidden : MuxState::too_old,
                       .inferred = true,
                       .evidence = sight("LPC bridge", f)};
    }
    return std::nullopt;
}

constexpr std::uint16_t amd = 0x1022;
constexpr std::uint16_t ati = 0x1002; // AMD's chipsets before 2010 have ATI's vendor id

std::optional<Chipset> by_amd(std::span<const PciFunction> functions)
{
    const auto made_by_amd = [](const PciFunction& f) { return f.vendor == amd || f.vendor == ati; };
    const auto seen = [](std::string evidence) {
        return Chipset{.name = "AMD", .state = MuxState::no_mux, .evidence = std::move(evidence)};
    };
    for (const auto& f : functions)
        if (f.class_code >> 8 == 0x0600 && made_by_amd(f)) return seen(sight("host bridge", f));
    // ATI's id on another bus is a graphics card's USB-C socket.
    for (const auto& f : functions)
        if (f.is_usb_controller() && (f.vendor == amd || (f.vendor == ati && f.address.bus == 0)))
            return seen(sight("USB controller", f));
    return std::nullopt;
}

struct GuestSign {
    std::uint16_t vendor;
    std::string_view of;
};
/// Vendors of hardware that exists only in software.
constexpr std::array<GuestSign, 6> guest_vendors{{
    {0x1af4, "virtio"},
    {0x1b36, "QEMU"},
    {0x1234, "QEMU"},
    {0x15ad, "VMware"},
    {0x80ee, "VirtualBox"},
    {0x5853, "Xen"},
}};

/// Firmware's words for itself, DMI's sys_vendor or product_name.
constexpr std::array<std::string_view, 13> guest_words{
    "QEMU",
    "KVM",
    "Bochs",
    "VMware",
    "VirtualBox",
    "innotek",
    "Xen",
    "HVM domU",
    "BHYVE",
    "Parallels",
    "Amazon EC2",
    "Virtual Machine",
    "Google Compute Engine",
};

/// "Xen" begins with Xen, "Xenia 5" does not.
bool begins_with_word(std::string_view text, std::string_view word)
{
    return text.starts_with(word) &&
           (text.size() == word.size() || std::isalnum(static_cast<unsigned char>(text[word.size()])) == 0);
}

} // namespace

std::string PciFunction::ids() const { return format("{:04x}:{:04x}", vendor, device); }

std::string_view text_of(MuxState state)
{
    switch (state) {
    case MuxState::ready: return "ready";
    case MuxState::ehci_hidden: return "ehci-hidden";
    case MuxState::xhci_hidden: return "xhci-hidden";
    case MuxState::no_mux: return "no-mux";
    case MuxState::too_old: return "too-old";
    }
    return "no-mux";
}

Chipset identify(std::span<const PciFunction> functions, bool inside_a_guest)
{
    if (auto chipset = by_the_chip_table(functions, inside_a_guest)) return *chipset;
    if (auto chipset = by_other_controllers(functions, inside_a_guest)) return *chipset;
    // What a guest shows is its emulator's choice.
    if (inside_a_guest) return {};
    if (auto chipset = by_the_bridge(functions)) return *chipset;
    if (auto chipset = by_amd(functions)) return *chipset;
    return {};
}

std::string signs_of_a_guest(std::span<const PciFunction> functions, std::string_view maker,
                             std::string_view model)
{
    for (const auto text : {maker, model})
        for (const auto word : guest_words)
            if (begins_with_word(text, word)) return format("firmware calls it {}", printable(text, 64));
    for (const auto& f : functions) {
        if (f.address.bus != 0) continue; // cards can have virtio's ids
        const auto found = std::ranges::find(guest_vendors, f.vendor, &GuestSign::vendor);
        if (found != guest_vendors.end())
            return format("{} is {} ({})", f.address.text(), f.ids(), found->of);
    }
    return {};
}

} // namespace usbroute::chips
