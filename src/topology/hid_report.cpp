// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/hid_report.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace usbroute::topology {

namespace {

// HID 1.11, 6.2.2.2 to 6.2.2.8: tag and type of a short item, its lowest two bits (the size) left out.
constexpr unsigned usage_page = 0x04;
constexpr unsigned usage = 0x08;
constexpr unsigned collection = 0xa0;
constexpr unsigned end_collection = 0xc0;
constexpr unsigned main_item_type = 0x00; // bits 2 and 3: a main item ends what local items say
constexpr std::uint8_t long_item = 0xfe;
constexpr std::uint32_t application = 0x01;

struct Item {
    unsigned tag = 0;
    std::uint32_t value = 0;
    std::size_t value_bytes = 0;
};

/// Takes an item off the front; nothing where the rest is no whole item.
std::optional<Item> take_item(std::string_view& rest)
{
    const auto byte = [&rest](std::size_t at) { return static_cast<std::uint8_t>(rest[at]); };
    if (byte(0) == long_item) {
        if (rest.size() < 3 || rest.size() < 3u + byte(1)) return std::nullopt;
        rest.remove_prefix(3u + byte(1));
        return Item{.tag = long_item, .value = 0, .value_bytes = 0};
    }
    const auto code = byte(0) & 3u;
    const std::size_t size = code == 3 ? 4 : code;
    if (rest.size() < 1 + size) return std::nullopt;
    Item item{.tag = byte(0) & 0xfcu, .value = 0, .value_bytes = size};
    for (std::size_t i = 0; i < size; ++i) item.value |= std::uint32_t{byte(1 + i)} << (8 * i);
    rest.remove_prefix(1 + size);
    return item;
}

} // namespace

std::vector<HidUsage> application_usages(std::string_view descriptor)
{
    constexpr std::size_t most = 64;
    std::vector<HidUsage> found;
    std::uint32_t page = 0;
    std::optional<HidUsage> named;
    std::size_t depth = 0;
    while (!descriptor.empty() && found.size() < most) {
        const auto item = take_item(descriptor);
        if (!item) break;
        if (item->tag == usage_page) page = item->value & 0xffffu;
        // A usage of four bytes brings its own page.
        if (item->tag == usage && !named)
            named = item->value_bytes == 4 ? item->value : page << 16u | (item->value & 0xffffu);
        if (item->tag == collection && depth++ == 0 && item->value == application && named &&
            std::ranges::find(found, *named) == found.end())
            found.push_back(*named);
        if (item->tag == end_collection && depth > 0) --depth;
        if ((item->tag & 0x0cu) == main_item_type) named.reset();
    }
    return found;
}

} // namespace usbroute::topology
