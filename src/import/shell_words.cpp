// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/shell_words.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace usbroute::import_ {

namespace {

bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

constexpr std::size_t most_choices = 16;

bool is_shell_name(std::string_view text)
{
    return !text.empty() && (text.front() < '0' || text.front() > '9') &&
           std::ranges::all_of(text, is_name_character);
}

constexpr std::array<std::string_view, 14> grammar_words{
    "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "!", "{", "time", "exec", "sudo"};

class ShellReader {
public:
    explicit ShellReader(std::string_view text) : text_(text) {}

    std::vector<ShellCommand> read()
    {
        while (at_ < text_.size() && commands_.size() < most_entries) step();
        end_of_command();
        return std::move(commands_);
    }

private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const
    {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    char take()
    {
        const char c = text_[at_++];
        if (c == '\n') ++line_;
        return c;
    }

    void step()
    {
        const char c = peek();
        if (c == '\\' && peek(1) == '\n') {
            take();
            take();
        } else if (c == ' ' || c == '\t' || c == '\r') {
            take();
        } else if (c == '#') {
            while (at_ < text_.size() && peek() != '\n') take();
        } else if (c == '\n') {
            take();
            // An array may go over many lines.
            if (in_array_) return;
            end_of_command();
            skip_here_documents();
        } else if (c == ';' || c == '|' || c == '&') {
            take();
            const bool double_semicolon = c == ';' && peek() == ';';
            if (peek() == c) take();
            end_of_command();
            if (double_semicolon) label_.clear();
        } else if (c == '(' || c == ')') {
            bracket();
        } else if (c == '<' || c == '>') {
            redirection();
        } else {
            word();
        }
    }

    void bracket()
    {
        if (take() == '(') {
            // "name()" begins a function.
            if (current_.words.size() == 1 && peek() == ')' && is_plain_word(current_.words[0].text, "-_.")) {
                take();
                label_ = current_.words[0].text;
                function_ = label_;
                current_ = {};
                return;
            }
            end_of_command();
            return;
        }
        if (in_array_) {
            in_array_ = false;
            end_of_command();
            return;
        }
        // "words)" is what a `case` is compared with.
        if (!current_.words.empty()) {
            label_ = current_.words.back().unknown.empty() ? current_.words.back().text : std::string();
            branch_ = ++branches_;
            current_ = {};
        }
    }

    void redirection()
    {
        const char c = take();
        const bool is_here = c == '<' && peek() == '<' && peek(1) != '<';
        while (peek() == c || peek() == '&') take();
        if (is_here && peek() == '-') take();
        while (peek() == ' ' || peek() == '\t') take();
        const auto before = current_.words.size();
        if (at_ < text_.size() && peek() != '\n' && peek() != '(') word();
        if (current_.words.size() <= before) return;
        if (is_here) here_documents_.push_back(current_.words.back().text);
        current_.words.resize(before);
    }

    void skip_here_documents()
    {
        for (const auto& end : here_documents_)
            while (at_ < text_.size()) {
                const auto stop = std::min(text_.find('\n', at_), text_.size());
                const auto line = trim(text_.substr(at_, stop - at_));
                at_ = std::min(stop + 1, text_.size());
                ++line_;
                if (line == end) break;
            }
        here_documents_.clear();
    }

    /// "$NAME", "${NAME}", "$(...)", "`...`": its value as far as the file itself tells it.
    void expansion(ShellWord& word)
    {
        const auto begin = at_;
        if (take() == '`') {
            while (at_ < text_.size() && peek() != '`') take();
            if (at_ < text_.size()) take();
            note_unknown(word, "`...`");
            return;
        }
        if (peek() == '(') {
            std::size_t depth = 0;
            do {
                const char c = take();
                if (c == '(') ++depth;
                if (c == ')') --depth;
            } while (depth > 0 && at_ < text_.size());
            note_unknown(word, "$(...)");
            return;
        }
        std::string name;
        std::string rest;
        if (peek() == '{') {
            take();
            while (at_ < text_.size() && is_name_character(peek())) name += take();
            while (at_ < text_.size() && peek() != '}' && peek() != '\n') rest += take();
            if (peek() == '}') take();
        } else if (is_name_character(peek())) {
            const bool digit = peek() >= '0' && peek() <= '9';
            do name += take();
            while (!digit && is_name_character(peek()));
        } else if (peek() == '@' || peek() == '*' || peek() == '#' || peek() == '?' || peek() == '$') {
            name = take();
        }
        if (name.empty() && rest.empty()) {
            word.text += '$';
            return;
        }
        const auto known = variables_.find(name);
        if (known != variables_.end() && rest.empty() && known->second.size() == 1) {
            word.text += known->second.front().text;
            return;
        }
        if (known != variables_.end() && rest.empty() && word.choices.empty()) {
            choice_at_ = word.text.size();
            word.choices = known->second;
            word.text += known->second.back().text;
            choice_length_ = known->second.back().text.size();
        } else {
            word.choices.clear();
        }
        note_unknown(word, std::string(text_.substr(begin, std::min<std::size_t>(at_ - begin, 64))));
    }

    /// Puts the rest of the word around each value.
    void finish_choices(ShellWord& word) const
    {
        for (auto& choice : word.choices)
            choice.text =
                word.text.substr(0, choice_at_) + choice.text + word.text.substr(choice_at_ + choice_length_);
    }

    static void note_unknown(ShellWord& word, std::string what)
    {
        if (word.unknown.empty()) word.unknown = std::move(what);
    }

    void quoted(ShellWord& word)
    {
        word.is_quoted = true;
        if (take() == '\'') {
            while (at_ < text_.size() && peek() != '\'') word.text += take();
            if (at_ < text_.size()) take();
            return;
        }
        while (at_ < text_.size() && peek() != '"') {
            if (peek() == '\\' && at_ + 1 < text_.size()) {
                take();
                const char c = take();
                if (c == '\n') continue;
                if (c != '"' && c != '\\' && c != '$' && c != '`') word.text += '\\';
                word.text += c;
            } else if (peek() == '$' || peek() == '`') {
                expansion(word);
            } else {
                word.text += take();
            }
        }
        if (at_ < text_.size()) take();
    }

    void word()
    {
        ShellWord made;
        made.line = line_;
        const auto before = at_;
        while (at_ < text_.size() && made.text.size() < longest_line) {
            const char c = peek();
            if (c == '\\') {
                take();
                if (at_ == text_.size()) break;
                const char next = take();
                if (next != '\n') made.text += next;
            } else if (c == '\'' || c == '"') {
                quoted(made);
            } else if (c == '$' || c == '`') {
                expansion(made);
            } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '|' || c == '&' ||
                       c == '(' || c == ')' || c == '<' || c == '>') {
                // An array: "NAME=(" or "NAME+=(".
                if (c == '(' && begins_array(made)) return;
                break;
            } else {
                made.text += take();
            }
        }
        if (at_ == before) {
            take();
            return;
        }
        finish_choices(made);
        add(std::move(made));
    }

    bool begins_array(const ShellWord& made)
    {
        if (!made.text.ends_with('=') || made.is_quoted) return false;
        auto name = std::string_view(made.text).substr(0, made.text.size() - 1);
        const bool adds = name.ends_with('+');
        if (adds) name.remove_suffix(1);
        if (!is_shell_name(name)) return false;
        take();
        begin(made.line);
        current_.form = ShellCommand::Form::array;
        current_.variable = std::string(name);
        current_.adds = adds;
        current_.words.clear();
        in_array_ = true;
        return true;
    }

    void begin(std::uint32_t line)
    {
        if (current_.line == 0) current_.line = line;
    }

    void add(ShellWord word)
    {
        begin(word.line);
        if (!in_array_ && current_.words.empty() && !word.is_quoted) {
            if (word.text == "}") {
                function_.clear();
                label_.clear();
            }
            if (word.text == "esac" || word.text == "fi") branch_ = 0;
            if (word.text == "then" || word.text == "else" || word.text == "elif") branch_ = ++branches_;
            if (word.text == "esac") label_ = function_;
            if (word.text == "case") case_follows_ = true;
            if (std::ranges::find(grammar_words, word.text) != grammar_words.end() || word.text == "}" ||
                word.text == "esac" || word.text == "local" || word.text == "export" ||
                word.text == "readonly" || word.text == "declare" || word.text == "typeset" ||
                word.text == "function") {
                current_.line = 0;
                return;
            }
        }
        // "case WORD in" ends here.
        if (case_follows_ && word.text == "in" && current_.words.size() >= 2) {
            case_follows_ = false;
            current_ = {};
            return;
        }
        if (!in_array_ && current_.words.empty()) {
            const auto equals = word.text.find('=');
            auto name = std::string_view(word.text).substr(0, std::min(equals, word.text.size()));
            const bool adds = name.ends_with('+');
            if (adds) name.remove_suffix(1);
            if (equals != std::string::npos && is_shell_name(name)) {
                std::string variable(name); // of the word, which goes away below
                assign(std::move(variable), adds, equals + 1, std::move(word));
                return;
            }
        }
        current_.words.push_back(std::move(word));
    }

    void assign(std::string name, bool adds, std::size_t value_at, ShellWord word)
    {
        word.text = word.text.substr(value_at);
        auto& values = variables_[name];
        if (!word.unknown.empty()) {
            values.clear();
        } else if (adds && values.size() == 1) {
            values.front().text += word.text;
            if (values.front().text.size() > longest_line) values.clear();
        } else if (branch_ == 0 || values.empty() || values.size() > most_choices) {
            values.assign(1, {.text = word.text, .label = label_});
            written_in_[name] = branch_;
        } else if (written_in_[name] == branch_) {
            values.back().text = word.text;
        } else {
            // Another branch: one of the two counts when it is run.
            values.push_back({.text = word.text, .label = label_});
            written_in_[name] = branch_;
        }
        if (values.empty()) variables_.erase(name);
        ShellCommand made;
        made.form = ShellCommand::Form::assignment;
        made.line = word.line;
        made.variable = std::move(name);
        made.adds = adds;
        made.label = label_;
        made.words.push_back(std::move(word));
        commands_.push_back(std::move(made));
        current_ = {};
    }

    void end_of_command()
    {
        if (in_array_) return;
        if (current_.form == ShellCommand::Form::array || !current_.words.empty()) {
            current_.label = label_;
            commands_.push_back(std::move(current_));
        }
        current_ = {};
        case_follows_ = false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::uint32_t line_ = 1;
    ShellCommand current_;
    std::vector<ShellCommand> commands_;
    std::map<std::string, std::vector<ShellChoice>> variables_; ///< with a value for each branch
    std::map<std::string, unsigned> written_in_; ///< the last branch in which a variable was set
    unsigned branches_ = 0;
    unsigned branch_ = 0; ///< 0: in none
    std::size_t choice_at_ = 0;
    std::size_t choice_length_ = 0;
    std::vector<std::string> here_documents_;
    std::string label_;
    std::string function_;
    bool in_array_ = false;
    bool case_follows_ = false;
};

} // namespace

std::vector<ShellCommand> read_shell(std::string_view text) { return ShellReader(text).read(); }

} // namespace usbroute::import_
