// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "libvirt/answer.hpp"

#include <string>

namespace usbroute::libvirt {

/// An error of libvirt's (virError).
struct Said {
    int code = 0;   ///< virErrorNumber
    int domain = 0; ///< virErrorDomain
    std::string message;
};

/// What it means. By its numbers where they say it, else by its words, as far as libvirt speaks English: another
/// libvirtd's are `failed`.
[[nodiscard]] Refused refused_from(const Said& said);

} // namespace usbroute::libvirt
