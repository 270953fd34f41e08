// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/handover.hpp"

#include <algorithm>

namespace usbroute::topology {

const chips::PciFunction* HandoverLook::function_at(const PciAddress& address) const
{
    const auto found = std::ranges::find(functions, address, &chips::PciFunction::address);
    return found == functions.end() ? nullptr : &*found;
}

const HandoverState* HandoverLook::state_of(const PciAddress& address) const
{
    const auto found = std::ranges::find(controllers, address, &HandoverState::address);
    return found == controllers.end() ? nullptr : &*found;
}

const FunctionLoad* HandoverLook::load_of(const PciAddress& address) const
{
    const auto found = std::ranges::find(loads, address, &FunctionLoad::address);
    return found == loads.end() ? nullptr : &*found;
}

} // namespace usbroute::topology
