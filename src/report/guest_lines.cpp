// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "assign/in_guest.hpp"
#include "attach/actions.hpp"
#include "attach/guest_usb.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/assigning.hpp"
#include "report/paste.hpp"
#include "report/texts.hpp"
#include "route/mux.hpp"

#include <algorithm>
#include <optional>

/// A guest's controllers, line and monitor as QEMU, libvirt and Proxmox want them written. The shapes are from QEMU's manual
/// page (-device, -chardev), libvirt's "Domain XML format" and Proxmox's qm.conf(5); docs/decisions/0016 has the choices.
namespace usbroute::report {

namespace {

/// Proxmox knows hostpci0 to hostpci15 (qm.conf(5), Proxmox VE 7 and later).
constexpr std::size_t most_of_proxmox = 16;

constexpr std::string_view virtio_port = "org.usbroute.0";

/// In an option's value QEMU takes two commas for one.
std::string qemu_value(std::string_view text) { return replaced(text, {{",", ",,"}}); }

/// True where QEMU makes the socket and the daemon is its client.
bool qemu_listens(const config::ListenerSettings& line)
{
    return std::holds_alternative<config::ConnectAddress>(line.address);
}

const std::string& path_of(const config::ListenerSettings& line)
{
    if (const auto* connect = std::get_if<config::ConnectAddress>(&line.address)) return connect->path;
    return std::get<config::UnixAddress>(line.address).path;
}

/// The N of a socket that Proxmox makes for `serialN: socket`; nothing for other paths.
std::optional<char> serial_of_proxmox(std::string_view path)
{
    constexpr std::string_view folder = "/run/qemu-server/";
    constexpr std::string_view middle = ".serial";
    if (path.starts_with("/var")) path.remove_prefix(4);
    if (!path.starts_with(folder) || path.size() < folder.size() + middle.size() + 2) return std::nullopt;
    const char number = path.back();
    path.remove_prefix(folder.size());
    path.remove_suffix(1);
    if (number < '0' || number > '3' || !path.ends_with(middle)) return std::nullopt;
    path.remove_suffix(middle.size());
    return parse_decimal(path) ? std::optional(number) : std::nullopt;
}

/// Where the guest's line begins: a socket of the daemon, to which QEMU connects, again and again; or one of QEMU's.
std::string chardev(std::string_view id, const config::ListenerSettings& line, const LinesWish& wish)
{
    const auto* how = wish.reconnect_ms ? "reconnect-ms=1000" : "reconnect=1";
    return format("socket,id={},path={},{}", id, qemu_value(path_of(line)),
                  qemu_listens(line) ? "server=on,wait=off" : how);
}

/// An option of QEMU and its value, not yet quoted.
using QemuOption = std::pair<std::string, std::string>;

std::vector<QemuOption> qemu_line(const config::ListenerSettings& line, const LinesWish& wish)
{
    std::vector<QemuOption> options = {
        {"-chardev", chardev("usbroute", line, wish)},
        {"-device", "isa-serial,chardev=usbroute,id=usbroute-serial"},
    };
    if (wish.virtio) {
        options.emplace_back("-chardev", chardev("usbroute-virtio", line, wish));
        options.emplace_back("-device", "virtio-serial-pci,id=usbroute-bus");
        options.emplace_back(
            "-device",
            format("virtserialport,bus=usbroute-bus.0,chardev=usbroute-virtio,name={},id=usbroute-port",
                   virtio_port));
    }
    return options;
}

/// A monitor serves one client at a time, so the daemon has one of its own.
std::string monitor_of(const config::GuestSettings& guest)
{
    return format("unix:{},server=on,wait=off", qemu_value(guest.qmp));
}

/// Each of its ports takes any device: the first 15 of USB 2 and the first 15 of SuperSpeed are the same ones. QEMU makes
/// no more of them.
std::string controller_of_ours()
{
    return format("qemu-xhci,id={},p2=15,p3=15", attach::ControllerId{}.text());
}

std::vector<QemuOption> qemu_monitor(const config::GuestSettings& guest)
{
    if (guest.qmp.empty()) return {};
    return {{"-qmp", monitor_of(guest)}, {"-device", controller_of_ours()}};
}

/// Without the controllers that it was given.
std::vector<QemuOption> own_options(const config::GuestSettings& guest, const config::ListenerSettings* line,
                                    const LinesWish& wish)
{
    auto options = line == nullptr ? std::vector<QemuOption>{} : qemu_line(*line, wish);
    std::ranges::move(qemu_monitor(guest), std::back_inserter(options));
    return options;
}

bool is_given_while_it_runs(const config::GuestSettings& guest)
{
    return guest.bind == config::BindAt::running;
}

/// Those that it has when it starts.
std::vector<PciAddress> from_the_start(const config::GuestSettings& guest)
{
    return is_given_while_it_runs(guest) ? std::vector<PciAddress>{} : guest.controllers;
}

/// Each needs an empty root port.
std::size_t count_of_those_that_come_later(const config::GuestSettings& guest)
{
    return (is_given_while_it_runs(guest) ? guest.controllers.size() : 0) + guest.on_move.size();
}

std::vector<std::string> root_ports_of(const config::GuestSettings& guest)
{
    return plan::root_ports_for_qemu(count_of_those_that_come_later(guest));
}

std::vector<std::string> for_qemu(const config::GuestSettings& guest, const config::ListenerSettings* line,
                                  const LinesWish& wish)
{
    std::vector<QemuOption> options;
    for (const auto& root_port : root_ports_of(guest)) options.emplace_back("-device", root_port);
    for (const auto& address : from_the_start(guest))
        options.emplace_back("-device",
                             format("vfio-pci,host={},id={}", address.text(), assign::object_of(address)));
    std::ranges::move(own_options(guest, line, wish), std::back_inserter(options));
    std::vector<std::string> lines;
    for (const auto& [option, value] : options)
        lines.push_back(
            format("{} {}{}", option, shell_word(value), lines.size() + 1 < options.size() ? " \\" : ""));
    return lines;
}

/// <serial> or <channel>: QEMU connects to the daemon's socket, and again when it was restarted; or makes its own.
std::vector<std::string> for_libvirt(const config::GuestSettings& guest, const config::ListenerSettings* line,
                                     const LinesWish& wish)
{
    std::vector<std::string> lines;
    const auto add = [&lines](std::string_view text, Replacements words) {
        std::ranges::move(filled(text, words), std::back_inserter(lines));
    };
    for (std::size_t i = 0; i < count_of_those_that_come_later(guest); ++i)
        lines.emplace_back(plan::root_port_of_libvirt);
    for (const auto& address : from_the_start(guest))
        add(texts::libvirt_hostdev, {{"@DOMAIN@", format("{:04x}", address.domain)},
                                     {"@BUS@", format("{:02x}", address.bus)},
                                     {"@SLOT@", format("{:02x}", address.device)},
                                     {"@FUNCTION@", format("{:x}", address.function)},
                                     {"@ID@", assign::object_of(address)}});
    if (line != nullptr) {
        const auto path = xml_text(path_of(*line));
        add(qemu_listens(*line) ? texts::libvirt_serial_listening : texts::libvirt_serial,
            {{"@PATH@", path}});
        if (wish.virtio) add(texts::libvirt_channel, {{"@PATH@", path}, {"@VIRTIO@", virtio_port}});
    }
    if (!guest.qmp.empty())
        add(texts::libvirt_monitor,
            {{"@MONITOR@", xml_text(monitor_of(guest))}, {"@CONTROLLER@", controller_of_ours()}});
    if (guest.libvirt)
        lines.push_back(
            format("<controller type='usb' model='qemu-xhci' ports='{}'/>", attach::AddController::ports));
    return lines;
}

bool is_pci_express(const topology::Snapshot& snapshot, const PciAddress& address)
{
    const auto* controller = snapshot.controller_at(address);
    return controller != nullptr && controller->pci_express;
}

Result<std::vector<std::string>> for_proxmox(const config::GuestSettings& guest,
                                             const topology::Snapshot& snapshot,
                                             const config::ListenerSettings* line, const LinesWish& wish)
{
    if (guest.controllers.size() > most_of_proxmox)
        return std::unexpected(
            Error(
                ErrorKind::refused,
                format(
                    "guest {} has {} controllers, and Proxmox gives a guest {} at most; remove some from controllers in [guest.{}]",
                    guest.name.text(), guest.controllers.size(), most_of_proxmox, guest.name.text()))
                .with_code("too-many-controllers"));
    std::vector<std::string> lines;
    for (const auto& address : from_the_start(guest))
        lines.push_back(format("hostpci{}: {},pcie={}", lines.size(), address.text(),
                               is_pci_express(snapshot, address) ? 1 : 0));
    const auto serial =
        line != nullptr && qemu_listens(*line) ? serial_of_proxmox(path_of(*line)) : std::nullopt;
    if (serial) lines.push_back(format("serial{}: socket", *serial));
    std::string arguments;
    for (const auto& root_port : root_ports_of(guest)) arguments += " -device " + root_port;
    for (const auto& [option, value] : own_options(guest, serial ? nullptr : line, wish))
        arguments += format(" {} {}", option, shell_word(value));
    if (!arguments.empty()) lines.push_back("args:" + arguments);
    return lines;
}

/// What is true of the controllers, no matter who starts the guest.
void add_controller_notes(std::vector<std::string>& notes, const config::GuestSettings& guest,
                          const topology::Snapshot& snapshot)
{
    const auto mux = route::find_mux(snapshot);
    for (const auto& address : guest.controllers) {
        const auto* controller = snapshot.controller_at(address);
        if (controller == nullptr)
            notes.push_back(
                format("there is no USB controller at {} now; `usbroute doctor` says more", address.text()));
        else if (mux && mux->xhci == controller)
            notes.push_back(format(
                "{} is the chipset's xHCI: the guest can then write the routing registers itself; give it the EHCIs and keep the xHCI where the board has both",
                address.text()));
    }
}

/// Which QEMU accepts these options.
void add_reconnect_note(std::vector<std::string>& notes, const config::ListenerSettings* line,
                        const LinesWish& wish)
{
    if (line == nullptr || qemu_listens(*line)) return;
    notes.emplace_back(
        wish.reconnect_ms
            ? "reconnect-ms needs QEMU 9.2 or later"
            : "reconnect is for QEMU 2.2 to 10.1; for 10.2 and later add --reconnect-ms to this command");
}

/// What the monitor and the controller of our own are for.
void add_monitor_notes(std::vector<std::string>& notes, const config::GuestSettings& guest,
                       Hypervisor hypervisor)
{
    if (guest.libvirt && hypervisor == Hypervisor::libvirt)
        notes.emplace_back(
            "devices go through libvirt itself, by usbroute-libvirt; the USB controller is for a domain that has none with a port for each: one <controller type='usb'> of this model is enough");
    if (guest.libvirt && hypervisor == Hypervisor::libvirt)
        notes.push_back(format("the domain has to be shut down and started for it; all steps: {}",
                               guest.libvirt->user.empty() ? "docs/libvirt.md" : "docs/libvirt-session.md"));
    if (guest.qmp.empty()) return;
    notes.emplace_back(
        "-qmp makes a monitor for usbrouted alone, which gives devices to the guest and takes them back through it: a monitor serves one client at a time");
    notes.push_back(
        format("{} is a USB controller for these devices alone: each of its 15 ports takes any speed",
               attach::ControllerId{}.text()));
    if (hypervisor != Hypervisor::libvirt) return;
    notes.push_back(format(
        "QEMU creates {} as its own user here, who has to be able to write that directory; AppArmor or SELinux may deny it, and libvirt marks the guest as tainted (custom-argv)",
        guest.qmp));
}

std::vector<std::string> notes_for_qemu(const config::GuestSettings& guest,
                                        const config::ListenerSettings* line, const LinesWish& wish)
{
    std::vector<std::string> notes = {format(
        "options for qemu-system-x86_64, machine pc or q35{}",
        line == nullptr ? ""
                        : "; a serial port that the command has already becomes COM1, and this one COM2")};
    add_reconnect_note(notes, line, wish);
    add_monitor_notes(notes, guest, Hypervisor::qemu);
    return notes;
}

/// Where in the domain each of the elements goes.
std::string place_in_domain(const config::GuestSettings& guest, const config::ListenerSettings* line)
{
    const bool has_devices = !from_the_start(guest).empty() || line != nullptr;
    const auto* place = guest.qmp.empty() ? "put this inside <devices>"
                        : has_devices
                            ? "put <qemu:commandline> in front of </domain> and the rest inside <devices>"
                            : "put this in front of </domain>";
    return format("{}, by `virsh edit {}`; no hook script is needed", place,
                  guest.libvirt ? guest.libvirt->domain : guest.name.text());
}

void add_line_notes_of_libvirt(std::vector<std::string>& notes, const config::ListenerSettings& line)
{
    notes.emplace_back("a <serial> that the guest has already is COM1, and this one COM2");
    if (qemu_listens(line)) {
        notes.push_back(format(
            "libvirt creates this socket itself, so the daemon cannot see when the guest ends; for when_off give [listen.{}] unix instead of connect",
            line.name.text()));
        return;
    }
    if (std::get<config::UnixAddress>(line.address).group.empty())
        notes.push_back(format(
            R"(QEMU runs as a user other than root here, and [listen.{}] lets only root in: give it group = "kvm" (Debian, Ubuntu: libvirt-qemu's group) or group = "qemu" (Fedora))",
            line.name.text()));
    notes.emplace_back(
        "AppArmor's profile is made from this XML and lets QEMU connect; with SELinux, `ausearch -m avc -ts recent` says whether it was denied");
    notes.emplace_back(
        "usbrouted has to run before the guest starts, because libvirt gives the socket's file to QEMU's user at that moment");
}

std::vector<std::string> notes_for_libvirt(const config::GuestSettings& guest,
                                           const config::ListenerSettings* line)
{
    std::vector<std::string> notes = {place_in_domain(guest, line)};
    if (!from_the_start(guest).empty())
        notes.emplace_back(
            "managed='no', because libvirt would otherwise take the controller without asking what is plugged in there, and give it back to the host when the guest ends");
    if (line != nullptr) add_line_notes_of_libvirt(notes, *line);
    add_monitor_notes(notes, guest, Hypervisor::libvirt);
    return notes;
}

/// Which of the controllers are conventional PCI to a guest, and which PCI Express.
void add_pcie_notes(std::vector<std::string>& notes, const config::GuestSettings& guest,
                    const topology::Snapshot& snapshot)
{
    std::vector<std::string> cards;
    for (const auto& address : guest.controllers)
        if (is_pci_express(snapshot, address)) cards.push_back(address.text());
    if (cards.size() < guest.controllers.size())
        notes.emplace_back(
            "pcie=0: the chipset's USB controllers are conventional PCI, without the PCI Express capability");
    if (!cards.empty())
        notes.push_back(format("pcie=1: {} {} PCI Express; it needs machine q35, on i440fx write pcie=0",
                               join(cards, ", "), cards.size() == 1 ? "is" : "are"));
}

std::vector<std::string> notes_for_proxmox(const config::GuestSettings& guest,
                                           const topology::Snapshot& snapshot,
                                           const config::ListenerSettings* line, const LinesWish& wish)
{
    std::vector<std::string> notes = {
        "put this into /etc/pve/qemu-server/ID.conf, machine q35 or i440fx; only root@pam may change args"};
    if (!guest.qmp.empty()) notes.emplace_back("usbrouted has to be let in to the monitor: docs/proxmox.md");
    if (from_the_start(guest).empty()) {
        notes.emplace_back("append to an existing args line");
    } else {
        notes.emplace_back(
            "if there are hostpci lines already, continue with the next number; append to an existing args line");
        add_pcie_notes(notes, guest, snapshot);
        notes.emplace_back(
            "Proxmox binds the controllers to vfio-pci itself when the guest starts, and leaves them there");
    }
    add_reconnect_note(notes, line, wish);
    add_monitor_notes(notes, guest, Hypervisor::proxmox);
    return notes;
}

std::string_view text_of(Hypervisor hypervisor)
{
    switch (hypervisor) {
    case Hypervisor::qemu: return "qemu";
    case Hypervisor::libvirt: return "libvirt";
    case Hypervisor::proxmox: return "proxmox";
    }
    return "";
}

} // namespace

Result<Paste> guest_lines(const config::Settings& settings, const topology::Snapshot& snapshot,
                          const config::GuestSettings& guest, const LinesWish& wish)
{
    const auto found = line_of(settings, guest.name);
    // Without a line a guest that takes devices is served all the same.
    const bool has_lines = !guest.qmp.empty() || (guest.libvirt && wish.hypervisor == Hypervisor::libvirt);
    if (!found && (wish.virtio || !has_lines)) return std::unexpected(found.error());
    const auto* const line = found ? *found : nullptr;
    if (wish.virtio && qemu_listens(*line))
        return std::unexpected(
            Error(
                ErrorKind::refused,
                format(
                    "[listen.{}] has connect, and a socket that QEMU creates carries only one line; leave out --virtio, or give it unix instead of connect",
                    line->name.text()))
                .with_code("one-line-only"));
    Paste paste{.guest = guest.name, .kind = std::string(text_of(wish.hypervisor)), .lines = {}, .notes = {}};
    switch (wish.hypervisor) {
    case Hypervisor::qemu:
        paste.lines = for_qemu(guest, line, wish);
        paste.notes = notes_for_qemu(guest, line, wish);
        break;
    case Hypervisor::libvirt:
        paste.lines = for_libvirt(guest, line, wish);
        paste.notes = notes_for_libvirt(guest, line);
        break;
    case Hypervisor::proxmox: {
        auto lines = for_proxmox(guest, snapshot, line, wish);
        if (!lines) return std::unexpected(lines.error());
        paste.lines = std::move(*lines);
        paste.notes = notes_for_proxmox(guest, snapshot, line, wish);
        break;
    }
    }
    if (line == nullptr)
        paste.notes.push_back(format(
            "no listener speaks for guest {0}, so these lines give it no serial line of its own; [listen.{0}] with guest = \"{0}\" in usbroute.toml does",
            guest.name.text()));
    if (count_of_those_that_come_later(guest) > 0)
        paste.notes.push_back(format(
            "an empty root port for each controller: they come while the guest runs, by {}; machine q35. The limit of locked memory of its QEMU has to be above the guest's memory, and its user has to be able to open the group's node in /dev/vfio",
            is_given_while_it_runs(guest) ? "sudo usbroute guest assign " + guest.name.text()
                                          : std::string("moves and profiles")));
    if (wish.hypervisor != Hypervisor::proxmox && !from_the_start(guest).empty())
        paste.notes.push_back(
            format("before each start the controllers have to be on vfio-pci: sudo usbroute guest bind {}",
                   guest.name.text()));
    if (wish.virtio)
        paste.notes.push_back(
            format("inside a Linux guest the virtio port is /dev/virtio-ports/{}", virtio_port));
    add_controller_notes(paste.notes, guest, snapshot);
    return paste;
}

} // namespace usbroute::report
