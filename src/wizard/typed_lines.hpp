// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <string>

namespace usbroute::wizard {

/// Lines as they come from a terminal or a pipe, in whatever pieces. One of more than 4096 bytes is cut there.
class TypedLines {
public:
    /// False at the end of input; a last line without its end counts.
    bool read_some(int fd);
    [[nodiscard]] bool has_one() const { return text_.find('\n') != std::string::npos; }
    [[nodiscard]] std::optional<std::string> next();

private:
    std::string text_;
};

} // namespace usbroute::wizard
