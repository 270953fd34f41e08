// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"
#include "import/proposal.hpp"

#include <algorithm>
#include <cstdint>

namespace usbroute::import_ {

namespace {

/// The text as a basic string of TOML with nothing in it but ASCII (config/lexical_check.hpp).
std::string toml_string(std::string_view text)
{
    std::string made = "\"";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == '"' || byte == '\\') {
            made += '\\';
            made += text[i];
        } else if (byte < 0x20 || byte == 0x7f) {
            made += format("\\u{:04X}", byte);
        } else if (byte < 0x80) {
            made += text[i];
        } else {
            const unsigned length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
            std::uint32_t code = length == 4 ? byte & 0x07U : length == 3 ? byte & 0x0fU : byte & 0x1fU;
            bool is_right = length != 0 && i + length <= text.size();
            for (unsigned k = 1; is_right && k < length; ++k) {
                const auto next = static_cast<unsigned char>(text[i + k]);
                is_right = (next & 0xc0U) == 0x80;
                code = code << 6 | (next & 0x3fU);
            }
            const bool is_scalar = is_right && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
            if (!is_scalar) {
                made += "?";
                continue;
            }
            made += format("\\U{:08X}", code);
            i += length - 1;
        }
    }
    return made + '"';
}

std::string commented(std::string_view text)
{
    std::string made;
    for (const auto line : split(text, '\n'))
        if (!line.empty()) made += format("# {}\n", line);
    return made;
}

std::string comments(const std::vector<std::string>& remarks)
{
    std::string made;
    for (const auto& remark : remarks) made += format("# {}\n", printable(remark, 400));
    return made;
}

std::string guest_toml(const ProposedGuest& guest)
{
    config::Settings settings;
    settings.guests.push_back(guest.settings);
    auto& one = settings.guests.front();
    if (!guest.libvirt.empty()) {
        one.libvirt = config::LibvirtSettings{.domain = guest.libvirt};
        one.qmp.clear(); // devices are given through one of them, and a domain's own monitor is libvirt's
    }
    auto text = config::to_toml(settings);
    if (guest.qmp_is_ours)
        text += format("# start its QEMU with: -qmp unix:{},server=on,wait=off\n", guest.settings.qmp);
    return text + comments(guest.remarks);
}

std::string profile_entries(const std::vector<config::ProfileEntry>& entries, const std::string& name)
{
    config::Settings settings;
    config::ProfileSettings profile;
    profile.name = ProfileName(name);
    profile.entries = entries;
    settings.profiles.push_back(std::move(profile));
    return config::to_toml(settings);
}

std::string profile_toml(const ProposedProfile& profile)
{
    std::string text =
        profile.remark.empty() ? std::string() : format("# {}\n", printable(profile.remark, 200));
    const auto& name = profile.settings.name.text();
    if (!profile.settings.entries.empty()) text += profile_entries(profile.settings.entries, name);
    if (profile.out_of_reach.empty()) return text;
    const auto all = profile_entries(profile.out_of_reach, name);
    if (!profile.why_out_of_reach.empty()) text += format("# {}\n", printable(profile.why_out_of_reach, 400));
    // The head of the table is there already.
    text += commented(profile.settings.entries.empty() ? std::string_view(all)
                                                       : std::string_view(all).substr(all.find('\n') + 1));
    return text;
}

std::string rule_text(const ProposedRule& rule)
{
    if (rule.settings)
        return config::to_toml(*rule.settings) +
               (rule.remark.empty() ? std::string() : format("# {}\n", printable(rule.remark, 400)));
    std::vector<std::string> match;
    const auto add = [&](std::string_view key, std::string_view value) {
        if (!value.empty()) match.push_back(format("{} = {}", key, toml_string(value)));
    };
    const auto& told = rule.match;
    if (told.id()) add("id", told.id()->text());
    add("serial", told.serial);
    add("name", told.name);
    add("class", told.device_class);
    add("interface", told.interface_class);
    add("socket", rule.socket);
    if (told.removable) match.push_back(format("removable = {}", *told.removable));
    if (match.empty()) add("serial", told.udev_serial);
    auto text = format("[rule.{}]\nmatch = {{ {} }}\nto = {}\n", rule.name, join(match, ", "),
                       toml_string(rule.to.empty() ? "NAME-OF-A-GUEST" : rule.to));
    if (!rule.remark.empty()) text += rule.remark + "\n";
    return commented(text);
}

} // namespace

std::string to_toml(const Proposal& proposal)
{
    std::string text =
        "# Proposed by `usbroute import`: read the messages that it printed with this, then compare with the machine.\n";
    for (const auto& file : proposal.files) text += format("# From {}\n", printable(file, 200));
    const auto add = [&](const std::string& part) { text += "\n" + part; };
    for (const auto& connector : proposal.connectors)
        add(config::to_toml(connector.settings) + comments(connector.remarks));
    for (const auto& guest : proposal.guests) add(guest_toml(guest));
    for (const auto& profile : proposal.profiles) add(profile_toml(profile));
    if (proposal.toggle.size() > 1) {
        config::Settings settings;
        for (const auto& name : proposal.toggle) settings.toggle.emplace_back(name);
        add(config::to_toml(settings));
    }
    const bool has_given = std::ranges::any_of(proposal.profiles, [](const ProposedProfile& profile) {
        return profile.settings.name.text() == "imported" && !profile.settings.entries.empty();
    });
    if (has_given)
        add("# Apply it with `usbroute apply imported`, or at every boot with\n# [routes]\n# at_start = \"imported\"\n");
    if (!proposal.rules.empty()) {
        add("# Devices by what they are. Of several rules the most specific counts, wherever it is written: docs/rules.md\n");
        for (const auto& rule : proposal.rules) add(rule_text(rule));
    }
    return text;
}

} // namespace usbroute::import_
