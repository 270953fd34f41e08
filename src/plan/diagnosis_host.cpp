// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/findings.hpp"
#include "plan/next_steps.hpp"
#include "plan/ownership.hpp"
#include "plan/taken_at_boot.hpp"

#include <algorithm>

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

void add_no_iommu(Examination& examination)
{
    const auto& condition = examination.facts.condition;
    const bool amd = examination.chipset.name == "AMD";
    std::vector<std::string> evidence{"/sys/kernel/iommu_groups is empty or not there"};
    if (condition.firmware_iommu)
        evidence.emplace_back(*condition.firmware_iommu
                                  ? "/sys/firmware/acpi/tables has DMAR or IVRS"
                                  : "/sys/firmware/acpi/tables has neither DMAR nor IVRS");
    if (!condition.kernel_words) evidence.emplace_back("/proc/cmdline could not be read");
    bool has_a_word = false;
    for (const auto& word : condition.kernel_words.value_or(std::vector<std::string>{}))
        if (word == "iommu=off" || word.find("_iommu=o") != std::string::npos) {
            evidence.push_back("/proc/cmdline: " + word);
            has_a_word = true;
        }
    if (condition.kernel_words && !has_a_word && !amd)
        evidence.emplace_back("/proc/cmdline: no intel_iommu=on");
    auto advice = how_to_get_an_iommu(examination);
    examination.add(
        {.code = "iommu-off",
         .severity = examination.obstacle(),
         .sentence = format("no IOMMU is in use, so no guest can be given a controller{}",
                            examination.has_mux() ? "; sockets can only change sides on the host" : ""),
         .evidence = std::move(evidence),
         .remedy = std::move(advice.remedy),
         .inferred = advice.inferred});
}

std::string shown(const PciFunction& function)
{
    return format("{} {}{}", function.address.text(), function.ids(),
                  function.driver.empty() ? std::string() : format(" ({})", printable(function.driver, 32)));
}

/// What one group has besides bridges.
struct Group {
    std::uint32_t number = 0;
    std::vector<std::string> usb;
    std::vector<std::string> others;
};

std::vector<Group> groups_with_usb(const std::vector<PciFunction>& functions)
{
    std::vector<Group> groups;
    for (const auto& function : functions) {
        if (!function.is_usb_controller() || !function.iommu_group) continue;
        auto group = std::ranges::find(groups, *function.iommu_group, &Group::number);
        if (group == groups.end())
            group = groups.insert(group, {.number = *function.iommu_group, .usb = {}, .others = {}});
        group->usb.push_back(function.address.text());
    }
    for (auto& group : groups)
        for (const auto& function : functions)
            if (function.iommu_group == group.number && !function.is_usb_controller() && !is_bridge(function))
                group.others.push_back(shown(function));
    return groups;
}

/// The way out of a group that other functions share: another controller that can go, or a slot.
std::string instead_of_this_group(const Examination& examination)
{
    std::vector<std::string> names;
    for (const auto& whole : controllers_to_spare(examination)) names.push_back(whole.text());
    if (names.empty()) return "give another controller, or a card in another slot";
    return format("give another controller: {} can go", join(names, " or "));
}

void add_groups(Examination& examination)
{
    std::vector<std::string> alone;
    std::vector<std::string> names;
    for (const auto& group : groups_with_usb(examination.facts.condition.functions)) {
        const auto file = format("/sys/kernel/iommu_groups/{}/devices", group.number);
        if (!group.others.empty()) {
            examination.add(
                {.code = "shared-group",
                 .severity = Severity::warning,
                 .sentence = format("{} share{} IOMMU group {} with {}: a guest gets all of it or nothing",
                                    listed(group.usb), group.usb.size() == 1 ? "s" : "", group.number,
                                    join(group.others, ", ")),
                 .evidence = {file},
                 .remedy = instead_of_this_group(examination)});
        } else if (group.usb.size() > 1) {
            examination.add(
                {.code = "group-together",
                 .severity = Severity::note,
                 .sentence = format("{} go together: they are IOMMU group {}, and a guest gets all of it or "
                                    "nothing",
                                    listed(group.usb), group.number),
                 .evidence = {file},
                 .remedy = format("give all of them to one guest: controllers = [\"{}\"]",
                                  join(group.usb, "\", \""))});
        } else {
            alone.push_back(format("{} in group {}", group.usb.front(), group.number));
            names.push_back(group.usb.front());
        }
    }
    if (!alone.empty())
        examination.add({.code = "iommu-on",
                         .severity = Severity::fine,
                         .sentence = format("an IOMMU is in use, and {} {} alone in {}", listed(names),
                                            names.size() == 1 ? "is" : "are",
                                            names.size() == 1 ? "its group" : "their groups"),
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

/// Controllers that a word of the kernel's command line or a line of modprobe's took at boot, and no guest is to have.
void add_taken_at_boot(Examination& examination)
{
    const auto& facts = examination.facts;
    for (const auto& controller : facts.snapshot.controllers) {
        const auto hold = controller.hold();
        if (hold != topology::Hold::guest && hold != topology::Hold::stub) continue;
        if (claimant(controller, facts.settings) != nullptr) continue;
        const auto taken = taken_at_boot(controller, facts.condition);
        if (!taken) continue;
        examination.add(
            {.code = "taken-at-boot",
             .severity = Severity::warning,
             .sentence = format("{} {} is on {} since the start of the machine, and no guest of the "
                                "configuration is to have it",
                                text_of(controller.kind), controller.name, printable(controller.driver, 32)),
             .evidence = {taken->evidence},
             .remedy = taken->remedy});
    }
}

} // namespace

void examine_guests(Examination& examination)
{
    add_taken_at_boot(examination);
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
