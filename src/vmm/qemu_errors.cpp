// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/qemu_errors.hpp"

#include "base/check.hpp"
#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace usbroute::vmm {

using Kind = QmpFailure::Kind;

namespace {

constexpr std::size_t longest_of_qemus_words = 300;

/// A text of QEMU is known by a part of it, or by two in this order. The first row that fits holds.
struct KnownText {
    std::string_view part;
    std::string_view then; ///< empty: anything
    ErrorKind kind;
    std::string_view code;
    std::string_view sentence;
};

// Texts of QEMU 7.2 to 10.2: hw/usb/host-libusb.c, hw/usb/bus.c, softmmu/qdev-monitor.c, hw/pci/pcie.c, monitor/fds.c.
constexpr std::array<KnownText, 29> known_texts = {{
    {"failed to find host usb device", "", ErrorKind::not_found, "host-device-not-found",
     "QEMU does not see this USB device yet, or it has been unplugged"},
    {"failed to open host usb device", "", ErrorKind::failed, "host-device-not-opened",
     "QEMU cannot take this USB device: it has no rights to it, another program holds it, or the guest's port has another speed"},
    {"failed to open /dev/fdset/", "", ErrorKind::failed, "passed-file-gone",
     "QEMU no longer has the file that was passed to it"},
    {"failed to open /dev/vfio/", "Permission denied", ErrorKind::not_permitted, "group-no-rights",
     "QEMU may not open the controller's IOMMU group; its user needs read and write access to that node of /dev/vfio"},
    {"failed to open /dev/vfio/", "", ErrorKind::failed, "group-not-opened",
     "QEMU cannot open the controller's IOMMU group: it is not on vfio-pci, or another guest has it"},
    {"is not viable", "", ErrorKind::failed, "group-not-viable",
     "another function of the controller's IOMMU group is still with a driver of the host"},
    {"device is already attached", "", ErrorKind::failed, "id-in-use",
     "the guest already has this controller"},
    {"vfio", "Cannot allocate memory", ErrorKind::failed, "memory-not-locked",
     "QEMU may not lock the guest's memory, which a controller of the host needs: raise its limit (ulimit -l, LimitMEMLOCK= of systemd) above the guest's memory"},
    {"no such host device", "", ErrorKind::not_found, "function-not-there",
     "the host has no such function of PCI"},
    {"failed to open /dev/", "Permission denied", ErrorKind::not_permitted, "host-device-no-rights",
     "QEMU may not open this USB device; its user needs write access to the device node"},
    {"failed to open /dev/", "", ErrorKind::not_found, "host-device-not-found",
     "QEMU finds no node of this USB device; it has probably been unplugged"},
    {"usb port", "not found (in use?)", ErrorKind::failed, "guest-port-in-use",
     "the guest's USB port is in use, or its controller has no such port"},
    {"to a bus with no free ports", "", ErrorKind::failed, "guest-ports-full",
     "every USB port of the guest's controller is in use"},
    {"does not support hotplugging", "", ErrorKind::failed, "no-hot-plug-there",
     "nothing can be added there while the guest runs; give the guest an empty pcie-root-port"},
    {"Bus '", "not found", ErrorKind::not_found, "guest-bus-not-found", "the guest has no such controller"},
    {"Duplicate device ID", "", ErrorKind::failed, "id-in-use",
     "the guest already has an object with this id"},
    {"Duplicate ID", "", ErrorKind::failed, "id-in-use", "the guest already has an object with this id"},
    {"already in the process of unplug", "", ErrorKind::failed, "already-leaving",
     "the guest has been asked to let go of this already, and has not done so yet"},
    {"guest is busy", "", ErrorKind::failed, "guest-busy",
     "the guest is busy with another hot-plug; try again in a few seconds"},
    {"Property '", "not found", ErrorKind::failed, "qemu-lacks-property",
     "this QEMU lacks something that is needed here"},
    {"is not a valid device model name", "", ErrorKind::failed, "qemu-lacks-device",
     "this QEMU was built without this kind of device, or its package for USB is not installed"},
    {"No file descriptor supplied", "", ErrorKind::failed, "file-not-passed",
     "the open file did not reach QEMU; its monitor must be a Unix socket"},
    {"File descriptor named", "not found", ErrorKind::not_found, "passed-file-gone",
     "QEMU no longer has the file that was passed to it"},
    {"guest is not in suspended state", "", ErrorKind::failed, "guest-not-asleep",
     "the guest does not sleep"},
    {"wake-up from suspend is not supported", "", ErrorKind::failed, "guest-cannot-be-woken",
     "this guest's machine cannot be woken"},
    {"Resetting the Virtual Machine is required", "", ErrorKind::failed, "guest-needs-reset",
     "the guest has ended or failed; it has to be reset before it can go on"},
    {"expects a", "", ErrorKind::failed, "qemu-rejects-value",
     "QEMU does not take a value that it was given"},
    {"has not been found", "", ErrorKind::failed, "qemu-lacks-command",
     "this QEMU lacks a command that is needed here"},
    {"Device '", "not found", ErrorKind::not_found, "guest-object-not-found",
     "the guest has no such object any more"},
}};

bool fits(const KnownText& known, std::string_view text)
{
    const auto at = text.find(known.part);
    return at != std::string_view::npos &&
           text.find(known.then, at + known.part.size()) != std::string_view::npos;
}

Error in_qemus_words(ErrorKind kind, std::string_view code, std::string_view sentence, std::string_view words)
{
    return Error(kind, format("{}; QEMU says: {}", sentence, printable(words, longest_of_qemus_words)))
        .with_code(std::string(code));
}

Error error_of_refusal(const QmpFailure& failure)
{
    const auto known =
        std::ranges::find_if(known_texts, [&](const auto& row) { return fits(row, failure.text); });
    if (known == known_texts.end())
        return in_qemus_words(ErrorKind::failed, "qemu-refused", "QEMU refused", failure.text);
    return in_qemus_words(known->kind, known->code, known->sentence, failure.text);
}

} // namespace

