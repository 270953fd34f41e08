// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/device_xml.hpp"

#include "base/check.hpp"
#include "base/format.hpp"

namespace usbroute::libvirt {

// Nothing is escaped: aliases and PCI addresses are made of letters, digits and marks that mean nothing to XML, all else is numbers.

std::string usb_device_xml(const Question& question)
{
    USBROUTE_CHECK(question.alias.has_value() && question.bus != 0 && question.device != 0 &&
                   question.guest_port != 0);
    return format("<hostdev mode='subsystem' type='usb' managed='no'>"
                  "<source><address bus='{}' device='{}'/></source>"
                  "<alias name='{}'/>"
                  "<address type='usb' bus='{}' port='{}'/>"
                  "</hostdev>",
                  question.bus, question.device, question.alias->in_libvirt(), question.guest_bus,
                  question.guest_port);
}

std::string usb_controller_xml(const Alias& alias)
{
    return format("<controller type='usb' model='qemu-xhci' ports='15'><alias name='{}'/></controller>",
                  alias.in_libvirt());
}

std::string pci_device_xml(const Alias& alias, const PciAddress& address)
{
    return format(
        "<hostdev mode='subsystem' type='pci' managed='no'>"
        "<driver name='vfio'/>"
        "<source><address domain='0x{:04x}' bus='0x{:02x}' slot='0x{:02x}' function='0x{:x}'/></source>"
        "<alias name='{}'/>"
        "</hostdev>",
        address.domain, address.bus, address.device, address.function, alias.in_libvirt());
}

} // namespace usbroute::libvirt
