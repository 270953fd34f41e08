// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "report/config_check.hpp"
#include "report/log.hpp"
#include "report/mask.hpp"
#include "report/views.hpp"
#include "report/why.hpp"

#include <string>
#include <string_view>

namespace usbroute::report {

/// One JSON document without line breaks; invalid UTF-8 cannot occur, because strings are printable already.
[[nodiscard]] std::string to_json(const StatusView& view);
[[nodiscard]] std::string to_json(const RegistersView& view);
[[nodiscard]] std::string to_json(const PlanView& view);
[[nodiscard]] std::string to_json(const RuleView& view);
/// {"schema":1,"questions":[...]}
[[nodiscard]] std::string to_json(const std::vector<QuestionView>& open);
[[nodiscard]] std::string to_json(const MaskView& view);
[[nodiscard]] std::string to_json(const WhyView& view);
[[nodiscard]] std::string to_json(const LogView& view);
/// What the configuration says, defaults included.
[[nodiscard]] std::string to_json(const config::Settings& settings);
[[nodiscard]] std::string to_json(const ConfigCheck& check);
/// {"ok":false,"code":"no-such-connector","message":"..."}: a failure for scripts, as the daemon's answers have it.
[[nodiscard]] std::string to_json(const Error& error);

/// The document in a daemon's answer; what is not "ok" is its error. Unknown keys are passed over, so that a newer daemon
/// is understood.
[[nodiscard]] Result<StatusView> status_in(std::string_view answer);
[[nodiscard]] Result<RegistersView> registers_in(std::string_view answer);
[[nodiscard]] Result<WhyView> why_in(std::string_view answer);
[[nodiscard]] Result<LogView> log_in(std::string_view answer);
[[nodiscard]] Result<PlanView> plan_in(std::string_view answer);

} // namespace usbroute::report
