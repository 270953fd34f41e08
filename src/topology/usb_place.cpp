// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/usb_place.hpp"

#include "base/format.hpp"
#include "topology/snapshot.hpp"

namespace usbroute::topology {

std::optional<UsbPlace> UsbPlace::parse(std::string_view text)
{
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = PciAddress::parse(text.substr(0, slash));
    auto chain = text.substr(slash + 1);
    const bool superspeed = chain.starts_with("ss");
    if (superspeed) chain.remove_prefix(2);
    const auto path = PortPath::parse(format("1-{}", chain));
    if (!address || !path) return std::nullopt;
    return UsbPlace{.controller = *address, .superspeed = superspeed, .ports = path->ports()};
}

std::string UsbPlace::text() const
{
    const auto chain = PortPath(1, ports).text().substr(2);
    return format("{}/{}{}", controller.text(), superspeed ? "ss" : "", chain);
}

} // namespace usbroute::topology
