// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"
#include "import/udev_conditions.hpp"

#include <algorithm>
#include <array>

namespace usbroute::import_ {

namespace {

/// "foo@GUEST.service", with what systemd escapes.
std::string instance_of(std::string_view unit)
{
    const auto at = unit.find('@');
    if (at == std::string_view::npos) return {};
    auto name = unit.substr(at + 1);
    for (const auto* suffix : {".service", ".target", ".path"})
        if (name.ends_with(suffix)) name.remove_suffix(std::string_view(suffix).size());
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name.substr(i).starts_with("\\x") && i + 3 < name.size())
            if (const auto code = number_from<std::uint8_t>(name.substr(i + 2, 2), 16)) {
                text += static_cast<char>(*code);
                i += 3;
                continue;
            }
        text += name[i];
    }
    return text;
}

/// Programs of rules that give nothing to a guest.
bool moves_nothing(std::string_view program)
{
    constexpr std::array<std::string_view, 22> others{
        "logger",   "chmod", "chown",          "chgrp",   "touch",  "echo",          "notify-send", "hdparm",
        "modprobe", "kmod",  "usb_modeswitch", "mount",   "umount", "systemd-mount", "ip",          "rm",
        "mkdir",    "ln",    "setfacl",        "udevadm", "sleep",  "true"};
    return std::ranges::find(others, last_name_of(program)) != others.end();
}

/// What a shell is given by -c; null: the command is none.
const ShellWord* inner_command(const std::vector<ShellWord>& command)
{
    const auto program = last_name_of(command.front().text);
    if ((program != "sh" && program != "bash") || command.size() < 3) return nullptr;
    const auto& option = command[1].text;
    return option.starts_with("-") && option.find('c') != std::string::npos ? &command[2] : nullptr;
}

bool can_name_guest(const std::string& word)
{
    return !word.empty() && !word.starts_with('-') && !word.starts_with('/') && !is_of_udev(word) &&
           word != "add" && word != "remove" && word != "attach" && word != "detach" &&
           !socket_by_bus(word) && !ids_from(word) &&
           !std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

/// The last word that can be the name of a guest; empty: none.
std::string guest_among(const std::vector<ShellWord>& command)
{
    for (auto word = command.rbegin(); word + 1 != command.rend(); ++word)
        if (can_name_guest(word->text)) return word->text;
    return {};
}

/// One rule on its way to entries.
class UdevRule {
public:
    UdevRule(Found& found, std::uint32_t line) : found_(found), line_(line), conditions_(found, line) {}

    void read(const std::vector<UdevItem>& items)
    {
        for (const auto& item : items)
            if (item.is_match())
                conditions_.add(item, acts());
            else
                assignment(item);
        if (jumps_)
            found_.warn(
                line_,
                "GOTO and LABEL are ignored: the rules between them are imported as if they always applied");
        if (jumps_ && !acts()) return;
        if (authorizes_)
            found_.left(
                line_, "usbroute does not set authorized; to switch a socket off, use `move NAME --to none`");
        if (!acts()) return;
        for (const auto& why : conditions_.not_taken()) found_.left(line_, why);
        if (!conditions_.not_taken().empty()) return;
        for (const auto& unit : wants_) give(unit);
        for (const auto& run : runs_) program(run);
    }

private:
    [[nodiscard]] bool acts() const { return !runs_.empty() || !wants_.empty(); }

    void assignment(const UdevItem& item)
    {
        if (item.key == "RUN" && (item.of.empty() || item.of == "program")) runs_.push_back(item.value);
        if (item.key == "ENV" && (item.of == "SYSTEMD_WANTS" || item.of == "SYSTEMD_USER_WANTS")) {
            const auto names = words(item.value);
            wants_.insert(wants_.end(), names.begin(), names.end());
        }
        if (item.key == "ATTR" && (item.of == "authorized" || item.of == "authorized_default"))
            authorizes_ = true;
        if (item.key == "GOTO") jumps_ = true;
        if (item.key == "PROGRAM" ||
            (item.key == "IMPORT" && item.of != "builtin" && item.of != "db" && item.of != "parent"))
            conditions_.no(format("{} is not run: {}", item.key, said(item.value)));
    }

    void program(const std::string& run)
    {
        for (const auto& command : read_shell(run)) {
            if (command.words.empty()) continue;
            if (const auto* inner = inner_command(command.words)) return program(inner->text);
            take_command(command.words);
        }
    }

    void take_command(const std::vector<ShellWord>& command)
    {
        const auto& name = command.front().text;
        if (last_name_of(name) == "systemctl") return give(command.back().text);
        if (moves_nothing(name))
            return found_.left(line_, format("the program {} does not give devices to a guest", said(name)));
        bool is_done = false;
        for (const auto& entry : conditions_.entries({}))
            is_done = read_virsh_words(command, found_, entry) || is_done;
        if (!is_done) guessed(guest_among(command), name);
    }

    void give(std::string_view unit)
    {
        const auto instance = instance_of(unit);
        const bool is_guest = !instance.empty() && !is_of_udev(instance);
        guessed(is_guest ? instance : std::string(), std::string(unit));
    }

    void guessed(const std::string& guest, const std::string& by)
    {
        if (guest.empty())
            found_.warn(line_, format("cannot tell which guest {} is for", said(by)));
        else {
            found_.warn(line_, format("guest {} is a guess from the arguments of {}", said(guest), said(by)));
            auto& told = found_.guest(guest, line_);
            told.guessed = true;
            if (told.libvirt.empty()) told.libvirt = guest;
        }
        for (auto& entry : conditions_.entries(guest)) found_.entries.push_back(std::move(entry));
    }

    Found& found_;
    std::uint32_t line_;
    UdevConditions conditions_;
    std::vector<std::string> runs_;
    std::vector<std::string_view> wants_;
    bool jumps_ = false;
    bool authorizes_ = false;
};

} // namespace

Result<Found> read_udev(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::udev,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    std::size_t count = 0;
    for (const auto& line : udev_lines(source.text)) {
        if (++count > most_entries)
            return bad_input(source, line.line, format("the file has more than {} rules", most_entries));
        std::vector<UdevItem> items;
        if (!read_udev_items(line.text, items)) {
            found.left(line.line, format("not a udev rule: {}", said(trim(line.text))));
            continue;
        }
        UdevRule(found, line.line).read(items);
    }
    return found;
}

} // namespace usbroute::import_
