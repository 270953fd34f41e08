// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/handover.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <ranges>
#include <vector>

namespace usbroute::apply {

using plan::BindingAction;
using plan::BindingStep;
using plan::FunctionHandover;
using plan::Handover;

namespace {

bool is_none(std::string_view driver) { return driver.empty(); }

std::string words_for(std::string_view driver)
{
    return driver.empty() ? std::string("no driver") : printable(driver, 64);
}

Result<void> read_back(const FunctionHandover& handover, const BindingStep& step, DriverFiles& files)
{
    const auto address = handover.function.text();
    const auto did_not_take = [](std::string text) {
        return std::unexpected(Error(ErrorKind::failed, std::move(text)).with_code("write-did-not-take"));
    };
    switch (step.action) {
    case BindingAction::force: {
        const auto now = files.override_of(handover.function);
        if (!now) return std::unexpected(now.error());
        if (*now != handover.override_after)
            return did_not_take(format("driver_override of {} kept its own value: {}", address,
                                       now->empty() ? "nothing" : printable(*now, 64)));
        return {};
    }
    case BindingAction::unbind: {
        const auto now = files.driver_when(handover.function, is_none);
        if (now == handover.driver_before)
            return did_not_take(
                format("{} keeps {}, although it was told to let go", printable(now, 64), address));
        return {};
    }
    case BindingAction::probe: {
        const auto now = files.driver_when(
            handover.function, [&](std::string_view driver) { return handover.is_done_with(driver); });
        if (!handover.is_done_with(now))
            return did_not_take(
                format("{} has {} after the probe, but {} was wanted", address, words_for(now),
                       handover.driver_after.empty() ? "a driver of the host's" : handover.driver_after));
        return {};
    }
    }
    return {};
}

Result<void> carry_out(const FunctionHandover& handover, DriverFiles& files)
{
    for (const auto& step : handover.steps) {
        if (auto written = files.write(step.file, step.text); !written) return written;
        if (auto right = read_back(handover, step, files); !right) return right;
    }
    return {};
}

bool is_as_before(const FunctionHandover& handover, DriverFiles& files)
{
    const auto forced = files.override_of(handover.function);
    return forced && *forced == handover.override_before &&
           files.driver_when(handover.function, [&](std::string_view driver) {
               return driver == handover.driver_before;
           }) == handover.driver_before;
}

std::string or_any(const std::string& driver) { return driver.empty() ? "\n" : driver; }

/// Brings a function back to its driver, and tells whether it is there.
bool take_back(const FunctionHandover& handover, DriverFiles& files)
{
    const auto address = handover.function.text();
    const auto& driver = handover.driver_before;
    // Whether these worked is asked of the kernel below, not of each write.
    if (const auto forced = files.override_of(handover.function);
        forced && *forced != handover.override_before)
        (void)files.write(plan::override_file(handover.function), or_any(handover.override_before));
    const auto now = files.driver_when(handover.function, [](std::string_view) { return true; });
    if (now != driver) {
        if (!now.empty()) (void)files.write(plan::unbind_file(now), address);
        // By its name and not by a probe: what had it need not be what the kernel would choose.
        if (!driver.empty()) (void)files.write(plan::bind_file(driver), address);
    }
    return is_as_before(handover, files);
}

/// The commands that bring a function back, for a person whose machine we could not.
std::string recovery_lines(const FunctionHandover& handover)
{
    const auto address = handover.function.text();
    auto lines = plan::shell_line({.action = BindingAction::force,
                                   .file = plan::override_file(handover.function),
                                   .text = or_any(handover.override_before),
                                   .reason = {}});
    lines += format("; echo {0} > /sys/bus/pci/devices/{0}/driver/unbind", address);
    if (!handover.driver_before.empty())
        lines += format("; echo {} > /{}", address, plan::bind_file(handover.driver_before));
    return lines;
}

/// Takes back the functions from `handover`'s first to the one at `last`, that one first. `is_hanging`: that one is left
/// alone, since the kernel holds its lock and every further write would hang, too.
Error roll_back(const Handover& handover, std::size_t last, bool is_hanging, DriverFiles& files,
                const Error& cause)
{
    std::vector<std::string> lost;
    const auto first_kept =
        handover.functions.begin() + static_cast<std::ptrdiff_t>(last + (is_hanging ? 0 : 1));
    for (const auto& function :
         std::ranges::subrange(handover.functions.begin(), first_kept) | std::views::reverse)
        if (!take_back(function, files)) lost.push_back(recovery_lines(function));
    if (!lost.empty())
        return Error(ErrorKind::half_way, format("{}; it could not be taken back; to recover, as root: {}",
                                                 cause.message(), join(lost, "; ")))
            .with_code("half-way");
    if (is_hanging)
        return Error(
                   ErrorKind::timed_out,
                   format(
                       "{}; {} will change driver once the kernel releases it, if it ever does{}; check with `usbroute guest show {}`, and in dmesg",
                       cause.message(), handover.functions[last].function.text(),
                       last == 0 ? "" : "; the others are as before", handover.guest.text()))
            .with_code("write-hangs");
    return Error(cause.kind(), cause.message() + "; the machine is as before").with_code(cause.code());
}

} // namespace

Result<void> execute(const Handover& handover, DriverFiles& files)
{
    for (std::size_t i = 0; i < handover.functions.size(); ++i) {
        auto done = carry_out(handover.functions[i], files);
        if (done) continue;
        const bool is_hanging = done.error().kind() == ErrorKind::timed_out;
        return std::unexpected(roll_back(handover, i, is_hanging, files,
                                         std::move(done.error()).within("cannot " + handover.title)));
    }
    return {};
}

} // namespace usbroute::apply
