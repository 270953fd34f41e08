// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/mask.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "report/json.hpp"
#include "report/text.hpp"

namespace usbroute::cli {

namespace {

bool looks_like_a_value(const std::string& word)
{
    return word.starts_with("0x") || word.starts_with("0X") || word.starts_with("0b") ||
           word.starts_with("0B");
}

Result<report::MaskView> mask_view(const report::RegisterView& registers,
                                   const std::vector<std::string>& words)
{
    if (!looks_like_a_value(words.front())) return report::mask_of_names(registers, words);
    if (words.size() > 1) return std::unexpected(usage_error("mask takes one value, or names of connectors"));
    const auto value = report::parse_mask(words.front());
    if (!value)
        return std::unexpected(
            usage_error(format("{} is not a mask: write up to 32 bits, such as 0x00ff or 0b11111111",
                               printable(words.front(), 64))));
    return report::mask_of_value(registers, *value);
}

} // namespace

int run_mask(const Invocation& invocation)
{
    const auto& options = invocation.options;
    const auto all = Session(options).registers();
    if (!all) return fail(all.error(), options.json);
    const auto* registers = report::mux_in(*all);
    if (registers == nullptr)
        return fail(
            Error(
                ErrorKind::refused,
                "this machine has no xHCI that the chip table knows, so a mask means nothing here; only Intel 7-, 8-, 9-series and X99 chipsets have the port mux")
                .with_code("no-mux"),
            options.json);
    const auto words = Session(options).without_panels(invocation.words);
    if (!words) return fail(words.error(), options.json);
    const auto view = mask_view(*registers, *words);
    if (!view) return fail(view.error(), options.json);
    print(options.json ? report::to_json(*view) + "\n"
                       : report::mask_text(*view, style_of_terminal(options)));
    return exit_done;
}

} // namespace usbroute::cli
