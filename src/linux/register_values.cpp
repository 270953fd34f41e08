// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/register_values.hpp"

#include <string>
#include <utility>

namespace usbroute::linux_ {

namespace {

constexpr auto whole_size = RegisterValues::end - RegisterValues::usb2_place;

void append(std::string& bytes, std::uint32_t value)
{
    for (unsigned shift = 0; shift < 32; shift += 8)
        bytes += static_cast<char>(value >> shift); // as PCI has them
}

std::string all_values(std::uint32_t usb2_reserved, std::uint32_t superspeed_reserved)
{
    std::string bytes;
    bytes.reserve(whole_size);
    for (std::uint32_t value = 0; value <= RegisterValues::usb2_field; ++value)
        append(bytes, usb2_reserved | value);
    for (std::uint32_t value = 0; value <= RegisterValues::superspeed_field; ++value)
        append(bytes, superspeed_reserved | value);
    bytes.resize(whole_size);
    return bytes;
}

} // namespace

Result<RegisterValues> RegisterValues::make(std::uint32_t usb2_reserved, std::uint32_t superspeed_reserved)
{
    usb2_reserved &= ~usb2_field;
    superspeed_reserved &= ~superspeed_field;
    auto memory = SealedMemory::place("the values of the routing registers",
                                      all_values(usb2_reserved, superspeed_reserved), usb2_place);
    if (!memory) return std::unexpected(std::move(memory.error()));
    return RegisterValues(usb2_reserved, superspeed_reserved, std::move(*memory));
}

const void* RegisterValues::bytes_of(chips::RouteRegister target, std::uint32_t value) const
{
    const bool is_usb2 = target == chips::RouteRegister::usb2_owner;
    const auto field = is_usb2 ? usb2_field : superspeed_field;
    if ((value & ~field) != (is_usb2 ? usb2_reserved_ : superspeed_reserved_)) return nullptr;
    const auto place = is_usb2 ? usb2_place : superspeed_place;
    return reinterpret_cast<const void*>(place + 4UL * (value & field)); // NOLINT(performance-no-int-to-ptr)
}

} // namespace usbroute::linux_
