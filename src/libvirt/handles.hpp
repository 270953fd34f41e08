// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "libvirt/answer.hpp"

#include <expected>
#include <memory>
#include <string>

#include <libvirt/libvirt.h>

/// What libvirt's library lends, and gives back by itself.
namespace usbroute::libvirt {

struct CloseConnection {
    void operator()(virConnectPtr connection) const { virConnectClose(connection); }
};
/// A reference of its own to a connection: others may let go of theirs meanwhile.
using ConnectionHandle = std::unique_ptr<virConnect, CloseConnection>;

struct FreeDomain {
    void operator()(virDomainPtr domain) const { virDomainFree(domain); }
};
using DomainHandle = std::unique_ptr<virDomain, FreeDomain>;

struct FreeText {
    void operator()(char* text) const; // free(3)
};
using TextHandle = std::unique_ptr<char, FreeText>;

/// What the library has said last to this thread.
[[nodiscard]] Refused last_refusal();

} // namespace usbroute::libvirt
