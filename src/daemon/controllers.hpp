// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "assign/in_guest.hpp"
#include "base/result.hpp"
#include "wire/answer.hpp"

#include <functional>

namespace usbroute::daemon {

class Guests;

/// Answers what root's command asks about the whole controllers of a guest that runs, over the line that is kept to its machine.
/// Which controllers, and whether they may go, is that command's business, as are their drivers: the daemon has no right to those
/// (docs/decisions/0057).
class Controllers {
public:
    using Answered = std::function<void(const wire::Answer&)>;
    using Told = std::function<void(const Result<assign::InGuest>&)>;

    explicit Controllers(Guests& guests) : guests_(guests) {}

    /// Each answer has the guest as it is afterwards. Calls back once, from within where nothing has to be asked.
    void answer(const assign::Ask& ask, Answered answered);
    /// The same as a value.
    void ask(const assign::Ask& ask, Told told);

private:
    Guests& guests_;
};

} // namespace usbroute::daemon
