// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/hints.hpp"
#include "observe/kernel_tree.hpp"
#include "topology/snapshot.hpp"

namespace usbroute::observe {

/// Looks at a machine. Can be called on any thread, on one at a time.
class Scanner {
public:
    virtual ~Scanner() = default;

    /// The machine as it is now. Where the hints only name places, the rest is taken from `before`.
    [[nodiscard]] virtual topology::Snapshot look(const topology::Snapshot& before,
                                                  const Hints& hints) const = 0;
    /// Cheaper than a look: whether the kernel still lists what `snapshot` was made from.
    [[nodiscard]] virtual bool still_holds(const topology::Snapshot& snapshot) const = 0;
};

/// By reading a kernel tree, the real one or a recorded one.
class TreeScanner final : public Scanner {
public:
    explicit TreeScanner(const KernelTree& tree) : tree_(tree) {}

    [[nodiscard]] topology::Snapshot look(const topology::Snapshot& before,
                                          const Hints& hints) const override;
    [[nodiscard]] bool still_holds(const topology::Snapshot& snapshot) const override;

private:
    const KernelTree& tree_;
};

} // namespace usbroute::observe
