// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "libvirt/answer.hpp"

#include <cstddef>
#include <string_view>

namespace usbroute::libvirt {

/// Bytes; libvirt's own limit for a string is this much.
inline constexpr std::size_t longest_domain_xml = std::size_t{4} * 1024 * 1024;

/// What a domain's live definition (virDomainGetXMLDesc) says of USB, and of what of PCI the host has given. What is not as
/// libvirt writes it is left out. An error: no XML, none of a domain, too long, or with a document type of its own.
[[nodiscard]] Result<Contents> read_domain_xml(std::string_view text);

} // namespace usbroute::libvirt
