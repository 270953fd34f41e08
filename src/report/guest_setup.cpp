// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/paste.hpp"
#include "report/texts.hpp"

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
        {Script::powershell, "powershell", texts::powershell, System::windows, "usbroute-toggle.ps1"},
        {Script::autohotkey, "autohotkey", texts::autohotkey, System::windows, "usbroute-toggle.ahk"},
        {Script::systemd, "systemd", texts::systemd, System::posix,
         "~/.config/systemd/user/usbroute-toggle.service"},
        {Script::i3, "i3", texts::i3, System::posix, ""},
        {Script::shell, "shell", texts::shell, System::posix, "~/bin/usbroute-toggle, and chmod +x it"},
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
           is_plain_word(port, "/._-");
}

Result<std::string> port_for(const ScriptRow& row, const std::string& asked)
{
    const bool windows = row.system == System::windows;
    if (asked.empty()) return windows ? "COM1" : "/dev/ttyS0";
    if (windows ? is_com_port(asked) : is_device_path(asked)) return asked;
    return std::unexpected(usage_error(
        format("--port {}: for --{} it is {}", printable(asked, longest_port), row.kind,
               windows ? "COM1 to COM999" : "a device's path in plain letters such as /dev/ttyS0")));
}

std::string names_of(const std::vector<ProfileName>& profiles)
{
    auto names = texts_of(profiles);
    return names.empty() ? "nothing yet, because the configuration has no profile" : join(names, ", ");
}

std::string verbs_of(const config::ListenerSettings& line)
{
    return join(texts_of(line.allow, [](const auto verb) { return config::text_of(verb); }), ", ");
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
    return Paste{.guest = guest.name,
                 .kind = std::string(row.kind),
                 .lines = filled(row.text, {{"@GUEST@", guest.name.text()},
                                            {"@PORT@", *port},
                                            {"@UNIT@", last},
                                            {"@PROFILES@", names_of(settings.toggle_order())},
                                            {"@ALLOWED@", verbs_of(**line)}}),
                 .notes = notes_for(row, settings)};
}

} // namespace usbroute::report
