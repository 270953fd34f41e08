// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/reply.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace usbroute::guest {

namespace {

/// What usbrouted sends at most to one client. A line of that length is cut off by nobody but a hostile host.
constexpr std::size_t longest_reply = 1U << 20;
constexpr std::size_t longest_message = 1500;

struct CodeMeaning {
    std::string_view code;
    ExitCode exit;
};

/// Codes that say more than the first word does; a test holds them against those of the command line.
constexpr std::array<CodeMeaning, 13> meanings = {{
    {"usage", ExitCode::usage},
    {"too-long", ExitCode::usage},
    {"not-a-command", ExitCode::usage},
    {"no-such-connector", ExitCode::not_found},
    {"no-such-profile", ExitCode::not_found},
    {"no-such-guest", ExitCode::not_found},
    {"nothing-to-toggle", ExitCode::not_found},
    {"registers-unreadable", ExitCode::not_permitted},
    {"not-permitted", ExitCode::not_permitted},
    {"lockdown", ExitCode::not_permitted},
    {"busy", ExitCode::unreachable},
    {"timed-out", ExitCode::timed_out},
    {"half-way", ExitCode::half_way},
}};

/// Codes without a hyphen. docs/protocol.md: all others have one.
constexpr std::array<std::string_view, 4> plain_codes = {"usage", "busy", "lockdown", "failed"};

ExitCode exit_of(std::string_view status, std::string_view code)
{
    for (const auto& meaning : meanings)
        if (meaning.code == code) return meaning.exit;
    if (status == "failed" && code == "guest-silent") return ExitCode::timed_out;
    return status == "refused" ? ExitCode::refused : ExitCode::failed;
}

bool is_code(std::string_view word)
{
    if (std::ranges::find(plain_codes, word) != plain_codes.end()) return true;
    const bool is_plain = std::ranges::all_of(
        word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    return is_plain && word.size() <= 64 && word.find('-') != std::string_view::npos && word.front() != '-' &&
           word.back() != '-';
}

std::string_view take_word(std::string_view& text)
{
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return word;
}

/// After "ok": [PROFILE] OWNER=NAME,NAME ... [-- anything].
bool is_rest_of_ok(std::string_view rest)
{
    for (bool is_first = true; !rest.empty(); is_first = false) {
        const auto word = take_word(rest);
        if (word == "--") return true;
        if (word.find('=') == std::string_view::npos && !is_first) return false;
    }
    return true;
}

std::optional<Reply> read_words(std::string_view line)
{
    auto rest = line;
    const auto status = take_word(rest);
    Reply reply{.line = printable(line, line.size())};
    if (status == "event" && !rest.empty()) {
        reply.kind = Reply::Kind::event;
        return reply;
    }
    if (status == "ok") return is_rest_of_ok(rest) ? std::optional(std::move(reply)) : std::nullopt;
    if (status != "refused" && status != "failed" && status != "error") return std::nullopt;
    const auto code = take_word(rest);
    if (!is_code(code) || rest.empty()) return std::nullopt;
    reply.code = exit_of(status, code);
    reply.message = printable(rest, longest_message);
    return reply;
}

std::optional<Reply> read_object(std::string_view line)
{
    Reply reply{.line = printable(line, line.size()), .is_json = true};
    const auto ok = text_at(line, "ok");
    if (!ok) {
        if (!text_at(line, "event")) return std::nullopt;
        reply.kind = Reply::Kind::event;
        return reply;
    }
    if (*ok == "true") return reply;
    reply.code = exit_of(text_at(line, "status").value_or(""), text_at(line, "code").value_or(""));
    reply.message = printable(text_at(line, "message").value_or("it gave no reason"), longest_message);
    return reply;
}

/// Walks the text of a JSON object; believes nothing about it.
class ObjectWalk {
public:
    explicit ObjectWalk(std::string_view text) : text_(text) {}

    /// At a quote: the string, and goes behind it. What cannot be shown in a message (\u....) stays as it was.
    std::string take_string()
    {
        std::string taken;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                ++at_;
                if (text_[at_] != '"' && text_[at_] != '\\' && text_[at_] != '/') taken += '\\';
            }
            taken += text_[at_];
        }
        if (at_ < text_.size()) ++at_;
        return taken;
    }

    /// Letters, digits and signs: true, 17.
    std::string take_bare()
    {
        const auto begin = at_;
        at_ = std::min(text_.find_first_of(" ,:{}[]\"", at_), text_.size());
        return std::string(text_.substr(begin, at_ - begin));
    }

    void skip_blanks() { at_ = std::min(text_.find_first_not_of(' ', at_), text_.size()); }
    void step() { ++at_; }
    [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    [[nodiscard]] bool is_at_end() const { return at_ >= text_.size(); }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

std::optional<std::string> text_at(std::string_view object, std::string_view key)
{
    if (!object.starts_with('{') || !object.ends_with('}')) return std::nullopt;
    ObjectWalk walk(object);
    std::size_t depth = 0;
    while (!walk.is_at_end()) {
        const char c = walk.here();
        if (c == '"') {
            const auto found = walk.take_string();
            walk.skip_blanks();
            if (depth != 1 || walk.here() != ':' || found != key) continue;
            walk.step();
            walk.skip_blanks();
            return walk.here() == '"' ? walk.take_string() : walk.take_bare();
        }
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && depth > 0) --depth;
        walk.step();
    }
    return std::nullopt;
}

std::optional<Reply> read_reply(std::string_view line)
{
    // A line that was broken off leaves NULs and stray control bytes in front of the next one.
    while (!line.empty() && (static_cast<unsigned char>(line.front()) <= ' ' || line.front() == 0x7f))
        line.remove_prefix(1);
    line = trim(line);
    return line.starts_with('{') ? read_object(line) : read_words(line);
}

bool is_about_blank_line(const Reply& reply)
{
    return reply.code == ExitCode::usage && reply.message.starts_with("the line is empty");
}

std::optional<Reply> ReplyCutter::next(std::string_view& bytes)
{
    while (!bytes.empty()) {
        const auto end = bytes.find_first_of("\r\n");
        const auto piece = bytes.substr(0, end);
        if (overflowed_ || held_.size() + piece.size() > longest_reply) {
            overflowed_ = true;
            held_.clear();
        } else {
            held_ += piece;
        }
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
        if (end == std::string_view::npos) return std::nullopt;

        auto reply = overflowed_ ? std::nullopt : read_reply(held_);
        if (!reply) noise_ = std::min(noise_ + held_.size(), longest_reply);
        held_.clear();
        overflowed_ = false;
        if (reply) return reply;
    }
    return std::nullopt;
}

} // namespace usbroute::guest
