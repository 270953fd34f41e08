// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/direct_machine.hpp"

#include "cli/ports_for.hpp"
#include "linux/files.hpp"
#include "linux/host_use.hpp"
#include "observe/scan.hpp"
#include "route/mux.hpp"
#include "topology/connector.hpp"

namespace usbroute::cli {

DirectMachine::DirectMachine(const linux_::Locations& where, config::Settings settings)
    : where_(where), settings_(std::move(settings))
{
    look();
}

void DirectMachine::look()
{
    auto applied = std::move(snapshot_.applied);
    snapshot_ = observe::scan(linux_::LiveTree(where_.root), ports_for(settings_));
    snapshot_.applied = std::move(applied);
}

std::optional<chips::RouteBits> DirectMachine::bits() const
{
    const auto mux = route::find_mux(snapshot_);
    return mux && mux->bits != nullptr ? std::optional(*mux->bits) : std::nullopt;
}

apply::Known DirectMachine::known() const
{
    return {.snapshot = snapshot_, .settings = settings_, .registers = bits()};
}

apply::CloserLook DirectMachine::look_closer(const topology::UseParts& needed) const
{
    return {.use = linux_::look_at_host_use(where_, needed), .snapshot = {}};
}

bool DirectMachine::reads_otherwise()
{
    const auto before = bits();
    look();
    return bits() != before;
}

Result<NotNull<apply::RouteRegisters>> DirectMachine::registers(const PciAddress& controller)
{
    if (!registers_ || opened_ != controller) {
        auto opened = linux_::PciConfig::open(where_.root, controller);
        if (!opened) return std::unexpected(std::move(opened.error()));
        registers_.emplace(std::move(*opened));
        opened_ = controller;
    }
    return NotNull<apply::RouteRegisters>(*registers_);
}

void DirectMachine::wrote(const plan::Reading& now, const plan::Plan&)
{
    if (now.routes && registers_ && snapshot_.controller_at(opened_) != nullptr)
        snapshot_.note_registers(opened_, *now.routes);
}

} // namespace usbroute::cli
