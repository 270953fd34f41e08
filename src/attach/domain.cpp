// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/domain.hpp"

#include "base/numbers.hpp"

#include <algorithm>

namespace usbroute::attach {

namespace {

constexpr std::string_view users_own = "ua-"; // libvirt, src/conf/domain_conf.c: USER_ALIAS_PREFIX
constexpr std::string_view ours = "usbroute";
constexpr std::string_view bus_prefix = "usb";

} // namespace

std::string alias_of(const ObjectId& object) { return std::string(users_own) + object.text(); }

std::string alias_in_virsh(const ObjectId& object)
{
    auto alias = alias_of(object);
    std::ranges::replace(alias, '.', '_');
    return alias;
}

std::string id_of_alias(std::string_view alias)
{
    if (alias.starts_with(users_own) && alias.substr(users_own.size()).starts_with(ours))
        return std::string(alias.substr(users_own.size()));
    // libvirt makes no such name itself; whoever did, it is not usbroute's.
    if (alias.starts_with(ours)) return "?" + std::string(alias);
    return std::string(alias);
}

std::string bus_of_index(std::uint32_t index) { return std::string(bus_prefix) + std::to_string(index); }

std::optional<std::uint32_t> index_of_bus(std::string_view bus)
{
    if (!bus.starts_with(bus_prefix)) return std::nullopt;
    return number_from<std::uint32_t>(bus.substr(bus_prefix.size()));
}

} // namespace usbroute::attach
