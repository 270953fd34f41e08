// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace usbroute::topology {

/// What the kernel answers when it is asked for a block device exclusively (open(2): O_EXCL without O_CREAT), and what
/// the open files of the processes say.
enum class ClaimState : std::uint8_t {
    free, ///< nobody has claimed it, and no process has it open
    claimed, ///< EBUSY: a file system, RAID, device mapper, swap, a pool, or a program that opened it exclusively
    open,    ///< a process has it open without a claim, as QEMU has a raw disk
    unknown, ///< the kernel gave another answer
};

/// The answer for one block device. A claim on a partition makes its whole disk busy too, and a claim on the whole disk
/// all of its partitions (block/bdev.c, bd_may_claim).
struct Claim {
    std::string block; ///< "sdb", "sdb1"
    ClaimState state = ClaimState::unknown;
    std::string detail; ///< open: "process 812 (qemu-system-x86)"; unknown: the system's words
    bool operator==(const Claim&) const = default;
};

/// A block device that the kernel itself uses without a claim: below a loop device, or served to others. Known by its
/// number, because its node may have any name, or none any more.
struct Under {
    std::string number; ///< of the one below, "8:16"
    std::string by;     ///< "loop0", "the NVMe target nqn.x"
    bool operator==(const Under&) const = default;
};

/// How far the question has come. Opening a block device needs rights that the daemon and most users do not have.
enum class ClaimsAnswer : std::uint8_t {
    not_asked, ///< a recorded machine, or a view for which it is not worth the question
    absent,    ///< nobody who could ask is there: only what can be read without rights is known
    silent,    ///< somebody is there and gave no answer in time
    given,
};

struct Claims {
    ClaimsAnswer answer = ClaimsAnswer::not_asked;
    std::string why = {}; ///< of `absent` and `silent`
    bool is_cut = false;  ///< not all open files could be gone through: "free" says less
    std::vector<Claim> claims = {};
    std::vector<Under> under = {};
    bool operator==(const Claims&) const = default;
};

} // namespace usbroute::topology
