// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wizard/twin_check.hpp"

#include "apply/conductor.hpp"
#include "base/format.hpp"
#include "cli/direct_machine.hpp"
#include "linux/files.hpp"
#include "linux/journal_file.hpp"
#include "linux/signals.hpp"
#include "observe/scan.hpp"
#include "plan/plan.hpp"
#include "route/wiring.hpp"
#include "wizard/waiting.hpp"

#include <algorithm>

#include <unistd.h>

namespace usbroute::wizard {

using namespace std::chrono_literals;
using topology::Device;
using topology::Side;
using topology::Snapshot;
using topology::UsbPlace;

namespace {

/// A device has to be seen gone, reset, given an address and asked for its strings; disks take longest.
constexpr auto longest_arrival = 5s;

/// One connector, its registers and the journal, for the time of a check.
class Bench {
public:
    Bench(const linux_::Locations& where, const config::Settings& settings, const ConnectorName& name,
          observe::HintSource& hints)
        : where_(where),
          settings_(settings),
          name_(name),
          hints_(hints),
          tree_(where.root),
          journal_(where.state, where.state_of_before),
          lock_(journal_.lock(linux_::direct_patience))
    {}

    /// Nothing is planned on top of half a change.
    [[nodiscard]] std::optional<Error> why_not_recovered()
    {
        cli::DirectMachine machine(where_, settings_);
        const auto recovered = apply::Conductor(machine, journal_).recover();
        return recovered && !*recovered ? std::optional(recovered->error()) : std::nullopt;
    }

    /// Nothing: no other process changes a route meanwhile.
    [[nodiscard]] std::optional<Error> why_not_alone() const
    {
        return lock_ ? std::nullopt : std::optional(lock_.error());
    }

    [[nodiscard]] Snapshot look() const { return observe::scan(tree_); }

    Result<void> move_to(Side side)
    {
        cli::DirectMachine machine(where_, settings_);
        auto done = apply::Conductor(machine, journal_)
                        .carry_out({.wish = plan::MoveRequest{.connectors = {name_}, .to = side}},
                                   {.who = format("map (uid {})", ::geteuid())});
        if (!done) return std::unexpected(apply::error_from(std::move(done.error())));
        return {};
    }

    /// Where the device has come that was not there `before`; nothing when it does not come in time.
    std::optional<UsbPlace> arrival(const Snapshot& before, const Device& device) const
    {
        std::optional<UsbPlace> found;
        wait_for(hints_, longest_arrival, [&] {
            for (const auto& sighting : map::sightings(before, look()))
                if (sighting.usb2 && sighting.device->vendor == device.vendor &&
                    sighting.device->product == device.product && sighting.device->serial == device.serial)
                    found = sighting.usb2;
            return found.has_value();
        });
        return found;
    }

private:
    const linux_::Locations& where_;
    const config::Settings& settings_;
    const ConnectorName& name_;
    observe::HintSource& hints_;
    linux_::LiveTree tree_;
    linux_::JournalFile journal_;
    Result<linux_::JournalFile::Lock> lock_;
};

/// By controller and ports, as it is written in a configuration.
std::optional<UsbPlace> lasting(const Snapshot& snapshot, const std::optional<topology::PortPath>& path)
{
    const auto* controller = path ? snapshot.pci_controller_of_bus(path->bus()) : nullptr;
    if (controller == nullptr) return std::nullopt;
    return UsbPlace{.controller = controller->address, .superspeed = false, .ports = path->ports()};
}

} // namespace

Result<map::TwinCheck> check_twin(const linux_::Locations& where, const config::Settings& settings,
                                  const ConnectorName& name, observe::HintSource& hints)
{
    const linux_::SignalsHeld held;
    Bench bench(where, settings, name, hints);
    if (auto somebody = bench.why_not_alone()) return std::unexpected(std::move(*somebody));
    if (auto half = bench.why_not_recovered()) return std::unexpected(std::move(*half));
    const auto before = bench.look();
    const auto connector = route::look_at(before, settings.connector(name)->spec);
    const auto side = connector.side();
    if (!side)
        return std::unexpected(Error(ErrorKind::not_permitted,
                                     "the routing registers cannot be read; verifying a socket needs root"));
    const auto devices = topology::devices_in(before, connector);
    const auto device = std::ranges::find_if(
        devices, [](const Device* candidate) { return !candidate->speed.is_superspeed(); });
    if (device == devices.end()) return failure("the device is gone; plug it in again");

    map::TwinCheck check{.connector = name, .moved_to = topology::other(*side), .expected = {}, .seen = {}};
    check.expected = lasting(before, connector.place_on(check.moved_to));
    if (auto moved = bench.move_to(check.moved_to); !moved) return std::unexpected(std::move(moved.error()));
    check.seen = bench.arrival(before, **device);

    const auto away = bench.look();
    if (auto back = bench.move_to(*side); !back)
        return std::unexpected(std::move(back.error()).within(format("{} was not moved back", name.text())));
    (void)bench.arrival(away, **device);
    return check;
}

} // namespace usbroute::wizard
