// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/findings.hpp"
#include "plan/ownership.hpp"

#include <algorithm>
#include <array>

namespace usbroute::plan {

using topology::Condition;
using topology::PciController;
using topology::PciFunction;

namespace {

void add_lockdown(Examination& examination)
{
    const auto& condition = examination.facts.condition;
    const auto& trial = examination.facts.trial;
    if (!condition.lockdown_told) return;
    const auto seen =
        format("/sys/kernel/security/lockdown: {}", condition.lockdown.empty() ? "none" : condition.lockdown);
    if (condition.lockdown.empty()) {
        examination.add({.code = "lockdown-none",
                         .severity = Severity::fine,
                         .sentence = "the kernel is not locked down",
                         .evidence = {seen},
                         .remedy = {}});
        return;
    }
    const bool proven_harmless = trial && trial->took && !examination.facts.recorded;
    std::vector<std::string> evidence{seen};
    std::string remedy =
        "switch Secure Boot off in the firmware set-up: with it on, the kernel locks itself down";
    for (const auto& word : condition.kernel_words.value_or(std::vector<std::string>{})) {
        if (!word.starts_with("lockdown=")) continue;
        evidence.push_back("/proc/cmdline: " + word);
        remedy = format(
            "take {} off the kernel's command line and start again; if it is still on, switch Secure Boot "
            "off in the firmware set-up",
            word);
    }
    examination.add(
        {.code = "lockdown",
         .severity = proven_harmless ? Severity::note : examination.obstacle(),
         .sentence = format("kernel lockdown is on ({}): it refuses every write to the routing registers",
                            condition.lockdown),
         .evidence = std::move(evidence),
         .remedy = std::move(remedy),
         .inferred = !trial});
}

void add_trial(Examination& examination)
{
    const auto& trial = examination.facts.trial;
    if (!trial) return;
    if (trial->took)
        examination.add(
            {.code = "write-took",
             .severity = Severity::fine,
             .sentence = examination.facts.recorded
                             ? "the recording took the same value of XUSB2PR again, which says nothing "
                               "about that machine's kernel"
                             : "the kernel let the same value be written to XUSB2PR again",
             .evidence = {"written and read back just now"},
             .remedy = {}});
    else if (trial->code == "not-tried")
        examination.add({.code = "write-not-tried",
                         .severity = Severity::note,
                         .sentence = format("nothing was written: {}", trial->trouble),
                         .evidence = {},
                         .remedy = {}});
    else
        examination.add(
            {.code = "write-refused",
             .severity = Severity::obstacle,
             .sentence = format("writing the same value to XUSB2PR failed: {}", trial->trouble),
             .evidence = {"tried just now"},
             .remedy = trial->code == "lockdown"
                           ? "switch Secure Boot off in the firmware set-up, or boot without lockdown="
                           : "try as root: sudo usbroute doctor --try-write"});
}

} // namespace

void examine_rights(Examination& examination)
{
    const auto& facts = examination.facts;
    const auto& mux = examination.board.mux;
    if (mux && mux->bits != nullptr && !facts.recorded && !facts.may_write &&
        !(facts.daemon && facts.daemon->answers))
        examination.add(
            {.code = "not-permitted",
             .severity = Severity::obstacle,
             .sentence = "this user may not write the routing registers, and no daemon does it for them",
             .evidence = {"not root"},
             .remedy = "be root, or start usbrouted and be in the group of its listener (usbroute)"});
    add_lockdown(examination);
    add_trial(examination);
}

namespace {

bool says(const Condition& condition, auto is_it)
{
    return condition.kernel_words && std::ranges::any_of(*condition.kernel_words, is_it);
}

/// The kernel's word that switches the IOMMU off; empty: there is none.
std::string word_against(const Condition& condition)
{
    for (const auto& word : condition.kernel_words.value_or(std::vector<std::string>{}))
        if (word == "iommu=off" || word.starts_with("intel_iommu=off") || word == "amd_iommu=off")
            return word;
    return {};
}

void add_no_iommu(Examination& examination)
{
    const auto& condition = examination.facts.condition;
    const bool amd = examination.chipset.name == "AMD";
    const auto* const option = amd ? "IOMMU (AMD-Vi)" : "VT-d";
    const auto against = word_against(condition);
    const bool asked_for =
        says(condition, [](const std::string& word) { return word.starts_with("intel_iommu=on"); });

    std::vector<std::string> evidence{"/sys/kernel/iommu_groups is empty or not there"};
    if (condition.firmware_iommu)
        evidence.emplace_back(*condition.firmware_iommu
                                  ? "/sys/firmware/acpi/tables has DMAR or IVRS"
                                  : "/sys/firmware/acpi/tables has neither DMAR nor IVRS");
    if (!condition.kernel_words)
        evidence.emplace_back("/proc/cmdline could not be read");
    else if (!against.empty())
        evidence.push_back("/proc/cmdline: " + against);
    else if (!amd)
        evidence.emplace_back(asked_for ? "/proc/cmdline: intel_iommu=on"
                                        : "/proc/cmdline: no intel_iommu=on");

    std::string remedy;
    bool inferred = true;
    if (!against.empty()) {
        remedy = format("take {} off the kernel's command line and start again", against);
        inferred = false;
    } else if (condition.firmware_iommu == false || amd || asked_for) {
        remedy = format(
            "switch {} on in the firmware set-up; if there is no such option, processor or board lacks it",
            option);
        inferred = condition.firmware_iommu != false;
    } else if (condition.firmware_iommu == true) {
        remedy = "add intel_iommu=on to the kernel's command line and start again";
        inferred = false;
    } else {
        remedy = format(
            "add intel_iommu=on to the kernel's command line and start again; if that changes nothing, "
            "switch {} on in the firmware set-up",
            option);
    }
    examination.add(
        {.code = "iommu-off",
         .severity = examination.obstacle(),
         .sentence = format("no IOMMU is in use, so no guest can be given a controller{}",
                            examination.has_mux() ? "; sockets can only change sides on the host" : ""),
         .evidence = std::move(evidence),
         .remedy = std::move(remedy),
         .inferred = inferred});
}

std::string shown(const PciFunction& function)
{
    return format("{} {}{}", function.address.text(), function.ids(),
                  function.driver.empty() ? std::string() : format(" ({})", printable(function.driver, 32)));
}

/// Bridges stay with the host whatever their group is given to.
bool is_bridge(const PciFunction& function) { return function.class_code >> 16 == 0x06; }

void add_groups(Examination& examination)
{
    const auto& functions = examination.facts.condition.functions;
    std::vector<std::string> alone;
    for (const auto& controller : functions) {
        if (!controller.is_usb_controller() || !controller.iommu_group) continue;
        std::vector<std::string> others;
        for (const auto& other : functions)
            if (other.iommu_group == controller.iommu_group && other.address != controller.address &&
                !is_bridge(other))
                others.push_back(shown(other));
        if (others.empty()) {
            alone.push_back(format("{} in group {}", controller.address.text(), *controller.iommu_group));
            continue;
        }
        examination.add(
            {.code = "shared-group",
             .severity = Severity::warning,
             .sentence = format("{} shares IOMMU group {} with {}: a guest gets all of it or nothing",
                                controller.address.text(), *controller.iommu_group, join(others, ", ")),
             .evidence = {format("/sys/kernel/iommu_groups/{}/devices", *controller.iommu_group)},
             .remedy = "give another controller, or a card in another slot"});
    }
    if (!alone.empty())
        examination.add(
            {.code = "iommu-on",
             .severity = Severity::fine,
             .sentence = "an IOMMU is in use, and these USB controllers are alone in their groups",
             .evidence = std::move(alone),
             .remedy = {}});
}

} // namespace

void examine_iommu(Examination& examination)
{
    const auto& condition = examination.facts.condition;
    if (!examination.guest_sign.empty() && !examination.has_mux()) return;
    if (condition.hypervisor == "xen")
        examination.add({.code = "under-xen",
                         .severity = examination.obstacle(),
                         .sentence =
                             "this kernel runs under Xen, which keeps the IOMMU for itself: no KVM guest can "
                             "be given a controller",
                         .evidence = {"/sys/hypervisor/type: xen"},
                         .remedy = "start the machine without Xen"});
    else if (condition.iommu_groups)
        add_groups(examination);
    else
        add_no_iommu(examination);
}

namespace {

std::string who_has(const Examination& examination, const PciController& controller)
{
    const auto& facts = examination.facts;
    std::vector<std::string> who;
    const auto owner = owner_of(&controller, facts.settings);
    if (const auto* guest = std::get_if<OwnedByGuest>(&owner))
        who.push_back(format("guest {} by the configuration", guest->guest.text()));
    for (const auto& holder : facts.holders)
        if (controller.iommu_group == holder.group)
            who.push_back(
                format("held open by {} (process {})", printable(holder.command, 32), holder.process));
    return who.empty() ? std::string("no guest of the configuration claims it") : join(who, ", ");
}

void add_given_away(Examination& examination)
{
    std::vector<std::string> given;
    for (const auto& controller : examination.facts.snapshot.controllers)
        if (controller.is_given_away())
            given.push_back(format("{} {} on {}: {}", text_of(controller.kind), controller.name,
                                   controller.driver, who_has(examination, controller)));
    if (!given.empty())
        examination.add({.code = "given-to-guests",
                         .severity = Severity::fine,
                         .sentence = format("{} USB controller{} given to guests", given.size(),
                                            given.size() == 1 ? " is" : "s are"),
                         .evidence = std::move(given),
                         .remedy = {}});
    const auto& mux = examination.board.mux;
    if (mux && mux->xhci->is_given_away())
        examination.add(
            {.code = "guest-has-the-mux",
             .severity = Severity::warning,
             .sentence = "a guest has the xHCI and with it the routing registers: it can move sockets at "
                         "any time",
             .evidence = {format("/sys/bus/pci/devices/{}/driver: {}", mux->xhci->name, mux->xhci->driver)},
             .remedy = "give it the EHCIs and keep the xHCI on the host"});
}

} // namespace

void examine_guests(Examination& examination)
{
    add_given_away(examination);
    if (examination.facts.condition.vfio_driver)
        examination.add({.code = "vfio-present",
                         .severity = Severity::fine,
                         .sentence = "vfio-pci is there to hand controllers over",
                         .evidence = {"/sys/bus/pci/drivers/vfio-pci"},
                         .remedy = {}});
    else if (examination.guest_sign.empty())
        examination.add({.code = "vfio-absent",
                         .severity = Severity::note,
                         .sentence = "vfio-pci, which hands controllers to guests, is not loaded",
                         .evidence = {"/sys/bus/pci/drivers/vfio-pci is not there"},
                         .remedy = "modprobe vfio-pci, before a guest is given a controller"});
}

} // namespace usbroute::plan
