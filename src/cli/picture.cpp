// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/picture.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "report/json.hpp"

#include <cerrno>
#include <cstdio>

namespace usbroute::cli {

namespace {

Error cannot_write(const std::string& file)
{
    return {ErrorKind::failed, format("cannot write {}", printable(file, 200)), errno};
}

Result<void> write_file(const std::string& file, std::string_view text)
{
    std::FILE* stream = std::fopen(file.c_str(), "we");
    if (stream == nullptr) return std::unexpected(cannot_write(file));
    const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
    auto error = cannot_write(file);
    // Closing writes what is still held back, so it tells of a full disk too.
    if (std::fclose(stream) == 0 && written) return {};
    return std::unexpected(written ? cannot_write(file) : std::move(error));
}

constexpr const char* nothing_to_draw =
    "there is nothing to draw: no connector has a name yet, and nothing is plugged into one that could move";

int print_picture(const Options& options, const report::StatusView& view)
{
    const auto picture = report::picture_of(view);
    if (!options.svg.empty()) {
        if (picture.panels.empty())
            return fail(Error(ErrorKind::failed, nothing_to_draw).with_code("nothing-to-draw"), false);
        const auto svg = report::picture_svg(picture);
        if (options.svg == "-") {
            print(svg);
            return exit_done;
        }
        const auto written = write_file(options.svg, svg);
        return written ? exit_done : fail(written.error(), false);
    }
    print(report::picture_text(picture, style_of_terminal(options)));
    if (picture.panels.empty())
        note(options, nothing_to_draw);
    else if (!report::names_panels(view))
        note(
            options,
            "no connector has a panel yet: say where it is with panel = \"rear\", row = 1, column = 2 in its section of the configuration");
    return exit_done;
}

} // namespace

int run_picture(const Invocation& invocation)
{
    const auto& options = invocation.options;
    if (options.json && !options.svg.empty())
        return fail(usage_error("--json and --svg are two forms of one answer: give only one of them"), true);
    const auto view = Session(options).status();
    if (!view) return fail(view.error(), options.json);
    if (options.json)
        print(report::to_json(*view) + "\n");
    else if (const int code = print_picture(options, *view); code != exit_done)
        return code;
    if (view->unreadable.empty()) return exit_done;
    return fail(Error(ErrorKind::not_permitted, view->unreadable).with_code("registers-unreadable"),
                options.json);
}

} // namespace usbroute::cli
