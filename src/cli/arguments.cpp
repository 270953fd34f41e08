#include "cli/arguments.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/command_table.hpp"
#include "cli/help.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace usbroute::cli {

namespace {

/// Texts of options that need a look of our own after CLI11's.
struct Raw {
    bool help = false;
    std::optional<std::string> timeout;
    std::optional<std::string> color;
    std::optional<std::string> revert_after;
};

Error usage(std::string message) { return Error(ErrorKind::usage, std::move(message)).with_code("usage"); }

/// Where the command stands: the first word that is neither an option nor the value of one.
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

std::string name_for_cli11(const OptionRow& row)
{
    return row.short_name.empty() ? std::string(row.long_name)
                                  : format("{},{}", row.short_name, row.long_name);
}

void add_option(CLI::App& app, const OptionRow& row, Options& options, Raw& raw)
{
    const auto name = name_for_cli11(row);
    switch (row.id) {
    case OptionId::help: app.add_flag(name, raw.help); break;
    case OptionId::json: app.add_flag(name, options.json); break;
    case OptionId::verbose: app.add_flag(name, options.verbose); break;
    case OptionId::quiet: app.add_flag(name, options.quiet); break;
    case OptionId::root: app.add_option(name, options.root); break;
    case OptionId::socket: app.add_option(name, options.socket); break;
    case OptionId::config: app.add_option(name, options.config); break;
    case OptionId::direct: app.add_flag(name, options.direct); break;
    case OptionId::timeout: app.add_option(name, raw.timeout); break;
    case OptionId::color: app.add_option(name, raw.color); break;
    case OptionId::to: app.add_option(name, options.to); break;
    case OptionId::dry_run: app.add_flag(name, options.dry_run); break;
    case OptionId::yes: app.add_flag(name, options.yes); break;
    // One disk each time it is said; without this the option would swallow the words that follow.
    case OptionId::force_disk: app.add_option(name, options.force_disks)->allow_extra_args(false); break;
    case OptionId::revert_after: app.add_option(name, raw.revert_after); break;
    case OptionId::exec: app.add_option(name, options.exec); break;
    }
}

Error unknown_command(const std::string& word)
{
    const auto shown = printable(word, 64);
    if (std::ranges::find(commands_to_come(), word) != commands_to_come().end())
        return usage(format("{} is not part of this version", shown)).with_code("not-in-this-version");
    std::vector<std::string> known;
    for (const auto& command : command_table()) known.emplace_back(command.name);
    const auto near = nearest(word, known);
    return usage(format("there is no command {}; {}", shown,
                        near ? format("did you mean {}?", *near) : "`usbroute --help` lists them"));
}

Error unknown_option(const CommandRow& command, const std::string& word)
{
    const auto name = word.substr(0, word.find('='));
    if (const auto* row = find_option(name); row != nullptr)
        return usage(format("{} does not take {}; `usbroute {} --help` shows what it takes", command.name,
                            printable(name, 64), command.name));
    std::vector<std::string> known;
    for (const auto& row : option_table())
        if (takes(command, row.id)) known.emplace_back(row.long_name);
    const auto near = nearest(name, known);
    return usage(format("there is no option {}; {}", printable(name, 64),
                        near ? format("did you mean {}?", *near)
                             : format("`usbroute {} --help` lists them", command.name)));
}

/// What CLI11 says, in our words where its own speak of types. All begin with the option's name.
Error unreadable_option(const CLI::ParseError& error)
{
    const std::string_view what = error.what();
    const auto name = printable(what.substr(0, what.find(':')), 64);
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) == nullptr) return usage(printable(what, 200));
    return usage(what.ends_with("missing") ? format("{} needs a value", name)
                                           : format("{} was given more than once", name));
}

std::optional<Error> take_raw(const Raw& raw, Options& options)
{
    if (raw.revert_after)
        return usage("--revert-after: trials are not part of this version; `usbroute undo` takes the last "
                     "change back")
            .with_code("not-in-this-version");
    if (raw.timeout) {
        const auto time = parse_duration(*raw.timeout);
        if (!time)
            return usage(
                format("--timeout {}: write a time such as 500ms, 5s or 1m", printable(*raw.timeout, 32)));
        options.timeout = *time;
    }
    if (raw.color) {
        if (*raw.color == "always")
            options.colour = Colour::always;
        else if (*raw.color == "never")
            options.colour = Colour::never;
        else if (*raw.color != "auto")
            return usage(format("--color {}: it is auto, always or never", printable(*raw.color, 32)));
    }
    if (options.direct && !options.socket.empty())
        return usage("--direct acts without the daemon and --socket names it: give one of them");
    if (options.quiet && options.verbose)
        return usage("--quiet and --verbose contradict each other: give one of them");
    return std::nullopt;
}

std::optional<Error> check_words(const Invocation& invocation)
{
    const auto& command = *invocation.command;
    const auto count = invocation.words.size();
    if (count < command.fewest_words)
        return usage(format("{} needs more; {}", command.name, usage_line(command)));
    if (count > command.most_words)
        return usage(format("{} does not know what to do with {}; {}", command.name,
                            printable(invocation.words[command.most_words], 64), usage_line(command)));
    return std::nullopt;
}

Read read_command(const CommandRow& command, std::vector<std::string> arguments)
{
    Invocation invocation{.command = &command, .options = {}, .words = {}};
    Raw raw;
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    for (const auto& row : option_table())
        if (takes(command, row.id)) add_option(app, row, invocation.options, raw);
    app.add_option("words", invocation.words);
    std::ranges::reverse(arguments); // as CLI11 wants them
    try {
        app.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
        return unreadable_option(error);
    }
    if (raw.help) return HelpAsked{help_text(command)};
    for (const auto& extra : app.remaining())
        if (extra != "--") return unknown_option(command, extra);
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
    return HelpAsked{help_text(*command)};
}

} // namespace

Read read_arguments(const std::vector<std::string>& arguments)
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

bool wants_json(const std::vector<std::string>& arguments)
{
    const auto end = std::ranges::find(arguments, "--");
    return std::find(arguments.begin(), end, "--json") != end;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text)
{
    struct Unit {
        std::string_view suffix;
        std::uint32_t milliseconds;
    };
    constexpr std::array<Unit, 4> units{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"", 1000}}};
    const auto unit =
        *std::ranges::find_if(units, [text](const Unit& u) { return text.ends_with(u.suffix); });
    text.remove_suffix(unit.suffix.size());
    const auto number = parse_decimal(text);
    if (!number || *number == 0 || *number > 3'600'000 / unit.milliseconds) return std::nullopt;
    return std::chrono::milliseconds(std::uint64_t{*number} * unit.milliseconds);
}

} // namespace usbroute::cli
