// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Rules that anybody may have written, and a device that says anything of itself: "rules NUL maker NUL product NUL serial NUL bytes", of
// which the bytes are ids, class and interfaces. Whatever the order of the rules, one result.

#include "plan/rules.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"
#include "plan/named_devices.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace usbroute;

constexpr std::string_view around = R"(
[connector.left]
usb = ["0000:00:14.0/1"]
[hub.desk]
id = "2109:2813"
[hub.dock]
id = "2109:2817"
[guest.windows]
qmp = "/run/windows.qmp"
)";

topology::Device device_from(const std::vector<std::string_view>& parts)
{
    const auto part = [&](std::size_t i) { return i < parts.size() ? parts[i] : std::string_view(); };
    topology::Device device;
    device.path = *topology::PortPath::parse("3-1.2");
    device.manufacturer = part(1);
    device.product_name = part(2);
    device.serial = part(3);
    const auto bytes = part(4);
    const auto byte = [&](std::size_t i) {
        return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : std::uint8_t{0};
    };
    device.vendor = static_cast<std::uint16_t>(byte(0) << 8U | byte(1));
    device.product = static_cast<std::uint16_t>(byte(2) << 8U | byte(3));
    device.device_class = byte(4);
    device.removable = (byte(5) & 1U) != 0;
    for (std::size_t i = 6; i + 2 < bytes.size() && i < 64; i += 3)
        device.interfaces.push_back(
            {.device_class = byte(i), .subclass = byte(i + 1), .protocol = byte(i + 2), .driver = {}});
    return device;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto parts = split(text, '\0');
    const auto device = device_from(parts);
    const std::array files{config::SourceText{.name = "around.toml", .text = std::string(around)},
                           config::SourceText{.name = "rules.toml", .text = std::string(parts.front())}};
    const auto settings = config::parse(files);
    if (!settings) return 0;
    const auto& rules = settings->rules;

    const plan::RuledDevice ruled{
        .device = device, .socket = ConnectorName("left"), .hubs = {HubName("desk"), HubName("dock")}};
    const auto judgement = plan::judge(ruled, rules);
    auto in_reverse = rules; // what was judged points to the others
    std::ranges::reverse(in_reverse);
    const auto turned = plan::judge(ruled, in_reverse);
    USBROUTE_CHECK(judgement.by == turned.by && judgement.lost.size() == turned.lost.size());
    if (judgement.rule != nullptr) {
        USBROUTE_CHECK(plan::matches(judgement.rule->match, ruled));
        USBROUTE_CHECK(judgement.rule->says_the_same(*turned.rule));
    }
    for (const auto& lost : judgement.lost) USBROUTE_CHECK(!lost.why.empty());

    topology::DeviceKey key{
        .ids = {.vendor = device.vendor, .product = device.product}, .serial = device.serial, .at = {}};
    if (!device.serial.empty()) USBROUTE_CHECK(topology::DeviceKey::parse(key.text()) == key);
    return 0;
}
