// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/arguments.hpp"

#include "base/duration.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/command_table.hpp"
#include "cli/help.hpp"
#include "wire/duration.hpp"

#include <algorithm>
#include <bitset>
#include <optional>

#include <getopt.h>

namespace usbroute::cli {

namespace {

constexpr std::chrono::hours longest_timeout{1};

/// Texts of options that need a second look, when all of the line is known.
struct Raw {
    bool help = false;
    std::optional<std::string> timeout;
    std::optional<std::string> color;
    std::optional<std::string> revert_after;
    std::optional<std::string> wait_for;
    std::optional<std::string> newest;
};

/// The place of the command: the first word that is neither an option nor the value of one.
std::size_t index_of_command(const std::vector<std::string>& arguments)
{
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& word = arguments[i];
        if (word == "--") return arguments.size();
        if (!word.starts_with('-') || word == "-") return i;
        const auto* option = find_option(word);
        if (option != nullptr && !option->value.empty()) ++i;
    }
    return arguments.size();
}

/// What a command takes, as getopt_long wants it told.
class Accepted {
public:
    explicit Accepted(const CommandRow& command)
    {
        for (const auto& row : option_table()) {
            if (!takes(command, row.id)) continue;
            const bool has_value = !row.value.empty();
            // The names are literals, so each ends with a zero.
            long_names_.push_back({row.long_name.substr(2).data(),
                                   has_value ? required_argument : no_argument, nullptr,
                                   first_long + static_cast<int>(row.id)});
            if (row.short_name.empty()) continue;
            short_names_ += row.short_name.substr(1);
            if (has_value) short_names_ += ':';
        }
        long_names_.push_back({});
    }

