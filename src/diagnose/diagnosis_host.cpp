// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/groups.hpp"
#include "base/text.hpp"
#include "diagnose/findings.hpp"
#include "diagnose/iommu_advice.hpp"
#include "diagnose/taken_at_boot.hpp"
#include "diagnose/whole_controllers.hpp"
#include "plan/handover.hpp"
#include "plan/ownership.hpp"

#include <algorithm>

namespace usbroute::diagnose {

using chips::PciFunction;
using topology::Condition;
using topology::PciController;

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
    if (examination.attaches) {
        examination.add(
            {.code = "lockdown",
             .severity = Severity::note,
             .sentence = format("kernel lockdown is on ({}); nothing that is done here is refused by it",
                                condition.lockdown),
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
            "remove {} from the kernel's command line and reboot; if it is still on, switch Secure Boot off in the firmware set-up",
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
             .sentence =
                 examination.facts.recorded
                     ? "the recording accepted the same value of XUSB2PR again, which says nothing about that machine's kernel"
                     : "the kernel allowed writing the same value to XUSB2PR again",
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

std::string how_to_be_let_in(const Facts& facts)
{
    std::string group = "usbroute";
    for (const auto& listener : facts.settings.listeners)
        if (const auto* address = std::get_if<config::UnixAddress>(&listener.address);
            address != nullptr && listener.is_control() && !address->group.empty())
            group = address->group;
    return format("join the group of the daemon's socket, then log in again: sudo usermod -aG {} $USER",
                  group);
}

void examine_rights(Examination& examination)
{
    const auto& facts = examination.facts;
    const auto& mux = examination.board.mux;
    if (mux && mux->bits != nullptr && !facts.recorded && !facts.may_write &&
        !(facts.daemon && facts.daemon->answers))
        examination.add(
            {.code = "not-permitted",
             .severity = Severity::obstacle,
             .sentence = facts.daemon && facts.daemon->keeps_us_out
                             ? "this user cannot write the routing registers, and may not ask the daemon to"
                             : "this user cannot write the routing registers, and no daemon does it for them",
             .evidence = {"not root"},
             .remedy =
                 facts.daemon && facts.daemon->keeps_us_out
                     ? how_to_be_let_in(facts)
                     : "run it as root, or start usbrouted and join the group of its listener (usbroute)"});
    add_lockdown(examination);
    add_trial(examination);
}

namespace {

void add_no_iommu(Examination& examination)
{
    const auto& condition = examination.facts.condition;
    const bool amd = is_amds(examination);
    std::vector<std::string> evidence{"/sys/kernel/iommu_groups is empty or missing"};
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
    examination.add({.code = "iommu-off",
                     .severity = examination.attaches ? Severity::note : examination.obstacle(),
                     .sentence = format("no IOMMU is in use, so no guest can be given a controller{}",
                                        examination.has_mux()  ? "; sockets can only change sides on the host"
                                        : examination.attaches ? "; single devices need none"
                                                               : ""),
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
    std::vector<const PciFunction*> usb;
    std::vector<std::string> others;

    [[nodiscard]] std::vector<std::string> names() const
    {
        return texts_of(usb, [](const auto* function) { return function->address.text(); });
    }
};

std::vector<Group> groups_with_usb(const std::vector<PciFunction>& functions)
{
    std::vector<Group> groups;
    for (const auto& function : functions) {
        if (!function.is_usb_controller() || !function.iommu_group) continue;
        group_with(groups, &Group::number, *function.iommu_group).usb.push_back(&function);
    }
    for (auto& group : groups)
        for (const auto& function : functions)
            if (function.iommu_group == group.number && !function.is_usb_controller() && !is_bridge(function))
                group.others.push_back(shown(function));
    return groups;
}

/// How many of a group's USB controllers a guest is to have.
std::ptrdiff_t share_of(const config::GuestSettings& guest, const Group& group)
{
    return std::ranges::count_if(group.usb, [&](const PciFunction* function) {
        return std::ranges::find(guest.controllers, function->address) != guest.controllers.end();
    });
}

/// A guest that gets such a group gets the routing registers, too.
bool has_the_muxs_xhci(const Examination& examination, const Group& group)
{
    const auto& mux = examination.board.mux;
    return mux && std::ranges::any_of(group.usb, [&](const PciFunction* function) {
               return function->address == mux->xhci->address;
           });
}

void add_together(Examination& examination, const Group& group, const std::string& file)
{
    const auto& guests = examination.facts.settings.guests;
    const auto size = std::ssize(group.usb);
    const bool is_whole =
        std::ranges::any_of(guests, [&](const auto& guest) { return share_of(guest, group) == size; });
    // What no driver of the host's runs is in nobody's way.
    const bool is_split = std::ranges::any_of(guests, [&](const auto& guest) {
        return share_of(guest, group) > 0 && std::ranges::any_of(group.usb, [&](const PciFunction* function) {
                   return !plan::why_in_the_way(*function, guest, examination.facts.settings).empty();
               });
    });
    const auto names = group.names();
    const auto why_not = why_not_together(examination, group.usb);
    std::string remedy;
    if (has_the_muxs_xhci(examination, group))
        remedy = "keep all of them on the host, and give a guest only controllers of other groups";
    else if (!is_whole)
        remedy = why_not.empty()
                     ? format("give all of them to one guest: controllers = [\"{}\"]", join(names, "\", \""))
                     : format("they cannot go to a guest as things are now: {}", why_not);
    examination.add(
        {.code = "group-together",
         .severity = is_split ? Severity::warning : Severity::note,
         .sentence = format("{} go together: they are IOMMU group {}, and a guest gets all of it or nothing",
                            listed(names), group.number),
         .evidence = {file},
         .remedy = std::move(remedy)});
}

/// A guest that has an EHCI from the xHCI's group has the xHCI, too, or nothing.
void add_ehcis_with_the_xhci(Examination& examination)
{
    const auto& mux = examination.board.mux;
    if (!mux || !mux->xhci->iommu_group) return;
    std::vector<std::string> with;
    bool one_is_apart = false;
    for (const auto* ehci : mux->ehcis) {
        if (ehci == nullptr) continue;
        if (ehci->iommu_group == mux->xhci->iommu_group)
            with.push_back(ehci->name);
        else
            one_is_apart = true;
    }
    if (with.empty() || one_is_apart) return;
    const auto group = *mux->xhci->iommu_group;
    examination.add(
        {.code = "ehci-with-the-xhci",
         .severity = Severity::obstacle,
         .sentence = format(
             "{} {} IOMMU group {} with the xHCI {}, so no guest can have {} while the host keeps the xHCI; sockets can only change sides on the host",
             listed(with), with.size() == 1 ? "shares" : "share", group, mux->xhci->name,
             with.size() == 1 ? "it" : "one"),
         .evidence = {format("/sys/kernel/iommu_groups/{}/devices", group)},
         .remedy = instead_of_a_group(examination)});
}

/// What only matters to who gives whole controllers, where sockets move without.
Severity of_whole_controllers(const Examination& examination)
{
    const auto gets_controllers = [](const auto& guest) { return !guest.controllers.empty(); };
    return examination.attaches && std::ranges::none_of(examination.facts.settings.guests, gets_controllers)
               ? Severity::note
               : Severity::warning;
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
                 .severity = of_whole_controllers(examination),
                 .sentence = format("{} share{} IOMMU group {} with {}: a guest gets all of it or nothing",
                                    listed(group.names()), group.usb.size() == 1 ? "s" : "", group.number,
                                    join(group.others, ", ")),
                 .evidence = {file},
                 .remedy = instead_of_a_group(examination)});
        } else if (group.usb.size() > 1) {
            add_together(examination, group, file);
        } else {
            names.push_back(group.usb.front()->address.text());
            alone.push_back(format("{} in group {}", names.back(), group.number));
        }
    }
    add_ehcis_with_the_xhci(examination);
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
        examination.add(
            {.code = "under-xen",
             .severity = examination.obstacle(),
             .sentence =
                 "this kernel runs under Xen, which keeps the IOMMU for itself: no KVM guest can be given a controller",
             .evidence = {"/sys/hypervisor/type: xen"},
             .remedy = "boot the machine without Xen"});
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
    const auto owner = plan::owner_of(&controller, facts.settings);
    if (const auto* guest = std::get_if<plan::OwnedByGuest>(&owner))
        who.push_back(format("guest {} according to the configuration", guest->guest.text()));
    for (const auto& holder : facts.holders)
        if (controller.iommu_group == holder.group)
            who.push_back(
                format("held open by {} (process {})", printable(holder.command, 32), holder.process));
    return who.empty() ? std::string("no guest in the configuration claims it") : join(who, ", ");
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
}

/// Whether a guest is to have a controller, or a process has it open.
bool is_somebodys(const Examination& examination, const PciController& controller)
{
    const auto& facts = examination.facts;
    return plan::claimant(controller, facts.settings) != nullptr ||
           std::ranges::any_of(facts.holders, [&](const topology::GroupHolder& holder) {
               return controller.iommu_group == holder.group;
           });
}

std::string how_to_take_back(const Condition& condition, const PciController& controller)
{
    if (std::ranges::find(condition.driverctl, controller.address) != condition.driverctl.end())
        return format("give {} back to the host: sudo driverctl unset-override {}", controller.name,
                      controller.name);
    const auto files = "/sys/bus/pci";
    return format(
        "give {} back to the host: as root, echo > {}/devices/{}/driver_override; echo {} > {}/drivers/{}/unbind; echo {} > {}/drivers_probe",
        controller.name, files, controller.name, controller.name, files, printable(controller.driver, 32),
        controller.name, files);
}

void add_xhci_given_away(Examination& examination)
{
    const auto& mux = examination.board.mux;
    if (!mux || !mux->xhci->is_given_away()) return;
    const auto& xhci = *mux->xhci;
    const auto& condition = examination.facts.condition;
    std::vector<std::string> evidence{format("/sys/bus/pci/devices/{}/driver: {}", xhci.name, xhci.driver)};
    if (is_somebodys(examination, xhci)) {
        examination.add(
            {.code = "guest-has-the-mux",
             .severity = Severity::warning,
             .sentence =
                 "a guest has the xHCI and with it the routing registers: it can move sockets at any time",
             .evidence = std::move(evidence),
             .remedy = "give it the EHCIs and keep the xHCI on the host"});
        return;
    }
    if (taken_at_boot(xhci, condition)) return; // has been said
    if (std::ranges::find(condition.driverctl, xhci.address) != condition.driverctl.end())
        evidence.push_back(format("/etc/driverctl.d/{} is there", xhci.name));
    examination.add(
        {.code = "xhci-with-nobody",
         .severity = Severity::warning,
         .sentence = format(
             "{} holds the xHCI {}, and no guest in the configuration is meant to have it: the host has no USB on that side",
             printable(xhci.driver, 32), xhci.name),
         .evidence = std::move(evidence),
         .remedy = how_to_take_back(condition, xhci)});
}

/// Controllers that a word of the kernel's command line or a line of modprobe's took at boot, and no guest is to have.
void add_taken_at_boot(Examination& examination)
{
    struct Taker {
        std::string driver;
        bool is_a_stub = false;
        std::vector<std::string> controllers;
        std::vector<TakenAtBoot> taken;
    };
    const auto& facts = examination.facts;
    std::vector<Taker> takers;
    for (const auto& controller : facts.snapshot.controllers) {
        const auto hold = controller.hold();
        if (hold != topology::Hold::guest && hold != topology::Hold::stub) continue;
        if (plan::claimant(controller, facts.settings) != nullptr) continue;
        const auto taken = taken_at_boot(controller, facts.condition);
        if (!taken) continue;
        auto taker = std::ranges::find_if(
            takers, [&](const Taker& one) { return one.taken.front().evidence == taken->evidence; });
        if (taker == takers.end())
            taker = takers.insert(taker, {.driver = controller.driver,
                                          .is_a_stub = hold == topology::Hold::stub,
                                          .controllers = {},
                                          .taken = {}});
        taker->controllers.push_back(format("{} {}", text_of(controller.kind), controller.name));
        taker->taken.push_back(*taken);
    }
    for (const auto& taker : takers) {
        const bool one = taker.controllers.size() == 1;
        examination.add(
            {.code = "taken-at-boot",
             .severity = Severity::warning,
             .sentence =
                 format("{} {} on {} since boot, and no guest in the configuration is meant to have {}{}",
                        listed(taker.controllers), one ? "is" : "are", printable(taker.driver, 32),
                        one ? "it" : "them", taker.is_a_stub ? ": a socket on that side is dead" : ""),
             .evidence = {taker.taken.front().evidence},
             .remedy = how_to_get_back(taker.taken)});
    }
}

} // namespace

void examine_guests(Examination& examination)
{
    add_taken_at_boot(examination);
    add_given_away(examination);
    add_xhci_given_away(examination);
    if (examination.facts.condition.vfio_driver)
        examination.add({.code = "vfio-present",
                         .severity = Severity::fine,
                         .sentence = "vfio-pci, which hands controllers to guests, is loaded",
                         .evidence = {"/sys/bus/pci/drivers/vfio-pci"},
                         .remedy = {}});
    else if (examination.guest_sign.empty())
        examination.add({.code = "vfio-absent",
                         .severity = Severity::note,
                         .sentence = "vfio-pci, which hands controllers to guests, is not loaded",
                         .evidence = {"/sys/bus/pci/drivers/vfio-pci does not exist"},
                         .remedy = "modprobe vfio-pci, before a guest is given a controller"});
}

} // namespace usbroute::diagnose
