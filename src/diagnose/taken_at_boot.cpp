// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "diagnose/taken_at_boot.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::diagnose {

using topology::PciController;

namespace {

/// Module names have "-" and "_" alike.
std::string plain(std::string_view text)
{
    std::string out(text);
    std::ranges::replace(out, '_', '-');
    return out;
}

/// One id of "8086:8cb1,10de:13c2:ffffffff:ffffffff" (drivers/vfio/pci/vfio_pci.c, vfio_pci_fill_ids): what is behind
/// vendor and device narrows it, which few write.
bool is_named(std::string_view id, const PciController& controller)
{
    const auto fields = split(id, ':');
    return fields.size() >= 2 && parse_hex(fields[0]) == controller.vendor &&
           parse_hex(fields[1]) == controller.device;
}

struct Named {
    std::string id;
    std::size_t all = 0;
};

std::optional<Named> named_in(std::string_view ids, const PciController& controller)
{
    if (ids.size() >= 2 && ids.front() == '"' && ids.back() == '"') ids = ids.substr(1, ids.size() - 2);
    const auto all = split(ids, ',');
    const auto found =
        std::ranges::find_if(all, [&](std::string_view id) { return is_named(id, controller); });
    if (found == all.end()) return std::nullopt;
    return Named{.id = std::string(*found), .all = all.size()};
}

std::optional<TakenAtBoot> by_the_command_line(const PciController& controller, const std::string& word)
{
    const auto dot = word.find('.');
    const auto equals = word.find('=');
    if (dot == std::string::npos || equals == std::string::npos || dot > equals ||
        plain(std::string_view(word).substr(0, dot)) != plain(controller.driver))
        return std::nullopt;
    const auto key = std::string_view(word).substr(dot + 1, equals - dot - 1);
    const auto value = std::string_view(word).substr(equals + 1);
    const auto shown = printable(word, 160);
    const auto evidence = "/proc/cmdline: " + shown;
    const auto off = format("remove {} from the kernel's command line and reboot", shown);
    if (key == "hide" && value.find(controller.address.text().substr(5)) != std::string_view::npos)
        return TakenAtBoot{.evidence = evidence, .off = off};
    const auto named = key == "ids" ? named_in(value, controller) : std::nullopt;
    if (!named) return std::nullopt;
    return TakenAtBoot{.evidence = evidence,
                       .off = off,
                       .id = printable(named->id, 64),
                       .rest = format("from {} on the kernel's command line and reboot", shown),
                       .all_ids = named->all};
}

std::optional<TakenAtBoot> by_modprobe(const PciController& controller, const topology::ForeignLine& line)
{
    if (!line.file.starts_with("etc/modprobe.d/")) return std::nullopt;
    const auto all = words(line.line);
    if (all.size() < 3 || all[0] != "options" || plain(all[1]) != plain(controller.driver))
        return std::nullopt;
    for (const auto word : all) {
        if (!word.starts_with("ids=")) continue;
        const auto named = named_in(word.substr(4), controller);
        if (!named) continue;
        return TakenAtBoot{
            .evidence = format("/{}: {}", printable(line.file, 120), printable(line.line, 160)),
            .off = {},
            .id = printable(named->id, 64),
            .rest = format("from ids= in /{}, rebuild the initramfs, and reboot", printable(line.file, 120)),
            .all_ids = named->all};
    }
    return std::nullopt;
}

} // namespace

std::optional<TakenAtBoot> taken_at_boot(const PciController& controller,
                                         const topology::Condition& condition)
{
    for (const auto& word : condition.kernel_words.value_or(std::vector<std::string>{}))
        if (auto taken = by_the_command_line(controller, word)) return taken;
    for (const auto& line : condition.foreign_lines)
        if (auto taken = by_modprobe(controller, line)) return taken;
    return std::nullopt;
}

std::string how_to_get_back(const std::vector<TakenAtBoot>& taken)
{
    std::vector<std::string> ids;
    for (const auto& one : taken)
        if (!one.id.empty() && std::ranges::find(ids, one.id) == ids.end()) ids.push_back(one.id);
    const auto& first = taken.front();
    if (!first.off.empty() && ids.size() >= first.all_ids) return first.off;
    return format("remove {} {}", listed(ids), first.rest);
}

} // namespace usbroute::diagnose
