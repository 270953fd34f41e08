// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/command_table.hpp"
#include "cli/guest_verbs.hpp"
#include "cli/screen.hpp"
#include "linux/files.hpp"
#include "observe/scan.hpp"
#include "report/paste.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::cli {

namespace {

using report::Hypervisor;
using report::Script;

constexpr std::array<std::pair<OptionId, Hypervisor>, 3> hypervisors = {{
    {OptionId::qemu, Hypervisor::qemu},
    {OptionId::libvirt, Hypervisor::libvirt},
    {OptionId::proxmox, Hypervisor::proxmox},
}};

constexpr std::array<std::pair<OptionId, Script>, 5> scripts = {{
    {OptionId::powershell, Script::powershell},
    {OptionId::autohotkey, Script::autohotkey},
    {OptionId::systemd, Script::systemd},
    {OptionId::i3, Script::i3},
    {OptionId::shell, Script::shell},
}};

/// The one of these options that was typed.
template <class Kind, std::size_t count>
Result<Kind> the_one(const std::array<std::pair<OptionId, Kind>, count>& kinds, const Options& options,
                     std::string_view verb)
{
    std::vector<std::string> known;
    std::vector<Kind> asked;
    for (const auto& [id, kind] : kinds) {
        const auto name = row_of(id).long_name;
        known.emplace_back(name);
        if (std::ranges::find(options.kinds, name) != options.kinds.end()) asked.push_back(kind);
    }
    if (asked.size() != 1)
        return std::unexpected(usage_error(
            format("guest {} prints one thing at a time; say which: {}", verb, join(known, ", "))));
    return asked.front();
}

/// What is to be pasted on stdout, so that it can be redirected; the rest for the person, on stderr.
int show(const Result<report::Paste>& paste, const Options& options)
{
    if (!paste) return fail(paste.error(), options.json);
    if (options.json) {
        print(report::to_json(*paste) + "\n");
        return exit_done;
    }
    print(join(paste->lines, "\n") + "\n");
    for (const auto& text : paste->notes) note(options, text);
    return exit_done;
}

} // namespace

int run_guest_lines(const GuestCall& call)
{
    const auto& options = call.invocation.options;
    const auto hypervisor = the_one(hypervisors, options, "lines");
    if (!hypervisor) return fail(hypervisor.error(), options.json);
    if (options.reconnect_ms && *hypervisor == Hypervisor::libvirt)
        return fail(
            usage_error(
                "--reconnect-ms is for --qemu and --proxmox; libvirt knows its QEMU and writes the option that fits"),
            options.json);
    const linux_::LiveTree tree(call.where.root);
    return show(
        report::guest_lines(
            call.settings, observe::scan(tree, observe::Ports::skip), *call.guest,
            {.hypervisor = *hypervisor, .virtio = options.virtio, .reconnect_ms = options.reconnect_ms}),
        options);
}

int run_guest_setup(const GuestCall& call)
{
    const auto& options = call.invocation.options;
    const auto script = the_one(scripts, options, "setup");
    if (!script) return fail(script.error(), options.json);
    return show(report::guest_setup(call.settings, *call.guest, {.script = *script, .port = options.port}),
                options);
}

} // namespace usbroute::cli
