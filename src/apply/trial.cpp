// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/trial.hpp"

#include <utility>

namespace usbroute::apply {

using plan::Change;
using plan::ChangeKind;

void Trial::join(const Change& change)
{
    // It brings wires to where the trial had put them already.
    if (change.kind == ChangeKind::restore) return;
    if (change.kind == ChangeKind::revert) return end_but_for(way.followed_by(change).net());
    if (is_ending) return leave_out(change);
    way = way.is_empty() ? change : way.followed_by(change);
    way = way.net();
    way.forget_what_may_go();
    if (change.kind == ChangeKind::undo)
        undoable -= undoable > 0 ? 1 : 0;
    else
        ++undoable;
}

void Trial::leave_out(const Change& change) { way = way.without(change); }

void Trial::end_but_for(Change rest)
{
    rest.title = std::move(way.title);
    rest.forget_what_may_go();
    way = std::move(rest);
    is_ending = true;
    was_ending = true;
    undoable = 0;
}

} // namespace usbroute::apply
