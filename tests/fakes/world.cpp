// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/world.hpp"

#include "base/check.hpp"
#include "base/format.hpp"
#include "fakes/boards.hpp"
#include "route/wiring.hpp"
#include "topology/connector.hpp"

#include <algorithm>

namespace usbroute::fakes {

using chips::RouteBits;
using chips::RouteRegister;
using topology::Snapshot;

namespace {

constexpr std::uint32_t all_sockets = 0x3fff;

bool is_keyboard(Thing thing) { return thing == Thing::keyboard || thing == Thing::hub_with_keyboard; }

std::string disk_in(std::uint8_t bit) { return format("sd{}", static_cast<char>('a' + bit)); }

/// Where the wires of a socket end; nothing where nobody sees what is plugged in there.
std::optional<topology::PortPath> place_of(const Snapshot& snapshot, std::uint8_t bit)
{
    topology::ConnectorSpec spec;
    spec.bit = chips::MuxBit{bit};
    const auto connector = route::look_at(snapshot, spec);
    const auto places = connector.places_now();
    if (places.empty()) return std::nullopt;
    return places.front();
}

} // namespace

World::World()
{
    auto board = z97();
    bits = fakes::bits(board);
    for (const auto name : controllers) {
        there_[std::string(name)] = true;
        drivers_[std::string(name)] = name == controllers[0] ? "xhci_hcd" : "ehci-pci";
    }
    unmount_all();
}

void World::drive(std::string_view controller, std::string driver)
{
    drivers_[std::string(controller)] = std::move(driver);
}

void World::put_on_the_bus(std::string_view controller, bool there)
{
    there_[std::string(controller)] = there;
}

bool World::is_on_the_bus(std::string_view controller) const { return there_.find(controller)->second; }

std::string World::driver_of(std::string_view controller) const { return drivers_.find(controller)->second; }

void World::mount_disk_of(std::uint8_t bit)
{
    if (!has_disk_of_the_host(bit) || std::ranges::find(mounted_, bit) != mounted_.end()) return;
    mounted_.push_back(bit);
    std::string text;
    for (const auto each : mounted_)
        text += format("{} 1 8:{} / /mnt/{} rw - ext4 /dev/{}1 rw\n", 30 + each, each * 16 + 1, each,
                       disk_in(each));
    tree_.add("proc/self", file("mountinfo", text));
}

void World::unmount_all()
{
    mounted_.clear();
    tree_.add("proc/self", file("mountinfo", ""));
}

Snapshot World::snapshot() const
{
    auto snapshot = z97();
    for (auto& controller : snapshot.controllers.edit()) {
        controller.driver = driver_of(controller.name);
        if (!controller.is_driven_by_host()) controller.buses.clear();
    }
    std::erase_if(snapshot.controllers.edit(), [&](const auto& c) { return !is_on_the_bus(c.name); });
    if (is_on_the_bus(controllers[0])) fakes::bits(snapshot) = bits;
    const auto empty_board = snapshot;
    for (const auto& [bit, thing] : plugged_) {
        const auto place = place_of(empty_board, bit);
        if (!place) continue;
        switch (thing) {
        case Thing::keyboard: plug_keyboard(snapshot, place->text()); break;
        case Thing::mouse: fakes::plug(snapshot, place->text(), "Mouse"); break;
        case Thing::disk: plug_disk(snapshot, place->text(), disk_in(bit)); break;
        case Thing::hub_with_keyboard:
            fakes::plug(snapshot, place->text(), "Hub").hub_ports = 4;
            plug_keyboard(snapshot, place->child(2).text());
            break;
        }
    }
    return snapshot;
}

bool World::has_disk_of_the_host(std::uint8_t bit) const
{
    const auto plugged = plugged_.find(bit);
    return plugged != plugged_.end() && plugged->second == Thing::disk && is_drawn_to_host(bit);
}

std::vector<std::uint8_t> World::disks_of_the_host() const
{
    std::vector<std::uint8_t> found;
    for (const auto& [bit, thing] : plugged_)
        if (has_disk_of_the_host(bit)) found.push_back(bit);
    return found;
}

std::vector<std::uint8_t> World::mounted() const
{
    std::vector<std::uint8_t> found;
    for (const auto bit : mounted_)
        if (has_disk_of_the_host(bit)) found.push_back(bit);
    return found;
}

bool World::is_drawn_to_host(std::uint8_t bit) const { return place_of(snapshot(), bit).has_value(); }

std::vector<std::uint8_t> World::keyboards_of_the_host() const
{
    std::vector<std::uint8_t> found;
    for (const auto& [bit, thing] : plugged_)
        if (is_keyboard(thing) && is_drawn_to_host(bit)) found.push_back(bit);
    return found;
}

Result<RouteBits> World::read()
{
    if (!is_on_the_bus(controllers[0]) || read_errno != 0) {
        had_fault = true;
        return std::unexpected(Error(ErrorKind::failed, "cannot read", read_errno == 0 ? 19 : read_errno));
    }
    return bits;
}

Result<void> World::write(RouteRegister target, std::uint32_t value)
{
    auto& word = target == RouteRegister::usb2_owner ? bits.usb2_owner : bits.superspeed_on;
    const auto movable =
        target == RouteRegister::usb2_owner ? bits.usb2_movable & all_sockets : bits.superspeed_movable;
    // Invariant 1.
    USBROUTE_CHECK(((value ^ word) & ~movable) == 0);
    USBROUTE_CHECK(is_on_the_bus(controllers[0]));
    const bool is_last = writes_until_kill == 1;
    if (writes_until_kill > 0) --writes_until_kill;
    if (is_last && is_kill_before_the_write) throw Killed{};
    if (writes_until_fault > 1) {
        --writes_until_fault;
    } else if (writes_until_fault == 1) {
        had_fault = true;
        if (!is_fault_lasting) writes_until_fault = 0;
        return std::unexpected(Error(ErrorKind::failed, "cannot write", write_errno));
    }
    if (stuck != 0 || dead == target) had_fault = true;
    if (dead == target) return std::unexpected(Error(ErrorKind::failed, "cannot write", write_errno));
    word = (word & (~movable | stuck)) | (value & movable & ~stuck);
    written.push_back(target);
    if (is_last) throw Killed{};
    return {};
}

} // namespace usbroute::fakes
