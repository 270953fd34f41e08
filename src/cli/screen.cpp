// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/screen.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/json.hpp"
#include "report/spoken.hpp"

#include <cstdio>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace usbroute::cli {

namespace {

constexpr std::size_t longest_message = 1500;

std::string_view variable(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

bool colour_wanted(Colour colour, bool terminal)
{
    if (colour != Colour::when_a_terminal) return colour == Colour::always;
    if (!variable("NO_COLOR").empty()) return false;
    if (const auto forced = variable("CLICOLOR_FORCE"); !forced.empty() && forced != "0") return true;
    return terminal && variable("TERM") != "dumb" && !variable("TERM").empty();
}

/// By the variables and not by setlocale, which would read locale files at every start.
bool locale_is_utf8()
{
    for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const auto value = variable(name);
        if (value.empty()) continue;
        for (const std::string_view suffix : {"UTF-8", "utf8", "utf-8", "UTF8"})
            if (value.find(suffix) != std::string_view::npos) return true;
        return false;
    }
    return false;
}

std::size_t width_of(int fd)
{
    struct winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) return size.ws_col;
    return parse_decimal(variable("COLUMNS")).value_or(80);
}

/// A terminal breaks lines in the middle of words.
void print_error(std::string_view text)
{
    const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
    const auto line = is_terminal ? report::wrapped(format("usbroute: {}", text), {.first = 0, .rest = 2},
                                                    {.width = width_of(STDERR_FILENO)})
                                  : format("usbroute: {}\n", text);
    std::fwrite(line.data(), 1, line.size(), stderr);
}

} // namespace

int exit_code_of(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::failed: return 1;
    case ErrorKind::usage: return 2;
    case ErrorKind::unreachable: return 3;
    case ErrorKind::not_found: return 4;
    case ErrorKind::not_permitted: return 5;
    case ErrorKind::refused: return 6;
    case ErrorKind::timed_out: return 7;
    case ErrorKind::half_way: return 8;
    }
    return 1;
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void note(const Options& options, std::string_view text)
{
    if (!options.quiet) print_error(printable(report::as_options(text), longest_message));
}

void tell(const Options& options, std::string_view text)
{
    if (options.quiet || options.json || options.verbose || ::isatty(STDERR_FILENO) != 1) return;
    const auto line = report::wrapped(printable(text, longest_message), {.first = 0, .rest = 2},
                                      {.width = width_of(STDERR_FILENO)});
    std::fwrite(line.data(), 1, line.size(), stderr);
}

void warn(const Options& options, std::string_view text) { note(options, format("warning: {}", text)); }

int fail(const Error& error, bool json)
{
    if (json) {
        const auto line = report::as_options(report::to_json(error)) + "\n";
        std::fwrite(line.data(), 1, line.size(), stderr);
    } else {
        for (const auto line : split(error.message(), '\n'))
            if (!line.empty()) print_error(printable(report::as_options(line), longest_message));
    }
    return exit_code_of(error.kind());
}

report::Style style_of_terminal(const Options& options)
{
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    return {.colour = colour_wanted(options.colour, terminal),
            .unicode = locale_is_utf8(),
            .width = terminal ? width_of(STDOUT_FILENO) : 0};
}

bool stdout_is_a_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

std::size_t rows_of_terminal()
{
    struct winsize size{};
    if (::isatty(STDOUT_FILENO) != 1) return 0;
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

} // namespace usbroute::cli
