// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wizard/typed_lines.hpp"

#include <array>
#include <cerrno>

#include <unistd.h>

namespace usbroute::wizard {

namespace {

constexpr std::size_t longest_typed_line = 4096;

} // namespace

bool TypedLines::read_some(int fd)
{
    std::array<char, 1024> buffer{};
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    if (got > 0) {
        text_.append(buffer.data(), static_cast<std::size_t>(got));
        if (!has_one() && text_.size() > longest_typed_line) text_.resize(longest_typed_line);
        return true;
    }
    if (text_.empty() || text_.ends_with('\n')) return has_one();
    text_ += '\n';
    return true;
}

std::optional<std::string> TypedLines::next()
{
    const auto end = text_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    auto line = text_.substr(0, std::min(end, longest_typed_line));
    text_.erase(0, end + 1);
    // Lines that a Windows editor has written: a mark in front of the first, CRLF at the end of each.
    if (line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

} // namespace usbroute::wizard
