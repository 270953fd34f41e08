// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/machine.hpp"
#include "fakes/boards.hpp"
#include "fakes/fake_registers.hpp"
#include "fakes/fake_tree.hpp"
#include "fakes/slow_backend.hpp"
#include "fakes/state_directory.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace usbroute::fakes {

/// Registers that belong to the machine while the test keeps its hand on them.
class BorrowedRegisters final : public apply::RouteRegisters {
public:
    explicit BorrowedRegisters(apply::RouteRegisters& registers) : registers_(registers) {}
    Result<chips::RouteBits> read() override { return registers_.read(); }
    Result<void> write(chips::RouteRegister target, std::uint32_t value) override
    {
        return registers_.write(target, value);
    }

private:
    apply::RouteRegisters& registers_;
};

/// Counts how often it is asked.
class CountingTree final : public observe::KernelTree {
public:
    explicit CountingTree(const KernelTree& tree) : tree_(tree) {}
    std::expected<std::vector<std::string>, observe::Errno> list(const std::string& directory) const override
    {
        ++asked;
        return tree_.list(directory);
    }
    std::expected<std::string, observe::Errno> read(const std::string& file, std::size_t limit) const override
    {
        ++asked;
        return tree_.read(file, limit);
    }
    std::expected<std::string, observe::Errno> link(const std::string& path) const override
    {
        ++asked;
        return tree_.link(path);
    }
    mutable int asked = 0;

private:
    const KernelTree& tree_;
};

/// A daemon's machine on the fake Z97 board, with a journal in a directory of its own.
struct DaemonRoom {
    /// `ask_claims`: how the kernel is asked about disks; empty: as on a recorded machine, not at all.
    explicit DaemonRoom(std::function<void()> ask_claims = {})
        : machine(counted, journal,
                  [this](const PciAddress&) -> Result<std::unique_ptr<apply::RouteRegisters>> {
                      ++opened;
                      return std::make_unique<BorrowedRegisters>(registers);
                  },
                  {.lines = {},
                   .ask_claims = std::move(ask_claims),
                   .locked_out = [this] { ++locked_out; },
                   .asleep = [this] { return slept; },
                   .other_means = [this](const plan::Plan&) -> std::unique_ptr<apply::Backend> {
                       if (!is_slow) return nullptr;
                       return std::make_unique<SlowBackend>(registers, slowness);
                   }})
    {
        machine.adopt(settings());
    }

    topology::Snapshot board = z97();
    FakeRegisters registers{bits(board)};
    FakeTree tree{{}};
    CountingTree counted{tree};
    StateDirectory state;
    linux_::JournalFile journal{state.path()};
    int opened = 0;     ///< how often the registers were
    int locked_out = 0; ///< how often the lock was found held
    std::chrono::milliseconds slept{};
    bool is_slow = false; ///< changes wait until the test lets them go on
    Slowness slowness;
    daemon::Machine machine;
};

} // namespace usbroute::fakes
