// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "diagnose/diagnosis.hpp"
#include "fakes/boards.hpp"

#include <algorithm>

/// A machine to be examined, and what is looked for in what is said of it.
namespace usbroute::fakes {

inline chips::PciFunction pci_function(std::string_view address, std::uint16_t vendor, std::uint16_t device,
                                       std::uint32_t code, std::optional<std::uint32_t> group = {})
{
    return {.address = *PciAddress::parse(address),
            .vendor = vendor,
            .device = device,
            .class_code = code,
            .driver = {},
            .iommu_group = group};
}

/// A Z97 board with nothing to complain about: root looks, the daemon answers, the guest has its controllers.
inline diagnose::Facts all_is_well()
{
    diagnose::Facts facts;
    facts.snapshot = z97();
    controller(facts.snapshot, "00:1a.0").driver = "vfio-pci";
    controller(facts.snapshot, "00:1d.0").driver = "vfio-pci";
    facts.settings = settings();
    facts.may_write = true;
    facts.daemon =
        diagnose::DaemonLook{.answers = true, .trouble = {}, .process = 711, .since = "2026-11-22 12:00:31"};
    auto& condition = facts.condition;
    condition.functions = {pci_function("00:14.0", 0x8086, 0x8cb1, 0x0c0330, 4),
                           pci_function("00:1a.0", 0x8086, 0x8cad, 0x0c0320, 7),
                           pci_function("00:1d.0", 0x8086, 0x8ca6, 0x0c0320, 9)};
    condition.kernel_words = {"intel_iommu=on"};
    condition.lockdown_told = true;
    condition.iommu_units = true;
    condition.iommu_groups = true;
    condition.firmware_iommu = true;
    condition.vfio_driver = true;
    condition.power_controls = {{*PciAddress::parse("00:14.0"), "on"}};
    return facts;
}

inline const diagnose::Finding* finding(const diagnose::Diagnosis& diagnosis, std::string_view code)
{
    const auto found = std::ranges::find(diagnosis.findings, code, &diagnose::Finding::code);
    return found == diagnosis.findings.end() ? nullptr : &*found;
}

inline void remove_ehci(diagnose::Facts& facts, std::string_view address)
{
    const auto which = *PciAddress::parse(address);
    std::erase_if(facts.snapshot.controllers.edit(), [&](const auto& c) { return c.address == which; });
    std::erase_if(facts.condition.functions, [&](const auto& f) { return f.address == which; });
}

inline topology::PciController& its_xhci(diagnose::Facts& facts)
{
    return controller(facts.snapshot, "00:14.0");
}
inline chips::RouteBits& bits(diagnose::Facts& facts) { return bits(facts.snapshot); }

} // namespace usbroute::fakes
