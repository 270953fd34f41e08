// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/conductor.hpp"
#include "linux/locations.hpp"
#include "linux/pci_config.hpp"

#include <optional>

namespace usbroute::cli {

/// This machine, looked at by one command. Its registers are opened when something is to be written.
class DirectMachine final : public apply::Workplace {
public:
    /// Looks at the USB devices.
    DirectMachine(const linux_::Locations& where, config::Settings settings);

    [[nodiscard]] apply::Known known() const override;
    [[nodiscard]] apply::CloserLook look_closer(const topology::UseParts& needed) const override;
    /// Looks at the USB devices again.
    [[nodiscard]] bool reads_otherwise() override;
    [[nodiscard]] Result<NotNull<apply::RouteRegisters>> registers(const PciAddress& controller) override;
    void wrote(const plan::Reading& now, const plan::Plan& plan) override;
    /// `topology::Snapshot::applied`, from the journal.
    void know_applied(std::optional<ProfileName> profile) { snapshot_.applied = std::move(profile); }

private:
    [[nodiscard]] std::optional<chips::RouteBits> bits() const;
    void look();

    const linux_::Locations& where_;
    config::Settings settings_;
    topology::Snapshot snapshot_;
    std::optional<linux_::PciConfig> registers_;
    PciAddress opened_; ///< of `registers_`
};

} // namespace usbroute::cli
