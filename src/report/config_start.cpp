// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/config_start.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"
#include "plan/board.hpp"
#include "report/config_check.hpp"
#include "route/mux.hpp"

#include <algorithm>
#include <optional>

namespace usbroute::report {

namespace {

using config::ConnectorSettings;

constexpr std::string_view guest_name = "windows";
constexpr std::string_view profile_name = "desk-in-windows";

/// A file in the making: lines of comment, and values below them.
class CommentedToml {
public:
    void comment(std::string_view text)
    {
        text_ += text.empty() ? std::string("#\n") : format("# {}\n", printable(text, 400));
    }
    void value(std::string_view line) { text_ += format("{}{}\n", mark_, line); }
    void value(std::string_view line, std::string_view what)
    {
        comment(what);
        value(line);
    }
    /// A value that does not hold until somebody takes the mark away.
    void proposed(std::string_view line, std::string_view what)
    {
        comment(what);
        text_ += format("#{}\n", line);
    }
    void table(std::string_view name) { text_ += format("\n{}[{}]\n", mark_, name); }
    /// From here on nothing holds until somebody takes the marks away.
    void only_propose() { mark_ = "#"; }
    void gap() { text_ += "\n"; }
    [[nodiscard]] std::string text() && { return std::move(text_); }

private:
    std::string text_;
    std::string_view mark_;
};

/// Everything that is decided before anything is written.
struct Start {
    std::optional<route::Mux> mux; ///< one that moves something
    std::vector<map::FoundSocket> found;
    std::vector<const topology::PciController*> ehcis; ///< for the guest, where there is a mux
    std::vector<ConnectorName> for_guest;              ///< in the second profile
    bool has_keyboard = false;                         ///< in one of those
    bool is_a_guess = false;                           ///< there was neither keyboard nor mouse to go by
};

bool is_mouse(const topology::Interface& interface)
{
    // HID 1.11, 4.2 and 4.3: boot interface, mouse.
    return interface.device_class == 3 && interface.subclass == 1 && interface.protocol == 2;
}

/// Those to give: of a mux what its bits move, else all.
std::vector<const topology::Connector*> candidates_of(const plan::Board& board, bool has_mux)
{
    std::vector<const topology::Connector*> found;
    for (std::size_t i = 0; i < board.configured; ++i) {
        const auto& connector = board.connectors[i];
        if (connector.behind || !connector.missing.empty()) continue;
        const bool moves =
            !has_mux || (connector.spec.bit && connector.controller_at(topology::Side::ehci) != nullptr);
        const bool may =
            !has_mux || !board.mux->bits ||
            (connector.spec.bit && (board.mux->movable_bits() & connector.spec.bit->mask()) != 0);
        if (moves && may) found.push_back(&connector);
    }
    return found;
}

void choose_for_guest(const topology::Snapshot& snapshot, const plan::Board& board, Start& start)
{
    const auto candidates = candidates_of(board, start.mux.has_value());
    for (const auto* connector : candidates) {
        bool keyboard = false;
        bool mouse = false;
        for (const auto* device : topology::devices_in(snapshot, *connector)) {
            keyboard = keyboard || device->is_keyboard();
            mouse = mouse || std::ranges::any_of(device->interfaces, is_mouse);
        }
        if (keyboard || mouse) start.for_guest.push_back(connector->spec.name);
        start.has_keyboard = start.has_keyboard || keyboard;
    }
    if (start.for_guest.empty() && !candidates.empty()) {
        start.for_guest.push_back(candidates.front()->spec.name);
        start.is_a_guess = true;
    }
    // Of two EHCIs one that no socket reaches would be given for nothing.
    for (const auto* connector : candidates) {
        const auto* ehci = connector->controller_at(topology::Side::ehci);
        if (start.mux && ehci != nullptr && std::ranges::find(start.ehcis, ehci) == start.ehcis.end())
            start.ehcis.push_back(ehci);
    }
}

Start start_of(const ConfigStartFacts& facts, const config::Settings& settings, const plan::Board& board,
               std::vector<map::FoundSocket> found)
{
    Start start{.mux = route::find_mux(facts.snapshot), .found = std::move(found)};
    if (start.mux && !map::moves_something(*start.mux)) start.mux.reset();
    if (!settings.connectors.empty()) choose_for_guest(facts.snapshot, board, start);
    if (start.mux && start.ehcis.empty())
        for (const auto& route : start.mux->family->routes)
            if (const auto* ehci = route.ehci ? start.mux->ehci(route.ehci->controller) : nullptr;
                ehci != nullptr && std::ranges::find(start.ehcis, ehci) == start.ehcis.end())
                start.ehcis.push_back(ehci);
    std::ranges::sort(start.ehcis, {}, &topology::PciController::address);
    return start;
}

/// "alone in IOMMU group 5", "IOMMU group 5 with 0000:00:1f.2", "no IOMMU group".
std::string words_for_group(const ConfigStartFacts& facts, const topology::PciController& controller)
{
    if (!controller.iommu_group) return "no IOMMU group (VT-d or AMD-Vi is off)";
    std::vector<std::string> others;
    for (const auto& function : facts.functions)
        if (function.iommu_group == controller.iommu_group && function.address != controller.address)
            others.push_back(function.address.text());
    if (others.empty()) return format("alone in IOMMU group {}", *controller.iommu_group);
    return format("IOMMU group {} with {}", *controller.iommu_group, join(others, ", "));
}

void write_machine(CommentedToml& file, const ConfigStartFacts& facts, const Start& start)
{
    file.comment(
        "A start, written by `usbroute config init` from what this machine is. Change what you like:");
    file.comment(
        "usbroute.toml(5) explains every key, `usbroute config check` compares it with this machine.");
    file.comment("");
    if (facts.snapshot.controllers.empty()) return file.comment("This machine shows no USB controller.");
    const auto mux = route::find_mux(facts.snapshot);
    if (start.mux)
        file.comment(format(
            "This board has a port mux ({} chipset): one bit of it moves a socket between an EHCI and the xHCI.",
            start.mux->family->name));
    else if (mux)
        file.comment(format(
            "This board's chipset ({}) has a port mux, but none of its bits can be moved here (`usbroute doctor` tells why):",
            mux->family->name));
    if (mux && !start.mux)
        file.comment("what is in a socket is given to the guest device by device, by QEMU or libvirt.");
    if (!mux)
        file.comment(
            "This board has no port mux: what is in a socket is given to the guest device by device, by QEMU or libvirt.");
    file.comment("Its USB controllers:");
    for (const auto& controller : facts.snapshot.controllers)
        file.comment(format(
            "  {} {} {:04x}:{:04x}, {}, {}{}", controller.address.text(), topology::text_of(controller.kind),
            controller.vendor, controller.device, words_for_group(facts, controller),
            controller.driver.empty() ? std::string("no driver") : printable(controller.driver, 32),
            start.mux && controller.address == start.mux->xhci->address ? ", holds the mux" : ""));
}

std::string what_found(const map::FoundSocket& socket)
{
    auto text =
        socket.by == map::FoundBy::firmware
            ? format("firmware says that port {} is a socket", socket.usb2.text())
            : format("port {}; firmware does not say whether it is a socket, but something is plugged in",
                     socket.usb2.text());
    if (!socket.devices.empty()) text += format("; in it now: {}", join(socket.devices, ", "));
    return text;
}

std::string what_value_is(std::string_view key)
{
    if (key == "mux_bit") return "its bit in XUSB2PR, by the chip table";
    if (key == "superspeed") return "its USB 3 half, as firmware pairs the ports";
    return "its port, and that of its USB 3 half where firmware pairs them";
}

/// `lines`: of a connector, its table's head first.
void write_kept(CommentedToml& file, std::span<const std::string_view> lines)
{
    file.comment("as it was in usbroute.toml");
    for (const auto line : lines.subspan(1)) file.value(line);
}

/// Each value below what it is.
void write_found(CommentedToml& file, std::span<const std::string_view> lines)
{
    for (const auto line : lines.subspan(1)) file.value(line, what_value_is(line.substr(0, line.find(' '))));
}

/// The table of a connector, head first.
class ConnectorTable {
public:
    explicit ConnectorTable(const ConnectorSettings& connector) : toml_(config::to_toml(connector)) {}
    [[nodiscard]] std::string head() const { return toml_.substr(1, toml_.find("]\n") - 1); }
    [[nodiscard]] std::vector<std::string_view> lines() const { return split(trim(toml_), '\n'); }

private:
    std::string toml_;
};

void write_sockets(CommentedToml& file, const ConfigStartFacts& facts, const Start& start)
{
    file.gap();
    if (!facts.mapped.empty())
        file.comment(
            format("Sockets that connectors.toml names, by `usbroute map`: {}",
                   join(texts_of(facts.mapped, [](const auto& one) { return one.spec.name.text(); }), ", ")));
    for (const auto& connector : facts.written) {
        const ConnectorTable table(connector);
        file.table(table.head());
        write_kept(file, table.lines());
    }
    if (start.found.empty() && facts.mapped.empty() && facts.written.empty()) {
        file.comment(
            "No socket was found: firmware names none, and nothing that can be pulled out is plugged in.");
        return file.comment(
            "`sudo usbroute map` learns them while you plug a stick into each, and gives them names.");
    }
    if (start.found.empty()) return;
    file.comment(
        "Sockets that were found. Name them as you call them, or let `sudo usbroute map` learn all of them:");
    file.comment("delete these first, because it keeps the names in connectors.toml.");
    for (const auto& socket : start.found) {
        ConnectorSettings connector;
        connector.spec = socket.spec;
        const ConnectorTable table(connector);
        file.table(table.head());
        file.comment(what_found(socket));
        write_found(file, table.lines());
        if (socket.guessed)
            file.comment(format(
                "if it is a USB 3 socket: the kernel guesses that its other half is {}; `usbroute map` proves it",
                start.mux ? format("superspeed = {}", int{socket.guessed->ports.front()})
                          : socket.guessed->text()));
    }
}

void write_guest(CommentedToml& file, const ConfigStartFacts& facts, const Start& start)
{
    file.gap();
    file.comment("The virtual machine. Its name is used everywhere below; rename it in all places.");
    file.table(format("guest.{}", guest_name));
    if (start.mux) {
        const auto addresses =
            texts_of(start.ehcis, [](const auto* ehci) { return format("\"{}\"", ehci->address.text()); });
        file.value(
            format("controllers = [{}]", join(addresses, ", ")),
            "the controllers it is given whole: the EHCIs that the mux reaches; the host keeps the xHCI");
        file.value(
            R"(bind = "manual")",
            R"(when they go to vfio-pci: "manual" is by `usbroute guest bind`; "boot" is at each boot)");
    } else {
        file.value(
            format(R"(qmp = "{}/{}.qmp")", facts.sockets, guest_name),
            format(
                "a monitor of its QEMU, through which it is given devices: `usbroute guest lines {} --qemu` prints its option",
                guest_name));
        file.proposed(
            format(R"(libvirt = "{}")", guest_name),
            "in place of qmp, if libvirt runs it: the name of its domain, as `virsh list --all` has it");
    }
    file.value(R"(when_off = "host")",
               "where its sockets are while it does not run: with the host, which is the default");
}

void write_profiles(CommentedToml& file, const Start& start)
{
    file.gap();
    file.comment("Who has what. A socket that a profile does not name is the host's.");
    file.table("profile.all-host");
    file.table(format("profile.{}", profile_name));
    if (start.for_guest.empty()) {
        file.proposed(format(R"({} = ["rear-1", "rear-2"])", guest_name),
                      "the sockets of the guest; none has a name yet");
    } else {
        const auto names =
            texts_of(start.for_guest, [](const auto& name) { return format("\"{}\"", name.text()); });
        file.value(format("{} = [{}]", guest_name, join(names, ", ")),
                   start.is_a_guess ? "the sockets of the guest; the first one, as an example: put yours here"
                                    : "the sockets of the guest: keyboard and mouse are there now");
    }
    if (start.has_keyboard)
        file.value(
            "may_take_last_keyboard = true",
            "the keyboard goes along, although the host may have no other: without this it is refused");
    file.table("toggle");
    file.value(format(R"(profiles = ["all-host", "{}"])", profile_name),
               "what `usbroute toggle` alternates between");
}

void write_listeners(CommentedToml& file, const ConfigStartFacts& facts)
{
    file.gap();
    file.comment(
        "The guest's line: a serial port of it that leads to this socket, so that it can toggle back and confirm a");
    file.comment(format(
        "trial while the keyboard is there. `usbroute guest setup {} --powershell` prints what to run inside.",
        guest_name));
    file.table(format("listen.{}", guest_name));
    file.value(format(R"(unix = "{}/{}.sock")", facts.sockets, guest_name),
               "the socket that its QEMU connects to");
    file.proposed(R"(group = "kvm")", "the group of QEMU's user, where QEMU does not run as root");
    file.value(format(R"(guest = "{}")", guest_name), "for whom it speaks");
    file.value(R"(allow = ["toggle", "status", "confirm"])", "what may be asked there");
}

/// Of the start in itself, and of what in it does not fit this machine.
std::vector<std::string> errors_in(const std::string& toml, const ConfigStartFacts& facts)
{
    std::string by_map;
    for (const auto& connector : facts.mapped) by_map += config::to_toml(connector);
    const std::vector<config::SourceText> texts{{.name = "usbroute.toml", .text = toml},
                                                {.name = "connectors.toml", .text = by_map}};
    const auto settings = config::parse(texts);
    if (!settings)
        return texts_of(settings.error(), [](const config::Problem& problem) { return problem.text(); });
    return texts_of(check_config(*settings, facts.snapshot, {}).misfits, &ConfigCheck::Misfit::message);
}

/// `against`: what speaks against the guest and its profiles on this machine; they are comments then.
std::string written(const ConfigStartFacts& facts, const Start& start,
                    const std::vector<std::string>& against)
{
    CommentedToml file;
    write_machine(file, facts, start);
    write_sockets(file, facts, start);
    if (!against.empty()) {
        file.gap();
        file.comment(
            "A guest and its profiles as they could be. They are comments, because as this machine is now:");
        for (const auto& why : against) file.comment("  " + why);
        file.only_propose();
    }
    write_guest(file, facts, start);
    write_profiles(file, start);
    write_listeners(file, facts);
    return std::move(file).text();
}

} // namespace

ConfigStart config_start(const ConfigStartFacts& facts)
{
    config::Settings settings;
    settings.connectors = facts.mapped;
    settings.connectors.insert(settings.connectors.end(), facts.written.begin(), facts.written.end());
    auto found = map::found_sockets(facts.snapshot, settings.specs(), facts.panels);
    for (const auto& socket : found) {
        ConnectorSettings connector;
        connector.spec = socket.spec;
        settings.connectors.push_back(std::move(connector));
    }
    const auto board = plan::look_at_board(facts.snapshot, settings);
    const auto start = start_of(facts, settings, board, std::move(found));
    auto toml = written(facts, start, {});
    if (const auto against = errors_in(toml, facts); !against.empty()) toml = written(facts, start, against);
    return {.toml = std::move(toml)};
}

} // namespace usbroute::report
