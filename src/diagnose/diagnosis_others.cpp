// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "chips/registers.hpp"
#include "diagnose/findings.hpp"
#include "diagnose/foreign_lines.hpp"
#include "diagnose/next_steps.hpp"
#include "plan/ownership.hpp"
#include "plan/reach.hpp"
#include "plan/whole_controller.hpp"

#include <algorithm>
#include <iterator>

namespace usbroute::diagnose {

using topology::ForeignLine;
using topology::PciController;

namespace {

XhciNames names_of(const PciController& xhci)
{
    return {.address = xhci.address, .vendor = xhci.vendor, .device = xhci.device, .driver = xhci.driver};
}

std::string shown(const ForeignLine& found)
{
    return format("/{}: {}", printable(found.file, 120), printable(found.line, 160));
}

void add_foreign_writers(Examination& examination, const PciController& xhci)
{
    std::vector<std::string> certain;
    std::vector<std::string> possible;
    for (const auto& line : examination.facts.condition.foreign_lines) {
        const auto writes = writes_the_route(line.line, names_of(xhci));
        if (writes == Does::yes) certain.push_back(shown(line));
        if (writes == Does::perhaps) possible.push_back(shown(line));
    }
    if (certain.empty() && possible.empty()) return;
    const bool inferred = certain.empty();
    auto evidence = inferred ? std::move(possible) : std::move(certain);
    examination.add({.code = "foreign-writer",
                     .severity = Severity::warning,
                     .sentence = inferred ? "a script may write the routing registers behind usbroute's back"
                                          : "a script writes the routing registers behind usbroute's back",
                     .evidence = std::move(evidence),
                     .remedy = "remove these lines; usbroute does what they do, and reads back what it wrote",
                     .inferred = inferred});
}

void add_asus(Examination& examination)
{
    const auto& condition = examination.facts.condition;
    const auto& modules = condition.modules;
    if (condition.model.find("X550LB") == std::string::npos ||
        std::ranges::find(modules, "asus_nb_wmi") == modules.end())
        return;
    // drivers/platform/x86/asus-nb-wmi.c, the quirk of X550LB, and asus_wmi_set_xusb2pr in asus-wmi.c.
    examination.add(
        {.code = "asus-wmi",
         .severity = Severity::warning,
         .sentence = "on this model the kernel's asus-nb-wmi writes 0x01d9 to XUSB2PR when it is loaded",
         .evidence = {"/proc/modules: asus_nb_wmi", "firmware calls it " + printable(condition.model, 64)},
         .remedy =
             "let usbroute apply its profile after that module, or put asus_nb_wmi on modprobe's blacklist"});
}

void add_power(Examination& examination, const PciController& xhci)
{
    const auto& condition = examination.facts.condition;
    const auto control = std::ranges::find(condition.power_controls, xhci.address,
                                           [](const auto& entry) { return std::optional(entry.first); });
    const bool known = control != condition.power_controls.end();
    const auto file = format("/sys/bus/pci/devices/{}/power/control", xhci.name);
    const auto pin = format(
        R"(echo on > {}; for every boot a udev rule: ACTION=="add", SUBSYSTEM=="pci", ATTR{{vendor}}=="0x{:04x}", ATTR{{device}}=="0x{:04x}", ATTR{{power/control}}="on")",
        file, xhci.vendor, xhci.device);
    if (known && control->second == "auto" && !xhci.is_given_away())
        examination.add(
            {.code = "runtime-power",
             .severity = Severity::warning,
             .sentence =
                 "the kernel may put the xHCI to sleep, and routes every socket back to it each time it wakes",
             .evidence = {file + ": auto"},
             .remedy = pin});
    else if (known && control->second == "on")
        examination.add({.code = "runtime-power-off",
                         .severity = Severity::fine,
                         .sentence = "the kernel keeps the xHCI awake",
                         .evidence = {file + ": on"},
                         .remedy = {}});

    std::vector<std::string> evidence;
    const bool tlp_spares_it = is_exempt_from_tlp(condition.foreign_lines, names_of(xhci));
    for (const auto& service : condition.services)
        if (service.find("powertop") != std::string::npos ||
            (service.find("tlp") != std::string::npos && !tlp_spares_it))
            evidence.push_back("/" + service + " is enabled");
    for (const auto& line : condition.foreign_lines) {
        const bool is_tlps = line.file.starts_with("etc/tlp");
        if (lets_it_sleep(line, names_of(xhci)) && !(is_tlps && tlp_spares_it))
            evidence.push_back(shown(line));
    }
    if (!evidence.empty())
        examination.add(
            {.code = "power-saver",
             .severity = Severity::warning,
             .sentence =
                 "a power saving program runs here; it may put the xHCI to sleep, which loses the routes",
             .evidence = std::move(evidence),
             .remedy = known && control->second == "on" ? "exempt the xHCI from it, or " + pin
                                                        : std::string("exempt the xHCI from it"),
             .inferred = true});
}

void add_usbguard(Examination& examination)
{
    const auto& usbguard = examination.facts.condition.usbguard;
    if (usbguard.empty()) return;
    examination.add(
        {.code = "usbguard",
         .severity = Severity::note,
         .sentence = "USBGuard is installed: it takes a device that changes sides for a new device elsewhere",
         .evidence = {"/" + usbguard},
         .remedy = "write its rules without via-port and parent-hash, or allow the device on both sides"});
}

} // namespace

void examine_others(Examination& examination)
{
    if (const auto& mux = examination.board.mux) {
        add_power(examination, *mux->xhci);
        add_foreign_writers(examination, *mux->xhci);
        add_asus(examination);
    }
    add_usbguard(examination);
}

namespace {

/// The controllers with which every wish of the configuration could be met; empty: no change of them does it.
std::string how_to_be_in_reach(const Facts& facts)
{
    for (const auto& guest : facts.settings.guests) {
        std::vector<std::string> quoted;
        for (const auto& address : plan::controllers_for(guest.name, facts.snapshot, facts.settings))
            quoted.push_back(format("\"{}\"", address.text()));
        if (!quoted.empty())
            return format("write controllers = [{}] into [guest.{}] of usbroute.toml", join(quoted, ", "),
                          guest.name.text());
    }
    return {};
}

/// What the configuration asks for and the mux cannot do, no matter who has the controllers.
void add_out_of_reach(Examination& examination)
{
    const auto& facts = examination.facts;
    const auto found = plan::out_of_reach(facts.snapshot, facts.settings);
    if (found.empty()) return;
    const auto clash = plan::wished_of_one_ehci(facts.snapshot, facts.settings);
    const auto remedy = clash.empty() ? how_to_be_in_reach(facts) : clash;
    std::vector<std::string> sentences;
    std::vector<std::string> evidence;
    std::vector<std::string> subjects;
    for (const auto& one : found) {
        sentences.push_back(format("{}: {}", one.subject, one.sentence));
        evidence.push_back(format("{}: {}", one.origin.text(), one.subject));
        subjects.push_back(one.subject);
    }
    examination.add(
        {.code = remedy.empty() ? "profile-out-of-reach" : "out-of-reach",
         .severity = Severity::warning,
         .sentence = join(sentences, "; "),
         .evidence = std::move(evidence),
         .remedy = remedy.empty() ? format("change {} in usbroute.toml", listed(subjects)) : remedy});
}

/// "which the host has now", by who drives them.
std::string who_has_them(const std::vector<const PciController*>& controllers)
{
    const auto all = [&](topology::Hold hold) {
        return std::ranges::all_of(controllers, [hold](const auto* c) { return c->hold() == hold; });
    };
    if (all(topology::Hold::host)) return "which the host has now";
    if (all(topology::Hold::nobody)) return "which no driver runs now";
    if (all(topology::Hold::stub))
        return format("which {} holds now, so nobody has {}", printable(controllers.front()->driver, 32),
                      controllers.size() == 1 ? "it" : "them");
    std::vector<std::string> drivers;
    for (const auto* controller : controllers)
        drivers.push_back(controller->driver.empty() ? "no driver" : printable(controller->driver, 32));
    return format("which are on {} now", join(drivers, " and "));
}

void add_waiting_guests(Examination& examination)
{
    const auto& facts = examination.facts;
    std::vector<const PciController*> waiting;
    std::vector<std::string> ways;
    std::vector<std::string> once_they_run; ///< of guests with bind = "running"
    bool one_leads = false;
    bool all_are_free = true;
    for (const auto& guest : facts.settings.guests) {
        const auto before = waiting.size();
        for (const auto& address : guest.controllers)
            if (const auto* controller = facts.snapshot.controller_at(address);
                controller != nullptr && !plan::is_given_to_guest(*controller) &&
                plan::claimant(*controller, facts.settings) == &guest)
                waiting.push_back(controller);
        if (waiting.size() == before) continue;
        const auto way = way_to_bind(examination, guest);
        all_are_free = all_are_free && way.leads && way.is_free;
        const auto& name = guest.name.text();
        if (guest.bind == config::BindAt::running) {
            const auto cannot = format("{} cannot be given them now: {}", name, way.text);
            once_they_run.push_back(way.leads ? format("once {} runs: {}", name, way.text) : cannot);
            once_they_run.push_back(format("{}: {}", name, plan::root_ports_needed(guest)));
            continue;
        }
        one_leads = one_leads || way.leads;
        ways.push_back(way.leads ? way.text : format("{} cannot be bound now: {}", name, way.text));
    }
    if (waiting.empty()) return;
    examination.a_bind_is_next = all_are_free;
    if (one_leads) ways.front().insert(0, "before the guest starts: ");
    std::ranges::move(once_they_run, std::back_inserter(ways));
    const auto names = texts_of(waiting, [](const auto* controller) { return controller->name; });
    examination.add({.code = "guest-not-given",
                     .severity = Severity::note,
                     .sentence = format("a guest is to get {}, {}", listed(names), who_has_them(waiting)),
                     .evidence = {format("/sys/bus/pci/devices/{}/driver is not vfio-pci", names.front())},
                     .remedy = join(ways, "; ")});
}

/// A guest that is to get the xHCI could have the EHCIs instead: those that leave the xHCI with the host, and that no other
/// guest is to have.
void add_guest_for_the_mux(Examination& examination)
{
    const auto& settings = examination.facts.settings;
    const auto& mux = examination.board.mux;
    const auto* guest = mux ? plan::claimant(*mux->xhci, settings) : nullptr;
    if (guest == nullptr || mux->xhci->is_given_away()) return;
    std::vector<std::string> quoted;
    for (const auto* ehci : mux->ehcis) {
        if (ehci == nullptr || (ehci->iommu_group && ehci->iommu_group == mux->xhci->iommu_group)) continue;
        const auto* other = plan::claimant(*ehci, settings);
        if (other == nullptr || other == guest) quoted.push_back(format("\"{}\"", ehci->name));
    }
    if (quoted.empty()) return;
    examination.add(
        {.code = "guest-gets-the-mux",
         .severity = Severity::warning,
         .sentence = format(
             "{} is to get the xHCI and with it the routing registers: it can then move sockets at any time",
             guest->name.text()),
         .evidence = {format("{}: guest {}", guest->origin.text(), guest->name.text())},
         .remedy = format(
             "give {} the EHCIs and keep the xHCI on the host: write controllers = [{}] into [guest.{}] of usbroute.toml",
             guest->name.text(), join(quoted, ", "), guest->name.text())});
}

} // namespace

void examine_configuration(Examination& examination)
{
    const auto& facts = examination.facts;
    if (!facts.config_trouble.empty()) {
        examination.add({.code = "config-broken",
                         .severity = examination.moves_sockets() ? Severity::obstacle : Severity::warning,
                         .sentence = "the configuration cannot be used",
                         .evidence = {facts.config_trouble},
                         .remedy = "correct the configuration: `usbroute config check` says where"});
        return;
    }
    if (!facts.config_misfits.empty())
        examination.add({.code = "config-misfit",
                         .severity = Severity::warning,
                         .sentence = "the configuration does not fit this machine",
                         .evidence = facts.config_misfits,
                         .remedy = "correct the configuration: `usbroute config check` says where"});
    const auto& settings = facts.settings;
    if (!examination.has_mux()) return;
    if (settings.connectors.empty())
        examination.add({.code = "no-connectors",
                         .severity = Severity::note,
                         .sentence = "no socket has a name yet",
                         .evidence = {"the configuration has no [connector.NAME]"},
                         .remedy = "name the sockets by plugging something into each: sudo usbroute map"});
    if (settings.guests.empty())
        examination.add(
            {.code = "no-guest",
             .severity = Severity::note,
             .sentence = "no guest is configured",
             .evidence = {"the configuration has no [guest.NAME]"},
             .remedy =
                 "say which guest gets the EHCIs: [guest.NAME] with controllers = [\"0000:00:1d.0\", ...] in usbroute.toml"});
    add_out_of_reach(examination);
    add_guest_for_the_mux(examination);
    add_waiting_guests(examination);
}

namespace {

/// Programs that do for the daemon what it has no right to.
void add_absent_helpers(Examination& examination, const DaemonLook& daemon)
{
    if (!daemon.sees_binder && examination.facts.settings.moves_controllers())
        examination.add(
            {.code = "binder-absent",
             .severity = Severity::warning,
             .sentence =
                 "a guest has controllers in on_move, and nobody is there to bind them: moves of their sockets are refused",
             .evidence = {"/run/usbroute-bind.sock does not exist"},
             .remedy =
                 "start usbroute-bind: sudo systemctl enable --now usbroute-bind.socket; without systemd, run usbroute-bind --listen as root"});
    if (daemon.sees_claims) return;
    examination.add(
        {.code = "claims-absent",
         .severity = Severity::note,
         .sentence =
             "usbrouted cannot see every use of a disk: a ZFS pool, an external journal, a disk that another virtual machine uses raw",
         .evidence = {"/run/usbroute-claims.sock does not exist"},
         .remedy =
             "let usbrouted ask the kernel: sudo systemctl enable --now usbroute-claims.socket; without systemd, run usbroute-claims --listen as root"});
}

} // namespace

void examine_daemon(Examination& examination)
{
    const auto& daemon = examination.facts.daemon;
    if (!daemon || !examination.moves_sockets()) return;
    if (daemon->keeps_us_out) {
        examination.add({.code = "daemon-keeps-out",
                         .severity = Severity::note,
                         .sentence = "usbrouted has a socket here, and this user may not connect to it",
                         .evidence = {daemon->trouble},
                         .remedy = how_to_be_let_in(examination.facts)});
        return;
    }
    if (!daemon->answers) {
        examination.add(
            {.code = "daemon-absent",
             .severity = Severity::note,
             .sentence = "usbrouted does not answer",
             .evidence = {daemon->trouble},
             .remedy =
                 examination.attaches
                     ? "start it: sudo usbrouted; devices are given to guests only while it runs"
                     : "start it: sudo usbrouted; without it, commands work only as root with --direct"});
        return;
    }
    auto sentence = std::string("usbrouted runs");
    if (!daemon->since.empty()) sentence += " since " + daemon->since;
    std::vector<std::string> evidence{"it answered"};
    if (daemon->process) evidence.front() += format(" as process {}", *daemon->process);
    if (examination.facts.registers_by_daemon)
        evidence.emplace_back("the registers shown are those that it reads");
    examination.add({.code = "daemon-running",
                     .severity = Severity::fine,
                     .sentence = std::move(sentence),
                     .evidence = std::move(evidence),
                     .remedy = {}});
    if (!daemon->noisy_lines.empty())
        examination.add(
            {.code = "only-noise",
             .severity = Severity::note,
             .sentence = "a guest's line sends only noise: is something else on that port?",
             .evidence = daemon->noisy_lines,
             .remedy =
                 "in the guest, remove the console or login from that port, and send one word of docs/protocol.md with a line end, as usbroute-guest does"});
    add_absent_helpers(examination, *daemon);
}

} // namespace usbroute::diagnose
