// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/dead_sides.hpp"
#include "plan/findings.hpp"

#include <algorithm>

namespace usbroute::plan {

using topology::Mux;

namespace {

std::vector<const topology::PciController*> controllers_of(const Mux& mux)
{
    std::vector<const topology::PciController*> all{mux.xhci};
    for (const auto* ehci : mux.ehcis)
        if (ehci != nullptr) all.push_back(ehci);
    return all;
}

/// A line of modprobe.d, or a word for the kernel, that keeps the drivers of USB from being loaded.
std::string what_keeps_drivers_away(const topology::Condition& condition)
{
    const auto names_a_driver = [](std::string_view text) {
        return text.find("hci") != std::string_view::npos && text.find("blacklist") != std::string_view::npos;
    };
    for (const auto& word : condition.kernel_words.value_or(std::vector<std::string>{}))
        if (names_a_driver(word)) return "/proc/cmdline: " + printable(word, 160);
    for (const auto& line : condition.foreign_lines)
        if (line.file.starts_with("etc/modprobe.d/") && names_a_driver(line.line))
            return format("/{}: {}", printable(line.file, 120), printable(line.line, 160));
    return {};
}

void add_undriven(Examination& examination, const Mux& mux)
{
    std::vector<std::string> idle;
    std::vector<std::string> evidence;
    for (const auto* controller : controllers_of(mux)) {
        if (controller->hold() != topology::Hold::nobody) continue;
        idle.push_back(format("{} {}", topology::text_of(controller->kind), controller->name));
        evidence.push_back(format("/sys/bus/pci/devices/{} has no driver", controller->name));
    }
    if (idle.empty()) return;
    const auto blocker = what_keeps_drivers_away(examination.facts.condition);
    if (!blocker.empty()) evidence.push_back(blocker);
    examination.add(
        {.code = "no-driver",
         .severity = Severity::warning,
         .sentence = format("nothing drives {}: a socket on that side is dead", join(idle, " and ")),
         .evidence = std::move(evidence),
         .remedy =
             blocker.empty()
                 ? "load its driver (modprobe xhci_pci, modprobe ehci_pci), and see dmesg for why it failed"
                 : format("take out what keeps its driver away ({}), and start again", blocker)});
}

/// Sides that nobody has, and what keeps devices there from being used: said before somebody loses one there.
void add_dead_sides(Examination& examination, const Mux& mux)
{
    const auto& facts = examination.facts;
    add_undriven(examination, mux);
    for (const auto* controller : controllers_of(mux)) {
        const auto dead = why_dead(facts.snapshot, *controller, facts.settings);
        if (!dead || controller->hold() == topology::Hold::nobody) continue;
        const bool is_closed = dead->why == Death::not_authorized;
        examination.add({.code = is_closed ? "not-authorized" : "held-by-stub",
                         .severity = Severity::warning,
                         .sentence = dead->sentence + ": a socket on that side is dead",
                         .evidence = {dead->evidence},
                         .remedy = dead->remedy});
    }
    for (const auto* controller : controllers_of(mux))
        for (auto& caution : cautions(*controller)) {
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
        // Without its rate matching hub a side is dead, which is said of the side.
        if (!device->authorized && !(mux && topology::is_rate_matching_hub(*mux, *device)))
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
         .remedy = format("authorize what is wanted: echo 1 > {}", first)});
}

void examine_sides(Examination& examination)
{
    if (const auto& mux = examination.board.mux) add_dead_sides(examination, *mux);
}

} // namespace usbroute::plan
