// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "chips/registers.hpp"

#include <cstdint>

namespace usbroute::apply {

/// The routing registers of one controller.
class RouteRegisters {
public:
    virtual ~RouteRegisters() = default;

    /// What the hardware holds now, which need not be what was last written: a resume, a driver load or a guest
    /// may have changed it.
    [[nodiscard]] virtual Result<chips::RouteBits> read() = 0;

    /// Writes all 32 bits of one register in one aligned 4-byte access. Success means that the write was
    /// delivered. Bits the hardware does not let us move keep their value without complaint, so the caller reads
    /// back.
    [[nodiscard]] virtual Result<void> write(chips::RouteRegister target, std::uint32_t value) = 0;
};

} // namespace usbroute::apply
