// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/errors.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <libvirt/virterror.h>

namespace usbroute::libvirt {
namespace {

struct Row {
    int number;
    std::string words;
    Code means;
};

TEST(Errors, MeanWhatTheirNumberSaysOrElseTheirWords)
{
    // Words of libvirt 9.0 and 11.3, and of QEMU 7.2.
    const std::vector<Row> rows = {
        {VIR_ERR_NO_DOMAIN, "Domain not found: no domain with matching name 'nix'", Code::no_domain},
        {VIR_ERR_OPERATION_UNSUPPORTED, "Operation not supported: 'usb' controller cannot be hot plugged.",
         Code::unsupported},
        {VIR_ERR_INTERNAL_ERROR, "internal error: Did not find USB device bus:3 device:99", Code::no_device},
        {VIR_ERR_OPERATION_FAILED, "device not found: host usb device 003.002 not found", Code::no_device},
        {VIR_ERR_OPERATION_INVALID,
         "Requested operation is not valid: USB device 003:007 is in use by driver QEMU, domain linux",
         Code::in_use},
        {VIR_ERR_XML_ERROR, "XML error: non unique alias detected: ua-front-1", Code::alias_in_use},
        {VIR_ERR_XML_ERROR, "XML error: Duplicate USB address bus 0 port 1", Code::port_in_use},
        {VIR_ERR_XML_ERROR, "XML error: Missing USB bus 9", Code::port_in_use},
        {VIR_ERR_INTERNAL_ERROR, "internal error: No more available PCI slots", Code::no_room},
        {VIR_ERR_AUTH_FAILED, "authentication unavailable: no polkit agent available to authenticate action",
         Code::not_allowed},
        {VIR_ERR_SYSTEM_ERROR, "unable to open /dev/bus/usb/003/007: Permission denied", Code::not_allowed},
        {VIR_ERR_OPERATION_TIMEOUT, "Timed out during operation: cannot acquire state change lock",
         Code::timed_out},
        {VIR_ERR_INTERNAL_ERROR, "internal error: client socket is closed", Code::not_connected},
        {VIR_ERR_INTERNAL_ERROR, "internal error: unable to execute QEMU command 'device_add': something",
         Code::failed},
        {VIR_ERR_INTERNAL_ERROR, "Interner Fehler: USB-Gerät nicht gefunden", Code::failed},
    };
    for (const auto& row : rows) {
        const auto refused =
            refused_from({.code = row.number, .domain = VIR_FROM_QEMU, .message = row.words});

        EXPECT_EQ(word_of(refused.code), word_of(row.means)) << row.words;
        EXPECT_EQ(refused.message, row.words);
    }
}

TEST(Errors, OfTheWayToTheDaemonMeanThatThereIsNoConnection)
{
    const auto refused = refused_from({.code = VIR_ERR_SYSTEM_ERROR,
                                       .domain = VIR_FROM_RPC,
                                       .message = "End of file while reading data: Permission denied"});

    EXPECT_EQ(refused.code, Code::not_connected);
}

} // namespace
} // namespace usbroute::libvirt
