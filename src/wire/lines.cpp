// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/lines.hpp"

namespace usbroute::wire {

std::optional<LineCutter::Line> LineCutter::next(std::string_view& bytes)
{
    // The LF of a CRLF may come in a later read than its CR.
    if (after_cr_ && !bytes.empty()) {
        after_cr_ = false;
        if (bytes.front() == '\n') bytes.remove_prefix(1);
    }
    const auto end = bytes.find_first_of("\r\n");
    const auto piece = bytes.substr(0, end);
    if (overflowed_ || held_.size() + piece.size() > longest_) {
        overflowed_ = true;
        held_.clear();
    } else if (end == std::string_view::npos) {
        held_.append(piece);
    }
    if (end == std::string_view::npos) {
        bytes = {};
        return std::nullopt;
    }

    Line line{.text = {}, .too_long = overflowed_};
    if (!overflowed_) {
        line.text = std::move(held_);
        line.text.append(piece);
    }
    held_.clear();
    overflowed_ = false;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    return line;
}

void LineCutter::drop()
{
    held_.clear();
    overflowed_ = false;
}

} // namespace usbroute::wire
