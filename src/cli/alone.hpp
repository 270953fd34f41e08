// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/locations.hpp"
#include "plan/plan.hpp"
#include "report/log.hpp"
#include "report/views.hpp"
#include "report/why.hpp"
#include "wire/answer.hpp"

/// The work without a daemon: look, plan and act in this process.
namespace usbroute::cli {

[[nodiscard]] Result<report::StatusView> status_alone(const linux_::Locations& where);
/// An error where there is no such connector.
[[nodiscard]] Result<report::WhyView> why_alone(const linux_::Locations& where,
                                                const ConnectorName& connector);
/// An error also where the journal cannot be read: root and the daemon can.
[[nodiscard]] Result<report::LogView> log_alone(const linux_::Locations& where);
[[nodiscard]] Result<report::RegistersView> registers_alone(const linux_::Locations& where);
/// What the request would do; a refusal is an error. Nothing is touched.
[[nodiscard]] Result<report::PlanView> plan_alone(const linux_::Locations& where,
                                                  const plan::Request& request);
/// Does it, under the lock that keeps the daemon and other commands out of the change.
[[nodiscard]] Result<wire::Answer> act_alone(const linux_::Locations& where, const plan::Request& request);

} // namespace usbroute::cli
