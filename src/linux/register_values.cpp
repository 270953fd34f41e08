// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/register_values.hpp"

#include "base/format.hpp"
#include "linux/unique_fd.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

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

std::unexpected<Error> cannot_keep(const char* what)
{
    return failure(format("cannot {} the values of the routing registers", what), errno);
}

} // namespace

Result<RegisterValues> RegisterValues::make(std::uint32_t usb2_reserved, std::uint32_t superspeed_reserved)
{
    usb2_reserved &= ~usb2_field;
    superspeed_reserved &= ~superspeed_field;
    const UniqueFd memory(::memfd_create("usbroute-register-values", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memory.is_open()) return cannot_keep("make memory for");
    const auto bytes = all_values(usb2_reserved, superspeed_reserved);
    if (::write(memory.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        return cannot_keep("write down");
    if (::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return cannot_keep("seal");
    // Opened for reading alone: kernels before 6.7 map sealed memory in no other way. Shared: a private mapping could be
    // written through /proc/self/mem.
    const UniqueFd readable(::open(format("/proc/self/fd/{}", memory.get()).c_str(), O_RDONLY | O_CLOEXEC));
    if (!readable.is_open()) return cannot_keep("open");
    auto* const wanted = reinterpret_cast<void*>(usb2_place); // NOLINT(performance-no-int-to-ptr)
    auto* const got =
        ::mmap(wanted, whole_size, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, readable.get(), 0);
    if (got == MAP_FAILED) return cannot_keep("place");
    if (got != wanted) { // a kernel before 4.17 takes the address as a hint
        ::munmap(got, whole_size);
        errno = EEXIST;
        return cannot_keep("place");
    }
    return RegisterValues(usb2_reserved, superspeed_reserved);
}

RegisterValues::RegisterValues(RegisterValues&& other) noexcept
    : usb2_reserved_(other.usb2_reserved_),
      superspeed_reserved_(other.superspeed_reserved_),
      is_mapped_(std::exchange(other.is_mapped_, false))
{}

RegisterValues::~RegisterValues()
{
    // Under the filter this is one of the things that are forbidden; the process is about to end then.
    if (is_mapped_)
        ::munmap(reinterpret_cast<void*>(usb2_place), whole_size); // NOLINT(performance-no-int-to-ptr)
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
