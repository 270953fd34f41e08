// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/scanner.hpp"

#include "observe/census.hpp"
#include "observe/scan.hpp"

namespace usbroute::observe {

topology::Snapshot TreeScanner::look(const topology::Snapshot& before, const Hints& hints) const
{
    return hints.everything ? scan(tree_) : rescan(tree_, before, hints.paths);
}

bool TreeScanner::still_holds(const topology::Snapshot& snapshot) const
{
    return observe::still_holds(tree_, snapshot);
}

} // namespace usbroute::observe
