// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/descriptors.hpp"

#include <algorithm>

namespace usbroute::observe {

namespace {

// USB 2.0, table 9-5: descriptor types.
constexpr std::uint8_t configuration_type = 2;
constexpr std::uint8_t interface_type = 4;
// USB 2.0, tables 9-10 and 9-12: lengths, and where the fields are.
constexpr std::size_t configuration_length = 9;
constexpr std::size_t configuration_value_at = 5;
constexpr std::size_t interface_length = 9;

std::uint8_t descriptor_byte(std::string_view bytes, std::size_t index)
{
    return static_cast<std::uint8_t>(bytes[index]);
}

topology::Interface interface_from(std::string_view descriptor)
{
    topology::Interface interface;
    interface.number = descriptor_byte(descriptor, 2);
    interface.device_class = descriptor_byte(descriptor, 5);
    interface.subclass = descriptor_byte(descriptor, 6);
    interface.protocol = descriptor_byte(descriptor, 7);
    return interface;
}

} // namespace

FirstConfiguration first_configuration(std::string_view descriptors)
{
    FirstConfiguration first;
    bool is_inside = false;
    while (descriptors.size() >= 2) {
        const std::size_t length = descriptor_byte(descriptors, 0);
        const auto type = descriptor_byte(descriptors, 1);
        if (length < 2 || length > descriptors.size()) break;
        const auto descriptor = descriptors.substr(0, length);
        descriptors.remove_prefix(length);
        if (type == configuration_type) {
            if (is_inside || length < configuration_length) break; // the second one begins
            is_inside = true;
            first.value = descriptor_byte(descriptor, configuration_value_at);
        } else if (is_inside && type == interface_type && length >= interface_length) {
            auto interface = interface_from(descriptor);
            // Other settings of the same interface follow with the same number.
            if (std::ranges::find(first.interfaces, interface.number, &topology::Interface::number) ==
                first.interfaces.end())
                first.interfaces.push_back(std::move(interface));
        }
    }
    return first;
}

} // namespace usbroute::observe
