// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/host_device.hpp"

#include "base/check.hpp"
#include "base/format.hpp"
#include "base/numbers.hpp"

namespace usbroute::attach {

namespace {

constexpr std::string_view before_path = "usbroute-";

ObjectId object_named(const std::string& text)
{
    auto id = ObjectId::from(text);
    USBROUTE_CHECK(id); // a path has at most five digits, a dash, and 7 tiers of at most four
    return std::move(*id);
}

} // namespace

ObjectId object_for(const HostDevice& device)
{
    return object_named(format("{}{}-{}", before_path, device.path.text(), device.number));
}

ObjectId waiting_object_for(const topology::PortPath& port)
{
    return object_named(format("{}{}", before_path, port.text()));
}

std::optional<Meant> meant_by(std::string_view id)
{
    if (!id.starts_with(before_path)) return std::nullopt;
    id.remove_prefix(before_path.size());
    if (const auto path = topology::PortPath::parse(id); path && !path->is_root_hub())
        return Meant{.path = *path, .number = {}};
    const auto dash = id.rfind('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto path = topology::PortPath::parse(id.substr(0, dash));
    const auto number = number_from<std::uint8_t>(id.substr(dash + 1));
    if (!path || path->is_root_hub() || !number || *number == 0) return std::nullopt;
    return Meant{.path = *path, .number = number};
}

} // namespace usbroute::attach
