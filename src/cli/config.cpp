// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/command_table.hpp"
#include "cli/commands.hpp"
#include "cli/doors.hpp"
#include "cli/help.hpp"
#include "cli/helper_sockets.hpp"
#include "cli/new_config.hpp"
#include "cli/node_access.hpp"
#include "cli/ports_for.hpp"
#include "cli/screen.hpp"
#include "config/parse.hpp"
#include "linux/files.hpp"
#include "linux/rights.hpp"
#include "linux/settings_files.hpp"
#include "observe/functions.hpp"
#include "observe/panels.hpp"
#include "observe/scan.hpp"
#include "report/config_check.hpp"
#include "report/config_start.hpp"
#include "report/group_check.hpp"
#include "report/json.hpp"
#include "report/udev_rules.hpp"

#include <optional>
#include <string>
#include <utility>

namespace usbroute::cli {

namespace {

std::string text_of(const report::ConfigCheck& check)
{
    auto text =
        format("ok: {}, {}, {}, {}", counted(check.connectors, "connector", "connectors"),
               counted(check.guests, "guest", "guests"), counted(check.profiles, "profile", "profiles"),
               counted(check.listeners, "listener", "listeners"));
    if (check.hubs > 0) text += ", " + counted(check.hubs, "hub", "hubs");
    if (check.files.empty()) text += "; there is no configuration file";
    if (!check.machine_was_seen) text += "; not compared: this machine has no USB controller";
    return text + "\n";
}

int check(const Options& options, const linux_::Locations& where, const config::Settings& settings)
{
    const linux_::LiveTree tree(where.root);
    const auto snapshot = observe::scan(tree, observe::Ports::read);
    auto checked = report::check_config(settings, snapshot, linux_::settings_files(where));
    if (const auto look = nodes_for_the_daemon(where))
        report::add_node_warnings(checked, settings, snapshot, *look);
    if (const auto doors = doors_of(where)) report::add_group_warnings(checked, settings, *doors);
    report::add_same_domains(checked, settings, uuids_of_domains(where));
    report::add_helper_warnings(checked, settings, guests_without_helper(settings, where));
    if (options.json) {
        print(report::to_json(checked) + "\n");
        return checked.misfits.empty() ? exit_done : exit_code_of(ErrorKind::failed);
    }
    for (const auto& warning : checked.warnings)
        warn(options, format("{}: {}", warning.origin, warning.message));
    if (checked.misfits.empty()) {
        if (options.verbose)
            for (const auto& file : checked.files) print(printable(file, 200) + "\n");
        print(text_of(checked));
        return exit_done;
    }
    std::vector<std::string> lines;
    for (const auto& misfit : checked.misfits)
        lines.push_back(format("{}: {}", misfit.origin, misfit.message));
    return fail(Error(ErrorKind::failed, join(lines, "\n")).with_code("does-not-fit"), false);
}

int show(const Options& options, const linux_::Locations& where, const config::Settings& settings)
{
    if (options.json) {
        print(report::to_json(settings) + "\n");
        return exit_done;
    }
    for (const auto& file : linux_::settings_files(where)) print(format("# from {}\n", printable(file, 200)));
    print(config::to_toml(settings));
    return exit_done;
}

/// Rules on stdout, so that they can be redirected; where there are none, the reason on stderr.
int print_udev_rules(const Options& options, const linux_::Locations& where, const config::Settings& settings)
{
    const auto snapshot = observe::scan(linux_::LiveTree(where.root), ports_for(settings));
    const auto rules = report::udev_rules(snapshot, settings);
    if (options.json)
        print(report::to_json(rules) + "\n");
    else if (rules.none)
        note(options, "usbrouted needs no node, so there are no rules: " + *rules.none);
    else
        print(join(rules.lines, "\n") + "\n");
    return exit_done;
}

/// Sockets that have a name already: in connectors.toml, which stays, and in a usbroute.toml, which this is to take the place of.
void add_named_sockets(report::ConfigStartFacts& facts, const Options& options, linux_::Locations where)
{
    where.config_was_named = false; // it need not be there
    const auto settings = linux_::load_settings(where, linux_::Purpose::to_look);
    if (!settings)
        return warn(options, "the present configuration has errors and is ignored: sockets get new names");
    for (const auto& connector : settings->connectors)
        (connector.origin.file == where.connectors ? facts.mapped : facts.written).push_back(connector);
}

int init(const Options& options)
{
    // As with `import`, --config says where the new one goes.
    const auto where = linux_::locate({.root = options.root, .config = options.config, .socket = {}});
    const linux_::LiveTree tree(where.root);
    const auto snapshot = observe::scan(tree, observe::Ports::read);
    const auto functions = observe::read_functions(tree);
    report::ConfigStartFacts facts{
        .snapshot = snapshot, .functions = functions, .panels = observe::read_panels(tree, snapshot)};
    // In the simulated board all of it lies below the board.
    const bool can_be_written =
        where.socket.starts_with('/') && where.socket.find_first_of("\"\\\n") == std::string::npos;
    if (where.socket_was_named && can_be_written)
        facts.sockets = where.socket.substr(0, where.socket.rfind('/'));
    add_named_sockets(facts, options, where);
    auto start = report::config_start(facts);
    if (options.write) {
        if (const auto written = write_new_config(where.config, start.toml); !written)
            return fail(written.error(), options.json);
        start.written_to = where.config;
    }
    if (options.json)
        print(report::to_json(start) + "\n");
    else if (!options.write)
        print(start.toml);
    else
        note(options, format("wrote {0}; read it, change what you like, then: usbroute config check",
                             printable(where.config, 200)));
    return exit_done;
}

} // namespace

int run_config(const Invocation& invocation)
{
    const auto& options = invocation.options;
    const auto& what = invocation.words.front();
    if (what != "init" && what != "check" && what != "show" && what != "udev")
        return fail(usage_error(format("there is no config {}; {}", printable(what, 64),
                                       usage_line(*invocation.command))),
                    options.json);
    if (options.write && what != "init")
        return fail(
            usage_error(format("--write is for `usbroute config init`, and config {} writes nothing", what)),
            options.json);
    if (what == "init") return init(options);
    const auto where =
        linux_::locate({.root = options.root, .config = options.config, .socket = options.socket});
    const auto settings = linux_::load_settings(where, linux_::Purpose::to_look);
    if (!settings) return fail(settings.error(), options.json);
    if (what == "udev") return print_udev_rules(options, where, *settings);
    return what == "check" ? check(options, where, *settings) : show(options, where, *settings);
}

} // namespace usbroute::cli
