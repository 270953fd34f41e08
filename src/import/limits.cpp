// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/limits.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

namespace usbroute::import_ {

std::unexpected<Error> bad_input(const Source& source, std::uint32_t line, std::string message)
{
    const auto where =
        line == 0 ? printable(source.name, 200) : format("{}:{}", printable(source.name, 200), line);
    return std::unexpected(
        Error(ErrorKind::refused, format("{}: {}", where, message)).with_code("bad-input"));
}

std::optional<Error> why_no_text(const Source& source)
{
    if (source.text.size() > most_bytes)
        return bad_input(source, 0, "the file is larger than 1 MiB, too large for a configuration").error();
    std::uint32_t line = 1;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < source.text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(source.text[i]);
        if (byte == '\n') {
            ++line;
            begin = i + 1;
        } else if (byte == 0) {
            return bad_input(source, line, "the file has a NUL byte: it is not text, or not UTF-8").error();
        } else if (i - begin >= longest_line) {
            return bad_input(source, line, "the line is longer than 64 KiB").error();
        }
    }
    return std::nullopt;
}

std::string plain_text(std::string_view text)
{
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') plain += text[i];
    return plain;
}

} // namespace usbroute::import_
