// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/disguise.hpp"

#include "base/format.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "observe/decode.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <span>

namespace usbroute::observe {

namespace {

bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }
bool is_of_a_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// Hexadecimal groups of these lengths with one separator between, "52:54:00:12:34:56", and not a part of a longer row of
/// such groups.
bool has_groups(std::string_view text, std::size_t at, std::span<const std::size_t> groups, char separator)
{
    const auto hex_at = [&](std::size_t i) { return i < text.size() && is_hex(text[i]); };
    const auto separator_at = [&](std::size_t i) { return i < text.size() && text[i] == separator; };
    // Below the start, the index wraps round and is past the end.
    if (hex_at(at - 1) || (separator_at(at - 1) && hex_at(at - 2) && hex_at(at - 3) && !hex_at(at - 4)))
        return false;
    for (std::size_t group = 0; group < groups.size(); ++group) {
        if (group > 0 && !separator_at(at++)) return false;
        for (std::size_t digit = 0; digit < groups[group]; ++digit)
            if (!hex_at(at++)) return false;
    }
    return !hex_at(at) && !(separator_at(at) && hex_at(at + 1));
}

constexpr std::array<std::size_t, 6> mac_groups{2, 2, 2, 2, 2, 2};
constexpr std::array<std::size_t, 5> uuid_groups{8, 4, 4, 4, 12};
constexpr std::size_t mac_length = 17;
constexpr std::size_t uuid_length = 36;

/// A network interface of USB is called by its address: "enx0050b6123456", "wlx..." (systemd, udev-builtin-net_id.c).
bool has_address_in_name(std::string_view text, std::size_t at)
{
    constexpr std::size_t digits = 12;
    const auto prefix = text.substr(at, 3);
    if (prefix != "enx" && prefix != "wlx" && prefix != "wwx") return false;
    const auto rest = text.substr(at + 3);
    if (rest.size() < digits || (at > 0 && is_of_a_word(text[at - 1]))) return false;
    return std::ranges::all_of(rest.substr(0, digits), is_hex) &&
           (rest.size() == digits || !is_of_a_word(rest[digits]));
}

std::string with_colons(std::string_view digits)
{
    std::string address;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && i % 2 == 0) address += ':';
        address += digits[i];
    }
    return address;
}

std::string made_up_address(std::size_t n)
{
    return format("02:00:00:00:{:02x}:{:02x}", n >> 8 & 0xff, n & 0xff);
}

/// The same replacement for the same thing, numbered as they come.
class Replacements {
public:
    const std::string& of(const std::string& original, auto make)
    {
        const auto found = made_.find(original);
        if (found != made_.end()) return found->second;
        return made_.emplace(original, make(made_.size() + 1)).first->second;
    }
    [[nodiscard]] const std::map<std::string, std::string>& all() const { return made_; }
    [[nodiscard]] int count() const { return static_cast<int>(made_.size()); }

private:
    std::map<std::string, std::string> made_;
};

class Disguiser {
public:
    explicit Disguiser(std::string_view host_name)
        : host_name_(lower(host_name.substr(0, host_name.find('.'))))
    {
        // A machine with one of these names keeps it: they mean something where they stand, and tell nobody whose
        // machine it is.
        constexpr std::array<std::string_view, 17> words_with_a_meaning{
            "localhost", "host", "(none)", "linux", "dev",  "mapper", "ext4", "xfs", "btrfs",
            "zfs",       "vfat", "swap",   "usb",   "root", "mnt",    "rw",   "ro",
        };
        if (std::ranges::find(words_with_a_meaning, host_name_) != words_with_a_meaning.end())
            host_name_.clear();
    }

    const std::string& serial(const std::string& original)
    {
        return serials_.of(original, [](std::size_t n) { return format("SERIAL-{:04}", n); });
    }

