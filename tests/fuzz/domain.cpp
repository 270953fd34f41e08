// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// The definition of a domain, as libvirt writes it or somebody in its place.

#include "base/check.hpp"
#include "libvirt/answer.hpp"
#include "libvirt/domain_xml.hpp"
#include "libvirt/question.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace usbroute;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    auto has = libvirt::read_domain_xml(text);
    if (!has) return 0;
    // A document type is never followed.
    USBROUTE_CHECK(text.find("<domain") != std::string_view::npos);
    USBROUTE_CHECK(std::ranges::all_of(
        has->aliases, [](const auto& alias) { return !alias.empty() && alias.size() <= 255; }));
    // Whatever is in it can be told, in one line of ASCII.
    const auto line = libvirt::answer_line(1, libvirt::Looked{.domain = "win11",
                                                              .state = libvirt::State::running,
                                                              .uuid = {},
                                                              .qemu = {},
                                                              .has = std::move(*has)});
    USBROUTE_CHECK(line.size() <= libvirt::longest_libvirt_line && std::ranges::count(line, '\n') == 1 &&
                   line.back() == '\n');
    USBROUTE_CHECK(std::ranges::all_of(line, [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); }));
    return 0;
}
