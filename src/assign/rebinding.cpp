// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "assign/rebinding.hpp"

#include "base/format.hpp"

#include <algorithm>

namespace usbroute::assign {

namespace {

const Binding* binding_of(const PciAddress& function, const Bindings& seen)
{
    const auto found = std::ranges::find(seen, function, &Binding::function);
    return found == seen.end() ? nullptr : &*found;
}

/// What is written for "any driver again": an empty write would not reach the kernel.
std::string or_any(const std::string& driver) { return driver.empty() ? "\n" : driver; }

} // namespace

std::string override_file(const PciAddress& function)
{
    return format("sys/bus/pci/devices/{}/driver_override", function.text());
}

std::string unbind_file(std::string_view driver) { return format("sys/bus/pci/drivers/{}/unbind", driver); }

std::string bind_file(std::string_view driver) { return format("sys/bus/pci/drivers/{}/bind", driver); }

bool leaves_dma_to_guests(std::string_view driver)
{
    return driver.empty() || driver == "pci-stub" || driver == "pcieport" || driver.starts_with("vfio");
}

std::string shell_line(const FileWrite& write)
{
    const auto text = write.text == "\n" ? std::string() : write.text;
    return text.empty() ? format("echo > /{}", write.file) : format("echo {} > /{}", text, write.file);
}

bool Rebind::is_done_with(std::string_view driver) const
{
    return driver_after.empty() ? !driver.empty() && !leaves_dma_to_guests(driver) : driver == driver_after;
}

Rebind give(const Binding& now)
{
    const auto address = now.function.text();
    Rebind rebind{
        .before = now, .forced_after = std::string(vfio), .driver_after = std::string(vfio), .writes = {}};
    if (now.forced != vfio)
        rebind.writes.push_back({.kind = WriteKind::force,
                                 .file = override_file(now.function),
                                 .text = std::string(vfio),
                                 .reason = "from now on only vfio-pci may take this function"});
    if (!now.driver.empty())
        rebind.writes.push_back({.kind = WriteKind::unbind,
                                 .file = unbind_file(now.driver),
                                 .text = address,
                                 .reason = "the host lets go; what is plugged in there leaves"});
    rebind.writes.push_back({.kind = WriteKind::probe,
                             .file = std::string(probe_file),
                             .text = address,
                             .reason = "the kernel looks for a driver again, and finds vfio-pci"});
    return rebind;
}

Rebind take(const Binding& now, bool is_driven_by_host)
{
    const auto address = now.function.text();
    Rebind rebind{.before = now, .forced_after = {}, .driver_after = {}, .writes = {}};
    if (!now.forced.empty())
        rebind.writes.push_back({.kind = WriteKind::force,
                                 .file = override_file(now.function),
                                 .text = or_any({}),
                                 .reason = "any driver that fits may take this function again"});
    if (is_driven_by_host) return rebind;
    if (!now.driver.empty())
        rebind.writes.push_back({.kind = WriteKind::unbind,
                                 .file = unbind_file(now.driver),
                                 .text = address,
                                 .reason = "no guest has it open, so it lets go at once"});
    rebind.writes.push_back({.kind = WriteKind::probe,
                             .file = std::string(probe_file),
                             .text = address,
                             .reason = "the kernel looks for a driver again, and finds its own"});
    return rebind;
}

bool is_done(const Rebind& rebind, const Bindings& seen)
{
    const auto* now = binding_of(rebind.function(), seen);
    return now != nullptr && now->forced == rebind.forced_after && rebind.is_done_with(now->driver);
}

bool is_done(const PutBack& back, const Bindings& seen)
{
    const auto* now = binding_of(back.wanted.function, seen);
    return now != nullptr && *now == back.wanted;
}

std::string word_of(const PciAddress& function, const Bindings& seen)
{
    const auto* now = binding_of(function, seen);
    return now == nullptr ? std::string() : now->driver;
}

std::string shell_line(const Rebind& rebind)
{
    std::string lines;
    for (const auto& write : rebind.writes) lines += (lines.empty() ? "" : "; ") + shell_line(write);
    return lines;
}

std::string shell_line(const PutBack& back)
{
    const auto& [function, driver, forced] = back.wanted;
    auto lines = shell_line({.file = override_file(function), .text = or_any(forced), .reason = {}});
    lines += format("; echo {0} > /sys/bus/pci/devices/{0}/driver/unbind", function.text());
    if (!driver.empty()) lines += format("; echo {} > /{}", function.text(), bind_file(driver));
    return lines;
}

} // namespace usbroute::assign
