// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/yaml_tree.hpp"

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/json_text.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include <yaml.h>

namespace usbroute::import_ {

namespace {

struct DeleteYamlParser {
    void operator()(yaml_parser_t* parser) const
    {
        yaml_parser_delete(parser);
        delete parser;
    }
};

/// An event that is given back.
class YamlEvent {
public:
    YamlEvent() = default;
    YamlEvent(const YamlEvent&) = delete;
    YamlEvent& operator=(const YamlEvent&) = delete;
    ~YamlEvent()
    {
        if (is_read_) yaml_event_delete(&event_);
    }
    [[nodiscard]] bool read(yaml_parser_t& parser)
    {
        if (is_read_) yaml_event_delete(&event_);
        is_read_ = yaml_parser_parse(&parser, &event_) == 1;
        return is_read_;
    }
    [[nodiscard]] const yaml_event_t& operator*() const { return event_; }
    [[nodiscard]] const yaml_event_t* operator->() const { return &event_; }

private:
    yaml_event_t event_{};
    bool is_read_ = false;
};

std::string text_from(const yaml_char_t* text, std::size_t length)
{
    return {reinterpret_cast<const char*>(text), length};
}

std::string anchor_from(const yaml_char_t* text)
{
    return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

std::size_t nodes_in(const YamlNode& node)
{
    std::size_t count = 1;
    for (const auto& item : node.items) count += nodes_in(item);
    for (const auto& [key, value] : node.pairs) count += nodes_in(key) + nodes_in(value);
    return count;
}

std::size_t depth_of(const YamlNode& node)
{
    std::size_t depth = 0;
    for (const auto& item : node.items) depth = std::max(depth, depth_of(item));
    for (const auto& pair : node.pairs) depth = std::max(depth, depth_of(pair.value));
    return node.is_scalar() ? 0 : depth + 1;
}

/// Deepest value that an alias may stand for: a map whose values are lists.
constexpr std::size_t deepest_alias = 2;

class YamlReader {
public:
    explicit YamlReader(const Source& source) : source_(source) {}

    [[nodiscard]] Result<YamlNode> read()
    {
        parser_.reset(new yaml_parser_t{});
        if (yaml_parser_initialize(parser_.get()) == 0) return bad_input(source_, 0, "out of memory");
        yaml_parser_set_encoding(parser_.get(), YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(
            parser_.get(), reinterpret_cast<const unsigned char*>(source_.text.data()), source_.text.size());
        for (const auto wanted : {YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT}) {
            if (!event_.read(*parser_)) return syntax();
            if (event_->type != wanted) return bad_input(source_, 0, "the file is empty");
        }
        if (!event_.read(*parser_)) return syntax();
        auto root = node(0);
        if (!root) return root;
        for (const auto wanted : {YAML_DOCUMENT_END_EVENT, YAML_STREAM_END_EVENT}) {
            if (!event_.read(*parser_)) return syntax();
            if (event_->type != wanted)
                return bad_input(source_, line(),
                                 "a second document begins here; put each in a file of its own");
        }
        return root;
    }

private:
    [[nodiscard]] std::uint32_t line() const
    {
        return static_cast<std::uint32_t>(event_->start_mark.line) + 1;
    }

    [[nodiscard]] std::unexpected<Error> syntax() const
    {
        const auto& parser = *parser_;
        const auto mark = parser.problem_mark.line != 0 || parser.problem_mark.index != 0
                              ? parser.problem_mark
                              : parser.mark;
        return bad_input(source_, static_cast<std::uint32_t>(mark.line) + 1,
                         format("cannot parse this: {}",
                                printable(parser.problem != nullptr ? parser.problem : "syntax error")));
    }

    /// The value that the event begins.
    [[nodiscard]] Result<YamlNode> node(std::size_t depth)
    {
        if (depth > most_depth)
            return bad_input(source_, line(), format("the file is nested deeper than {} levels", most_depth));
        if (++count_ > most_entries)
            return bad_input(source_, line(), format("the file has more than {} entries", most_entries));
        YamlNode made;
        made.line = line();
        switch (event_->type) {
        case YAML_SCALAR_EVENT: {
            const auto& scalar = event_->data.scalar;
            made.text = text_from(scalar.value, scalar.length);
            made.is_quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
            keep(anchor_from(scalar.anchor), made);
            return made;
        }
        case YAML_ALIAS_EVENT: return alias(anchor_from(event_->data.alias.anchor));
        case YAML_SEQUENCE_START_EVENT: return list(made, depth);
        case YAML_MAPPING_START_EVENT: return map(made, depth);
        default: return bad_input(source_, line(), "cannot parse this");
        }
    }

    [[nodiscard]] Result<YamlNode> list(YamlNode& made, std::size_t depth)
    {
        const auto anchor = anchor_from(event_->data.sequence_start.anchor);
        made.form = YamlNode::Form::list;
        for (;;) {
            if (!event_.read(*parser_)) return syntax();
            if (event_->type == YAML_SEQUENCE_END_EVENT) break;
            auto item = node(depth + 1);
            if (!item) return item;
            made.items.push_back(std::move(*item));
        }
        keep(anchor, made);
        return std::move(made);
    }

    [[nodiscard]] Result<YamlNode> map(YamlNode& made, std::size_t depth)
    {
        const auto anchor = anchor_from(event_->data.mapping_start.anchor);
        made.form = YamlNode::Form::map;
        std::vector<YamlPair> put_in;
        for (;;) {
            if (!event_.read(*parser_)) return syntax();
            if (event_->type == YAML_MAPPING_END_EVENT) break;
            auto key = node(depth + 1);
            if (!key) return key;
            if (!event_.read(*parser_)) return syntax();
            auto value = node(depth + 1);
            if (!value) return value;
            if (key->text == "<<" && !key->is_quoted && value->is_map())
                put_in.insert(put_in.end(), value->pairs.begin(), value->pairs.end());
            else
                made.pairs.push_back({.key = std::move(*key), .value = std::move(*value)});
        }
        // What the map says itself counts more: `get` takes the last.
        made.pairs.insert(made.pairs.begin(), put_in.begin(), put_in.end());
        keep(anchor, made);
        return std::move(made);
    }

    [[nodiscard]] Result<YamlNode> alias(const std::string& name)
    {
        const auto known = anchors_.find(name);
        if (known == anchors_.end())
            return bad_input(source_, line(),
                             format("*{} refers to nothing defined before it", printable(name, 64)));
        if (depth_of(known->second) > deepest_alias)
            return bad_input(source_, line(),
                             format("*{} refers to nested lists; write them out", printable(name, 64)));
        count_ += nodes_in(known->second);
        if (count_ > most_entries)
            return bad_input(source_, line(), format("the file has more than {} entries", most_entries));
        return known->second;
    }

    void keep(const std::string& anchor, const YamlNode& made)
    {
        if (anchor.empty()) return;
        // One that is too deep to be put in anywhere is kept as far as that can be seen.
        if (depth_of(made) <= deepest_alias) {
            anchors_[anchor] = made;
            return;
        }
        YamlNode deep;
        for (std::size_t i = 0; i <= deepest_alias; ++i) {
            YamlNode outer;
            outer.form = YamlNode::Form::list;
            outer.items.push_back(std::move(deep));
            deep = std::move(outer);
        }
        anchors_[anchor] = std::move(deep);
    }

    const Source& source_;
    std::unique_ptr<yaml_parser_t, DeleteYamlParser> parser_;
    YamlEvent event_;
    std::map<std::string, YamlNode> anchors_;
    std::size_t count_ = 0;
};

/// libyaml itself calls itself for each level of a flow.
std::optional<Error> why_too_deep(const Source& source)
{
    std::size_t depth = 0;
    std::uint32_t line = 1;
    char quote = 0;
    for (std::size_t i = 0; i < source.text.size(); ++i) {
        const char c = source.text[i];
        if (c == '\n') ++line;
        if (quote != 0) {
            if (c == '\\' && quote == '"')
                ++i;
            else if (c == quote || c == '\n')
                quote = 0;
        } else if (c == '"') {
            quote = c;
        } else if (c == '[' || c == '{') {
            if (++depth > 4 * most_depth)
                return bad_input(source, line, format("the file is nested deeper than {} levels", most_depth))
                    .error();
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return std::nullopt;
}

} // namespace

bool YamlNode::is_null() const
{
    return is_scalar() && !is_quoted &&
           (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
}

const YamlNode* YamlNode::get(std::string_view key) const
{
    const YamlNode* found = nullptr;
    for (const auto& [name, value] : pairs)
        if (name.is_scalar() && name.text == key) found = &value;
    return found;
}

std::string YamlNode::text_at(std::string_view key) const
{
    const auto* value = get(key);
    return value != nullptr && value->is_scalar() && !value->is_null() ? value->text : std::string();
}

Result<YamlNode> read_yaml(const Source& source)
{
    if (auto why = why_too_deep(source)) return std::unexpected(std::move(*why));
    return YamlReader(source).read();
}

Result<YamlNode> read_json(const Source& source)
{
    if (auto why = why_too_deep(source)) return std::unexpected(std::move(*why));
    if (!is_json(source.text)) {
        // libyaml knows the line of most mistakes.
        if (auto tree = YamlReader(source).read(); !tree) return tree;
        return bad_input(source, 0,
                         "not valid JSON: look for comments and for a comma before a closing bracket");
    }
    return YamlReader(source).read();
}

std::optional<std::uint32_t> yaml_number(const YamlNode& node)
{
    if (!node.is_scalar() || node.is_quoted) return std::nullopt;
    const std::string_view text = node.text;
    if (text.starts_with("0x") || text.starts_with("0X"))
        return number_from<std::uint32_t>(text.substr(2), 16);
    if (text.starts_with("0o")) return number_from<std::uint32_t>(text.substr(2), 8);
    if (text.starts_with("0b")) return number_from<std::uint32_t>(text.substr(2), 2);
    // YAML 1.1, as the tools' libraries have it: a leading 0 is octal.
    if (text.size() > 1 && text.front() == '0') return number_from<std::uint32_t>(text.substr(1), 8);
    return number_from<std::uint32_t>(text);
}

} // namespace usbroute::import_
