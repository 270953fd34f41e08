// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "sim/kernel.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace usbroute::sim {

/// An ioctl on a node of usbfs.
struct NodeCall {
    std::uint64_t device = 0; ///< serial of the one that was opened
    Opener opener;
    unsigned long request = 0; ///< USBDEVFS_CLAIM_PORT ...
    std::string memory;        ///< what its argument points to: argument_bytes(request) bytes
};

struct NodeReply {
    int value = 0;
    int error = 0;           ///< errno; the value is -1 then
    std::string memory = {}; ///< what is written back to where the argument points; empty: nothing
};

/// How much memory the argument of a request points to; 0: none, or the request is not played.
[[nodiscard]] std::size_t argument_bytes(unsigned long request);

/// Does what is asked. What is not played fails with ENOTTY, as what the kernel does not know.
[[nodiscard]] NodeReply answer(Kernel& kernel, const NodeCall& call);

/// What has been done, for a person: "claims port 2 of usb3"; empty: nothing that changes anything, or it failed.
[[nodiscard]] std::string told(const Kernel& kernel, const NodeCall& call, const NodeReply& reply);

} // namespace usbroute::sim
