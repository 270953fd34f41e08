// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/choices.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/private_files.hpp"

#include <utility>

namespace usbroute::daemon {

namespace {

constexpr std::string_view choices_header = "usbroute-choices 1";
constexpr std::string_view boot_key = "boot ";
constexpr std::string_view before_key = "before ";
constexpr std::string_view now_key = "now ";
constexpr std::size_t longest_file = 262'144;
constexpr std::size_t most_choices_kept = 2048;

} // namespace

Choices::Choices(const std::string& directory, std::string boot)
    : path_(directory.empty() ? std::string() : directory + "/choices"), boot_(std::move(boot))
{
    if (path_.empty()) return;
    if (const auto text = linux_::read_private(path_, longest_file)) read(*text);
}

/// A file of another form, or a damaged line, says nothing: what is not known was not said.
void Choices::read(std::string_view text)
{
    const auto lines = split(text, '\n');
    if (lines.empty() || lines.front() != choices_header) return;
    std::vector<std::string> before;
    bool is_of_this_boot = false;
    for (const auto line : lines) {
        if (before.size() + now_.size() == most_choices_kept) break;
        if (line.starts_with(boot_key)) is_of_this_boot = line.substr(boot_key.size()) == boot_;
        if (line.starts_with(before_key)) before.emplace_back(line.substr(before_key.size()));
        if (line.starts_with(now_key)) now_.emplace_back(line.substr(now_key.size()));
    }
    before_ = is_of_this_boot ? std::move(before) : now_;
    is_written_ = is_of_this_boot;
}

Result<void> Choices::keep(std::vector<std::string> now)
{
    if (path_.empty() || now.size() > most_choices_kept || (now == now_ && (is_written_ || now == before_)))
        return {};
    auto text = format("{}\n{}{}\n", choices_header, boot_key, boot_);
    for (const auto& line : before_) text += format("{}{}\n", before_key, line);
    for (const auto& line : now) text += format("{}{}\n", now_key, line);
    const auto directory = path_.substr(0, path_.rfind('/'));
    if (auto made = linux_::make_private_directory(directory); !made) return made;
    if (auto written = linux_::replace_private(path_, text); !written) return written;
    now_ = std::move(now);
    is_written_ = true;
    return {};
}

void Choices::forget()
{
    if (path_.empty()) return;
    before_.clear();
    now_.clear();
    is_written_ = false;
    static_cast<void>(linux_::remove_private(path_));
}

} // namespace usbroute::daemon
