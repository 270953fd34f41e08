// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "diagnose/findings.hpp"
#include "diagnose/next_steps.hpp"

#include <algorithm>

namespace usbroute::diagnose {

using chips::MuxState;
using chips::PciFunction;

bool can_attach(const Facts& facts, const chips::Chipset& chipset, const std::string& guest_sign)
{
    const bool has_no_mux = chipset.state == MuxState::no_mux || chipset.state == MuxState::too_old;
    if (!has_no_mux || !guest_sign.empty() || facts.condition.hypervisor == "xen") return false;
    return std::ranges::any_of(facts.condition.functions, [&](const PciFunction& function) {
        if (!function.is_usb_controller()) return false;
        const auto* controller = facts.snapshot.controller_at(function.address);
        return controller == nullptr || !controller->is_given_away();
    });
}

namespace {

void add_no_places(Examination& examination)
{
    const auto& connectors = examination.facts.settings.connectors;
    if (std::ranges::any_of(connectors, [](const auto& one) { return one.spec.is_by_place(); })) return;
    examination.add({.code = "no-connectors",
                     .severity = Severity::note,
                     .sentence = connectors.empty() ? "no socket has a name yet"
                                                    : "no connector says at which ports its socket is",
                     .evidence = {"the configuration has no [connector.NAME] with usb = [...]"},
                     .remedy = "name the sockets by plugging something into each: sudo usbroute map"});
}

/// Of the guests the first is taken: which one is to have devices, only a person can tell.
void add_no_taker(Examination& examination)
{
    const auto& guests = examination.facts.settings.guests;
    if (std::ranges::any_of(guests, [](const auto& guest) { return guest.takes_devices(); })) return;
    const auto name = guests.empty() ? std::string("NAME") : guests.front().name.text();
    examination.add(
        {.code = guests.empty() ? "no-guest" : "no-monitor",
         .severity = Severity::note,
         .sentence =
             guests.empty()
                 ? "no guest is configured"
                 : "no guest has a monitor or a domain of libvirt's through which it could be given devices",
         .evidence = {guests.empty()
                          ? "the configuration has no [guest.NAME]"
                          : R"(the configuration has no [guest.NAME] with qmp = "..." or libvirt = "...")"},
         .remedy = format(
             R"(write qmp = "/run/usbroute/{0}.qmp" into [guest.{0}] of usbroute.toml, then start its QEMU with the lines that `usbroute guest lines {0}` prints; or write libvirt = "DOMAIN" where libvirt runs it; step by step: docs/libvirt.md, docs/proxmox.md)",
             name)});
}

/// The remedy of what the daemon does not know of a guest, and why it does not.
std::string remedy_for_silence(const std::string& code, const config::LibvirtSettings& libvirt)
{
    if (code == "no-helper") return "start it: " + config::command_for_helper(libvirt);
    if (code == "no-libvirt") return format("see whether libvirt runs: virsh -c {} version", libvirt.uri());
    if (code == "same-domain") return "remove one of the two guests, or give it its own libvirt = \"DOMAIN\"";
    if (code == "no-look")
        return format(R"(see whether libvirt shows it: virsh -c {} dumpxml "{}")", libvirt.uri(),
                      libvirt.domain);
    return format("write the name of the domain into libvirt = \"...\": virsh -c {} list --all has them",
                  libvirt.uri());
}

/// What the daemon says counts; where it was not asked, whether the socket is there.
void add_silent_guests(Examination& examination)
{
    const auto& facts = examination.facts;
    const bool has_asked = facts.daemon && facts.daemon->answers;
    const auto add = [&](const GuestName& name, const std::string& code, std::string sentence,
                         std::string evidence) {
        const auto* guest = facts.settings.guest(name);
        if (guest == nullptr || !guest->libvirt) return;
        examination.add({.code = "libvirt-" + code,
                         .severity = Severity::warning,
                         .sentence = std::move(sentence),
                         .evidence = {std::move(evidence)},
                         .remedy = remedy_for_silence(code, *guest->libvirt)});
    };
    if (has_asked)
        for (const auto& silent : facts.daemon->silent_guests)
            add(silent.guest, silent.code, format("{} is given nothing: {}", silent.guest.text(), silent.why),
                "usbrouted says so");
    else
        for (const auto& name : facts.without_helper)
            add(name, "no-helper", format("{} is given nothing: no usbroute-libvirt listens", name.text()),
                "its socket does not exist");
}

void add_not_started(Examination& examination)
{
    const auto& daemon = examination.facts.daemon;
    if (!daemon || daemon->not_started.empty()) return;
    examination.add(
        {.code = "not-started-by-plug",
         .severity = Severity::warning,
         .sentence = daemon->not_started.front(),
         .evidence = daemon->not_started,
         .remedy = "start the guest yourself, or move one of its sockets to it so that plugs count anew"});
}

void add_shut_nodes(Examination& examination)
{
    const auto& shut = examination.facts.shut_nodes;
    if (shut.empty()) return;
    examination.add(
        {.code = "nodes-shut",
         .severity = Severity::warning,
         .sentence =
             "usbrouted may not open the devices in its sockets, so a guest's QEMU has to have the right to",
         .evidence = shut,
         .remedy =
             "give usbrouted the right: `usbroute config udev` prints the udev rules, and how to install them"});
}

void add_first_move(Examination& examination)
{
    auto move = first_move(examination);
    if (move.sentence.empty()) return;
    const bool can_go = !move.command.empty();
    examination.add({.code = can_go ? "can-be-given" : "cannot-be-given",
                     .severity = can_go ? Severity::fine : Severity::note,
                     .sentence = std::move(move.sentence),
                     .evidence = {"planned just now; nothing was touched"},
                     .remedy = can_go ? std::move(move.command) : std::move(move.remedy)});
}

} // namespace

void examine_attaching(Examination& examination)
{
    if (!examination.attaches || !examination.facts.config_trouble.empty()) return;
    add_no_places(examination);
    add_no_taker(examination);
    add_silent_guests(examination);
    add_not_started(examination);
    add_shut_nodes(examination);
    add_first_move(examination);
}

} // namespace usbroute::diagnose
