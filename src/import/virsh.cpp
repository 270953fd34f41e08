// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"
#include "import/udev_lines.hpp"

#include <algorithm>

namespace usbroute::import_ {

namespace {

/// What `virsh attach-device` and `usbtool attach` are given.
struct VirshCall {
    std::string verb;
    std::string guest;
    std::string file;
    std::vector<std::string> uris; ///< of libvirt's daemons
    std::string unknown;           ///< what only a shell could tell
    ToldDevice device;
    bool has_device = false;
};

bool is_verb(std::string_view text)
{
    return text == "attach" || text == "detach" || text.starts_with("attach-device") ||
           text.starts_with("detach-device");
}

using WordAt = std::span<const ShellWord>::iterator;

/// The value of `--option=VALUE` and `--option VALUE`; then `at` is at the last word of it.
std::optional<std::string> option_value(WordAt& at, WordAt end, std::string_view option)
{
    const std::string_view text = at->text;
    if (text.starts_with(std::string(option) + "=")) return std::string(text.substr(option.size() + 1));
    if (text != option || std::next(at) == end) return std::nullopt;
    ++at;
    return at->text;
}

std::optional<std::uint16_t> virsh_id(std::string_view text)
{
    return number_from<std::uint16_t>(text.starts_with("0x") ? text.substr(2) : text, 16);
}

void read_virsh_word(WordAt& at, WordAt end, VirshCall& call)
{
    if (const auto domain = option_value(at, end, "--domain")) {
        call.guest = *domain;
    } else if (const auto xml = option_value(at, end, "--file")) {
        call.file = *xml;
    } else if (const auto uri = option_value(at, end, at->text == "-c" ? "-c" : "--connect")) {
        call.uris.push_back(*uri);
    } else if (const auto vendor = option_value(at, end, "--vendor")) {
        call.device.vendor = virsh_id(*vendor);
        call.has_device = true;
    } else if (const auto product = option_value(at, end, "--device")) {
        call.device.product = virsh_id(*product);
        call.has_device = true;
    } else if (at->text.starts_with('-')) {
        return;
    } else if (!call.verb.empty() && call.guest.empty()) {
        call.guest = at->text;
    } else if (!call.verb.empty() && call.file.empty()) {
        call.file = at->text;
    }
}

VirshCall read_virsh_call(WordAt at, WordAt end)
{
    VirshCall call{.verb = {}, .guest = {}, .file = {}, .uris = {}, .unknown = {}, .device = {}};
    for (; at != end; ++at) {
        if (is_verb(at->text)) {
            call.verb = at->text;
            continue;
        }
        if (!at->unknown.empty() && call.unknown.empty()) call.unknown = at->unknown;
        read_virsh_word(at, end, call);
    }
    return call;
}

} // namespace

bool read_virsh_words(std::span<const ShellWord> words, Found& found, Entry entry)
{
    const auto starts = [&](std::string_view name) {
        return std::ranges::find_if(words,
                                    [&](const ShellWord& word) { return last_name_of(word.text) == name; });
    };
    const auto line = entry.origin.line;
    const auto usbtool = starts("usbtool");
    const auto program = usbtool != words.end() ? usbtool : starts("virsh");
    if (program == words.end()) return false;
    const auto call = read_virsh_call(std::next(program), words.end());
    for (const auto& uri : call.uris)
        if (!uri.starts_with("qemu:///system")) found.warn(line, format("the domain is on {}", said(uri)));
    if (call.verb.empty()) return false;
    if (!call.unknown.empty() || call.guest.empty() || is_of_udev(call.guest)) {
        found.left(line, format("the guest is known only at run time ({})",
                                printable(call.unknown.empty() ? call.guest : call.unknown, 64)));
        return true;
    }
    auto& told = found.guest(call.guest, line);
    if (told.libvirt.empty()) told.libvirt = call.guest;
    entry.guest = call.guest;
    if (call.has_device && !entry.device) entry.device = call.device;
    // An own description of the device is better than what the rule was triggered by.
    if (!call.file.empty() && !is_of_udev(call.file) && call.file != "/dev/stdin") entry.file = call.file;
    if (entry.file.empty() && !entry.device && !entry.socket) {
        found.left(line, format("virsh gives {} a device that is not described here", said(call.guest)));
        return true;
    }
    found.entries.push_back(std::move(entry));
    return true;
}

} // namespace usbroute::import_
