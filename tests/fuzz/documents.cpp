// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What the command line reads from a daemon, and the JSON form of every line.

#include "base/check.hpp"
#include "report/json.hpp"
#include "wire/answer.hpp"
#include "wire/event.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace usbroute {
namespace {

void read_a_line(std::string_view line)
{
    for (const auto form : {wire::Form::text, wire::Form::json}) {
        const auto answer = wire::read_answer(line);
        const auto said = wire::to_line(answer, form);
        USBROUTE_CHECK(said.find('\n') == std::string::npos);
        if (const auto event = wire::read_event(line)) {
            const auto told = wire::to_line(*event, form);
            USBROUTE_CHECK(told.find('\n') == std::string::npos);
            USBROUTE_CHECK(wire::read_event(told).has_value());
        }
    }
    if (const auto command = wire::read_command(line)) {
        const auto again = wire::read_command(wire::to_line(*command));
        USBROUTE_CHECK(again && wire::to_line(*again) == wire::to_line(*command));
    }
}

/// A document that was read is written so that it is read the same again.
template <class Read> void read_a_document(std::string_view text, const std::string& key, Read in)
{
    const auto read = [&](std::string_view document) {
        return in("{\"ok\":true,\"" + key + "\":" + std::string(document) + "}");
    };
    const auto view = read(text);
    if (!view) return;
    const auto written = report::to_json(*view);
    const auto again = read(written);
    USBROUTE_CHECK(again.has_value());
    USBROUTE_CHECK(report::to_json(*again) == written);
}

} // namespace
} // namespace usbroute

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace usbroute;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    read_a_line(text.substr(0, text.find('\n'))); // what is cut off a stream has none
    read_a_document(text, "status", report::status_in);
    read_a_document(text, "registers", report::registers_in);
    read_a_document(text, "plan", report::plan_in);
    return 0;
}
