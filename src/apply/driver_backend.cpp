// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/driver_backend.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

namespace usbroute::apply {

using assign::Bindings;
using assign::FileWrite;
using assign::PutBack;
using assign::Rebind;
using assign::WriteKind;

namespace {

std::string words_for(std::string_view driver)
{
    return driver.empty() ? std::string("no driver") : printable(driver, 64);
}

std::unexpected<Error> did_not_take(std::string text)
{
    return std::unexpected(Error(ErrorKind::failed, std::move(text)).with_code("write-did-not-take"));
}

} // namespace

DriverBackend::DriverBackend(DriverFiles& files, const plan::Plan& plan) : files_(files)
{
    for (const auto& step : plan.steps)
        if (const auto* rebind = std::get_if<Rebind>(&step.action)) functions_.push_back(rebind->function());
}

Result<Bindings> DriverBackend::bindings()
{
    Bindings seen;
    for (const auto& function : functions_) {
        auto forced = files_.override_of(function);
        if (!forced) return std::unexpected(std::move(forced.error()));
        seen.push_back({.function = function,
                        .driver = files_.driver_when(function, [](std::string_view) { return true; }),
                        .forced = std::move(*forced)});
    }
    return seen;
}

void DriverBackend::look(Seen seen)
{
    auto found = bindings();
    if (!found) return seen(std::unexpected(std::move(found.error())));
    seen(plan::Reading{.bindings = std::move(*found)});
}

void DriverBackend::act(const plan::Action& action, Seen seen)
{
    const auto* rebind = std::get_if<Rebind>(&action);
    auto done = rebind != nullptr ? carry_out(*rebind) : carry_out(std::get<PutBack>(action));
    if (!done) return seen(std::unexpected(std::move(done.error())));
    look(std::move(seen));
}

Result<void> DriverBackend::read_back(const Rebind& rebind, const FileWrite& write)
{
    const auto& function = rebind.function();
    switch (write.kind) {
    case WriteKind::force: {
        const auto now = files_.override_of(function);
        if (!now) return std::unexpected(now.error());
        if (*now != rebind.forced_after)
            return did_not_take(format("driver_override of {} kept its own value: {}", function.text(),
                                       now->empty() ? "nothing" : printable(*now, 64)));
        return {};
    }
    case WriteKind::unbind: {
        const auto now = files_.driver_when(function, [](std::string_view driver) { return driver.empty(); });
        if (now == rebind.before.driver)
            return did_not_take(
                format("{} keeps {}, although it was told to let go", printable(now, 64), function.text()));
        return {};
    }
    case WriteKind::probe: {
        const auto now = files_.driver_when(
            function, [&](std::string_view driver) { return rebind.is_done_with(driver); });
        if (!rebind.is_done_with(now))
            return did_not_take(
                format("{} has {} after the probe, but {} was wanted", function.text(), words_for(now),
                       rebind.driver_after.empty() ? "a driver of the host's" : rebind.driver_after));
        return {};
    }
    }
    return {};
}

Result<void> DriverBackend::carry_out(const Rebind& rebind)
{
    for (const auto& write : rebind.writes) {
        if (auto written = files_.write(write.file, write.text); !written) return written;
        if (auto right = read_back(rebind, write); !right) return right;
    }
    return {};
}

Result<void> DriverBackend::carry_out(const PutBack& back)
{
    const auto& [function, driver, wanted] = back.wanted;
    // Whether these worked is asked of the kernel at the end, not of each write.
    if (const auto forced = files_.override_of(function); forced && *forced != wanted)
        (void)files_.write(assign::override_file(function), wanted.empty() ? "\n" : wanted);
    const auto now = files_.driver_when(function, [](std::string_view) { return true; });
    if (now != driver) {
        if (!now.empty()) (void)files_.write(assign::unbind_file(now), function.text());
        if (!driver.empty()) (void)files_.write(assign::bind_file(driver), function.text());
    }
    // Kernels may bind some time after the write that caused it.
    const auto& name = driver;
    (void)files_.driver_when(function, [&](std::string_view is) { return is == name; });
    return {};
}

} // namespace usbroute::apply
