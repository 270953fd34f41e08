// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/verify.hpp"
#include "daemon/clients.hpp"
#include "daemon/machine.hpp"
#include "daemon/moved.hpp"
#include "daemon/plugs.hpp"
#include "daemon/questions.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What happens, told to subscribers and to the log.
namespace usbroute::daemon {

void announce(const Moved& moved, Audience& audience);
void announce(const GuestName& guest, std::string_view what, Audience& audience);
void announce(const Drift& drift, Audience& audience);
void announce(const Findings& findings, const Machine& machine, Audience& audience);
void announce(const std::vector<apply::Judgement>& judgements, Audience& audience);
/// Devices that went to whom their socket is for.
void announce_given(const plan::Plan& done, const Machine& machine, Audience& audience);
/// A device that did not.
void announce_kept(const topology::PortPath& place, const std::string& why, const Machine& machine,
                   Audience& audience);

/// A question that begins, or ends.
void announce(const Questions::News& news, Audience& audience);

/// What a plug has come to for a guest that did not run.
void announce(const ConnectorName& connector, const PlugNews& news, Audience& audience);
/// What somebody else has attached, and whose device is gone.
void announce_shell(const attach::Having& shell);

} // namespace usbroute::daemon
