// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/register_files.hpp"

#include "base/format.hpp"
#include "chips/chips.hpp"
#include "linux/files.hpp"
#include "observe/functions.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// A chipset has one xHCI with a mux. Root may hand over what it likes, but not without bound.
constexpr std::size_t most_kept = register_numbers;

/// Sysfs says ENODEV once the function was removed; a file of a recorded machine has lost its name then.
bool is_of_a_function_that_left(int fd)
{
    char byte = 0;
    struct stat status{};
    if (::pread(fd, &byte, 1, 0) < 0 && errno == ENODEV) return true;
    return ::fstat(fd, &status) == 0 && status.st_nlink == 0;
}

/// The name under which the kernel knows an open file.
std::string name_of(int fd)
{
    std::array<char, 4096> name{};
    const auto length = ::readlink(format("/proc/self/fd/{}", fd).c_str(), name.data(), name.size());
    return length > 0 ? std::string(name.data(), static_cast<std::size_t>(length)) : std::string();
}

/// From now on nothing gets the number `end` or a higher one. What has one already keeps it.
Result<void> allow_numbers_below(int end)
{
    rlimit limit{};
    const auto wanted = static_cast<rlim_t>(end);
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        if (limit.rlim_cur <= wanted) return {};
        limit.rlim_cur = wanted;
        if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
    }
    return failure("cannot limit the number of open files", errno);
}

/// All ones: a function that is off the bus, or without power.
bool is_no_answer(const chips::RouteBits& look)
{
    return look.usb2_owner == ~std::uint32_t{0} && look.usb2_movable == ~std::uint32_t{0};
}

/// Bits beyond the fields of the data sheet, as they are in the registers of a function that can be read now.
std::optional<chips::RouteBits> first_look(const std::string& root, const observe::KernelTree& tree)
{
    for (const auto& function : observe::read_functions(tree)) {
        if (chips::family_of(function.vendor, function.device) == nullptr) continue;
        if (auto registers = PciConfig::open(root, function.address))
            if (const auto look = registers->read(); look && !is_no_answer(*look)) return *look;
    }
    return std::nullopt;
}

} // namespace

void RegisterFiles::keep(const observe::KernelTree& tree)
{
    for (const auto& function : observe::read_functions(tree)) {
        if (chips::family_of(function.vendor, function.device) == nullptr) continue;
        const auto path = format("{}sys/bus/pci/devices/{}/config", root_, function.address.text());
        UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY));
        if (fd.is_open()) (void)replace(function.address, std::move(fd));
    }
}

Result<Filter> RegisterFiles::confine(const observe::KernelTree& tree, const LendingMessage* lending)
{
    const auto first_number = first_register_number();
    if (!first_number) return Filter::not_built;
    auto prepared = prepare(*first_number, tree);
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    // As LiveTree tells them apart.
    auto filter = forbid_other_system_calls(
        *first_number, root_ == "/" ? OpensInside::the_machine_itself : OpensInside::a_recorded_machine,
        lending);
    if (!filter || *filter == Filter::not_built) return filter;
    confinement_.emplace(std::move(*prepared));
    allowed_.values = &confinement_->values;
    for (auto& kept : kept_) {
        if (auto narrowed = narrow(kept); !narrowed) return std::unexpected(std::move(narrowed.error()));
    }
    return filter;
}

Result<RegisterFiles::Confinement> RegisterFiles::prepare(int first_number, const observe::KernelTree& tree)
{
    // A process that is no longer root sees the registers only through what was kept.
    std::optional<chips::RouteBits> look;
    for (const auto& kept : kept_) {
        if (look) break;
        if (const auto seen = PciConfig::through(root_, kept.address, kept.fd.get(), {}).read();
            seen && !is_no_answer(*seen))
            look = *seen;
    }
    if (!look) look = first_look(root_, tree);
    auto values = RegisterValues::make(look ? look->usb2_owner : 0, look ? look->superspeed_on : 0);
    if (!values) return std::unexpected(std::move(values.error()));
    for (std::size_t i = 0; i < kept_.size(); ++i) {
        auto fd = std::move(kept_[i].fd);
        if (auto given = give_number(kept_[i], std::move(fd), first_number + static_cast<int>(i)); !given)
            return std::unexpected(std::move(given.error()));
    }
    auto unused = occupy(first_number);
    if (!unused) return std::unexpected(std::move(unused.error()));
    return Confinement{
        .first_number = first_number, .values = std::move(*values), .unused = std::move(*unused)};
}

/// Nothing else ever gets one of the numbers, or a higher one: the filter lets nobody write there, and libuv ends the process
/// where a pipe of its own cannot be written.
Result<RegisterFiles::Unused> RegisterFiles::occupy(int first_number) const
{
    // Before the limit, which dup3 minds as well.
    Unused unused;
    const UniqueFd nothing(::open("/", O_PATH | O_CLOEXEC));
    for (auto place = kept_.size(); place < unused.size(); ++place) {
        unused[place] = UniqueFd(::dup3(nothing.get(), first_number + static_cast<int>(place), O_CLOEXEC));
        if (!unused[place].is_open())
            return failure("cannot reserve descriptors for configuration spaces", errno);
    }
    if (auto limited = allow_numbers_below(first_number + register_numbers); !limited)
        return std::unexpected(std::move(limited.error()));
    return unused;
}

