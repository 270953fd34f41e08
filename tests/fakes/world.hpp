// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/registers.hpp"
#include "fakes/fake_tree.hpp"
#include "topology/snapshot.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::fakes {

/// What can be plugged into a socket of the world.
enum class Thing : std::uint8_t { keyboard, mouse, disk, hub_with_keyboard };
inline constexpr int things = 4;

/// The process was killed at this very write.
struct Killed {};

/// A Z97 board that behaves: what is plugged into a socket appears wherever the socket's wires go, controllers change
/// drivers, leave the bus and come back. Nothing tells anybody; who wants to know looks.
class World final : public apply::RouteRegisters {
public:
    static constexpr std::array<std::string_view, 3> controllers = {"0000:00:14.0", "0000:00:1a.0",
                                                                    "0000:00:1d.0"};

    World();

    void plug(std::uint8_t bit, Thing thing) { plugged_[bit] = thing; }
    void unplug(std::uint8_t bit) { plugged_.erase(bit); }
    void drive(std::string_view controller, std::string driver);
    void put_on_the_bus(std::string_view controller, bool there);
    void mount_disk_of(std::uint8_t bit);
    void unmount_all();

    [[nodiscard]] topology::Snapshot snapshot() const;
    [[nodiscard]] const FakeTree& tree() const { return tree_; }
    [[nodiscard]] bool is_on_the_bus(std::string_view controller) const;
    [[nodiscard]] std::string driver_of(std::string_view controller) const;
    /// Sockets with a keyboard that types into the host now.
    [[nodiscard]] std::vector<std::uint8_t> keyboards_of_the_host() const;
    /// Sockets with a disk that the host sees.
    [[nodiscard]] std::vector<std::uint8_t> disks_of_the_host() const;
    /// Sockets with a disk that the host has mounted; one that was pulled out mounted cannot be harmed any more.
    [[nodiscard]] std::vector<std::uint8_t> mounted() const;

    /// The registers, with faults. Invariant 1 is checked at each write.
    [[nodiscard]] Result<chips::RouteBits> read() override;
    [[nodiscard]] Result<void> write(chips::RouteRegister target, std::uint32_t value) override;

    chips::RouteBits bits;
    int writes_until_fault = 0;    ///< the n-th write from now fails; 0: none
    bool is_fault_lasting = false; ///< and all after it
    int write_errno = 1;
    int read_errno = 0;
    std::uint32_t stuck = 0;                  ///< bits that keep their value
    std::optional<chips::RouteRegister> dead; ///< takes no write
    int writes_until_kill = 0;                ///< the n-th write from now ends the process; 0: none
    bool is_kill_before_the_write = false;
    std::vector<chips::RouteRegister> written; ///< since somebody emptied it
    bool had_fault = false;                    ///< since somebody said no

private:
    [[nodiscard]] bool is_drawn_to_host(std::uint8_t bit) const;
    [[nodiscard]] bool has_disk_of_the_host(std::uint8_t bit) const;

    std::map<std::uint8_t, Thing> plugged_;
    std::map<std::string, std::string, std::less<>> drivers_;
    std::map<std::string, bool, std::less<>> there_;
    std::vector<std::uint8_t> mounted_;
    FakeTree tree_{{}};
};

} // namespace usbroute::fakes
