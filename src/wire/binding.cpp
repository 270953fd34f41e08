// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/binding.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::wire {

namespace {

constexpr std::string_view word_for_giving = "give";
constexpr std::string_view word_for_taking = "take";
constexpr std::string_view word_for_done = "ok";
constexpr std::string_view word_for_not_done = "no";
constexpr std::size_t longest_bind_code = 64;

struct ErrorKindWord {
    ErrorKind kind;
    std::string_view word;
};
constexpr std::array<ErrorKindWord, 6> error_kind_words{{{ErrorKind::refused, "refused"},
                                                         {ErrorKind::failed, "failed"},
                                                         {ErrorKind::timed_out, "timed-out"},
                                                         {ErrorKind::half_way, "half-way"},
                                                         {ErrorKind::not_permitted, "not-permitted"},
                                                         {ErrorKind::not_found, "not-found"}}};

std::string_view word_for_kind(ErrorKind kind)
{
    const auto* const found = std::ranges::find(error_kind_words, kind, &ErrorKindWord::kind);
    return found == error_kind_words.end() ? "failed" : found->word;
}

/// The first word, which is taken off; what follows the blank is left.
std::string_view cut_word(std::string_view& line)
{
    const auto end = line.find(' ');
    const auto word = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return word;
}

bool is_a_bind_code(std::string_view word)
{
    return !word.empty() && word.size() <= longest_bind_code && std::ranges::all_of(word, [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
    });
}

} // namespace

std::string to_line(const BindQuestion& question)
{
    return format("{} {}", question.what == BindQuestion::What::give ? word_for_giving : word_for_taking,
                  question.function.text());
}

std::optional<BindQuestion> read_bind_question(std::string_view line)
{
    if (line.size() >= longest_bind_question) return std::nullopt;
    const auto word = cut_word(line);
    if (word != word_for_giving && word != word_for_taking) return std::nullopt;
    const auto function = PciAddress::parse(line);
    if (!function || function->text() != line) return std::nullopt;
    return BindQuestion{.what = word == word_for_giving ? BindQuestion::What::give : BindQuestion::What::take,
                        .function = *function};
}

std::string bind_answer(const Result<void>& done)
{
    if (done) return std::string(word_for_done);
    const auto code =
        is_a_bind_code(done.error().code()) ? std::string(done.error().code()) : std::string("failed");
    auto line = format("{} {} {} {}", word_for_not_done, word_for_kind(done.error().kind()), code,
                       printable(done.error().message(), longest_bind_answer));
    if (line.size() >= longest_bind_answer) line.resize(longest_bind_answer - 1);
    return line;
}

std::optional<Result<void>> read_bind_answer(std::string_view line)
{
    if (line == word_for_done) return Result<void>();
    if (cut_word(line) != word_for_not_done) return std::nullopt;
    const auto* const kind = std::ranges::find(error_kind_words, cut_word(line), &ErrorKindWord::word);
    const auto code = cut_word(line);
    if (kind == error_kind_words.end() || !is_a_bind_code(code) || line.empty()) return std::nullopt;
    return Result<void>(std::unexpected(
        Error(kind->kind, printable(line, longest_bind_answer)).with_code(std::string(code))));
}

} // namespace usbroute::wire
