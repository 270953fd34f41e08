// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "wire/duration.hpp"
#include "wire/grammar.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <set>
#include <vector>

namespace usbroute::wire {

using config::Verb;
using nlohmann::json;

namespace {

constexpr std::size_t deepest_command = 16;

/// Builds a value out of the parser's events. The library's own builder keeps the last of two equal keys and
/// has no bound on depth; this one ends the parse at either.
class Builder final : public nlohmann::json_sax<json> {
public:
    [[nodiscard]] const std::string& problem() const { return problem_; }
    /// Seen at the top, even where the rest could not be read: the line is meant for us.
    [[nodiscard]] bool saw_do() const { return saw_do_; }
    [[nodiscard]] json take() { return std::move(root_); }

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t&) override { return put(value); }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t&) override { return fail("no binary values here"); }
    bool start_object(std::size_t) override { return open(json::object()); }
    bool start_array(std::size_t) override { return open(json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override
    {
        if (open_.size() == 1 && name == "do") saw_do_ = true;
        if (open_.back()->contains(name)) return fail(format("duplicate key {}", printable(name, 32)));
        key_ = std::move(name);
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const json::exception&) override
    {
        return fail(format("not JSON from byte {} on", position));
    }

private:
    bool fail(std::string problem)
    {
        problem_ = std::move(problem);
        return false;
    }

    json* place(json value)
    {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        auto& parent = *open_.back();
        if (parent.is_array()) return &parent.emplace_back(std::move(value));
        return &(parent[key_] = std::move(value));
    }

    bool put(json value)
    {
        place(std::move(value));
        return true;
    }

    bool open(json value)
    {
        if (open_.size() == deepest_command) return fail(format("nested deeper than {}", deepest_command));
        open_.push_back(place(std::move(value)));
        return true;
    }

    bool close()
    {
        open_.pop_back();
        return true;
    }

    json root_;
    /// From the outermost to the innermost. The pointers hold: what is open is the last child of its parent, and
    /// nothing is added to the parent before it is closed.
    std::vector<json*> open_;
    std::string key_;
    std::string problem_;
    bool saw_do_ = false;
};

/// The keys of one object, asked for by name; what nobody asked for is a mistake.
class Object {
public:
    Object(const json& value, std::string& problem) : value_(value), problem_(problem) {}

    const json* find(const char* key)
    {
        asked_.insert(key);
        const auto found = value_.find(key);
        return found == value_.end() ? nullptr : &*found;
    }

    std::string text(const char* key)
    {
        const auto* found = find(key);
        if (found == nullptr) return {};
        if (const auto* text = found->get_ptr<const std::string*>()) return *text;
        return wrong(key, "a string"), std::string();
    }

    bool truth(const char* key)
    {
        const auto* found = find(key);
        if (found == nullptr) return false;
        if (const auto* truth = found->get_ptr<const bool*>()) return *truth;
        return wrong(key, "true or false"), false;
    }

    template <class Name> std::vector<Name> names(const char* key)
    {
        std::vector<Name> names;
        const auto* found = find(key);
        if (found == nullptr) return names;
        if (!found->is_array()) return wrong(key, "a list of strings"), names;
        for (const auto& entry : *found) {
            if (const auto* text = entry.get_ptr<const std::string*>())
                names.emplace_back(*text);
            else
                wrong(key, "a list of strings");
        }
        return names;
    }

    void refuse_unknown()
    {
        for (const auto& item : value_.items())
            if (!asked_.contains(item.key())) complain(format("unknown key {}", printable(item.key(), 32)));
    }

    void complain(std::string problem)
    {
        if (problem_.empty()) problem_ = std::move(problem);
    }

private:
    void wrong(const char* key, std::string_view wanted) { complain(format("{} must be {}", key, wanted)); }

    const json& value_;
    std::string& problem_;
    std::set<std::string, std::less<>> asked_;
};

std::optional<Verb> verb_of(Object& object)
{
    const auto word = object.text("do");
    const auto verb = config::verb_from(word);
    if (!verb)
        object.complain(word.empty() ? R"("do" must be a verb)"
                                     : format("{} is not a command", printable(word, 32)));
    return verb;
}

/// What belongs to one verb of those that change something.
void read_wish(Object& object, Verb verb, Command& command)
{
    if (verb == Verb::move) {
        command.connectors = object.names<ConnectorName>("connectors");
        const auto to = object.text("to");
        if (to.empty()) object.complain(R"(move needs "connectors" and "to")");
        command.to = config::target_from(to);
    }
    if (verb == Verb::apply) {
        if (auto profile = object.text("profile"); !profile.empty())
            command.profiles.emplace_back(std::move(profile));
    }
    if (verb == Verb::toggle) command.profiles = object.names<ProfileName>("profiles");
    command.yes = object.truth("yes");
    command.force_disks = object.names<std::string>("force_disks");
    if (verb == Verb::why)
        if (auto name = object.text("connector"); !name.empty())
            command.connectors.emplace_back(std::move(name));
    if (const auto* time = object.find("revert_after")) {
        const auto read = time->is_string()            ? read_trial_time(time->get<std::string>())
                          : time->is_number_unsigned() ? read_trial_time(time->dump())
                                                       : read_trial_time("this");
        if (!read) return object.complain("revert_after: " + read.error());
        command.revert_after = *read;
    }
}

Command command_from(const json& value, std::string& problem)
{
    Command command;
    command.form = Form::json;
    Object object(value, problem);
    const auto verb = verb_of(object);
    if (!verb) return command;
    command.verb = *verb;
    if (*verb != Verb::plan) {
        read_wish(object, *verb, command);
    } else if (const auto* planned = object.find("plan"); planned == nullptr || !planned->is_object()) {
        object.complain(R"("plan" must be the command to plan, an object)");
    } else {
        Object inner(*planned, problem);
        command.planned = verb_of(inner).value_or(Verb::move);
        if (problem.empty()) read_wish(inner, command.planned, command);
        inner.refuse_unknown();
    }
    object.refuse_unknown();
    if (problem.empty()) problem = what_is_wrong(command);
    return command;
}

json wish_of(const Command& command, Verb verb)
{
    const auto texts = [](const auto& names) {
        auto list = json::array();
        for (const auto& name : names) list.push_back(name.text());
        return list;
    };
    json object = {{"do", config::text_of(verb)}};
    if (verb == Verb::move) {
        object["connectors"] = texts(command.connectors);
        object["to"] = config::text_of(command.to);
    }
    if (verb == Verb::apply && !command.profiles.empty()) object["profile"] = command.profiles.front().text();
    if (verb == Verb::toggle && !command.profiles.empty()) object["profiles"] = texts(command.profiles);
    if (command.yes) object["yes"] = true;
    if (!command.force_disks.empty()) object["force_disks"] = command.force_disks;
    if (verb == Verb::why && !command.connectors.empty())
        object["connector"] = command.connectors.front().text();
    if (command.revert_after) object["revert_after"] = command.revert_after->count();
    return object;
}

} // namespace

std::expected<Command, NotACommand> read_json_command(std::string_view line)
{
    Builder builder;
    const bool parsed = json::sax_parse(line, &builder);
    NotACommand no{.message = builder.problem(), .is_ours = builder.saw_do(), .form = Form::json};
    if (!parsed) return std::unexpected(std::move(no));
    const auto value = builder.take();
    if (!builder.saw_do()) {
        no.message = "an object without \"do\" is not a command";
        return std::unexpected(std::move(no));
    }
    auto command = command_from(value, no.message);
    if (!no.message.empty()) return std::unexpected(std::move(no));
    return command;
}

std::string to_json_line(const Command& command)
{
    auto object = wish_of(command, command.verb == Verb::plan ? command.planned : command.verb);
    if (command.verb == Verb::plan) object = json{{"do", "plan"}, {"plan", std::move(object)}};
    // Names come from a command line and may hold anything.
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace usbroute::wire
