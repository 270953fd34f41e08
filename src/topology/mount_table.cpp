// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "topology/host_use.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace usbroute::topology {

namespace {

/// The kernel writes blanks, tabs, newlines and backslashes in these files as \ooo.
std::string unescape(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\' && i + 3 < text.size() && text[i + 1] >= '0' &&
                            text[i + 1] <= '3' && text[i + 2] >= '0' && text[i + 2] <= '7' &&
                            text[i + 3] >= '0' && text[i + 3] <= '7';
        if (!escape) {
            plain += text[i];
            continue;
        }
        plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
        i += 3;
    }
    return plain;
}

/// "journal_dev=0x811" is the number 8:17 as the kernel packs it (include/linux/kdev_t.h, new_encode_dev).
std::optional<std::string> unpacked_number(std::string_view text)
{
    const bool is_hex = text.starts_with("0x");
    if (is_hex) text.remove_prefix(2);
    const auto packed = number_from<std::uint32_t>(text, is_hex ? 16 : 10).value_or(0);
    if (packed == 0) return std::nullopt;
    const auto major = (packed >> 8u) & 0xfffu;
    const auto minor = (packed & 0xffu) | ((packed >> 12u) & 0xfff00u);
    return format("{}:{}", major, minor);
}

/// What the options of one mount name beside its source. An overlay's layers (Documentation/filesystems/overlayfs.rst):
/// lowerdir=A:B, or one lowerdir+=A each, and upperdir=C. Further devices: XFS's logdev and rtdev
/// (Documentation/admin-guide/xfs.rst), ext4's journal_dev and journal_path (Documentation/admin-guide/ext4.rst), ReiserFS's
/// jdev, and one `device` for each further device of EROFS (Documentation/filesystems/erofs.rst).
void take_options(Mount& mount, std::string_view options)
{
    const bool is_overlay = mount.type == "overlay";
    for (const auto option : split(options, ',')) {
        const auto equals = option.find('=');
        if (equals == std::string_view::npos) continue;
        const auto key = option.substr(0, equals);
        const auto value = option.substr(equals + 1);
        if (is_overlay && (key == "lowerdir" || key == "lowerdir+" || key == "upperdir")) {
            for (const auto layer : split(value, ':'))
                if (layer.starts_with('/')) mount.layers.push_back(unescape(layer));
        } else if (key == "logdev" || key == "rtdev" || key == "journal_path" || key == "jdev" ||
                   key == "device") {
            mount.devices.push_back(unescape(value));
        } else if (key == "journal_dev") {
            if (auto number = unpacked_number(value)) mount.devices.push_back(std::move(*number));
        }
    }
}

/// bcachefs writes all of its members as one source, "/dev/sdb1:/dev/sdc1". A name in /dev/disk/by-path has colons too, none
/// of them before a slash.
void take_source(Mount& mount, std::string_view source)
{
    mount.source = unescape(source);
    if (!mount.source.starts_with("/dev/") || mount.source.find(":/dev/") == std::string::npos) return;
    std::string_view rest = mount.source;
    for (;;) {
        const auto end = rest.find(":/dev/");
        mount.devices.emplace_back(rest.substr(0, end));
        if (end == std::string_view::npos) return;
        rest.remove_prefix(end + 1);
    }
}

bool is_served_by_others(std::string_view type)
{
    constexpr std::array<std::string_view, 10> remote{"nfs", "nfs4", "cifs",   "smb3", "9p",
                                                      "afs", "ceph", "lustre", "gfs2", "ocfs2"};
    return type.starts_with("fuse") || std::ranges::find(remote, type) != remote.end();
}

bool lies_below(std::string_view path, std::string_view point)
{
    if (point == "/") return !path.starts_with("/dev/"); // a machine without a disk of its own
    return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

} // namespace

std::vector<std::string> remote_points(const std::vector<Mount>& mounts)
{
    std::vector<std::string> points;
    for (const auto& mount : mounts)
        if (is_served_by_others(mount.type)) points.push_back(mount.point);
    return points;
}

bool is_below_any(std::string_view path, const std::vector<std::string>& points)
{
    return std::ranges::any_of(points, [&](const std::string& point) { return lies_below(path, point); });
}

std::vector<Mount> parse_mountinfo(std::string_view text)
{
    constexpr std::size_t fields_before = 6; // the optional ones and the dash come after them
    std::vector<Mount> mounts;
    for (const auto line : split(text, '\n')) {
        // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw  (proc(5))
        // A source without a name leaves two spaces behind each other, so that each field counts.
        const auto fields = split(line, ' ');
        if (fields.size() <= fields_before) continue;
        const auto dash = std::find(fields.begin() + fields_before, fields.end(), "-");
        if (fields.end() - dash < 3) continue;
        Mount mount{.number = std::string(fields[2]),
                    .source = {},
                    .point = unescape(fields[4]),
                    .type = std::string(*(dash + 1))};
        take_source(mount, *(dash + 2));
        if (fields.end() - dash > 3) take_options(mount, *(dash + 3));
        mounts.push_back(std::move(mount));
    }
    return mounts;
}

std::vector<Mount> parse_mounts(std::string_view text)
{
    std::vector<Mount> mounts;
    for (const auto line : split(text, '\n')) {
        const auto fields = words(line);
        if (fields.size() < 3) continue;
        Mount mount{.number = {}, .source = {}, .point = unescape(fields[1]), .type = std::string(fields[2])};
        take_source(mount, fields[0]);
        if (fields.size() > 3) take_options(mount, fields[3]);
        mounts.push_back(std::move(mount));
    }
    return mounts;
}

std::string_view without_deleted(std::string_view path)
{
    constexpr std::string_view mark = " (deleted)";
    if (path.ends_with(mark)) path.remove_suffix(mark.size());
    return path;
}

std::vector<std::string> parse_swaps(std::string_view text)
{
    std::vector<std::string> swaps;
    for (const auto line : split(text, '\n')) {
        const auto fields = words(line);
        if (fields.empty() || !fields[0].starts_with('/')) continue;
        auto path = unescape(fields[0]);
        // Of a node that is gone; what the device is called has not changed.
        if (path.starts_with("/dev/")) path.resize(without_deleted(path).size());
        swaps.push_back(std::move(path));
    }
    return swaps;
}

} // namespace usbroute::topology
