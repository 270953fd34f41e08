// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/locations.hpp"
#include "plan/handover.hpp"
#include "wire/binding.hpp"

#include <string>

namespace usbroute::binder {

/// What is to be done for a question, by root's own configuration and this look at the machine; pure. An error of the kind `refused`
/// or `not_found`: root has not named this controller, or it cannot change hands. What the host types on is for whoever asks to
/// judge, who knows what was wished and whether it can be taken back; a disk that the host uses never goes.
[[nodiscard]] Result<plan::Handover> decide(const plan::HandoverSituation& situation,
                                            const wire::BindQuestion& question);

/// Looks, decides, and binds; waits for the kernel. A controller whose group somebody is just closing is waited for.
[[nodiscard]] Result<void> carry_out(const linux_::Locations& where, const wire::BindQuestion& question);

/// What may be asked for, a line each: "0000:03:00.0 windows xhci_hcd".
[[nodiscard]] Result<std::string> in_words(const linux_::Locations& where);

} // namespace usbroute::binder
