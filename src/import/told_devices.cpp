// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/told_devices.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

namespace usbroute::import_ {

using topology::Device;

bool is_device(const Device& device, const ToldDevice& told)
{
    if (told.vendor && device.vendor != *told.vendor) return false;
    if (told.product && device.product != *told.product) return false;
    if (!told.serial.empty() && device.serial != told.serial) return false;
    if (!told.udev_serial.empty() && udev_serial_of(device) != told.udev_serial &&
        device.serial != told.udev_serial)
        return false;
    return told.vendor || told.product || !told.serial.empty() || !told.udev_serial.empty();
}

std::string udev_serial_of(const Device& device)
{
    // systemd, src/udev/udev-builtin-usb_id.c: blanks become one "_", and what is in no list of good characters becomes "_".
    const auto word = [](std::string_view text) {
        std::string made;
        for (const char c : trim(text)) {
            const bool is_blank = c == ' ' || c == '\t';
            const bool is_good =
                is_plain_word(std::string(1, c), "#+-.:=@_") || static_cast<unsigned char>(c) >= 0x80;
            if (is_blank && !made.empty() && made.back() == '_') continue;
            made += is_blank || !is_good ? '_' : c;
        }
        return made;
    };
    auto text = device.manufacturer.empty() ? format("{:04x}", device.vendor) : word(device.manufacturer);
    text +=
        "_" + (device.product_name.empty() ? format("{:04x}", device.product) : word(device.product_name));
    if (!device.serial.empty()) text += "_" + word(device.serial);
    return text;
}

} // namespace usbroute::import_
