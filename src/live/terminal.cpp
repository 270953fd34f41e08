// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "live/terminal.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

// Functions in place of macros, which would take any name of ours for theirs.
#define NCURSES_NOMACROS
#include <curses.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace usbroute::live {

using report::Tone;

namespace {

constexpr std::array fatal_signals{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

/// Gives the terminal back and dies of the same signal. endwin is not among the functions that a handler may call;
/// the process is lost anyway, and a shell in raw mode on another screen is worse than a second fault.
void restore_and_die(int signal)
{
    ::endwin();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

constexpr short pair_of(Tone tone) { return static_cast<short>(static_cast<short>(tone) + 1); }

void define_colours()
{
    ::start_color();
    const short background = ::use_default_colors() == OK ? short{-1} : short{COLOR_BLACK};
    const auto define = [&](Tone tone, short colour) { ::init_pair(pair_of(tone), colour, background); };
    define(Tone::host, COLOR_BLUE);
    define(Tone::guest, COLOR_YELLOW);
    define(Tone::second_guest, COLOR_CYAN);
    define(Tone::third_guest, COLOR_MAGENTA);
    define(Tone::warning, COLOR_RED);
}

/// As `painted` in report/table.cpp has them.
attr_t attributes_of(Tone tone, bool colour)
{
    const auto pair = [&](attr_t with) {
        return colour ? with | static_cast<attr_t>(COLOR_PAIR(pair_of(tone))) : attr_t{A_NORMAL};
    };
    switch (tone) {
    case Tone::plain: return A_NORMAL;
    case Tone::heading:
    case Tone::superspeed: return A_BOLD;
    case Tone::dim: return A_DIM;
    case Tone::warning: return pair(A_NORMAL);
    case Tone::host:
    case Tone::guest:
    case Tone::second_guest:
    case Tone::third_guest: return pair(A_BOLD);
    }
    return A_NORMAL;
}

Error no_terminal(std::string why)
{
    return Error(
               ErrorKind::usage,
               format(
                   "live needs a terminal: {}; `usbroute picture` shows the sockets once, `usbroute watch` follows changes line by line",
                   why))
        .with_code("no-terminal");
}

std::string_view terminal_name()
{
    const char* name = std::getenv("TERM");
    return name == nullptr ? std::string_view() : std::string_view(name);
}

} // namespace

bool write_utf8()
{
    const auto is_utf8 = [] { return std::string_view(::nl_langinfo(CODESET)) == "UTF-8"; };
    if (std::setlocale(LC_CTYPE, "") != nullptr && is_utf8()) return true;
    // The locale that the variables name may be missing; the terminal is still what they say.
    return std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr && is_utf8();
}

Result<Terminal> Terminal::take(bool colour)
{
    if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1)
        return std::unexpected(no_terminal("standard input or output is not one"));
    const auto name = printable(terminal_name(), 64);
    if (name.empty()) return std::unexpected(no_terminal("TERM is not set"));
    if (name == "dumb")
        return std::unexpected(no_terminal("TERM is dumb, and a dumb terminal cannot place a cursor"));
    // newterm says no; initscr would end the process.
    SCREEN* screen = ::newterm(nullptr, stdout, stdin);
    if (screen == nullptr) return std::unexpected(no_terminal(format("TERM {} is not known here", name)));
    Terminal terminal(screen);
    ::cbreak();
    ::noecho();
    ::nonl();
    ::curs_set(0);
    ::keypad(stdscr, TRUE);
    ::nodelay(stdscr, TRUE);
    ::set_escdelay(25);
    if (colour && ::has_colors()) define_colours();
    for (const int signal : fatal_signals) std::signal(signal, restore_and_die);
    return terminal;
}

void Terminal::Closer::operator()(void* screen) const
{
    for (const int signal : fatal_signals) std::signal(signal, SIG_DFL);
    ::endwin();
    ::delscreen(static_cast<SCREEN*>(screen));
}

bool Terminal::has_colour() const
{
    short front = 0;
    short back = 0;
    return ::has_colors() && ::pair_content(pair_of(Tone::host), &front, &back) == OK && front == COLOR_BLUE;
}

Size Terminal::size() const
{
    return {.rows = static_cast<std::size_t>(getmaxy(stdscr)),
            .columns = static_cast<std::size_t>(getmaxx(stdscr))};
}

void Terminal::resize()
{
    struct winsize now{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) != 0 || now.ws_row == 0 || now.ws_col == 0) return;
    ::resizeterm(now.ws_row, now.ws_col);
    ::clearok(stdscr, TRUE);
}

void Terminal::show(const Screen& screen) const
{
    const bool colour = has_colour();
    ::erase();
    int row = 0;
    for (const auto& line : screen.lines) {
        // Each piece goes to the place where we count it to be: should the terminal count the columns of some letter
        // otherwise, the rest of the line stays where it belongs.
        std::size_t column = 0;
        for (const auto& span : line) {
            ::attrset(static_cast<int>(attributes_of(span.tone, colour)));
            ::mvaddstr(row, static_cast<int>(column), span.text.c_str());
            column += usbroute::columns(span.text);
        }
        ++row;
    }
    ::attrset(A_NORMAL);
    ::refresh();
}

std::optional<Key> Terminal::key()
{
    for (;;) {
        errno = 0;
        const int code = ::getch();
        switch (code) {
        case ERR: gone_ = gone_ || (errno != 0 && errno != EAGAIN && errno != EINTR); return std::nullopt;
        case KEY_UP: return Key{.press = Press::up};
        case KEY_DOWN: return Key{.press = Press::down};
        case KEY_LEFT: return Key{.press = Press::left};
        case KEY_RIGHT: return Key{.press = Press::right};
        case KEY_ENTER:
        case '\r':
        case '\n': return Key{.press = Press::enter};
        case '\x1b': return Key{.press = Press::escape};
        case '\f': // Ctrl-L
        case 'r':
            // Another program may have written on this terminal: what was drawn before counts for nothing.
            ::clearok(stdscr, TRUE);
            return Key{.press = Press::letter, .letter = 'r'};
        default:
            if (code > ' ' && code < 0x7f)
                return Key{.press = Press::letter, .letter = static_cast<char>(code)};
        }
    }
}

} // namespace usbroute::live
