// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace usbroute::linux_ {

/// Bytes at an address that was chosen beforehand, which nobody can write any more, this process included. A filter of
/// system calls sees addresses and not what is there; here the one says the other. docs/decisions/0034, 0045
class SealedMemory {
public:
    /// `place` is a multiple of the page, and so is what is mapped, with zeros after the bytes. `what` is for the error: the
    /// kernel has no sealed memory, or the place is taken.
    [[nodiscard]] static Result<SealedMemory> place(std::string_view what, std::string_view bytes,
                                                    std::uintptr_t place);

    SealedMemory(SealedMemory&& other) noexcept;
    SealedMemory& operator=(SealedMemory&&) = delete;
    SealedMemory(const SealedMemory&) = delete;
    SealedMemory& operator=(const SealedMemory&) = delete;
    ~SealedMemory();

private:
    SealedMemory(void* at, std::size_t size) : at_(at), size_(size) {}

    void* at_;
    std::size_t size_;
};

} // namespace usbroute::linux_
