// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/snapshot.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace usbroute::observe {

/// What a device offers before anybody has chosen: its first configuration.
struct FirstConfiguration {
    std::uint8_t value = 0; ///< bConfigurationValue; 0: the descriptors have none
    std::vector<topology::Interface>
        interfaces; ///< in order, each as its first setting has it, without drivers
    bool operator==(const FirstConfiguration&) const = default;
};

/// Reads the bytes of `descriptors` in sysfs: the device's descriptor, then each configuration with what belongs to it (USB 2.0,
/// 9.5 and 9.6; Linux, drivers/usb/core/sysfs.c, descriptors_read). They are the device's own bytes, and may be anything:
/// what does not fit ends the reading.
[[nodiscard]] FirstConfiguration first_configuration(std::string_view descriptors);

} // namespace usbroute::observe
