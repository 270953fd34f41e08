// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "wire/duration.hpp"
#include "wire/grammar.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <set>
#include <vector>

namespace usbroute::wire {

using config::Verb;
using nlohmann::json;

namespace {

constexpr int deepest_command = 16;

/// Looks on while the library builds a value: of two equal keys that keeps the last, and it has no bound on depth.
class Overseer {
public:
    [[nodiscard]] const std::string& problem() const { return problem_; }
    /// Seen at the top, even where the rest could not be read: the line is meant for us.
    [[nodiscard]] bool saw_do() const { return saw_do_; }

    /// After the first problem nothing is kept.
    bool sees(int depth, json::parse_event_t event, const json& value)
    {
        using Event = json::parse_event_t;
        if (!problem_.empty()) return false;
        if ((event == Event::object_start || event == Event::array_start) && depth == deepest_command)
            problem_ = format("nested deeper than {}", deepest_command);
        if (event == Event::object_start) keys_.emplace_back();
        if (event == Event::object_end) keys_.pop_back();
        if (event == Event::key) take_key(depth, value.get_ref<const std::string&>());
        return problem_.empty();
    }

private:
    void take_key(int depth, const std::string& name)
    {
        if (depth == 1 && name == "do") saw_do_ = true;
        if (!keys_.back().insert(name).second) problem_ = format("duplicate key {}", printable(name, 32));
    }

    std::vector<std::set<std::string>> keys_; ///< of the objects that are open
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

    /// One, or none where the key is not there or empty.
    std::vector<std::string> one_name(const char* key)
    {
        auto name = text(key);
        return name.empty() ? std::vector<std::string>() : std::vector{std::move(name)};
    }

    std::vector<std::string> names(const char* key)
    {
        std::vector<std::string> names;
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

std::optional<Verb> verb_in(Object& object)
{
    const auto word = object.text("do");
    const auto verb = config::verb_from(word);
    if (!verb) object.complain(word.empty() ? R"("do" must be a verb)" : not_a_command(word));
    return verb;
}

constexpr std::array<const char*, 4> keys_of_assign{"guest", "what", "function", "place"};

/// What belongs to one verb.
void read_verb(Object& object, Verb verb, Said& said)
{
    said.verb = verb;
    if (verb == Verb::move) {
        said.names = object.names("connectors");
        const auto to = object.text("to");
        if (to.empty()) object.complain(R"(move needs "connectors" and "to")");
        said.to = config::target_from(to);
    }
    if (verb == Verb::answer) {
        said.names = object.one_name("device");
        const auto to = object.text("to");
        if (to.empty()) object.complain(R"(answer needs "to")");
        said.to = config::target_from(to);
        said.always = object.truth("always");
    }
    if (verb == Verb::apply) said.names = object.one_name("profile");
    if (verb == Verb::toggle) said.names = object.names("profiles");
    said.options.yes = object.truth("yes");
    said.options.force_disks = object.names("force_disks");
    if (verb == Verb::why) said.names = object.one_name("connector");
    if (verb == Verb::assign) {
        for (const auto* key : keys_of_assign) said.of_assign.push_back(object.text(key));
        while (!said.of_assign.empty() && said.of_assign.back().empty()) said.of_assign.pop_back();
    }
    if (const auto* time = object.find("revert_after")) {
        const auto read = time->is_string()            ? read_trial_time(time->get<std::string>())
                          : time->is_number_unsigned() ? read_trial_time(time->dump())
                                                       : read_trial_time("this");
        if (!read) return object.complain("revert_after: " + read.error());
        said.options.revert_after = *read;
    }
}

Said said_in(const json& value, std::string& problem)
{
    Said said;
    Object object(value, problem);
    const auto verb = verb_in(object);
    if (!verb) return said;
    if (*verb != Verb::plan) {
        read_verb(object, *verb, said);
    } else if (const auto* planned = object.find("plan"); planned == nullptr || !planned->is_object()) {
        object.complain(R"("plan" must be the command to plan, an object)");
    } else {
        Object inner(*planned, problem);
        said.is_to_be_planned = true;
        if (const auto what = verb_in(inner)) read_verb(inner, *what, said);
        inner.refuse_unknown();
    }
    object.refuse_unknown();
    return said;
}

/// What is no word at all is a mistake in the form, and no other verb.
bool has_an_unknown_verb(const json& value)
{
    const auto verb = value.find("do");
    return verb != value.end() && verb->is_string() &&
           !config::verb_from(verb->get_ref<const std::string&>());
}

void add_wish(const plan::Wish& wish, json& object)
{
    const auto texts = [](const auto& names) {
        auto list = json::array();
        for (const auto& name : names) list.push_back(name.text());
        return list;
    };
    if (const auto* move = std::get_if<plan::MoveRequest>(&wish)) {
        object["connectors"] = texts(move->connectors);
        object["to"] = config::text_of(move->to);
    }
    if (const auto* answer = std::get_if<plan::AnswerRequest>(&wish)) {
        if (answer->device) object["device"] = answer->device->text();
        object["to"] = config::text_of(answer->to);
        if (answer->always) object["always"] = true;
    }
    if (const auto* apply = std::get_if<plan::ApplyRequest>(&wish)) object["profile"] = apply->profile.text();
    if (const auto* toggle = std::get_if<plan::ToggleRequest>(&wish); toggle && !toggle->profiles.empty())
        object["profiles"] = texts(toggle->profiles);
}

json object_of(const plan::Request& request)
{
    json object = {{"do", config::text_of(verb_of(request.wish))}};
    add_wish(request.wish, object);
    if (request.yes) object["yes"] = true;
    if (!request.force_disks.empty()) object["force_disks"] = request.force_disks;
    if (request.revert_after) object["revert_after"] = request.revert_after->count();
    return object;
}

json object_of(const Command& command)
{
    if (command.verb == Verb::plan && command.request)
        return json{{"do", "plan"}, {"plan", object_of(*command.request)}};
    if (command.request) return object_of(*command.request);
    json object = {{"do", config::text_of(command.verb)}};
    if (!command.about.empty()) object["connector"] = command.about.front().text();
    if (command.controllers) {
        const auto words = words_of(*command.controllers);
        for (std::size_t i = 0; i < words.size(); ++i) object[keys_of_assign.at(i)] = words[i];
    }
    return object;
}

} // namespace

std::expected<Command, NotACommand> read_json_command(std::string_view line)
{
    Overseer overseer;
    json value;
    NotACommand no{.message = {}, .is_ours = false, .form = Form::json};
    try {
        value = json::parse(line, [&](int depth, json::parse_event_t event, json& parsed) {
            return overseer.sees(depth, event, parsed);
        });
    } catch (const json::parse_error& error) {
        no.message = format("not JSON from byte {} on", error.byte);
    } catch (const json::exception&) {
        no.message = "a number is too large";
    }
    if (!overseer.problem().empty()) no.message = overseer.problem();
    no.is_ours = overseer.saw_do();
    if (no.message.empty() && !no.is_ours) no.message = "an object without \"do\" is not a command";
    if (!no.message.empty()) return std::unexpected(std::move(no));
    auto said = said_in(value, no.message);
    no.is_unknown_verb = !no.message.empty() && has_an_unknown_verb(value);
    if (!no.message.empty()) return std::unexpected(std::move(no));
    auto command = command_in(std::move(said));
    if (!command) {
        no.message = std::move(command.error());
        return std::unexpected(std::move(no));
    }
    command->form = Form::json;
    return std::move(*command);
}

std::string to_json_line(const Command& command)
{
    // Names come from a command line and may hold anything.
    return object_of(command).dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace usbroute::wire
