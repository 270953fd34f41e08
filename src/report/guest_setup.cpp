// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/guest_scripts.hpp"
#include "report/paste.hpp"

#include <algorithm>
#include <array>

namespace usbroute::report {

namespace {

/// Longer names are no device's.
constexpr std::size_t longest_port = 107;

enum class System : std::uint8_t { windows, posix };

struct ScriptRow {
    Script script;
    std::string_view kind;
    std::string_view text;
    System system;
    std::string_view keep_as;
};

const std::array<ScriptRow, 5>& script_table()
{
    static const std::array<ScriptRow, 5> table = {{
        {Script::powershell, "powershell", scripts::powershell, System::windows, "usbroute-toggle.ps1"},
        {Script::autohotkey, "autohotkey", scripts::autohotkey, System::windows, "usbroute-toggle.ahk"},
        {Script::systemd, "systemd", scripts::systemd, System::posix,
         "~/.config/systemd/user/usbroute-toggle.service"},
        {Script::i3, "i3", scripts::i3, System::posix, ""},
        {Script::shell, "shell", scripts::shell, System::posix, "~/bin/usbroute-toggle, and chmod +x it"},
    }};
    return table;
}

bool is_com_port(std::string_view port)
{
    if (port.size() < 4 || port.size() > 6 || port[3] == '0') return false;
    constexpr std::string_view com = "COM";
    for (std::size_t i = 0; i < com.size(); ++i)
        if ((port[i] & ~0x20) != com[i]) return false;
    return parse_decimal(port.substr(com.size())).has_value();
}

/// Such names need no quotes in any of the scripts.
bool is_device_path(std::string_view port)
{
    return port.size() > 1 && port.size() <= longest_port && port.front() == '/' && port.back() != '/' &&
           std::ranges::all_of(port, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      c == '/' || c == '.' || c == '_' || c == '-';
           });
}

Result<std::string> port_for(const ScriptRow& row, const std::string& asked)
{
    const bool windows = row.system == System::windows;
    if (asked.empty()) return windows ? "COM1" : "/dev/ttyS0";
    if (windows ? is_com_port(asked) : is_device_path(asked)) return asked;
    return std::unexpected(
        Error(ErrorKind::usage,
              format("--port {}: for --{} it is {}", printable(asked, longest_port), row.kind,
                     windows ? "COM1 to COM999" : "a device's path in plain letters such as /dev/ttyS0"))
            .with_code("usage"));
}

std::string names_of(const std::vector<ProfileName>& profiles)
{
    std::vector<std::string> names;
    for (const auto& profile : profiles) names.push_back(profile.text());
    return names.empty() ? "nothing yet, because the configuration has no profile" : join(names, ", ");
}

std::string verbs_of(const config::ListenerSettings& line)
{
    std::vector<std::string> names;
    for (const auto verb : line.allow) names.emplace_back(config::text_of(verb));
    return join(names, ", ");
}

struct Filling {
    std::string_view word;
    std::string value;
};

std::string filled(std::string_view text, const std::vector<Filling>& fillings)
{
    std::string out(text);
    for (const auto& filling : fillings) {
        for (auto at = out.find(filling.word); at != std::string::npos;
             at = out.find(filling.word, at + filling.value.size()))
            out.replace(at, filling.word.size(), filling.value);
    }
    return out;
}

std::vector<std::string> lines_of(std::string_view text)
{
    if (text.ends_with('\n')) text.remove_suffix(1);
    std::vector<std::string> lines;
    for (const auto line : split(text, '\n')) lines.emplace_back(line);
    return lines;
}

std::vector<std::string> notes_for(const ScriptRow& row, const config::Settings& settings)
{
    std::vector<std::string> notes;
    if (!row.keep_as.empty()) notes.push_back(format("keep it inside the guest as {}", row.keep_as));
    if (settings.toggle_order().empty())
        notes.emplace_back("the configuration has no profile, so there is nothing to toggle yet");
    return notes;
}

} // namespace

Result<Paste> guest_setup(const config::Settings& settings, const config::GuestSettings& guest,
                          const SetupWish& wish)
{
    const auto line = line_of(settings, guest.name);
    if (!line) return std::unexpected(line.error());
    if (!(*line)->allows(config::Verb::toggle))
        return std::unexpected(
            Error(ErrorKind::refused,
                  format("guest {} may not toggle: listener {} allows {}; add \"toggle\" to its allow",
                         guest.name.text(), (*line)->name.text(), verbs_of(**line)))
                .with_code("not-permitted"));
    const auto& row = *std::ranges::find(script_table(), wish.script, &ScriptRow::script);
    auto port = port_for(row, wish.port);
    if (!port) return std::unexpected(port.error());
    const auto last = port->substr(port->rfind('/') + 1);
    const auto text = filled(row.text, {{"@GUEST@", guest.name.text()},
                                        {"@PORT@", *port},
                                        {"@UNIT@", last},
                                        {"@PROFILES@", names_of(settings.toggle_order())},
                                        {"@ALLOWED@", verbs_of(**line)}});
    return Paste{.guest = guest.name,
                 .kind = std::string(row.kind),
                 .lines = lines_of(text),
                 .notes = notes_for(row, settings)};
}

} // namespace usbroute::report
