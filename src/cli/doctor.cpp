// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "cli/commands.hpp"
#include "cli/facts.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "report/diagnosis.hpp"

namespace usbroute::cli {

namespace {

/// A look that was not permitted is not the same as a machine that cannot do it.
int exit_code_for(const diagnose::Diagnosis& diagnosis)
{
    if (diagnosis.works) return exit_done;
    const auto& first = diagnosis.findings.front().code;
    const bool rights = first == "registers-unreadable" || first == "not-permitted";
    return exit_code_of(rights ? ErrorKind::not_permitted : ErrorKind::refused);
}

} // namespace

int run_doctor(const Invocation& invocation)
{
    const auto& options = invocation.options;
    const auto diagnosis = diagnose::diagnose(gather_facts(options));
    const auto which = options.verbose ? report::WhichFindings::all : report::WhichFindings::that_matter;
    if (options.json)
        print(report::to_json(diagnosis) + "\n");
    else if (!options.quiet)
        print(report::diagnosis_text(diagnosis, style_of_terminal(options), which));
    return exit_code_for(diagnosis);
}

} // namespace usbroute::cli
