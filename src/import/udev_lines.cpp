// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/udev_lines.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace usbroute::import_ {

namespace {

constexpr std::size_t most_items = 200; ///< of one rule

bool is_key_character(char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }

/// Reads one line from its front.
class UdevItems {
public:
    explicit UdevItems(std::string_view text) : text_(text) {}

    /// False: there is no next one; then `is_whole` says whether the line ended well.
    bool next(UdevItem& item)
    {
        skip(" \t,\r");
        is_whole_ = at_ >= text_.size();
        return !is_whole_ && key(item) && op(item) && value(item);
    }
    [[nodiscard]] bool is_whole() const { return is_whole_; }

private:
    [[nodiscard]] bool is_at(std::string_view what) const
    {
        return at_ < text_.size() && what.find(text_[at_]) != std::string_view::npos;
    }
    void skip(std::string_view what)
    {
        while (is_at(what)) ++at_;
    }

    bool key(UdevItem& item)
    {
        while (at_ < text_.size() && is_key_character(text_[at_])) item.key += text_[at_++];
        if (item.key.empty()) return false;
        if (is_at("{")) {
            const auto end = text_.find('}', at_);
            if (end == std::string_view::npos) return false;
            item.of = std::string(text_.substr(at_ + 1, end - at_ - 1));
            at_ = end + 1;
        }
        return true;
    }

    bool op(UdevItem& item)
    {
        constexpr std::array<std::string_view, 6> ops{"==", "!=", "=", "+=", "-=", ":="};
        skip(" \t");
        while (is_at("=!+-:")) item.op += text_[at_++];
        skip(" \t");
        return std::ranges::find(ops, item.op) != ops.end();
    }

    bool value(UdevItem& item)
    {
        if (is_at("ei")) ++at_;
        if (!is_at("\"")) return false;
        ++at_;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '"') ++at_;
            item.value += text_[at_++];
        }
        if (at_ >= text_.size()) return false;
        ++at_;
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool is_whole_ = false;
};

} // namespace

std::vector<UdevLine> udev_lines(std::string_view text)
{
    std::vector<UdevLine> lines;
    std::uint32_t number = 0;
    bool goes_on = false;
    for (auto line : split(text, '\n')) {
        ++number;
        if (trim(line).starts_with('#')) continue;
        const bool continues = trim(line).ends_with('\\');
        if (continues) line = line.substr(0, line.rfind('\\'));
        if (goes_on)
            lines.back().text += line;
        else if (!trim(line).empty())
            lines.push_back({.line = number, .text = std::string(line)});
        goes_on = continues && !lines.empty();
    }
    return lines;
}

bool read_udev_items(std::string_view text, std::vector<UdevItem>& items)
{
    UdevItems reader(text);
    for (UdevItem item; reader.next(item); item = {}) {
        items.push_back(std::move(item));
        if (items.size() > most_items) return false;
    }
    return reader.is_whole();
}

bool is_of_udev(std::string_view word)
{
    return word.find('%') != std::string_view::npos || word.find('$') != std::string_view::npos;
}

} // namespace usbroute::import_