Result<std::unique_ptr<apply::RouteRegisters>> RegisterFiles::open(const PciAddress& address)
{
    auto fresh = PciConfig::open(root_, address);
    if (!fresh) return open_kept(address, std::move(fresh.error()));
    auto look = fresh->read();
    if (!look && ::geteuid() != 0) return open_kept(address, std::move(look.error()));
    if (!fresh->is_writable() && ::geteuid() != 0) {
        // A descriptor of somebody with more rights does better.
        if (auto kept = open_kept(address, Error(ErrorKind::failed, "none was kept"))) return kept;
    } else if (fresh->is_writable() && confinement_) {
        if (auto placed = replace(address, std::move(*fresh).give_up()); !placed)
            return std::unexpected(std::move(placed.error()));
        return open_kept(address, Error(ErrorKind::failed, "none was kept"));
    }
    return std::make_unique<PciConfig>(std::move(*fresh));
}

Result<std::unique_ptr<apply::RouteRegisters>> RegisterFiles::open_kept(const PciAddress& address,
                                                                        Error fresh_error)
{
    const auto kept = std::ranges::find(kept_, address, &Kept::address);
    const bool opens_by_itself = ::geteuid() == 0 || fresh_error.kind() != ErrorKind::not_permitted;
    if (kept == kept_.end()) {
        if (opens_by_itself) return std::unexpected(std::move(fresh_error));
        return std::unexpected(std::move(fresh_error).with_code("registers-not-handed"));
    }
    if (is_of_a_function_that_left(kept->fd.get()))
        return std::unexpected(
            Error(ErrorKind::not_permitted,
                  format("the descriptor of {} is of a function that was removed", address.text()), ENODEV)
                .with_code("registers-lost"));
    if (confinement_)
        return std::make_unique<PciConfig>(PciConfig::through(root_, address, kept->fd.get(), allowed_));
    UniqueFd fd(::fcntl(kept->fd.get(), F_DUPFD_CLOEXEC, 0));
    if (!fd.is_open()) return failure("cannot use the configuration space of " + address.text(), errno);
    return std::make_unique<PciConfig>(PciConfig::of(root_, address, std::move(fd)));
}

Result<void> RegisterFiles::adopt(const PciAddress& address, UniqueFd fd)
{
    const auto refused = [&](std::string_view why) {
        return failure(format("the descriptor for {} is not accepted: {}", address.text(), why));
    };
    if (!name_of(fd.get()).ends_with(format("/{}/config", address.text())))
        return refused("it is not the configuration space of that function");
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) != O_RDWR) return refused("it is not open for reading and writing");
    if (is_of_a_function_that_left(fd.get())) return refused("the function has left the bus");
    if (const auto look = PciConfig::through(root_, address, fd.get(), {}).read(); !look)
        return std::unexpected(look.error());
    return replace(address, std::move(fd));
}

Result<void> RegisterFiles::replace(const PciAddress& address, UniqueFd fd)
{
    // What is written through it by anything but an offset of its own goes nowhere.
    (void)::lseek(fd.get(), 0, SEEK_END);
    auto kept = std::ranges::find(kept_, address, &Kept::address);
    if (kept == kept_.end()) {
        if (kept_.size() == most_kept)
            return failure(
                format("usbrouted keeps at most {} configuration spaces, and has no room for that of {}",
                       most_kept, address.text()));
        kept = kept_.insert(kept_.end(), Kept{.address = address, .fd = {}});
    }
    if (!confinement_) {
        kept->fd = std::move(fd);
        return {};
    }
    const auto place = static_cast<int>(kept - kept_.begin());
    if (auto given = give_number(*kept, std::move(fd), confinement_->first_number + place); !given)
        return given;
    (void)confinement_->unused[static_cast<std::size_t>(place)].release(); // closed by dup3
    return narrow(*kept);
}

/// What has the number already, a descriptor of the same function that is dead, is closed by it.
Result<void> RegisterFiles::give_number(Kept& kept, UniqueFd fd, int number)
{
    if (::dup3(fd.get(), number, O_CLOEXEC) < 0)
        return failure("cannot keep the registers of " + kept.address.text(), errno);
    if (kept.fd.get() != number) kept.fd = UniqueFd(number);
    return {};
}

/// Once for each function: a filter only ever forbids more. The mask that firmware set stays the same until the next boot.
/// A second function with a mux, which no chipset has, would be held to the masks of both: whoever has a descriptor of the
/// one can give it the other's number.
Result<void> RegisterFiles::narrow(Kept& kept)
{
    if (kept.is_narrowed) return {};
    const auto look = PciConfig::through(root_, kept.address, kept.fd.get(), {}).read();
    if (!look || is_no_answer(*look)) return {}; // later, then: it is asked again when it is replaced
    for (const auto& function : observe::read_functions(LiveTree(root_))) {
        const auto* family = chips::family_of(function.vendor, function.device);
        if (function.address != kept.address || family == nullptr) continue;
        const auto usb_r = family->usb_r_bit ? std::uint32_t{1} << *family->usb_r_bit : 0;
        // The management engine moves its own bit when it likes.
        const AllowedWrites::Limits limits{
            .usb2 = {.free = (look->usb2_movable & family->usb2_bits()) | usb_r, .found = look->usb2_owner},
            .superspeed = {.free = look->superspeed_movable & family->superspeed_bits,
                           .found = look->superspeed_on}};
        auto narrowed = forbid_other_values(confinement_->first_number, limits.usb2, limits.superspeed);
        kept.is_narrowed = narrowed.has_value();
        if (narrowed) allowed_.limits.push_back(limits);
        return narrowed;
    }
    return {};
}

} // namespace usbroute::linux_
