// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "assign/in_guest.hpp"

#include "base/format.hpp"
#include "base/shell.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::assign {

namespace {

constexpr std::array<std::string_view, 3> machine_words{"away", "silent", "there"};
constexpr std::array<std::string_view, 3> ask_words{"look", "plug-in", "take-out"};

template <class Enum, std::size_t count>
std::optional<Enum> found_in(const std::array<std::string_view, count>& known, std::string_view word)
{
    const auto* const found = std::ranges::find(known, word);
    if (found == known.end()) return std::nullopt;
    return static_cast<Enum>(found - known.begin());
}

} // namespace

namespace {

/// An alias of a user's own has to begin with "ua-" (docs/libvirt-line.md).
std::string alias_of(const PciAddress& function) { return "ua-" + object_of(function); }

std::string virsh(const DomainName& domain, std::string_view command)
{
    return format("virsh -c {} {} {} --live", domain.uri, command, shell_word(domain.name));
}

} // namespace

std::string object_of(const PciAddress& function)
{
    const auto slot = format("{:02x}-{:02x}-{:x}", function.bus, function.device, function.function);
    return function.domain == 0 ? format("usbroute-{}", slot)
                                : format("usbroute-{:04x}-{}", function.domain, slot);
}

std::string_view text_of(MachineState state) { return machine_words.at(std::to_underlying(state)); }

std::optional<MachineState> machine_state_from(std::string_view word)
{
    return found_in<MachineState>(machine_words, word);
}

std::string_view text_of(Ask::What what) { return ask_words.at(std::to_underlying(what)); }

std::optional<Ask::What> what_is_asked(std::string_view word) { return found_in<Ask::What>(ask_words, word); }

const HeldFunction* InGuest::find(const PciAddress& function) const
{
    const auto found = std::ranges::find(held, function, &HeldFunction::function);
    return found == held.end() ? nullptr : &*found;
}

bool is_done(const PlugIn& plug, const InGuest& seen) { return seen.find(plug.function) != nullptr; }

bool is_done(const TakeOut& out, const InGuest& seen)
{
    return seen.machine != MachineState::silent && seen.find(out.function) == nullptr;
}

std::string why_undone(const PlugIn& plug, const InGuest& seen)
{
    return seen.machine == MachineState::there
               ? format("{} does not have {}", plug.guest.text(), plug.function.text())
               : format("{} cannot be asked what it has", plug.guest.text());
}

std::string why_undone(const TakeOut& out, const InGuest& seen)
{
    return seen.machine == MachineState::silent
               ? format("{} cannot be asked what it has", out.guest.text())
               : format("{} still has {}", out.guest.text(), out.function.text());
}

std::string shell_line(const PlugIn& plug)
{
    if (!plug.domain.name.empty())
        return format(
            "{} --file /dev/stdin <<< \"<hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x{:04x}' bus='0x{:02x}' slot='0x{:02x}' function='0x{:x}'/></source><alias name='{}'/></hostdev>\"",
            virsh(plug.domain, "attach-device"), plug.function.domain, plug.function.bus,
            plug.function.device, plug.function.function, alias_of(plug.function));
    return format("in the monitor of {}: device_add vfio-pci,host={},id={}{}{}", plug.guest.text(),
                  plug.function.text(), object_of(plug.function),
                  plug.place.empty() ? "" : ",bus=", plug.place);
}

std::string shell_line(const TakeOut& out)
{
    if (!out.domain.name.empty())
        return format("{} --alias {}", virsh(out.domain, "detach-device-alias"), alias_of(out.function));
    return format("in the monitor of {}: device_del {}", out.guest.text(), object_of(out.function));
}

std::string what_ends_silence(const GuestName& guest)
{
    return format(
        "a guest lets go when its system answers to a hot-unplug; when none does, its shutdown ends that, or system_reset in its monitor (`virsh reset {}` with libvirt)",
        guest.text());
}

} // namespace usbroute::assign
