// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/sealed_memory.hpp"

#include "base/format.hpp"
#include "linux/unique_fd.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

constexpr std::size_t sealed_page = 4096;

std::unexpected<Error> cannot_keep(const char* how, std::string_view what)
{
    return failure(format("cannot {} {}", how, what), errno);
}

} // namespace

Result<SealedMemory> SealedMemory::place(std::string_view what, std::string_view bytes, std::uintptr_t place)
{
    const auto size = (bytes.size() + sealed_page - 1) / sealed_page * sealed_page;
    const UniqueFd memory(::memfd_create("usbroute-sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memory.is_open()) return cannot_keep("make memory for", what);
    if (::write(memory.get(), bytes.data(), bytes.size()) != std::ssize(bytes) ||
        ::ftruncate(memory.get(), static_cast<off_t>(size)) != 0)
        return cannot_keep("write down", what);
    if (::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return cannot_keep("seal", what);
    // Opened for reading alone: kernels before 6.7 map sealed memory in no other way. Shared: a private mapping could be
    // written through /proc/self/mem.
    const UniqueFd readable(::open(format("/proc/self/fd/{}", memory.get()).c_str(), O_RDONLY | O_CLOEXEC));
    if (!readable.is_open()) return cannot_keep("open", what);
    auto* const wanted = reinterpret_cast<void*>(place); // NOLINT(performance-no-int-to-ptr)
    auto* const got = ::mmap(wanted, size, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, readable.get(), 0);
    if (got == MAP_FAILED) return cannot_keep("place", what);
    if (got != wanted) { // a kernel before 4.17 takes the address as a hint
        ::munmap(got, size);
        errno = EEXIST;
        return cannot_keep("place", what);
    }
    return SealedMemory(got, size);
}

SealedMemory::SealedMemory(SealedMemory&& other) noexcept
    : at_(std::exchange(other.at_, nullptr)), size_(other.size_)
{}

SealedMemory::~SealedMemory()
{
    // Under the filter this is one of the things that are forbidden; the process is about to end then.
    if (at_ != nullptr) ::munmap(at_, size_);
}

} // namespace usbroute::linux_
