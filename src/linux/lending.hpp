// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/listen.hpp"
#include "linux/register_values.hpp"
#include "linux/sealed_memory.hpp"

#include <cstdint>

namespace usbroute::linux_ {

/// Passes an open file through a connected Unix socket, with one space: all of it or nothing. White space between two lines
/// means nothing to QEMU's monitor, which keeps the file for the next command that wants one (monitor_get_fd).
[[nodiscard]] Transfer lend(int socket, int file);

/// The same for a process that has forbidden itself to send messages: the one message that it may send lies in sealed
/// memory, so the filter knows it by its address. It passes the file that has the number `number`, and `lend` gives a file
/// this number for as long as it takes. docs/decisions/0045
class LendingMessage {
public:
    /// Right below the registers' values, where the filter lets nobody map, unmap or protect anything.
    static constexpr std::uintptr_t place = RegisterValues::usb2_place - 0x1000;

    /// `number`: of a descriptor, just below those of the registers; nothing else has it. An error: as SealedMemory's.
    [[nodiscard]] static Result<LendingMessage> make(int number);

    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] Transfer lend(int socket, int file) const;

private:
    LendingMessage(int number, SealedMemory memory) : number_(number), memory_(std::move(memory)) {}

    int number_;
    SealedMemory memory_;
};

} // namespace usbroute::linux_
