// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/trial.hpp"

namespace usbroute::apply {

using plan::Change;

void Trial::join(const Change& change)
{
    // It brings wires to where the trial had put them already.
    if (is_restore(change)) return;
    way = way.is_empty() ? change : way.followed_by(change);
    way = way.net();
    if (is_undo(change))
        undoable -= undoable > 0 ? 1 : 0;
    else
        ++undoable;
}

bool is_undo(const Change& change) { return change.title.starts_with("undo "); }
bool is_restore(const Change& change) { return change.title.starts_with("restore "); }
bool is_revert(const Change& change) { return change.title.starts_with("revert "); }

} // namespace usbroute::apply
