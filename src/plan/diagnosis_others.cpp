// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/findings.hpp"
#include "plan/ownership.hpp"
#include "topology/registers.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace usbroute::plan {

using topology::Controller;
using topology::ForeignLine;

namespace {

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// "d0.l=3fff", "0xd8.W", "dc*": a word of setpci's that names a routing register.
bool names_a_register(std::string_view word)
{
    if (word.starts_with("0x")) word.remove_prefix(2);
    for (const std::string_view offset : {"d0", "d4", "d8", "dc"})
        if (word.starts_with(offset) && word.size() > 2 &&
            (word[2] == '.' || word[2] == '=' || word[2] == '+'))
            return true;
    return false;
}

enum class Writes : std::uint8_t { no, perhaps, yes };

/// Whether a line of a script writes the routing registers. With a variable in place of the register, or of the
/// command's arguments, it may.
Writes writes_the_route(std::string_view line)
{
    const auto text = lower(line);
    if (text.find("setpci") == std::string::npos) return Writes::no;
    auto verdict = Writes::no;
    for (auto word : words(text)) {
        while (!word.empty() && (word.front() == '"' || word.front() == '\'')) word.remove_prefix(1);
        if (names_a_register(word)) return Writes::yes;
        if (word.starts_with('$') || word.find("14.0") != std::string_view::npos) verdict = Writes::perhaps;
    }
    return verdict;
}

std::string shown(const ForeignLine& found)
{
    return format("/{}: {}", printable(found.file, 120), printable(found.line, 160));
}

void add_foreign_writers(Examination& examination)
{
    std::vector<std::string> certain;
    std::vector<std::string> possible;
    for (const auto& line : examination.facts.condition.foreign_lines) {
        const auto writes = writes_the_route(line.line);
        if (writes == Writes::yes) certain.push_back(shown(line));
        if (writes == Writes::perhaps) possible.push_back(shown(line));
    }
    if (certain.empty() && possible.empty()) return;
    const bool inferred = certain.empty();
    auto evidence = inferred ? std::move(possible) : std::move(certain);
    examination.add({.code = "foreign-writer",
                     .severity = Severity::warning,
                     .sentence = inferred ? "a script may write the routing registers behind usbroute's back"
                                          : "a script writes the routing registers behind usbroute's back",
                     .evidence = std::move(evidence),
                     .remedy = "take these lines out; usbroute does it, and reads back what it wrote",
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
         .remedy = "let usbroute apply its profile after that module, or put asus_nb_wmi on modprobe's "
                   "blacklist"});
}

void add_power(Examination& examination, const Controller& xhci)
{
    const auto& condition = examination.facts.condition;
    const auto control = std::ranges::find(condition.power_controls, xhci.address,
                                           [](const auto& entry) { return std::optional(entry.first); });
    const bool known = control != condition.power_controls.end();
    const auto file = format("/sys/bus/pci/devices/{}/power/control", xhci.name);
    const auto pin =
        format("echo on > {}; for every boot a udev rule: ACTION==\"add\", SUBSYSTEM==\"pci\", "
               "ATTR{{vendor}}==\"0x{:04x}\", ATTR{{device}}==\"0x{:04x}\", ATTR{{power/control}}=\"on\"",
               file, xhci.vendor, xhci.device);
    if (known && control->second == "auto" && !xhci.is_given_away())
        examination.add(
            {.code = "runtime-power",
             .severity = Severity::warning,
             .sentence = "the kernel may put the xHCI to sleep, and routes every socket back to it at each "
                         "waking",
             .evidence = {file + ": auto"},
             .remedy = pin});
    else if (known && control->second == "on")
        examination.add({.code = "runtime-power-off",
                         .severity = Severity::fine,
                         .sentence = "the kernel keeps the xHCI awake",
                         .evidence = {file + ": on"},
                         .remedy = {}});

    std::vector<std::string> evidence;
    for (const auto& service : condition.services)
        if (service.find("powertop") != std::string::npos || service.find("tlp") != std::string::npos)
            evidence.push_back("/" + service + " is enabled");
    for (const auto& line : condition.foreign_lines) {
        const auto text = lower(line.line);
        const bool tool =
            text.find("powertop") != std::string::npos && text.find("auto") != std::string::npos;
        const bool rule =
            text.find("power/control") != std::string::npos && text.find("auto") != std::string::npos;
        const bool tlp = text.starts_with("runtime_pm_on_") && text.ends_with("auto");
        if (tool || rule || tlp) evidence.push_back(shown(line));
    }
    if (!evidence.empty())
        examination.add(
            {.code = "power-saver",
             .severity = Severity::warning,
             .sentence = "something saves power here and may let the xHCI sleep, which loses the routes",
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
         .sentence = "USBGuard is installed: to it, a device that changes sides is a new device elsewhere",
         .evidence = {"/" + usbguard},
         .remedy = "write its rules without via-port and parent-hash, or allow the device on both sides"});
}

} // namespace