    /// MAC addresses and UUIDs can stand anywhere, also in the name of a file system's directory.
    std::string shapes(std::string_view text)
    {
        std::string out;
        for (std::size_t at = 0; at < text.size();) {
            if (has_groups(text, at, mac_groups, ':') || has_groups(text, at, mac_groups, '-')) {
                // The same address may be written both ways.
                const char separator = text[at + 2];
                auto original = lower(text.substr(at, mac_length));
                std::ranges::replace(original, separator, ':');
                auto mac = addresses_.of(original, made_up_address);
                std::ranges::replace(mac, ':', separator);
                out += mac;
                at += mac_length;
            } else if (has_groups(text, at, uuid_groups, '-')) {
                out += uuids_.of(lower(text.substr(at, uuid_length)),
                                 [](std::size_t n) { return format("00000000-0000-4000-8000-{:012x}", n); });
                at += uuid_length;
            } else if (has_address_in_name(text, at)) {
                auto mac = addresses_.of(with_colons(lower(text.substr(at + 3, 12))), made_up_address);
                std::erase(mac, ':');
                out += text.substr(at, 3);
                out += mac;
                at += 15;
            } else {
                out += text[at++];
            }
        }
        return out;
    }

    /// What people and devices wrote themselves.
    std::string words_of_people(std::string text)
    {
        // Short ones would be found where nobody meant them.
        constexpr std::size_t shortest_serial = 6;
        for (const auto& [original, replacement] : serials_.all())
            if (original.size() >= shortest_serial) text = replaced(text, {{original, replacement}});
        return without_host_name(text);
    }

    [[nodiscard]] Disguised count() const
    {
        return {.serials = serials_.count(),
                .addresses = addresses_.count(),
                .uuids = uuids_.count(),
                .host_name = host_name_was_there_};
    }

private:
    std::string without_host_name(const std::string& text)
    {
        if (host_name_.empty()) return text;
        const auto small = lower(text);
        std::string out;
        std::size_t at = 0;
        for (auto found = small.find(host_name_); found != std::string::npos;
             found = small.find(host_name_, found + 1)) {
            const auto end = found + host_name_.size();
            const bool alone = (found == 0 || !is_of_a_word(small[found - 1])) &&
                               (end == small.size() || !is_of_a_word(small[end]));
            if (!alone || found < at) continue;
            host_name_was_there_ = true;
            out += text.substr(at, found - at) + "somehost";
            at = end;
        }
        return out + text.substr(at);
    }

    std::string host_name_;
    bool host_name_was_there_ = false;
    Replacements serials_;
    Replacements addresses_;
    Replacements uuids_;
};

/// A root hub's serial is its controller's address, by which a scan finds it.
bool is_a_devices_serial(std::string_view path)
{
    if (last_part(path) != "serial") return false;
    const auto device = last_part(path.substr(0, path.rfind('/')));
    return !device.starts_with("usb");
}

bool is_words_of_people(std::string_view path)
{
    const auto name = last_part(path);
    return path.starts_with("etc/") || path.starts_with("usr/") || path.starts_with("lib/") ||
           path == "proc/self/mountinfo" || path == "proc/mounts" || path == "proc/swaps" ||
           name == "product" || name == "manufacturer" || path.ends_with("/dm/name") ||
           path.ends_with("/loop/backing_file") ||
           (name == "name" && path.find("/input/") != std::string_view::npos);
}

/// The text without the one newline that the kernel adds.
std::string_view content(std::string_view text)
{
    if (text.ends_with('\n')) text.remove_suffix(1);
    return text;
}

template <class Map> Map with_paths(const Map& before, Disguiser& disguiser)
{
    Map after;
    for (const auto& [path, text] : before) after.emplace(disguiser.shapes(path), text);
    return after;
}

} // namespace

Disguised disguise(Recording& recording, std::string_view host_name)
{
    Disguiser disguiser(host_name);
    for (auto& [path, text] : recording.files)
        if (is_a_devices_serial(path) && !trim(content(text)).empty())
            text = disguiser.serial(std::string(content(text))) + "\n";
    for (auto& [path, text] : recording.files) {
        if (last_part(path) == "config") continue; // bytes, not text
        if (is_words_of_people(path)) text = disguiser.words_of_people(std::move(text));
        text = disguiser.shapes(text);
    }
    recording.files = with_paths(recording.files, disguiser);
    recording.links = with_paths(recording.links, disguiser);
    for (auto& [path, target] : recording.links) target = disguiser.shapes(target);
    std::set<std::string> directories;
    for (const auto& path : recording.directories) directories.insert(disguiser.shapes(path));
    recording.directories = std::move(directories);
    for (auto& note : recording.notes) note = disguiser.shapes(note);
    return disguiser.count();
}

} // namespace usbroute::observe
