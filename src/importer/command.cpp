// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "importer/command.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/new_config.hpp"
#include "cli/screen.hpp"
#include "config/parse.hpp"
#include "import/json_text.hpp"
#include "import/limits.hpp"
#include "import/proposal.hpp"
#include "import/readers.hpp"
#include "linux/files.hpp"
#include "linux/locations.hpp"
#include "linux/settings_files.hpp"
#include "observe/functions.hpp"
#include "observe/scan.hpp"
#include "report/config_check.hpp"

#include <cerrno>
#include <cstdio>

#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::importer {

namespace {

constexpr int exit_parts_left = 1;

/// A file, or what comes in for "-". One byte more than may be is enough to know that it is too large.
Result<import_::Source> source_of(const std::string& path)
{
    if (path == "-") {
        auto text = linux_::read_up_to(STDIN_FILENO, import_::most_bytes + 1);
        if (!text) return failure("cannot read standard input", text.error().value);
        return import_::Source{.name = "-", .text = std::move(*text)};
    }
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return std::unexpected(Error(errno == EACCES ? ErrorKind::not_permitted : ErrorKind::usage,
                                     format("cannot read {}", printable(path, 200)), errno));
    if (S_ISDIR(status.st_mode))
        return std::unexpected(
            usage_error(format("{} is a directory; name the files in it", printable(path, 200))));
    auto text = linux_::read_file(path, import_::most_bytes);
    if (!text && static_cast<std::uintmax_t>(status.st_size) > import_::most_bytes)
        return import_::bad_input({.name = path, .text = {}}, 0,
                                  "the file is larger than 1 MiB, too large for a configuration");
    if (!text) return std::unexpected(text.error());
    return import_::Source{.name = path, .text = std::move(*text)};
}

import_::Here look_here(const linux_::Locations& where, const cli::Options& options)
{
    const linux_::LiveTree tree(where.root);
    import_::Here here{.snapshot = observe::scan(tree, observe::Ports::read),
                       .functions = observe::read_functions(tree),
                       .settings = {},
                       .hostname = {}};
    if (auto settings = linux_::load_settings(where, linux_::Purpose::to_look))
        here.settings = std::move(*settings);
    else
        cli::warn(options, "the present configuration has errors and is ignored: connectors get new names");
    here.hostname = observe::attribute(tree, "proc/sys/kernel/hostname");
    if (here.hostname.empty()) here.hostname = observe::attribute(tree, "etc/hostname");
    return here;
}

std::string_view word_of(import_::Weight weight)
{
    switch (weight) {
    case import_::Weight::note: return "note: ";
    case import_::Weight::warning: return "warning: ";
    case import_::Weight::left: return "not imported: ";
    }
    return {};
}

void print_remarks(const import_::Proposal& proposal, bool with_notes)
{
    for (const auto& remark : proposal.remarks) {
        if (remark.weight == import_::Weight::note && !with_notes) continue;
        const auto line = format("{}:{}: {}{}\n", printable(remark.origin.file, 200), remark.origin.line,
                                 word_of(remark.weight), printable(remark.text, 600));
        std::fwrite(line.data(), 1, line.size(), stderr);
    }
}

/// What is proposed has to be a configuration of this machine; anything else is our mistake.
Result<void> check(const std::string& toml, const topology::Snapshot& snapshot)
{
    const std::vector<config::SourceText> texts{{.name = "proposal", .text = toml}};
    const auto settings = config::parse(texts);
    std::vector<std::string> lines;
    if (!settings)
        for (const auto& problem : settings.error()) lines.push_back(problem.text());
    else
        for (const auto& misfit : report::check_config(*settings, snapshot, {}).misfits)
            lines.push_back(format("{}: {}", misfit.origin, misfit.message));
    if (lines.empty()) return {};
    return failure(
        format("the proposal is not a valid configuration; this is a bug in usbroute, please report it:\n{}",
               join(lines, "\n")));
}

} // namespace

int run(const cli::Invocation& asked)
{
    const auto& options = asked.options;
    std::optional<import_::Kind> kind;
    if (!options.kind.empty()) {
        kind = import_::kind_from(options.kind);
        std::vector<std::string> known;
        for (const auto one : import_::all_kinds()) known.emplace_back(import_::text_of(one));
        if (!kind)
            return cli::fail(usage_error(format("unknown --kind {}; use one of {}",
                                                printable(options.kind, 64), join(known, ", "))),
                             options.json);
    }
    std::vector<import_::Found> found;
    for (const auto& path : asked.words) {
        const auto source = source_of(path);
        if (!source) return cli::fail(source.error(), options.json);
        auto read = import_::read_file_of(*source, kind);
        if (!read) return cli::fail(read.error(), options.json);
        found.push_back(std::move(*read));
    }
    // The present configuration is that of the machine; --config says where the new one goes.
    const auto where = linux_::locate({.root = options.root, .config = {}, .socket = {}});
    const auto here = look_here(where, options);
    const auto proposal = import_::propose(here, std::move(found));
    const auto toml = import_::to_toml(proposal);
    if (const auto valid = check(toml, here.snapshot); !valid) return cli::fail(valid.error(), options.json);
    if (options.json) {
        cli::print(import_::to_json(proposal, toml) + "\n");
    } else {
        print_remarks(proposal, !options.quiet);
        if (!options.write) cli::print(toml);
    }
    if (options.write) {
        const auto path = options.config.empty() ? where.config : options.config;
        if (const auto written = cli::write_new_config(path, toml); !written)
            return cli::fail(written.error(), options.json);
        if (!options.json)
            cli::note(
                options,
                format(
                    "wrote the proposal to {}; to check it against this machine: usbroute config check --config {}",
                    printable(path, 200), printable(path, 200)));
    }
    return proposal.left_something() ? exit_parts_left : cli::exit_done;
}

} // namespace usbroute::importer