void examine_others(Examination& examination)
{
    if (const auto& mux = examination.board.mux) {
        add_power(examination, *mux->xhci);
        add_foreign_writers(examination);
        add_asus(examination);
    }
    add_usbguard(examination);
}

void examine_configuration(Examination& examination)
{
    const auto& facts = examination.facts;
    if (!facts.config_trouble.empty()) {
        examination.add({.code = "config-broken",
                         .severity = examination.obstacle(),
                         .sentence = "the configuration cannot be used",
                         .evidence = {facts.config_trouble},
                         .remedy = "mend it; `usbroute config check` says where"});
        return;
    }
    if (!facts.config_misfits.empty())
        examination.add({.code = "config-misfit",
                         .severity = Severity::warning,
                         .sentence = "the configuration does not fit this machine",
                         .evidence = facts.config_misfits,
                         .remedy = "mend it; `usbroute config check` says where"});
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
             .remedy = "say which guest gets the EHCIs: [guest.NAME] with controllers = [\"0000:00:1d.0\", "
                       "...] in usbroute.toml"});
    std::vector<std::string> waiting;
    std::vector<std::string> commands;
    for (const auto& guest : settings.guests) {
        const auto before = waiting.size();
        for (const auto& address : guest.controllers)
            if (const auto* controller = facts.snapshot.controller_at(address);
                controller != nullptr && !is_given_to_guest(*controller))
                waiting.push_back(controller->name);
        if (waiting.size() > before)
            commands.push_back(format("sudo usbroute guest bind {}", guest.name.text()));
    }
    if (!waiting.empty())
        examination.add(
            {.code = "guest-not-given",
             .severity = Severity::note,
             .sentence = format("a guest is to get {}, which the host has now", join(waiting, " and ")),
             .evidence = {format("/sys/bus/pci/devices/{}/driver is not vfio-pci", waiting.front())},
             .remedy = "before the guest starts: " + join(commands, "; ")});
}

void examine_daemon(Examination& examination)
{
    const auto& daemon = examination.facts.daemon;
    if (!daemon || !examination.has_mux()) return;
    if (!daemon->answers) {
        examination.add(
            {.code = "daemon-absent",
             .severity = Severity::note,
             .sentence = "usbrouted does not answer",
             .evidence = {daemon->trouble},
             .remedy = "start it: sudo usbrouted; without it, commands work as root with --direct"});
        return;
    }
    auto sentence = std::string("usbrouted runs");
    if (!daemon->since.empty()) sentence += " since " + daemon->since;
    std::vector<std::string> evidence{"it answered"};
    if (daemon->process) evidence.front() += format(" as process {}", *daemon->process);
    if (examination.facts.registers_by_daemon) evidence.emplace_back("the registers are as it reads them");
    examination.add({.code = "daemon-running",
                     .severity = Severity::fine,
                     .sentence = std::move(sentence),
                     .evidence = std::move(evidence),
                     .remedy = {}});
    if (daemon->sees_claims) return;
    examination.add(
        {.code = "claims-absent",
         .severity = Severity::note,
         .sentence = "usbrouted cannot see every use of a disk: a ZFS pool, an external journal, a disk that another "
                     "virtual machine has raw",
         .evidence = {"/run/usbroute-claims.sock is not there"},
         .remedy = "have the kernel asked: sudo systemctl enable --now usbroute-claims.socket; without systemd, start "
                   "usbroute-claims --listen as root"});
}

} // namespace usbroute::plan
