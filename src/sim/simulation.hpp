// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "sim/file_tree.hpp"
#include "sim/guests.hpp"
#include "sim/kernel.hpp"
#include "sim/machine.hpp"
#include "sim/script.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::sim {

/// The board in motion: notices what anybody wrote, keeps what the chip would keep, and lets the devices follow
/// the registers, after the time that a device needs to be found at its new place.
class Simulation {
public:
    using Clock = std::chrono::steady_clock;
    using Announce = std::function<void(const std::string& line)>;

    /// Without `guests` none can be started.
    Simulation(std::shared_ptr<const Board> board, FileTree& tree, Kernel& kernel,
               std::chrono::milliseconds delay, Announce announce, Guests* guests = nullptr);

    /// Boots from the copy of the board's recording that is in the tree. Announces what was missing in it.
    [[nodiscard]] Result<void> start();

    /// Looks at every file that a program can write to: the routing registers, bind and unbind, remove, rescan.
    void look(Clock::time_point now);
    /// Lets those arrive whose time has come.
    void advance(Clock::time_point now);
    /// When `advance` has something to do next.
    [[nodiscard]] std::optional<Clock::time_point> next_arrival() const;

    /// For every command but those that wait. The answer is text for a person, and may be empty.
    [[nodiscard]] Result<std::string> execute(const Command& command, Clock::time_point now);

    [[nodiscard]] bool is_settled() const { return arrivals_.empty() && are_guests_settled(); }
    /// Guests come and go without a word: this is to be asked again.
    [[nodiscard]] bool are_guests_settled() const { return guests_ == nullptr || guests_->is_settled(); }
    [[nodiscard]] Clock::time_point last_move() const { return last_move_; }
    /// Directories in which `look` finds something, below the root.
    [[nodiscard]] std::vector<std::string> watched_directories() const;

private:
    Result<std::string> run(const command::PlugIn& plug, Clock::time_point now);
    Result<std::string> run(const command::Unplug& unplug, Clock::time_point now);
    Result<std::string> run(const command::Resume& resume, Clock::time_point now);
    Result<std::string> run(const command::Driver& driver, Clock::time_point now);
    Result<std::string> run(const command::Remove& remove, Clock::time_point now);
    Result<std::string> run(const command::Rescan& rescan, Clock::time_point now);
    Result<std::string> run(const command::WriteRegister& write, Clock::time_point now);
    Result<std::string> run(const command::Mount& mount, Clock::time_point now);
    Result<std::string> run(const command::Unmount& unmount, Clock::time_point now);
    Result<std::string> run(const command::Guest& guest, Clock::time_point now);
    Result<std::string> run(const command::Show& show, Clock::time_point now);

    [[nodiscard]] const Board& board() const { return *machine_.board; }
    /// Of the function with the routing registers; only for a board with a mux.
    [[nodiscard]] std::string config_path() const;
    [[nodiscard]] bool has_registers() const;
    [[nodiscard]] std::string title_of(std::size_t controller) const;
    void look_at_registers(Clock::time_point now);
    void look_at_requests(Clock::time_point now);
    void look_at_hubs(Clock::time_point now);
    [[nodiscard]] std::string consume(const std::string& path);
    [[nodiscard]] std::string driver_for(std::size_t controller) const;
    [[nodiscard]] std::vector<std::string> controller_drivers() const;
    void put_register(std::uint16_t offset);
    /// For what nobody asked for in words: a failure is announced.
    template <class T> void report(const Result<T>& outcome)
    {
        if (!outcome) announce_(outcome.error().message());
    }

    void react(Clock::time_point now);
    void leave(Plug& plug);
    void arrive(Plug& plug, const PortPath& home);
    [[nodiscard]] Result<void> add_buses(std::size_t controller);
    /// The names of the plugs that left with them.
    [[nodiscard]] std::vector<std::string> remove_buses(std::size_t controller, Clock::time_point now);
    void announce_absent(const std::vector<std::string>& names);
    /// By sleep.
    void announce_lost(const std::vector<PortPath>& places);
    [[nodiscard]] Result<void> write_mounts();
    [[nodiscard]] std::string shown_process(pid_t process) const;
    [[nodiscard]] std::string shown_use(const PortPath& place) const;
    [[nodiscard]] std::string shown_claims() const;
    [[nodiscard]] std::size_t widest_place() const;
    [[nodiscard]] std::string place_text(const PortPath& place) const;

    /// As /proc shows it, one line in each of two files.
    struct MountEntry {
        std::string point; ///< with the escapes of those files
        std::string mountinfo;
        std::string mounts;
    };
    void read_mounts();

    FileTree& tree_;
    Kernel& kernel_;
    std::chrono::milliseconds delay_;
    Announce announce_;
    Guests* guests_;
    Machine machine_;
    std::string config_;                                ///< of the xHCI, as the chip has it
    std::map<std::string, Clock::time_point> arrivals_; ///< by the plug's name
    std::vector<MountEntry> mounts_;
    Clock::time_point last_move_{};
};

} // namespace usbroute::sim
