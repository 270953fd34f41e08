// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/arguments.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"
#include "guest/reply.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace usbroute::guest {

using std::chrono::milliseconds;
using Words = std::span<const std::string_view>;

namespace {

/// The daemon's limit for a line, its end not counted. src/wire/grammar.hpp
constexpr std::size_t longest_line = 4096;
constexpr milliseconds usual_timeout{5000};
constexpr std::chrono::hours longest_timeout{1};
/// A host that boots, or a daemon that is restarted, is back by then.
constexpr milliseconds usual_wait{60'000};

/// Known here only to tell a typing error from a verb that a later daemon may have: a guest's line is not answered
/// when it is no command, and waiting for the time-out is a poor way to learn of a typing error.
constexpr std::array<std::string_view, 11> known_verbs = {
    "answer", "apply", "confirm", "move", "plan", "regs", "status", "subscribe", "toggle", "undo", "why"};

/// Options of `usbroute` that are words with an equals sign on the line.
struct LineOption {
    std::string_view option;
    std::string_view word;
    bool takes_value;
};
constexpr std::array<LineOption, 4> line_options = {{{"--yes", "yes=1", false},
                                                     {"--to", "to", false},
                                                     {"--force-disk", "force-disk=", true},
                                                     {"--revert-after", "revert-after=", true}}};

constexpr std::string_view help_head = R"(usage: usbroute-guest [-p PORT] [--timeout TIME] [--wait] VERB...

Asks the host, from inside a virtual machine, to move USB sockets.

examples:
  usbroute-guest toggle                         the next profile of the round
  usbroute-guest toggle all-host desk           between these two
  usbroute-guest move front-left host           a socket back to the host
  usbroute-guest status                         who owns what
  usbroute-guest --wait apply desk              when the host may not be there yet

Any other line of the line protocol is passed on unchanged: apply, undo, plan ..., '{"do":"toggle"}'.

options:
  -p, --port PORT   )";

constexpr std::string_view help_options = R"(
  --timeout TIME    for everything together: 500ms, 5s, 1m (default: 5s, with --wait 1m)
  --wait            keep trying until the port can be opened and the daemon answers
  --raw             send the words even if they look like a typing error
  -q, --quiet       say nothing when it is done
)";
constexpr std::string_view help_boxes =
    R"(  --show-errors     show a failure in a box, for hot keys: usbroute-guestw has no console
)";
constexpr std::string_view help_tail = R"(  -h, --help        show this help
  -V, --version     show the version

exit codes:
  0 done   1 failed, the host is as before   2 usage   3 port or daemon not reachable
  4 no such connector, profile or guest   5 not permitted   6 refused
  7 no answer in time   8 left half-way, and how to recover was printed
)";

std::string help_text(const System& system)
{
    std::string text(help_head);
    text += system.ports_help;
    text += help_options;
    if (system.has_boxes) text += help_boxes;
    text += help_tail;
    return text;
}

std::string shown(std::string_view word) { return printable(word, 64); }

Unusable unusable(std::string message) { return {std::move(message)}; }

bool is_known(std::string_view verb)
{
    for (const auto known : known_verbs)
        if (known == verb) return true;
    return false;
}

std::optional<std::string> nearest_verb(std::string_view word)
{
    const auto verbs = texts_of(known_verbs, [](const auto verb) { return verb; });
    return nearest(word, verbs);
}

std::string_view first_word(std::string_view line)
{
    const auto found = words(line);
    return found.empty() ? std::string_view() : found.front();
}

/// Reads a command line from left to right. What it cannot use it says once: the first thing is what counts.
class Reader {
public:
    Reader(Words words, const System& system) : words_(words), system_(system)
    {
        request_.port = system.default_port;
    }

    Read read()
    {
        while (at_ < words_.size() && !wrong_) take(words_[at_++]);
        if (asks_help_) return TextAsked{help_text(system_)};
        if (asks_version_) return TextAsked{"usbroute-guest " USBROUTE_VERSION "\n"};
        if (wrong_) return unusable(std::move(*wrong_));
        if (auto problem = what_is_wrong_with_line(); !problem.empty()) return unusable(std::move(problem));
        request_.timeout = timeout_.value_or(request_.wait ? usual_wait : usual_timeout);
        return std::move(request_);
    }

private:
    void take(std::string_view word)
    {
        const bool is_option = !only_words_ && word.size() > 1 && word.front() == '-';
        if (!is_option) return add_to_line(word);
        if (word == "--")
            only_words_ = true;
        else if (word == "-h" || word == "--help")
            asks_help_ = true;
        else if (word == "-V" || word == "--version")
            asks_version_ = true;
        else if (word == "-q" || word == "--quiet")
            request_.quiet = true;
        else if (word == "--wait")
            request_.wait = true;
        else if (word == "--raw")
            is_raw_ = true;
        else if (word == "--show-errors" && system_.has_boxes)
            request_.show_errors = true;
        else
            take_with_value(word);
    }

