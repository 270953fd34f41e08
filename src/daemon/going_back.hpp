// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/machine.hpp"

#include <chrono>
#include <expected>
#include <functional>
#include <string>
#include <vector>

/// How sockets go back when nobody asks: at the end of a trial, when a guest is gone, after a drift
/// (docs/decisions/0032).
namespace usbroute::daemon {

/// A socket that is still out: it is guarded, or the hardware did not take what was written.
struct StillOut {
    ConnectorName connector;
    NotDone why;
};

/// What has become of a wish that goes by socket.
struct GoneBack {
    std::vector<Done> done; ///< one where a write for all went well, also with nothing to write
    std::vector<StillOut> rest;

    /// A write has failed: to be tried again after a time only, whatever a look finds.
    [[nodiscard]] bool has_failed() const;
};

/// An error: it is about all of them.
using WentBack = std::expected<GoneBack, NotDone>;

/// Brings back all that can go, in one write where that is taken, else socket by socket: what cannot be written for one
/// keeps none of the others away. Calls back once, from within where nothing has to be waited for.
void go_back(Machine& machine, plan::Request wish, apply::Signature signature,
             std::function<void(WentBack)> then);

[[nodiscard]] std::string in_words(const NotDone& why);
/// "rear-6 stays: rear-6 holds disk sdb, ...; keys stays: ..."
[[nodiscard]] std::string in_words(const std::vector<StillOut>& rest);

/// Which sockets, and why in a word: the same as long as nothing has changed but the words, as when another device that is
/// no keyboard was plugged in.
[[nodiscard]] std::string reasons_of(const std::vector<StillOut>& rest);

/// How long to wait before the next attempt: 1, 2, 4, ... 60 seconds.
class Patience {
public:
    [[nodiscard]] std::chrono::seconds longer();
    void end() { wait_ = {}; }
    /// An attempt has failed, and another one is to come.
    [[nodiscard]] bool is_tried() const { return wait_ > std::chrono::seconds{0}; }

private:
    std::chrono::seconds wait_{};
};

} // namespace usbroute::daemon
