// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "live/key.hpp"
#include "live/model.hpp"

#include <memory>
#include <optional>

namespace usbroute::live {

/// The terminal while the live view has it. It is given back as it was at the end of this object, when the process
/// stops for Ctrl-Z, and also when the process dies of a fault.
class Terminal {
public:
    /// Takes the terminal behind stdin and stdout. An error if that is not a terminal, or cannot place a cursor.
    [[nodiscard]] static Result<Terminal> take(bool colour);

    /// What can be shown: colours as far as the terminal has them, and UTF-8 where the C library was found to write it.
    [[nodiscard]] bool has_colour() const;
    [[nodiscard]] Size size() const;

    void show(const Screen& screen) const;
    /// Reads the new size, after SIGWINCH.
    void resize();
    /// The next key that was pressed; nothing when none is waiting. Keys that mean nothing here are passed over.
    [[nodiscard]] std::optional<Key> key();
    /// True when the terminal has gone away.
    [[nodiscard]] bool is_gone() const { return gone_; }

private:
    struct Closer {
        void operator()(void* screen) const;
    };
    explicit Terminal(void* screen) : screen_(screen) {}

    std::unique_ptr<void, Closer> screen_;
    bool gone_ = false;
};

/// Makes the C library write UTF-8, if it can. False: nothing but ASCII can be written.
[[nodiscard]] bool write_utf8();

} // namespace usbroute::live
