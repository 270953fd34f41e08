// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "diagnose/findings.hpp"

#include <cstdint>
#include <string>

namespace usbroute::diagnose {

inline constexpr std::uint16_t amd_vendor = 0x1022;

/// What is missing for an IOMMU, and whether that is certain.
struct IommuAdvice {
    std::string remedy;
    bool inferred = true;
};
/// Whether AMD made the processor; else Intel did, by the vendor of the bridge to the host.
[[nodiscard]] bool is_amds(const Examination& examination);
[[nodiscard]] IommuAdvice how_to_get_an_iommu(const Examination& examination);

} // namespace usbroute::diagnose