    /// Null for what getopt_long returns at a word, at the end, or at an option that it does not know.
    [[nodiscard]] const OptionRow* row(int found) const
    {
        if (found >= first_long) return &row_of(static_cast<OptionId>(found - first_long));
        return find_option(std::string{'-', static_cast<char>(found)});
    }
    [[nodiscard]] const char* short_names() const { return short_names_.c_str(); }
    [[nodiscard]] const option* long_names() const { return long_names_.data(); }

private:
    static constexpr int first_long = 256; // beyond every short name
    /// '-': words come in their place, nothing is reordered; ':' tells a missing value from an unknown option.
    std::string short_names_ = "-:";
    std::vector<option> long_names_;
};

void take_option(OptionId id, const char* value, Options& options, Raw& raw)
{
    switch (id) {
    case OptionId::help: raw.help = true; break;
    case OptionId::json: options.json = true; break;
    case OptionId::verbose: options.verbose = true; break;
    case OptionId::quiet: options.quiet = true; break;
    case OptionId::root: options.root = value; break;
    case OptionId::socket: options.socket = value; break;
    case OptionId::config: options.config = value; break;
    case OptionId::direct: options.direct = true; break;
    case OptionId::timeout: raw.timeout = value; break;
    case OptionId::color: raw.color = value; break;
    case OptionId::to: options.to = value; break;
    case OptionId::dry_run: options.dry_run = true; break;
    case OptionId::yes: options.yes = true; break;
    case OptionId::force_disk: options.force_disks.emplace_back(value); break;
    case OptionId::revert_after: raw.revert_after = value; break;
    case OptionId::exec: options.exec = value; break;
    case OptionId::format:
        options.format = value;
        options.format_said = true;
        break;
    case OptionId::try_write: options.try_write = true; break;
    case OptionId::svg: options.svg = value; break;
    case OptionId::move_first: options.move_first = true; break;
    case OptionId::boot: options.boot = true; break;
    case OptionId::always: options.always = true; break;
    case OptionId::qemu:
    case OptionId::libvirt:
    case OptionId::proxmox:
    case OptionId::powershell:
    case OptionId::autohotkey:
    case OptionId::systemd:
    case OptionId::i3:
    case OptionId::shell: options.kinds.emplace_back(row_of(id).long_name); break;
    case OptionId::virtio: options.virtio = true; break;
    case OptionId::reconnect_ms: options.reconnect_ms = true; break;
    case OptionId::port: options.port = value; break;
    case OptionId::start_of: options.start_of = value; break;
    case OptionId::wait_for: raw.wait_for = value; break;
    case OptionId::since: options.since = value; break;
    case OptionId::newest: raw.newest = value; break;
    case OptionId::kind: options.kind = value; break;
    case OptionId::write: options.write = true; break;
    }
}

Error unknown_command(const std::string& word)
{
    const auto shown = printable(word, 64);
    auto known = texts_of(command_table(), [](const auto& command) { return command.name; });
    const auto near = nearest(word, known);
    return usage_error(format("there is no command {}; {}", shown,
                              near ? format("did you mean {}?", *near) : "`usbroute --help` lists them"));
}

Error unknown_option(const CommandRow& command, const std::string& word)
{
    const auto name = word.substr(0, word.find('='));
    if (const auto* row = find_option(name); row != nullptr)
        return usage_error(format("{} does not take {}; `usbroute {} --help` shows what it takes",
                                  command.name, printable(name, 64), command.name));
    std::vector<std::string> known;
    for (const auto& row : option_table())
        if (takes(command, row.id)) known.emplace_back(row.long_name);
    const auto near = nearest(name, known);
    return usage_error(format("there is no option {}; {}", printable(name, 64),
                              near ? format("did you mean {}?", *near)
                                   : format("`usbroute {} --help` lists them", command.name)));
}

std::optional<Error> take_raw(const Raw& raw, Options& options)
{
    if (raw.revert_after) {
        const auto time = wire::read_trial_time(*raw.revert_after);
        if (!time) return usage_error("--revert-after: " + time.error());
        options.revert_after = *time;
    }
    if (raw.wait_for) {
        const auto time = parse_duration(*raw.wait_for);
        if (!time || *time > longest_timeout)
            return usage_error(
                format("--for {}: write a time such as 500ms, 30s or 2m", printable(*raw.wait_for, 32)));
        options.wait_for = *time;
    }
    if (raw.newest) {
        const auto count = parse_decimal(*raw.newest);
        if (!count)
            return usage_error(format("-n {}: write a number, such as 5", printable(*raw.newest, 32)));
        options.newest = *count;
    }
    if (raw.timeout) {
        const auto time = parse_duration(*raw.timeout);
        if (!time || *time <= std::chrono::milliseconds::zero() || *time > longest_timeout)
            return usage_error(
                format("--timeout {}: write a time such as 500ms, 5s or 1m", printable(*raw.timeout, 32)));
        options.timeout = *time;
        options.timeout_said = true;
    }
    if (raw.color) {
        if (*raw.color == "always")
            options.colour = Colour::always;
        else if (*raw.color == "never")
            options.colour = Colour::never;
        else if (*raw.color != "auto")
            return usage_error(format("--color {}: write auto, always or never", printable(*raw.color, 32)));
    }
    if (options.direct && !options.socket.empty())
        return usage_error("--direct acts without the daemon and --socket names it: give only one of them");
    if (options.quiet && options.verbose)
        return usage_error("--quiet and --verbose contradict each other: give only one of them");
    return std::nullopt;
}

std::optional<Error> check_words(const Invocation& invocation)
{
    const auto& command = *invocation.command;
    const auto count = invocation.words.size();
    if (count < command.fewest_words)
        return usage_error(format("{} needs more words; {}", command.name, usage_line(command)));
    if (count > command.most_words)
        return usage_error(format("{} does not know what to do with {}; {}", command.name,
                                  printable(invocation.words[command.most_words], 64), usage_line(command)));
    return std::nullopt;
}

/// Why an option cannot be taken: one that getopt_long refused, or one that was said before.
Error unreadable_option(const CommandRow& command, int found, const std::string& word)
{
    // In a row of short options ("-vx") the one that was meant; of a long one all of it.
    const auto name =
        word.starts_with("--") ? word.substr(0, word.find('=')) : std::string{'-', static_cast<char>(optopt)};
    if (found == ':') return usage_error(format("{} needs a value", name));
    const auto* row = find_option(name);
    if (row == nullptr || !takes(command, row->id)) return unknown_option(command, name);
    return usage_error(format("{} takes no value", name));
}

/// getopt_long also takes the beginning of a long name; what is short today may mean two things tomorrow.
bool is_shortened(const std::string& word)
{
    return word.starts_with("--") && word != "--" &&
           find_option(std::string_view(word).substr(0, word.find('='))) == nullptr;
}

/// The C library's own reader: it costs nothing at start. docs/decisions/0009 says what else was tried.
std::optional<Error> read_options(std::vector<std::string> arguments, Invocation& invocation, Raw& raw)
{
    const Accepted accepted(*invocation.command);
    std::vector<char*> argv{nullptr}; // getopt_long skips the program's name
    for (auto& word : arguments) argv.push_back(word.data());
    const auto count = static_cast<int>(argv.size());
    argv.push_back(nullptr);

    std::bitset<256> said;
    std::optional<Error> wrong;
    optind = 0; // start again: the reader keeps its place in globals
    opterr = 0; // it says nothing itself
    for (;;) {
        const auto place = static_cast<std::size_t>(std::max(optind - 1, 0));
        const int found =
            getopt_long(count, argv.data(), accepted.short_names(), accepted.long_names(), nullptr);
        if (found == -1) break;
        if (found == 1) {
            invocation.words.emplace_back(optarg);
            continue;
        }
        const auto& word = arguments[place];
        const auto* row = found == '?' || found == ':' || is_shortened(word) ? nullptr : accepted.row(found);
        if (row == nullptr) {
            if (!wrong) wrong = unreadable_option(*invocation.command, found, word);
            continue;
        }
        const auto id = static_cast<std::size_t>(row->id);
        if (said[id] && !row->value.empty() && row->id != OptionId::force_disk && !wrong)
            wrong = usage_error(format("{} was given more than once", row->long_name));
        said.set(id);
        take_option(row->id, optarg, invocation.options, raw);
    }
    for (auto i = optind; i < count; ++i) invocation.words.emplace_back(argv[static_cast<std::size_t>(i)]);
    return wrong;
}

/// Of the verb that was named, where the command has verbs.
HelpAsked help_for(const CommandRow& command, const std::vector<std::string>& words)
{
    const auto* verb = words.empty() ? nullptr : find_verb(command, words.front());
    return HelpAsked{verb == nullptr ? help_text(command) : help_text(command, *verb)};
}

Read read_command(const CommandRow& command, std::vector<std::string> arguments)
{
    Invocation invocation{.command = &command, .options = {}, .words = {}, .typed = {}};
    Raw raw;
    const auto unread = read_options(std::move(arguments), invocation, raw);
    if (raw.help) return help_for(command, invocation.words);
    if (unread) return *unread;
    if (auto wrong = take_raw(raw, invocation.options)) return *wrong;
    if (auto wrong = check_words(invocation)) return *wrong;
    return invocation;
}

/// An option that nobody knows may have had a value, which would then be taken for the command.
std::optional<Error> unknown_before(const std::vector<std::string>& arguments, std::size_t at)
{
    for (std::size_t i = 0; i < at; ++i)
        if (arguments[i].starts_with("--") &&
            find_option(std::string_view(arguments[i]).substr(0, arguments[i].find('='))) == nullptr)
            return unknown_option(*find_command("status"), arguments[i]);
    return std::nullopt;
}

Read read_help(const std::vector<std::string>& arguments, std::size_t at)
{
    if (at + 1 >= arguments.size()) return HelpAsked{help_text()};
    const auto* command = find_command(arguments[at + 1]);
    if (command == nullptr) return unknown_command(arguments[at + 1]);
    return help_for(*command, {arguments.begin() + static_cast<std::ptrdiff_t>(at) + 2, arguments.end()});
}

Read read_words(const std::vector<std::string>& arguments)
{
    const auto at = index_of_command(arguments);
    if (at == arguments.size()) {
        const auto said = [&](std::string_view word) {
            return std::ranges::find(arguments, word) != arguments.end();
        };
        if (said("--help") || said("-h")) return HelpAsked{help_text()};
        if (said("--version") || said("-V")) {
            auto rest = arguments;
            std::erase_if(rest, [](const std::string& word) { return word == "--version" || word == "-V"; });
            return read_command(*find_command("version"), std::move(rest));
        }
        return read_command(*find_command("status"), arguments);
    }
    if (auto wrong = unknown_before(arguments, at)) return *wrong;
    if (arguments[at] == "help") return read_help(arguments, at);
    const auto* command = find_command(arguments[at]);
    if (command == nullptr) return unknown_command(arguments[at]);
    auto rest = arguments;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
    return read_command(*command, std::move(rest));
}

} // namespace

Read read_arguments(const std::vector<std::string>& arguments)
{
    auto read = read_words(arguments);
    if (auto* invocation = std::get_if<Invocation>(&read)) invocation->typed = arguments;
    return read;
}

bool wants_json(const std::vector<std::string>& arguments)
{
    const auto end = std::ranges::find(arguments, "--");
    return std::find(arguments.begin(), end, "--json") != end;
}

} // namespace usbroute::cli
