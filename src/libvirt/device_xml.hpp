// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "libvirt/question.hpp"

#include <string>

/// What libvirt is given for one device, live: its alias, a place in the guest, and no startupPolicy, which would leave a filter
/// for every device in the place of a missing one.
namespace usbroute::libvirt {

/// By the numbers and the guest's port of `question`, which has an alias.
[[nodiscard]] std::string usb_device_xml(const Question& question);
/// A qemu-xhci with 15 ports, each for any device.
[[nodiscard]] std::string usb_controller_xml(const Alias& alias);
/// A function that is bound to vfio-pci; libvirt leaves its driver alone.
[[nodiscard]] std::string pci_device_xml(const Alias& alias, const PciAddress& address);

} // namespace usbroute::libvirt