    void take_with_value(std::string_view word)
    {
        // "-pCOM3" and "-p COM3", "--port=COM3" and "--port COM3".
        if (word.starts_with("-p") && word.size() > 2) return take_port(word.substr(2));
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        const auto value = [&]() -> std::optional<std::string_view> {
            if (equals != std::string_view::npos) return word.substr(equals + 1);
            if (at_ < words_.size()) return words_[at_++];
            wrong_ = std::string(name) + " needs a value";
            return std::nullopt;
        };
        if (name == "-p" || name == "--port") {
            if (const auto port = value()) take_port(*port);
        } else if (name == "--timeout") {
            if (const auto time = value()) take_timeout(*time);
        } else {
            take_line_option(word, name, value);
        }
    }

    template <class Value>
    void take_line_option(std::string_view word, std::string_view name, const Value& value)
    {
        for (const auto& row : line_options) {
            if (name != row.option) continue;
            if (!row.takes_value && word == name) return add_to_line(row.word);
            if (row.takes_value) {
                if (const auto text = value()) add_to_line(std::string(row.word) + std::string(*text));
                return;
            }
            // "--to=windows" is "to windows"; "--yes=0" has no meaning to pass on.
            if (row.option == "--to") {
                add_to_line(row.word);
                return add_to_line(word.substr(name.size() + 1));
            }
        }
        wrong_ = "there is no option " + shown(word) + "; `usbroute-guest --help` lists them";
    }

    void take_port(std::string_view port)
    {
        if (has_port_) wrong_ = "the port was given twice: name one";
        if (port.empty()) wrong_ = "--port needs the name of a port";
        if (port.find('\0') != std::string_view::npos || port.size() > longest_line)
            wrong_ = shown(port) + " cannot be the name of a port";
        has_port_ = true;
        request_.port = port;
    }

    void take_timeout(std::string_view text)
    {
        timeout_ = parse_duration(text);
        if (!timeout_ || *timeout_ <= milliseconds(0) || *timeout_ > longest_timeout)
            wrong_ = "--timeout " + shown(text) + ": write a time such as 500ms, 5s or 1m, at most 60m";
    }

    void add_to_line(std::string_view word)
    {
        if (!request_.line.empty()) request_.line += ' ';
        request_.line += word;
    }

    [[nodiscard]] std::string what_is_wrong_with_line() const
    {
        const auto& line = request_.line;
        const auto verb = first_word(line);
        if (verb.empty()) return "say what to do: usbroute-guest toggle; `usbroute-guest --help` tells more";
        if (line.size() > longest_line)
            return "that is too long: a line of the protocol has at most 4096 bytes";
        // An end of line inside would make two requests of one.
        for (const auto c : line)
            if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
                return shown(line) + " contains a control character, which the protocol does not allow";
        if (is_raw_ || verb.front() == '{' || is_known(verb)) return {};
        const auto near = nearest_verb(verb);
        if (!near) return {};
        return "there is no command " + shown(verb) + "; did you mean " + *near + "? --raw sends it as it is";
    }

    Words words_;
    const System& system_;
    std::size_t at_ = 0;
    Request request_;
    std::optional<milliseconds> timeout_;
    std::optional<std::string> wrong_;
    bool has_port_ = false;
    bool only_words_ = false;
    bool is_raw_ = false;
    bool asks_help_ = false;
    bool asks_version_ = false;
};

} // namespace

Read read_arguments(Words words, const System& system) { return Reader(words, system).read(); }

std::string doubt_about(std::string_view line)
{
    const auto verb = first_word(line);
    if (verb.starts_with('{') || is_known(verb)) return {};
    return shown(verb) + " may be an unknown command, and a guest's line does not answer those";
}

bool is_subscription(std::string_view line)
{
    if (line.starts_with('{')) return text_at(line, "do") == "subscribe";
    return first_word(line) == "subscribe";
}

} // namespace usbroute::guest
