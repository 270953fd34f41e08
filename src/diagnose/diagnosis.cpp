// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "diagnose/diagnosis.hpp"

#include "base/format.hpp"
#include "diagnose/findings.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>

namespace usbroute::diagnose {

using chips::MuxState;

namespace {

bool is_final(const Diagnosis& diagnosis, const Examination& examination)
{
    if (examination.attaches) return false;
    const auto state = diagnosis.chipset.state;
    return state == MuxState::no_mux || state == MuxState::too_old ||
           (diagnosis.chipset.family != nullptr &&
            diagnosis.chipset.family->access == chips::WriteAccess::read_only);
}

/// Those of one severity keep their order, which is the one in which obstacles have to be removed.
std::vector<Finding> by_severity(const std::vector<Finding>& findings)
{
    std::vector<Finding> ordered;
    for (const auto severity : {Severity::obstacle, Severity::warning, Severity::note, Severity::fine})
        std::ranges::copy_if(findings, std::back_inserter(ordered),
                             [severity](const Finding& finding) { return finding.severity == severity; });
    return ordered;
}

std::string what_works(const Examination& examination)
{
    if (examination.attaches)
        return "This machine can move USB sockets between host and guests: it has no port mux, so a socket's devices are given to the guest one by one";
    const auto& mux = *examination.board.mux;
    return format(
        "This machine can move USB sockets between host and guests: {} chipset, {} of its {} sockets",
        mux.family->name, std::popcount(usable_bits(mux)), mux.family->routes.size());
}

plan::Means means_on(const Diagnosis& diagnosis, const Examination& examination)
{
    if (examination.attaches) return plan::Means::attach;
    return examination.has_mux() && !is_final(diagnosis, examination) ? plan::Means::route
                                                                      : plan::Means::none;
}

/// What the set-up is asked to have, in this order; without the mux each needs the one before it.
std::vector<const char*> order_of_the_set_up(const Examination& examination)
{
    if (examination.attaches)
        return {"config-misfit",      "no-connectors",     "no-guest",        "no-monitor",
                "nodes-shut",         "daemon-keeps-out",  "daemon-absent",   "libvirt-no-helper",
                "libvirt-no-libvirt", "libvirt-no-domain", "libvirt-no-look", "can-be-given",
                "cannot-be-given"};
    // What nothing drives, a guest may be about to get; where nothing can be bound, that is what to repair first.
    constexpr std::array repairs{"no-driver", "group-together", "shared-group"};
    constexpr std::array codes{"config-misfit",     "taken-at-boot",     "not-authorized", "xhci-with-nobody",
                               "guest-has-the-mux", "no-connectors",     "superspeed-off", "no-guest",
                               "out-of-reach",      "guest-gets-the-mux"};
    constexpr std::array last{"daemon-keeps-out", "guest-not-given", "daemon-absent"};
    std::vector<const char*> order(codes.begin(), codes.end());
    const bool a_bind_is_next = examination.a_bind_is_next;
    order.insert(a_bind_is_next ? order.end() : order.begin() + 2, repairs.begin(), repairs.end());
    order.insert(a_bind_is_next ? order.begin() + codes.size() : order.end(), last.begin(), last.end());
    return order;
}

/// On a machine where all is well, what remains is the person's own set-up.
std::string next_of_the_set_up(const std::vector<Finding>& findings, const Examination& examination)
{
    const auto remedy_of = [&](const char* code) {
        const auto found = std::ranges::find_if(findings, [code](const Finding& finding) {
            return finding.code == code && !finding.remedy.empty() &&
                   (finding.code != "group-together" || finding.severity == Severity::warning);
        });
        return found == findings.end() ? std::string() : found->remedy;
    };
    for (const auto* code : order_of_the_set_up(examination))
        if (auto remedy = remedy_of(code); !remedy.empty()) return remedy;
    return "nothing is missing; `usbroute` shows what belongs to whom";
}

} // namespace

std::string_view text_of(Severity severity)
{
    switch (severity) {
    case Severity::obstacle: return "obstacle";
    case Severity::warning: return "warning";
    case Severity::note: return "note";
    case Severity::fine: return "fine";
    }
    return "note";
}

Diagnosis diagnose(const Facts& facts)
{
    const auto& condition = facts.condition;
    auto guest_sign = chips::signs_of_a_guest(condition.functions, condition.maker, condition.model);
    Examination examination{.facts = facts,
                            .chipset = chips::identify(condition.functions, !guest_sign.empty()),
                            .guest_sign = std::move(guest_sign),
                            .board = plan::look_at_board(facts.snapshot, facts.settings),
                            .findings = {},
                            .attaches = false,
                            .a_bind_is_next = false};
    examination.attaches = can_attach(facts, examination.chipset, examination.guest_sign);
    examine_chipset(examination);
    examine_devices(examination);
    examine_registers(examination);
    examine_sides(examination);
    examine_rights(examination);
    examine_iommu(examination);
    examine_guests(examination);
    examine_others(examination);
    examine_configuration(examination);
    examine_attaching(examination);
    examine_daemon(examination);
    Diagnosis diagnosis;
    diagnosis.chipset = examination.chipset;
    if (examination.has_mux()) diagnosis.family = examination.chipset.family->name;
    diagnosis.means = means_on(diagnosis, examination);
    diagnosis.findings = by_severity(examination.findings);
    const auto& first = diagnosis.findings.front(); // the chipset always has something to say
    diagnosis.works = first.severity != Severity::obstacle;
    if (diagnosis.works) {
        diagnosis.verdict = what_works(examination);
        diagnosis.next_step = next_of_the_set_up(diagnosis.findings, examination);
    } else {
        diagnosis.verdict =
            format("{}: {}", is_final(diagnosis, examination) ? "No" : "Not yet", first.sentence);
        diagnosis.next_step = first.remedy;
    }
    return diagnosis;
}

} // namespace usbroute::diagnose
