// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/expected.hpp"

#include "base/format.hpp"

#include <algorithm>

namespace usbroute::plan {

using topology::Connector;
using topology::Device;

namespace {

bool has_ids(const Device& device, const UsbIds& ids)
{
    return device.vendor == ids.vendor && device.product == ids.product;
}

} // namespace

bool is_expected(const topology::Snapshot& snapshot, const Connector& connector, const Device& device)
{
    const auto& expected = connector.spec.expect;
    if (!expected || device.is_hub() || has_ids(device, *expected)) return true;
    return std::ranges::any_of(connector.places_now(), [&](const topology::PortPath& place) {
        const auto* in_the_hole = snapshot.device_at(place);
        return in_the_hole != nullptr && has_ids(*in_the_hole, *expected);
    });
}

const Device* unexpected_in(const topology::Snapshot& snapshot, const Board& board,
                            const Connector& connector)
{
    if (!connector.spec.expect) return nullptr;
    const auto places = means_of(connector) == Means::attach ? own_places(snapshot, board, connector)
                                                             : connector.places_now();
    for (const auto& place : places)
        for (const auto* device : snapshot.devices_below(place))
            if (!is_expected(snapshot, connector, *device)) return device;
    return nullptr;
}

Refusal not_expected(const Connector& connector, const Device& device)
{
    const auto& name = connector.spec.name.text();
    const auto expected = connector.spec.expect->text();
    return {
        Reason::not_expected, name,
        format("{} holds {}, and {} is expected there", name, device.shown(), expected),
        format("plug {} in there, or change expect in [connector.{}] of the configuration", expected, name)};
}

} // namespace usbroute::plan
