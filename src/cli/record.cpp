// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "config/parse.hpp"
#include "linux/files.hpp"
#include "linux/locations.hpp"
#include "linux/recording_folder.hpp"
#include "linux/settings_files.hpp"
#include "observe/decode.hpp"
#include "observe/disguise.hpp"
#include "observe/recording.hpp"
#include "report/recorded.hpp"

#include <algorithm>

namespace usbroute::cli {

namespace {

constexpr std::size_t largest_settings = 1U << 20;
constexpr const char* main_settings = "etc/usbroute/usbroute.toml";
constexpr const char* connector_settings = "etc/usbroute/connectors.toml";
constexpr const char* rule_settings = "etc/usbroute/rules.toml";

const char* name_in_recording(const std::string& file, const linux_::Locations& where)
{
    if (file == where.rules) return rule_settings;
    return file == where.connectors ? connector_settings : main_settings;
}

/// The configuration is read by path and not through the tree: it may be named on the command line.
void add_settings(observe::Recording& recording, const linux_::Locations& where)
{
    for (const auto& file : linux_::settings_files(where)) {
        auto text = linux_::read_file(file, largest_settings);
        if (!text)
            recording.notes.push_back(text.error().message());
        else
            recording.files[name_in_recording(file, where)] = std::move(*text);
    }
}

bool can_be_parsed(const observe::Recording& recording)
{
    std::vector<config::SourceText> texts;
    for (const auto* path : {main_settings, connector_settings, rule_settings})
        if (const auto found = recording.files.find(path); found != recording.files.end())
            texts.push_back({.name = path, .text = found->second});
    return config::parse(texts).has_value();
}

/// A host that is called like a word of the configuration's grammar would make it unreadable.
observe::Disguised disguise_all(observe::Recording& recording, std::string_view host_name)
{
    const auto before = recording;
    auto disguised = observe::disguise(recording, host_name);
    if (!can_be_parsed(before) || can_be_parsed(recording)) return disguised;
    for (const auto* path : {main_settings, connector_settings, rule_settings})
        if (const auto found = before.files.find(path); found != before.files.end())
            recording.files[path] = found->second;
    recording.notes.emplace_back(
        "the configuration was left as it is: with the host name replaced, usbroute could not read it");
    return disguised;
}

/// The registers of every xHCI lie behind byte 64.
bool has_registers(const observe::Recording& recording)
{
    return std::ranges::all_of(recording.files, [](const auto& entry) {
        return observe::last_part(entry.first) != "config" || entry.second.size() > 64;
    });
}

} // namespace

int run_record(const Invocation& invocation)
{
    const auto& options = invocation.options;
    const auto& directory = invocation.words.front();
    // Said before the looking, which may take a moment.
    if (const auto may = linux_::may_record_into(directory); !may) return fail(may.error(), options.json);
    const auto where =
        linux_::locate({.root = options.root, .config = options.config, .socket = options.socket});
    const linux_::LiveTree tree(where.root);
    auto recording = observe::record(tree);
    add_settings(recording, where);
    const auto host_name = tree.read("proc/sys/kernel/hostname", 256);
    const auto disguised = disguise_all(recording, host_name ? trim(*host_name) : std::string_view());

    const report::RecordedView view{.directory = directory,
                                    .version = USBROUTE_VERSION,
                                    .files = static_cast<int>(recording.files.size()),
                                    .links = static_cast<int>(recording.links.size()),
                                    .serials = disguised.serials,
                                    .addresses = disguised.addresses,
                                    .uuids = disguised.uuids,
                                    .host_name = disguised.host_name,
                                    .registers = has_registers(recording),
                                    .notes = recording.notes};
    const auto written = linux_::write_recording(recording, report::recorded_readme(view), directory);
    if (!written) return fail(written.error(), options.json);
    if (options.json)
        print(report::to_json(view) + "\n");
    else if (!options.quiet)
        print(report::recorded_text(view));
    if (!view.registers)
        warn(options,
             "the routing registers are missing: the kernel shows them only to root; record again as root");
    for (const auto& note : view.notes) warn(options, printable(note, 200));
    return exit_done;
}

} // namespace usbroute::cli
