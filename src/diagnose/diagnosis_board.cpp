// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "diagnose/findings.hpp"
#include "diagnose/next_steps.hpp"
#include "diagnose/whole_controllers.hpp"
#include "route/mux.hpp"

#include <algorithm>
#include <bit>

namespace usbroute::diagnose {

using chips::Chipset;
using chips::MuxState;
using chips::PciFunction;
using route::Mux;
using topology::ControllerKind;

namespace {

// What firmware set-ups call the modes: Enabled (xHCI alone), Disabled (EHCI alone), Auto, Smart Auto, Manual (both).
// The HOWTO's note 3; an ASRock Z97E-ITX/ac has no Manual.
std::string set_both(std::string_view now)
{
    return format(
        "in the firmware set-up, change the xHCI mode (or USB 3 mode) from {} to Auto, Smart Auto or Manual, reboot, and run usbroute doctor again",
        now);
}

std::vector<const PciFunction*> usb_controllers(const Examination& examination)
{
    std::vector<const PciFunction*> found;
    for (const auto& function : examination.facts.condition.functions)
        if (function.is_usb_controller()) found.push_back(&function);
    return found;
}

/// "/sys/bus/pci/devices: xHCI 0000:00:14.0 is 8086:8cb1", a line each.
std::vector<std::string> controllers_seen(const Examination& examination)
{
    std::vector<std::string> lines;
    for (const auto* function : usb_controllers(examination))
        lines.push_back(format("{} {} is {}", kind_of(*function), function->address.text(), function->ids()));
    if (!examination.chipset.evidence.empty() && lines.empty()) lines.push_back(examination.chipset.evidence);
    if (lines.empty()) lines.emplace_back("/sys/bus/pci/devices: no USB controller");
    return lines;
}

std::string chipset_words(const Chipset& chipset)
{
    return chipset.name.empty() ? std::string("chipset") : format("{} chipset", chipset.name);
}

void add_guest(Examination& examination)
{
    if (examination.guest_sign.empty()) return;
    const bool sees_the_mux = examination.board.mux.has_value();
    std::vector<std::string> evidence{examination.guest_sign};
    if (!sees_the_mux)
        for (auto& line : controllers_seen(examination)) evidence.push_back(std::move(line));
    examination.add(
        {.code = "virtual-machine",
         .severity = sees_the_mux ? Severity::warning : Severity::obstacle,
         .sentence =
             sees_the_mux
                 ? "this is a virtual machine that was given the host's xHCI: it can move the host's sockets"
                 : "this is a virtual machine: the sockets are the host's",
         .evidence = std::move(evidence),
         .remedy = "run usbroute doctor on the host"});
}

void add_no_mux(Examination& examination)
{
    const auto& chipset = examination.chipset;
    const bool too_old = chipset.state == MuxState::too_old;
    std::string sentence;
    const auto controllers = usb_controllers(examination);
    if (too_old)
        sentence =
            format("this {} has EHCI only; the port mux came with the 7-series", chipset_words(chipset));
    else if (chipset.name == "AMD")
        sentence = "AMD machines have no port mux";
    else if (!chipset.name.empty())
        sentence = format("the {} has no port mux: it went away with the EHCIs after the 9-series",
                          chipset_words(chipset));
    else if (controllers.empty())
        sentence =
            "there is no USB controller on the PCI bus, and no chipset that is known to have the port mux";
    else
        sentence = "this machine has no chipset that is known to have the port mux";
    examination.add({.code = too_old ? "too-old" : "no-mux",
                     .severity = examination.attaches ? Severity::note : Severity::obstacle,
                     .sentence = std::move(sentence),
                     .evidence = controllers_seen(examination),
                     .remedy = instead_of_a_mux(examination),
                     .inferred = chipset.inferred});
}

void add_hidden(Examination& examination)
{
    const auto& chipset = examination.chipset;
    const auto& family = *chipset.family;
    const bool xhci = chipset.state == MuxState::xhci_hidden;
    std::string sentence;
    std::string remedy;
    if (xhci) {
        const bool ehci = std::ranges::any_of(examination.facts.condition.functions,
                                              [](const PciFunction& f) { return f.is_ehci(); });
        sentence = format("the {} chipset has an xHCI (8086:{:04x}), and firmware hides it{}", family.name,
                          family.xhci_id, ehci ? "" : " and its EHCIs, too");
        remedy = set_both("Disabled");
        remedy += "; if the set-up has no such mode, this model of the chipset has no USB 3";
    } else {
        const bool one = family.ehcis.size() == 1;
        sentence = format("firmware hides the EHCI{} of the {} chipset, so there is nothing to route to",
                          one ? "" : "s", family.name);
        remedy = set_both("Enabled");
        remedy += "; if the set-up has no such mode (Apple's has none), firmware does not allow it";
    }
    examination.add({.code = xhci ? "xhci-hidden" : "ehci-hidden",
                     .severity = Severity::obstacle,
                     .sentence = std::move(sentence),
                     .evidence = controllers_seen(examination),
                     .remedy = std::move(remedy),
                     .inferred = chipset.inferred});
}

void add_both_visible(Examination& examination)
{
    const auto& mux = *examination.board.mux;
    std::vector<std::string> missing;
    std::uint32_t stranded = 0;
    for (std::size_t i = 0; i < mux.ehcis.size(); ++i) {
        if (mux.ehcis[i] != nullptr) continue;
        missing.push_back(format("EHCI #{} (8086:{:04x})", i + 1, mux.family->ehcis[i].device_id));
        for (const auto& route : mux.family->routes)
            if (route.ehci && route.ehci->controller == i + 1) stranded |= chips::MuxBit{route.bit}.mask();
    }
    examination.add(
        {.code = "both-visible",
         .severity = Severity::fine,
         .sentence = format(
             "xHCI and EHCI of the {} chipset are on the bus, as in the firmware modes Auto, Smart Auto and Manual",
             mux.family->name),
         .evidence = controllers_seen(examination),
         .remedy = {},
         .inferred = examination.chipset.inferred});
    if (missing.empty()) return;
    examination.add(
        {.code = "ehci-partly-hidden",
         .severity = Severity::warning,
         .sentence = format("{} is not on the bus: the {} sockets of bits 0x{:04x} stay on xHCI",
                            join(missing, " and "), std::popcount(stranded), stranded),
         .evidence = controllers_seen(examination),
         .remedy =
             "try another of Auto, Smart Auto and Manual in the firmware set-up; some firmware shows only the EHCIs that have something plugged in at boot"});
}

} // namespace

std::uint32_t usable_bits(const Mux& mux)
{
    std::uint32_t bits = 0;
    for (const auto& route : mux.family->routes)
        if (route.ehci && mux.ehci(route.ehci->controller) != nullptr)
            bits |= chips::MuxBit{route.bit}.mask();
    return bits & mux.movable_bits();
}

void examine_chipset(Examination& examination)
{
    add_guest(examination);
    switch (examination.chipset.state) {
    case MuxState::no_mux:
    case MuxState::too_old:
        if (examination.guest_sign.empty()) add_no_mux(examination);
        return;
    case MuxState::ehci_hidden:
    case MuxState::xhci_hidden: add_hidden(examination); return;
    case MuxState::ready: break;
    }
    if (examination.board.mux)
        add_both_visible(examination);
    else
        examination.add({.code = "changed-meanwhile",
                         .severity = Severity::obstacle,
                         .sentence = "the xHCI came or went during the scan",
                         .evidence = {examination.chipset.evidence},
                         .remedy = "run usbroute doctor again"});
}

namespace {

void add_masks(Examination& examination, const Mux& mux)
{
    const auto& bits = *mux.bits;
    const auto valid = mux.family->usb2_bits();
    const auto movable = mux.movable_bits();
    const auto seen = format("XUSB2PRM (0xd4) of {} is 0x{:08x}", mux.xhci->name, bits.usb2_movable);
    if (movable == 0)
        examination.add(
            {.code = "mask-empty",
             .severity = Severity::obstacle,
             .sentence = "firmware lets no socket move: XUSB2PRM is empty",
             .evidence = {seen},
             .remedy =
                 "look for an xHCI or USB 3 mode in the firmware set-up and try Auto, Smart Auto and Manual, then a newer firmware; if neither helps, this board cannot do it"});
    else if (movable != valid)
        examination.add(
            {.code = "mask-partial",
             .severity = Severity::note,
             .sentence = format("firmware lets {} of {} sockets move: bits 0x{:04x} are outside XUSB2PRM",
                                std::popcount(movable), std::popcount(valid), valid & ~movable),
             .evidence = {seen},
             .remedy = {}});
    else
        examination.add({.code = "mask-full",
                         .severity = Severity::fine,
                         .sentence = "firmware lets every socket of the chipset move",
                         .evidence = {seen},
                         .remedy = {}});
    if (movable != 0 && usable_bits(mux) == 0 && examination.chipset.state == MuxState::ready)
        examination.add(
            {.code = "no-twin-movable",
             .severity = Severity::obstacle,
             .sentence = "every socket that firmware lets move belongs to an EHCI that is not on the bus",
             .evidence = {seen},
             .remedy = set_both("its present value")});
    if (const auto outside = bits.usb2_owner & ~bits.usb2_movable & valid; outside != 0)
        examination.add(
            {.code = "outside-mask",
             .severity = Severity::note,
             .sentence = format(
                 "bits 0x{:04x} of XUSB2PR are set although XUSB2PRM lacks them; usbroute never changes those",
                 outside),
             .evidence = {format("XUSB2PR (0xd0) of {} is 0x{:08x}", mux.xhci->name, bits.usb2_owner), seen},
             .remedy = {}});
}

void add_ports(Examination& examination, const Mux& mux)
{
    const auto& bits = *mux.bits;
    const auto usb_r = mux.family->usb_r_bit ? chips::MuxBit{*mux.family->usb_r_bit}.mask() : 0;
    if (((bits.usb2_owner | bits.usb2_movable) & usb_r) != 0)
        examination.add(
            {.code = "usb-r",
             .severity = Severity::note,
             .sentence = format(
                 "bit {} is in use: USB-R, through which the management engine shows a remote keyboard or disk; it is never moved",
                 *mux.family->usb_r_bit),
             .evidence = {format("XUSB2PR 0x{:08x}, XUSB2PRM 0x{:08x}", bits.usb2_owner, bits.usb2_movable)},
             .remedy = {}});
    if (const auto unknown = (bits.usb2_owner | bits.usb2_movable) & ~(mux.family->usb2_bits() | usb_r);
        unknown != 0)
        examination.add(
            {.code = "unknown-bits",
             .severity = Severity::note,
             .sentence = format(
                 "bits 0x{:x} are set and route no known port of this chipset; they are kept as they are",
                 unknown),
             .evidence = {format("XUSB2PR 0x{:08x}, XUSB2PRM 0x{:08x}", bits.usb2_owner, bits.usb2_movable)},
             .remedy = {}});
    if (const auto off = chips::fused_off_bits(*mux.family, bits.fuses); off != 0)
        examination.add(
            {.code = "fused-off",
             .severity = Severity::note,
             .sentence = format("this model of the chipset lacks the ports of bits 0x{:04x}", off),
             .evidence = {format("fuse word (0xe0) of {} is 0x{:08x}", mux.xhci->name, bits.fuses)},
             .remedy = {},
             .inferred = true});
    if ((bits.usb2_disabled | bits.superspeed_disabled) != 0)
        examination.add({.code = "ports-switched-off",
                         .severity = Severity::note,
                         .sentence = "firmware has switched ports off; they are dead on both sides",
                         .evidence = {format("USB2PDO (0xe4) 0x{:08x}, USB3PDO (0xe8) 0x{:08x}",
                                             bits.usb2_disabled, bits.superspeed_disabled)},
                         .remedy = {},
                         .inferred = true});
}

/// SuperSpeed ports that are off although no named socket of theirs is on EHCI, where they have to be off.
std::uint32_t superspeed_off_for_no_reason(const Examination& examination, const Mux& mux)
{
    const auto& bits = *mux.bits;
    // With all wires on EHCI, the firmware mode that hides the xHCI from systems without its driver, they are off, too.
    if ((bits.usb2_owner & mux.family->usb2_bits()) == 0) return 0;
    auto off = mux.family->superspeed_bits & ~bits.superspeed_on & ~bits.superspeed_disabled;
    if (const auto counts = chips::fused_counts(*mux.family, bits.fuses))
        off &= (std::uint32_t{1} << counts->superspeed) - 1;
    for (const auto& connector : examination.board.connectors)
        if (connector.spec.superspeed && connector.side() == topology::Side::ehci)
            off &= ~connector.spec.superspeed->mask();
    return off;
}

void add_superspeed(Examination& examination, const Mux& mux)
{
    const auto off = superspeed_off_for_no_reason(examination, mux);
    if (off == 0) return;
    const auto kept = off & ~mux.movable_superspeed_bits();
    const auto count = std::popcount(off);
    const auto ways = ways_to_superspeed(examination, off);
    std::string remedy;
    if (!ways.empty())
        remedy = format("{}; then unplug what is there and plug it in again", join(ways, "; "));
    else if (kept != 0)
        remedy =
            "look for the USB 3 setting (xHCI mode) in the firmware set-up: what it keeps off, no program can switch on";
    const auto by_firmware = kept == 0 ? std::string()
                             : kept == off
                                 ? std::string(", and firmware keeps it off")
                                 : format(", and firmware keeps {} of them off", std::popcount(kept));
    examination.add(
        {.code = "superspeed-off",
         .severity = remedy.empty() ? Severity::note : Severity::warning,
         .sentence = format("SuperSpeed is off on {} port{}{}: what is plugged in there works as USB 2",
                            count, count == 1 ? "" : "s", by_firmware),
         .evidence = {format("USB3_PSSEN (0xd8) of {} is 0x{:x}, USB3PRM (0xdc) is 0x{:x}", mux.xhci->name,
                             mux.bits->superspeed_on, mux.bits->superspeed_movable)},
         .remedy = std::move(remedy)});
}

/// What the bus answers for a function that is not there or has no power.
bool is_asleep_or_gone(const chips::RouteBits& bits)
{
    constexpr auto ones = ~std::uint32_t{0};
    return bits.usb2_owner == ones && bits.usb2_movable == ones && bits.superspeed_on == ones;
}

} // namespace

void examine_registers(Examination& examination)
{
    const auto& mux = examination.board.mux;
    if (!mux) return;
    const auto refusal = plan::why_not_writable(examination.facts.snapshot, examination.board);
    if (refusal && refusal->reason == plan::Reason::registers_unreadable) {
        const auto* why =
            std::get_if<topology::Unreadable>(&examination.facts.snapshot.registers_of(mux->xhci->address));
        const bool short_file = why == nullptr || why->errno_value == 0;
        examination.add(
            {.code = "registers-unreadable",
             .severity = Severity::obstacle,
             .sentence = refusal->sentence,
             .evidence = {format("/sys/bus/pci/devices/{}/config {}", mux->xhci->name,
                                 short_file ? "ends before byte 0xd0"
                                            : "says " + errno_text(why->errno_value))},
             .remedy = examination.facts.recorded
                           ? "record the machine again as root: sudo usbroute record DIR"
                       : examination.facts.daemon && examination.facts.daemon->keeps_us_out
                           ? "look as root: sudo usbroute doctor; or " + how_to_be_let_in(examination.facts)
                           : "look as root: sudo usbroute doctor; or start usbrouted and ask again"});
    } else if (refusal) {
        examination.add({.code = std::string(plan::code_of(refusal->reason)),
                         .severity = Severity::obstacle,
                         .sentence = refusal->sentence,
                         .evidence = {examination.chipset.evidence},
                         .remedy = refusal->remedy,
                         .inferred = refusal->reason == plan::Reason::read_only_chip});
    }
    if (mux->bits != nullptr && is_asleep_or_gone(*mux->bits)) {
        examination.add(
            {.code = "xhci-does-not-answer",
             .severity = Severity::obstacle,
             .sentence = "the xHCI does not answer: every routing register reads as ones",
             .evidence = {format("0xd0 to 0xdf of {} are all 0xffffffff", mux->xhci->name)},
             .remedy = format("wake it: echo on > /sys/bus/pci/devices/{}/power/control, and see dmesg",
                              mux->xhci->name)});
    } else if (mux->bits != nullptr && (!refusal || refusal->reason == plan::Reason::read_only_chip)) {
        add_masks(examination, *mux);
        add_ports(examination, *mux);
        add_superspeed(examination, *mux);
    }
}

} // namespace usbroute::diagnose
