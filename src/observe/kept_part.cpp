// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/kept_part.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace usbroute::observe {

namespace {

std::string lines_where(std::string_view text, auto is_wanted)
{
    std::string kept;
    for (const auto line : split(text, '\n'))
        if (is_wanted(line)) kept += std::string(line) + "\n";
    return kept;
}

/// A shell's or a unit's line that ends with a backslash goes on in the next: "setpci -H1 \", "d0.l=0".
std::string with_joined_lines(std::string_view text)
{
    std::string joined;
    bool goes_on = false;
    for (const auto line : split(text, '\n')) {
        if (!joined.empty() && !goes_on) joined += '\n';
        auto part = goes_on ? trim(line) : line;
        goes_on = part.ends_with('\\') && !trim(line).starts_with('#');
        if (goes_on) part.remove_suffix(1);
        joined += part;
    }
    return joined;
}

/// Parameters of the kernel that decide about IOMMU, lockdown, vfio-pci and USB. The rest of the line names disks and
/// can hold secrets.
std::string kept_words(std::string_view line)
{
    constexpr std::array<std::string_view, 17> beginnings{
        "iommu=",
        "intel_iommu=",
        "amd_iommu=",
        "iommu.",
        "lockdown=",
        "vfio-pci.",
        "vfio_pci.",
        "pci-stub.",
        "pci_stub.",
        "xen-pciback.",
        "pciback.",
        "usbcore.nousb",
        "usbcore.autosuspend",
        "usbcore.authorized_default",
        "module_blacklist=",
        "modprobe.blacklist=",
        "rd.driver.blacklist=",
    };
    std::string kept;
    for (const auto word : words(trim(line))) {
        const auto begins = [&](std::string_view beginning) { return word.starts_with(beginning); };
        if (word != "nousb" && std::ranges::none_of(beginnings, begins)) continue;
        kept += (kept.empty() ? "" : " ") + std::string(word);
    }
    return kept + "\n";
}

/// Only names: root sees the kernel's addresses in this file.
std::string kept_modules(std::string_view text)
{
    constexpr std::array<std::string_view, 6> names{"vfio_pci", "vfio", "asus_nb_wmi",
                                                    "asus_wmi", "kvm",  "pci_stub"};
    std::string kept;
    for (const auto line : split(text, '\n')) {
        const auto all = words(line);
        if (!all.empty() && std::ranges::find(names, all.front()) != names.end())
            kept += std::string(all.front()) + " 0 0 - Live 0x0000000000000000\n";
    }
    return kept;
}

bool is_of_interest(std::string_view line)
{
    const auto text = trim(line);
    if (text.starts_with('#') || text.starts_with(';')) return false;
    const auto small = lower(text);
    const auto has = [&](std::string_view word) { return small.find(word) != std::string::npos; };
    // "options vfio-pci ids=8086:8cb1", and what keeps a USB controller's driver from being loaded.
    const bool is_modprobes = (has("ids=") && (has("vfio") || has("pci-stub") || has("pci_stub"))) ||
                              (small.starts_with("blacklist") && has("hci"));
    const bool opens_a_function = has("pci") && has("/config") && (has(">") || has("of=") || has("open"));
    return has("setpci") || has("powertop") || has("power/control") || opens_a_function || is_modprobes ||
           (small.starts_with("runtime_pm_") && (has("_on_") || has("denylist") || has("blacklist")));
}

/// Files of people, in which only the lines of `is_of_interest` are anybody's business.
bool is_a_script(std::string_view file)
{
    constexpr std::array<std::string_view, 8> beginnings{"etc/",  "usr/",  "lib/",       "boot/",
                                                         "root/", "home/", "var/spool/", "var/lib/"};
    return !file.starts_with("etc/usbroute/") &&
           std::ranges::any_of(beginnings,
                               [&](std::string_view beginning) { return file.starts_with(beginning); });
}

/// Network file systems tell servers and user names, and no USB disk is one.
bool is_a_disks_mount(std::string_view line)
{
    const auto all = words(line);
    const auto source_and_type = [&]() -> std::pair<std::string_view, std::string_view> {
        const auto dash = std::ranges::find(all, std::string_view("-"));
        if (all.end() - dash > 2) return {*(dash + 2), *(dash + 1)}; // mountinfo
        if (all.size() >= 3) return {all[0], all[2]};                // mounts
        return {};
    }();
    const auto& [source, type] = source_and_type;
    const bool has_a_device =
        all.size() > 6 && all[2].find(':') != std::string_view::npos && !all[2].starts_with("0:");
    return has_a_device || source.starts_with("/dev/") || type == "zfs" || type == "btrfs" ||
           type == "bcachefs";
}

/// Default routes, without the gateways, which are addresses of somebody's network.
std::string kept_routes(std::string_view text, std::size_t gateway,
                        bool is_default(std::span<const std::string_view>))
{
    std::string kept;
    for (const auto line : split(text, '\n')) {
        const auto all = words(line);
        if (all.size() <= gateway || !is_default(all)) continue;
        for (std::size_t i = 0; i < all.size(); ++i)
            kept +=
                (i == 0 ? "" : " ") + (i == gateway ? std::string(all[i].size(), '0') : std::string(all[i]));
        kept += '\n';
    }
    return kept;
}

std::string kept_ipv4_routes(std::string_view text)
{
    return kept_routes(text, 2, [](std::span<const std::string_view> all) {
        return all.size() > 7 && all[1] == "00000000" && all[7] == "00000000";
    });
}

std::string kept_ipv6_routes(std::string_view text)
{
    return kept_routes(text, 4, [](std::span<const std::string_view> all) {
        return all.size() > 9 && all[0].find_first_not_of('0') == std::string_view::npos && all[1] == "00";
    });
}

} // namespace

std::string kept_part(std::string_view file, std::string_view text)
{
    // A program is no script.
    if (text.find('\0') != std::string_view::npos && !file.starts_with("sys/")) return {};
    if (file == "proc/cmdline") return kept_words(text);
    if (file == "proc/modules") return kept_modules(text);
    if (file == "proc/self/mountinfo" || file == "proc/mounts") return lines_where(text, is_a_disks_mount);
    if (file == "proc/net/route") return kept_ipv4_routes(text);
    if (file == "proc/net/ipv6_route") return kept_ipv6_routes(text);
    if (file.starts_with("proc/asound/") && file.ends_with("/status"))
        return lines_where(text, [](std::string_view line) { return line.starts_with("state:"); });
    if (file.starts_with("run/udev/data/"))
        // The time of the look tells that there was one, also where nothing was found on the disk.
        return lines_where(text, [](std::string_view line) {
            return line.starts_with("E:ID_FS_TYPE=") || line.starts_with("I:");
        });
    // People name their partitions; of a name only that it is one of ZFS's own matters.
    if (file.find("/block/") != std::string_view::npos && file.ends_with("/uevent"))
        return lines_where(text, [](std::string_view line) {
            return !line.empty() && (!line.starts_with("PARTNAME=") || line.starts_with("PARTNAME=zfs-"));
        });
    if (is_a_script(file)) return lines_where(with_joined_lines(text), is_of_interest);
    return std::string(text);
}

} // namespace usbroute::observe
