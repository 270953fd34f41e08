// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/actions.hpp"

#include "base/format.hpp"
#include "base/shell.hpp"

#include <algorithm>

namespace usbroute::attach {

namespace {

std::string port_of(const topology::PortPath& path)
{
    const auto text = path.text();
    return text.substr(text.find('-') + 1);
}

std::string virsh(const Domain& domain, std::string_view command)
{
    return format("virsh -c {} {} {}", domain.uri, command, shell_word(domain.name));
}

/// The running domain alone: what is plugged in has another number at the next boot, and in its definition would be another device.
std::string virsh_attach(const Domain& domain, std::string_view xml)
{
    return format("{} --live --file /dev/stdin <<< \"{}\"", virsh(domain, "attach-device"), xml);
}

std::string virsh_line(const Give& action, const Domain& domain)
{
    // Of a controller of ours the index is libvirt's choice.
    const auto index = index_of_bus(action.to.bus);
    const auto place =
        index ? format("<address type='usb' bus='{}' port='{}'/>", *index, action.to.port) : std::string();
    return virsh_attach(
        domain,
        format(
            "<hostdev mode='subsystem' type='usb'><source><address bus='{}' device='{}'/></source><alias name='{}'/>{}</hostdev>",
            action.device.path.bus(), action.device.number, alias_in_virsh(action.object()), place));
}

bool has_object(const Seen& seen, const GuestName& name, const ObjectId& object)
{
    const auto* guest = seen.guest(name);
    return guest != nullptr && guest->usb && guest->usb->find(object) != nullptr;
}

} // namespace

ObjectId Give::object() const
{
    return way == Way::by_place ? waiting_object_for(device.path) : object_for(device);
}

bool is_done(const ClaimPort& action, const Seen& seen) { return seen.is_claimed(action.port); }
bool is_done(const ReleasePort& action, const Seen& seen) { return !seen.is_claimed(action.port); }

bool is_done(const WakeHub& action, const Seen& seen)
{
    const auto* hub = seen.device_at(action.hub.path);
    return hub == nullptr || hub->device != action.hub || hub->is_configured;
}

/// By evidence: QEMU says that it has opened it, and no driver of the host has a part of it.
bool is_done(const Give& action, const Seen& seen)
{
    const auto* guest = seen.guest(action.guest);
    const auto* object = guest == nullptr || !guest->usb ? nullptr : guest->usb->find(action.object());
    const auto* device = seen.device_at(action.device.path);
    return object != nullptr && object->is_attached && device != nullptr && device->device == action.device &&
           device->with_host == 0;
}

bool is_done(const Take& action, const Seen& seen) { return !has_object(seen, action.guest, action.object); }

bool is_done(const BringHome& action, const Seen& seen)
{
    const auto* device = seen.device_at(action.device.path);
    return device == nullptr || device->device != action.device ||
           (device->is_configured && device->with_nobody == 0 && device->with_program == 0);
}

std::string why_undone(const ClaimPort& action, const Seen&)
{
    return format("port {} is not claimed", action.port.text());
}

std::string why_undone(const ReleasePort& action, const Seen&)
{
    return format("port {} is still claimed", action.port.text());
}

std::string why_undone(const WakeHub& action, const Seen&)
{
    return format("the hub at {} has no configuration", action.hub.path.text());
}

std::string why_undone(const Give& action, const Seen& seen)
{
    const auto path = action.device.path.text();
    const auto* device = seen.device_at(action.device.path);
    if (device == nullptr || device->device != action.device) return format("what was at {} is gone", path);
    if (device->with_host > 0) return format("a driver of the host has {}", path);
    return format("{} has not taken {}", action.guest.text(), path);
}

std::string why_undone(const Take& action, const Seen&)
{
    return format("{} still has {}", action.guest.text(), action.object.text());
}

std::string why_undone(const BringHome& action, const Seen& seen)
{
    const auto* device = seen.device_at(action.device.path);
    return device != nullptr && device->with_program > 0
               ? format("a program has {}", action.device.path.text())
               : format("no driver of the host has {}", action.device.path.text());
}

std::string in_words(const ClaimPort& action)
{
    return format("claim port {} (USBDEVFS_CLAIM_PORT)", action.port.text());
}

std::string in_words(const ReleasePort& action)
{
    return format("release port {} (USBDEVFS_RELEASE_PORT)", action.port.text());
}

std::string in_words(const WakeHub& action)
{
    return format("configure the hub at {} (USBDEVFS_SETCONFIGURATION)", action.hub.path.text());
}

std::string in_words(const Give& action)
{
    return format("give {} to {}{}, on port {} of {}", action.device.path.text(), action.guest.text(),
                  action.domain ? " by libvirt" : "", action.to.port, action.to.bus);
}

std::string in_words(const Take& action)
{
    return format("take {} from {}{}", action.object.text(), action.guest.text(),
                  action.domain ? " by libvirt" : "");
}

std::string in_words(const BringHome& action)
{
    return format("offer {} to the host's drivers (USBDEVFS_CONNECT)", action.device.path.text());
}

std::string expectation_of(const ClaimPort& action)
{
    return format("port {} is claimed", action.port.text());
}

std::string expectation_of(const ReleasePort& action)
{
    return format("port {} is not claimed", action.port.text());
}

std::string expectation_of(const WakeHub& action)
{
    return format("the hub at {} has a configuration", action.hub.path.text());
}

std::string expectation_of(const Give& action)
{
    return format("{} has {} attached, and no driver of the host has a part of it", action.guest.text(),
                  action.object().text());
}

std::string expectation_of(const Take& action)
{
    return format("{} has no {}", action.guest.text(), action.object.text());
}

std::string expectation_of(const BringHome& action)
{
    return format("drivers of the host have {}", action.device.path.text());
}

std::string shell_line(const ClaimPort& action)
{
    return format("(port {} is claimed by an ioctl, for which there is no command)", action.port.text());
}

std::string shell_line(const ReleasePort& action)
{
    return format("(port {} is released when usbrouted ends)", action.port.text());
}

std::string shell_line(const WakeHub& action)
{
    return format("echo 1 > /sys/bus/usb/devices/{}/bConfigurationValue", action.hub.path.text());
}

std::string shell_line(const Give& action)
{
    if (action.domain) return virsh_line(action, *action.domain);
    return format(
        R"({{"execute":"device_add","arguments":{{"driver":"usb-host","id":"{}","bus":"{}","port":"{}","hostbus":{},"hostport":"{}"}}}})",
        action.object().text(), action.to.bus, action.to.port, action.device.path.bus(),
        port_of(action.device.path));
}

std::string shell_line(const Take& action)
{
    if (action.domain)
        return format("{} {} --live", virsh(*action.domain, "detach-device-alias"),
                      alias_in_virsh(action.object));
    return format(R"({{"execute":"device_del","arguments":{{"id":"{}"}}}})", action.object.text());
}

std::string shell_line(const BringHome& action)
{
    return format("for i in /sys/bus/usb/devices/{}:*; do echo ${{i##*/}} > /sys/bus/usb/drivers_probe; done",
                  action.device.path.text());
}

bool is_done(const Park& action, const Seen& seen)
{
    const auto* device = seen.device_at(action.device.path);
    return device == nullptr || device->device != action.device || device->with_host == 0;
}

std::string why_undone(const Park& action, const Seen& /*seen*/)
{
    return format("a driver of the host has {}", action.device.path.text());
}

std::string in_words(const Park& action)
{
    return format("take {} from the host's drivers (USBDEVFS_DISCONNECT)", action.device.path.text());
}

std::string expectation_of(const Park& action)
{
    return format("no driver of the host has a part of {}", action.device.path.text());
}

std::string shell_line(const Park& action)
{
    return format("for i in /sys/bus/usb/devices/{}:*; do echo ${{i##*/}} > $i/driver/unbind; done",
                  action.device.path.text());
}

GuestController AddController::as_it_will_be() const
{
    const auto id = controller.text();
    return {.id = id,
            .path = "/machine/peripheral/" + id,
            .bus = id + ".0",
            .type = "qemu-xhci",
            .usb2_ports = ports,
            .superspeed_ports = ports};
}

bool is_done(const AddController& action, const Seen& seen)
{
    const auto* guest = seen.guest(action.guest);
    return guest != nullptr && guest->usb && guest->usb->find_bus(action.as_it_will_be().bus) != nullptr;
}

std::string why_undone(const AddController& action, const Seen& /*seen*/)
{
    return format("{} has no controller {}", action.guest.text(), action.controller.text());
}

std::string in_words(const AddController& action)
{
    return format("plug USB controller {} into root port {} of {}", action.controller.text(),
                  action.root_port, action.guest.text());
}

std::string expectation_of(const AddController& action)
{
    return format("{} has controller {}", action.guest.text(), action.controller.text());
}

std::string shell_line(const AddController& action)
{
    return format(
        R"({{"execute":"device_add","arguments":{{"driver":"qemu-xhci","id":"{}","bus":"{}","p2":{},"p3":{}}}}})",
        action.controller.text(), action.root_port, AddController::ports, AddController::ports);
}

} // namespace usbroute::attach
