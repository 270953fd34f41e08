// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

/// Things put together by what they share, in the order in which each kind first appears.
namespace usbroute {

/// The group whose `key` is `wanted`; where there is none yet, an empty one at the end.
template <class Group, class Key>
Group& group_with(std::vector<Group>& groups, Key Group::* key, const std::type_identity_t<Key>& wanted)
{
    const auto found = std::ranges::find(groups, wanted, key);
    if (found != groups.end()) return *found;
    auto& added = groups.emplace_back();
    added.*key = wanted;
    return added;
}

/// The same for a list of pairs: what stands beside that key.
template <class Key, class Value>
Value& group_with(std::vector<std::pair<Key, Value>>& groups, const std::type_identity_t<Key>& wanted)
{
    return group_with(groups, &std::pair<Key, Value>::first, wanted).second;
}

} // namespace usbroute
