// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "diagnose/findings.hpp"
#include "diagnose/taken_at_boot.hpp"
#include "plan/dead_sides.hpp"
#include "plan/ownership.hpp"
#include "route/mux.hpp"

#include <algorithm>
#include <optional>

namespace usbroute::diagnose {

using route::Mux;

namespace {

std::vector<const topology::PciController*> controllers_of(const Mux& mux)
{
    std::vector<const topology::PciController*> all{mux.xhci};
    for (const auto* ehci : mux.ehcis)
        if (ehci != nullptr) all.push_back(ehci);
    return all;
}

/// What keeps the drivers of USB from being loaded, and how it is taken away.
struct Blocker {
    std::string evidence;
    std::string remedy;
};

/// A whole word of "blacklist xhci_pci", "module_blacklist=xhci_pci,nouveau"; module names have "-" and "_" alike.
bool names_a_driver(std::string_view text, topology::ControllerKind kind)
{
    const bool is_xhci = kind == topology::ControllerKind::xhci;
    std::string word;
    const auto is_a_driver = [&] {
        return is_xhci ? word == "xhci_pci" || word == "xhci_hcd" : word == "ehci_pci" || word == "ehci_hcd";
    };
    for (const char c : text) {
        if (std::string_view(" \t,=").find(c) == std::string_view::npos) {
            word += c == '-' ? '_' : c;
            continue;
        }
        if (is_a_driver()) return true;
        word.clear();
    }
    return is_a_driver();
}

std::optional<Blocker> what_keeps_drivers_away(const topology::Condition& condition,
                                               const std::vector<topology::ControllerKind>& kinds)
{
    const auto blocks = [&](std::string_view text) {
        return text.find("blacklist") != std::string_view::npos &&
               std::ranges::any_of(kinds, [&](auto kind) { return names_a_driver(text, kind); });
    };
    for (const auto& word : condition.kernel_words.value_or(std::vector<std::string>{})) {
        // drivers/usb/core/usb.c: no driver of a USB controller registers then.
        const bool is_nousb = word == "nousb" || word == "usbcore.nousb" || word == "usbcore.nousb=1" ||
                              word == "usbcore.nousb=Y" || word == "usbcore.nousb=y";
        if (!is_nousb && !blocks(word)) continue;
        return Blocker{.evidence = "/proc/cmdline: " + printable(word, 160),
                       .remedy = format("remove {} from the kernel's command line and reboot{}",
                                        printable(word, 160), is_nousb ? "; until then modprobe fails" : "")};
    }
    for (const auto& line : condition.foreign_lines)
        if (line.file.starts_with("etc/modprobe.d/") && blocks(line.line))
            return Blocker{.evidence =
                               format("/{}: {}", printable(line.file, 120), printable(line.line, 160)),
                           .remedy = format("remove `{}` from /{}, rebuild the initramfs, and reboot",
                                            printable(line.line, 160), printable(line.file, 120))};
    return std::nullopt;
}

void add_undriven(Examination& examination, const Mux& mux)
{
    std::vector<std::string> idle;
    std::vector<std::string> evidence;
    std::vector<topology::ControllerKind> kinds;
    std::vector<std::string> loads;
    for (const auto* controller : controllers_of(mux)) {
        if (controller->hold() != topology::Hold::nobody) continue;
        idle.push_back(format("{} {}", topology::text_of(controller->kind), controller->name));
        evidence.push_back(format("/sys/bus/pci/devices/{} has no driver", controller->name));
        if (std::ranges::find(kinds, controller->kind) != kinds.end()) continue;
        kinds.push_back(controller->kind);
        loads.emplace_back(controller->kind == topology::ControllerKind::xhci ? "modprobe xhci_pci"
                                                                              : "modprobe ehci_pci");
    }
    if (idle.empty()) return;
    const auto blocker = what_keeps_drivers_away(examination.facts.condition, kinds);
    if (blocker) evidence.push_back(blocker->evidence);
    examination.add({.code = "no-driver",
                     .severity = Severity::warning,
                     .sentence = format("no driver runs {}: a socket on that side is dead", listed(idle)),
                     .evidence = std::move(evidence),
                     .remedy = blocker ? blocker->remedy
                                       : format("load {} driver{} ({}), and see dmesg for why it failed",
                                                idle.size() == 1 ? "its" : "their",
                                                loads.size() == 1 ? "" : "s", join(loads, ", "))});
}

/// Sides that nobody has, and what keeps devices there from being used: said before somebody loses one there.
void add_dead_sides(Examination& examination, const Mux& mux)
{
    const auto& facts = examination.facts;
    add_undriven(examination, mux);
    for (const auto* controller : controllers_of(mux)) {
        const auto dead = plan::why_dead(facts.snapshot, *controller, facts.settings);
        if (!dead || controller->hold() == topology::Hold::nobody) continue;
        if (controller->hold() == topology::Hold::stub &&
            plan::claimant(*controller, facts.settings) == nullptr &&
            taken_at_boot(*controller, facts.condition))
            continue; // reported together with what took it
        const bool is_closed = dead->why == plan::Death::not_authorized;
        examination.add({.code = is_closed ? "not-authorized" : "held-by-stub",
                         .severity = Severity::warning,
                         .sentence = dead->sentence + ": a socket on that side is dead",
                         .evidence = {dead->evidence},
                         .remedy = dead->remedy});
    }
    for (const auto* controller : controllers_of(mux))
        for (auto& caution : plan::cautions(*controller)) {
            // USBGuard closes the buses and authorizes by its rules; it has a finding of its own.
            const bool is_usbguards = !caution.is_sleep && !facts.condition.usbguard.empty();
            examination.add({.code = caution.is_sleep ? "asleep" : "new-devices-wait",
                             .severity = is_usbguards ? Severity::note : Severity::warning,
                             .sentence = std::move(caution.sentence),
                             .evidence = {std::move(caution.evidence)},
                             .remedy = std::move(caution.remedy)});
        }
}

} // namespace

void examine_devices(Examination& examination)
{
    const auto& mux = examination.board.mux;
    std::vector<std::string> seen;
    for (const auto& device : examination.facts.snapshot.devices)
        // Without its rate matching hub a side is dead, which is reported for the side.
        if (!device->authorized && !(mux && route::is_rate_matching_hub(*mux, *device)))
            seen.push_back(format("/sys/bus/usb/devices/{}/authorized: 0 ({}{})", device->path.text(),
                                  device->shown(),
                                  device->is_hub() ? ", a hub: nothing behind it is seen" : ""));
    if (seen.empty()) return;
    const auto first = seen.front().substr(0, seen.front().find(':'));
    examination.add(
        {.code = "device-not-authorized",
         .severity = Severity::warning,
         .sentence = format("{} device{} not authorized, so the kernel does not use {}", seen.size(),
                            seen.size() == 1 ? " is" : "s are", seen.size() == 1 ? "it" : "them"),
         .evidence = std::move(seen),
         .remedy = format("authorize what you want to use: echo 1 > {}", first)});
}

void examine_sides(Examination& examination)
{
    if (const auto& mux = examination.board.mux) add_dead_sides(examination, *mux);
}

} // namespace usbroute::diagnose
