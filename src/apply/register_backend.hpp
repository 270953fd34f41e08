// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"
#include "apply/execution.hpp"
#include "apply/registers.hpp"

namespace usbroute::apply {

/// Routes: writes the registers of the mux. Calls back from within, so that a change of routes begins and ends inside one
/// turn of the loop.
class RegisterBackend final : public Backend {
public:
    explicit RegisterBackend(RouteRegisters& registers) : registers_(registers) {}

    void look(Seen seen) override;
    void act(const plan::Action& action, Seen seen) override;

private:
    [[nodiscard]] Result<plan::Reading> write(const route::WriteRegister& write);

    RouteRegisters& registers_;
    chips::RouteBits now_;
};

/// Carries out a plan of routes.
[[nodiscard]] Result<Applied> execute(const plan::Plan& plan, RouteRegisters& registers, Journal& journal,
                                      const Signature& signature = {});

} // namespace usbroute::apply
