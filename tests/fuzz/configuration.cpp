// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// A configuration file that anything may have written.

#include "base/check.hpp"
#include "config/parse.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace usbroute;
    const std::array files{config::SourceText{
        .name = "usbroute.toml", .text = std::string(reinterpret_cast<const char*>(bytes), size)}};
    const auto settings = config::parse(files);
    if (!settings) {
        USBROUTE_CHECK(!settings.error().empty());
        for (const auto& problem : settings.error()) {
            USBROUTE_CHECK(!problem.message.empty());
            USBROUTE_CHECK(problem.text().find('\n') == std::string::npos);
        }
        return 0;
    }
    // What holds, written down, holds again.
    const auto written = config::to_toml(*settings);
    const std::array again_files{config::SourceText{.name = "again.toml", .text = written}};
    const auto again = config::parse(again_files);
    USBROUTE_CHECK(again.has_value());
    USBROUTE_CHECK(config::to_toml(*again) == written);
    return 0;
}
