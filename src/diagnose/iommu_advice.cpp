// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "diagnose/iommu_advice.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::diagnose {

using chips::PciFunction;

namespace {

/// The kernel's word that switches this maker's IOMMU off; empty: there is none.
std::string word_against(const std::vector<std::string>& kernel_words, bool amd)
{
    for (const auto& word : kernel_words)
        if (word == "iommu=off" ||
            (amd ? word.starts_with("amd_iommu=off") : word.starts_with("intel_iommu=off")))
            return word;
    return {};
}

} // namespace

bool is_amds(const Examination& examination)
{
    constexpr std::uint16_t ati_vendor = 0x1002; // made AMD's bridges up to SR5690 and RD890
    const auto& functions = examination.facts.condition.functions;
    const auto bridge = std::ranges::find_if(functions, [](const PciFunction& function) {
        return function.class_code >> 8u == 0x0600; // PCI code and ID assignment
    });
    if (bridge == functions.end()) return examination.chipset.name == "AMD";
    return bridge->vendor == amd_vendor || bridge->vendor == ati_vendor;
}

IommuAdvice how_to_get_an_iommu(const Examination& examination)
{
    const auto& condition = examination.facts.condition;
    const bool amd = is_amds(examination);
    const auto* const option = amd ? "IOMMU (AMD-Vi)" : "VT-d";
    const auto kernel_words = condition.kernel_words.value_or(std::vector<std::string>{});
    const bool asked_for = amd || std::ranges::any_of(kernel_words, [](const auto& word) {
                               return word.starts_with("intel_iommu=on");
                           });
    if (const auto against = word_against(kernel_words, amd); !against.empty())
        return {.remedy = format("remove {} from the kernel's command line and reboot", against),
                .inferred = false};
    if (condition.firmware_iommu == true && asked_for)
        return {
            .remedy = format(
                "see why the kernel does not use the IOMMU: `sudo dmesg | grep -i {}`; firmware has {} on, so the kernel was built without its driver ({}), or that driver failed",
                amd ? "-e amd-vi -e ivrs" : "dmar", option, amd ? "CONFIG_AMD_IOMMU" : "CONFIG_INTEL_IOMMU"),
            .inferred = true};
    if (condition.firmware_iommu == false || asked_for)
        return {
            .remedy = format(
                "switch {} on in the firmware set-up; if there is no such option, the processor or the board lacks it",
                option),
            .inferred = condition.firmware_iommu != false};
    if (condition.firmware_iommu == true)
        return {.remedy = "add intel_iommu=on to the kernel's command line and reboot", .inferred = false};
    return {
        .remedy = format(
            "add intel_iommu=on to the kernel's command line and reboot; if that changes nothing, switch {} on in the firmware set-up",
            option),
        .inferred = true};
}

} // namespace usbroute::diagnose
