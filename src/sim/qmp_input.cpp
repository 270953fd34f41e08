// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/qmp_input.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

namespace usbroute::sim {

namespace {

constexpr std::size_t longest_value = 65536;
constexpr std::size_t longest_shown_word = 64;
constexpr std::string_view blanks = " \t\r\n";

} // namespace

std::optional<std::size_t> QmpInput::end_of_value() const
{
    std::size_t depth = 0;
    bool is_text = false;
    for (std::size_t at = 0; at < received_.size(); ++at) {
        const char byte = received_[at];
        if (is_text) {
            if (byte == '\\') ++at;
            if (byte == '"') is_text = false;
            continue;
        }
        if (byte == '"') is_text = true;
        if (byte == '{' || byte == '[') ++depth;
        if ((byte == '}' || byte == ']') && --depth == 0) return at + 1;
    }
    return std::nullopt;
}

/// Something that is no object and no list: QEMU answers as soon as it ends.
std::optional<QmpInput::Item> QmpInput::next_word()
{
    auto end = received_.find_first_of(" \t\r\n{[", 1);
    if (end == std::string::npos && received_.size() <= longest_value) return std::nullopt;
    if (end == std::string::npos) end = received_.size();
    auto word = received_.substr(0, end);
    received_.erase(0, end);
    return Item{.text = {},
                .problem =
                    format("JSON parse error, invalid keyword '{}'", printable(word, longest_shown_word))};
}

std::optional<QmpInput::Item> QmpInput::next()
{
    received_.erase(0, std::min(received_.find_first_not_of(blanks), received_.size()));
    if (received_.empty()) return std::nullopt;
    if (received_.front() != '{' && received_.front() != '[') return next_word();
    const auto end = end_of_value();
    if (!end && received_.size() <= longest_value) return std::nullopt;
    if (!end || *end > longest_value) {
        received_.clear();
        return Item{.text = {}, .problem = "JSON token size limit exceeded"};
    }
    Item item{.text = received_.substr(0, *end)};
    received_.erase(0, *end);
    return item;
}

} // namespace usbroute::sim
