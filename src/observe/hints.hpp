// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::observe {

/// Where something may have changed. Hints are never believed: they say where to look again.
struct Hints {
    bool everything = false;            ///< some were lost, or where they point to is not known
    bool registers = false;             ///< a configuration space was written by somebody else
    std::vector<std::string> paths;     ///< sysfs paths without a leading slash
    bool plugs = false;                 ///< a whole USB device has come or gone, not only a part of one
    std::vector<std::uint64_t> numbers; ///< of the kernel's events that told it, as `EventCount` counts them

    [[nodiscard]] bool ask_for_a_scan() const { return everything || !paths.empty(); }
};

/// What a hint's path is for a device at `place`, which is not a root hub, or for what is behind it.
[[nodiscard]] std::string hint_at(const topology::PortPath& place);

/// Tells that the machine may have changed since the last look.
class HintSource {
public:
    virtual ~HintSource() = default;

    /// Becomes readable when there is something to drain; below 0: cannot tell, ask `drain` before each use.
    [[nodiscard]] virtual int fd() const = 0;
    /// What has gathered, without waiting.
    [[nodiscard]] virtual Hints drain() = 0;
    /// Silence proves that nothing has changed. False where another program has to speak: udev can be stopped or hang.
    [[nodiscard]] virtual bool hears_everything() const { return false; }
};

/// Counts what happens to the kernel's devices of every kind, whether anybody hears of it or not.
class EventCount {
public:
    virtual ~EventCount() = default;

    /// Cheap. Nothing: not told here.
    [[nodiscard]] virtual std::optional<std::uint64_t> now() const = 0;
};

/// For a machine that does not count.
class NoCount final : public EventCount {
public:
    [[nodiscard]] std::optional<std::uint64_t> now() const override { return std::nullopt; }
};

} // namespace usbroute::observe