Error error_of(const QmpFailure& failure)
{
    switch (failure.kind) {
    case Kind::refused: return error_of_refusal(failure);
    case Kind::away:
        return Error(
                   ErrorKind::unreachable,
                   "the guest's QEMU cannot be reached: it does not run, or its monitor serves another program")
            .with_code("qemu-away");
    case Kind::busy:
        return Error(ErrorKind::failed,
                     "the guest's QEMU has not answered for a long time; nothing more is asked until it does")
            .with_code("qemu-busy");
    case Kind::not_sent:
        return Error(ErrorKind::failed, "the guest's QEMU does not read its monitor")
            .with_code("qemu-does-not-read");
    case Kind::no_answer:
        return Error(ErrorKind::half_way,
                     "the guest's QEMU did not answer in time; it may still do what it was asked")
            .with_code("qemu-no-answer");
    case Kind::ended:
        return Error(
                   ErrorKind::half_way,
                   format(
                       "the connection to the guest's QEMU has ended: {}; it may have done what it was asked",
                       failure.text))
            .with_code("qemu-ended");
    case Kind::cannot_lend:
        return Error(ErrorKind::failed, format("the open device cannot be passed to QEMU: {}", failure.text))
            .with_code("cannot-pass-file");
    }
    USBROUTE_CHECK(false);
}

bool is_not_there(const QmpFailure& failure)
{
    return failure.kind == QmpFailure::Kind::refused && failure.error_class == "DeviceNotFound";
}

Error odd_answer(std::string_view command)
{
    return Error(ErrorKind::failed, format("QEMU's answer to {} is not what it should be", command))
        .with_code("qemu-odd-answer");
}

} // namespace usbroute::vmm
