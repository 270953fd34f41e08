// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "chips/registers.hpp"
#include "linux/sealed_memory.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace usbroute::linux_ {

/// What of one routing register may be written: `free` bits as one likes, the others as they were found, or all zero,
/// which is what the kernel leaves after a resume (drivers/usb/host/pci-quirks.c, usb_enable_intel_xhci_ports).
struct ValueLimit {
    std::uint32_t free = ~std::uint32_t{0};
    std::uint32_t found = 0; ///< of the bits that are not free

    [[nodiscard]] bool permits(std::uint32_t value) const
    {
        const auto fixed = value & ~free;
        return fixed == (found & ~free) || fixed == 0;
    }
};

/// Every value that the routing registers can take, in memory that nobody can write any more, the value v of XUSB2PR at the
/// address `usb2_place + 4 * v`. A filter of system calls sees the address of what is written and not the bytes there; here
/// the one says the other. docs/decisions/0034
class RegisterValues {
public:
    /// The data sheet's fields: XUSB2PR bits 14:0, USB3_PSSEN bits 5:0. No chipset of the table has more.
    static constexpr std::uint32_t usb2_field = 0x7fff;
    static constexpr std::uint32_t superspeed_field = 0x3f;
    /// Below everything that the kernel and the loader place by themselves, so that "at this address or above" leaves it
    /// out. A multiple of its size, so that an address can be compared by a mask.
    static constexpr std::uintptr_t usb2_place = 0x1000'0000;
    static constexpr std::uintptr_t superspeed_place = usb2_place + std::uintptr_t{4} * (usb2_field + 1);
    static constexpr std::uintptr_t end = superspeed_place + 0x1000;

    /// Reserved bits, above the fields, are in all values as they are given. An error: the kernel has no sealed memory, or
    /// the place is taken, as by a second one in this process.
    [[nodiscard]] static Result<RegisterValues> make(std::uint32_t usb2_reserved,
                                                     std::uint32_t superspeed_reserved);

    /// Where the four bytes of the value are, as the register has them. Null: it is not among them.
    [[nodiscard]] const void* bytes_of(chips::RouteRegister target, std::uint32_t value) const;

private:
    RegisterValues(std::uint32_t usb2_reserved, std::uint32_t superspeed_reserved, SealedMemory memory)
        : usb2_reserved_(usb2_reserved), superspeed_reserved_(superspeed_reserved), memory_(std::move(memory))
    {}

    std::uint32_t usb2_reserved_;
    std::uint32_t superspeed_reserved_;
    SealedMemory memory_;
};

} // namespace usbroute::linux_
