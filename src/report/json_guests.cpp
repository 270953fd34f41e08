// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/guests.hpp"
#include "report/json_text.hpp"

namespace usbroute::report {

namespace {

Json json_of(const GroupMemberView& member);
Json json_of(const HolderView& holder);
Json json_of(const GuestControllerView& controller);
Json json_of(const GuestView& guest);

template <class List> Json list_of(const List& list)
{
    auto json = Json::array();
    for (const auto& item : list) json.push_back(json_of(item));
    return json;
}

Json json_of(const GroupMemberView& member)
{
    return {{"address", member.address},
            {"kind", member.kind},
            {"id", member.id},
            {"driver", member.driver},
            {"in_the_way", member.in_the_way}};
}

Json json_of(const HolderView& holder) { return {{"process", holder.process}, {"command", holder.command}}; }

Json json_of(const GuestControllerView& controller)
{
    return {{"address", controller.address},
            {"kind", controller.kind},
            {"id", controller.id},
            {"state", controller.state},
            {"driver", controller.driver},
            {"driver_override", controller.driver_override},
            {"iommu_group", controller.iommu_group ? Json(*controller.iommu_group) : Json(nullptr)},
            {"others", list_of(controller.others)},
            {"reset", controller.reset},
            {"holders", list_of(controller.holders)},
            {"connectors", controller.connectors}};
}

Json json_of(const GuestView& guest)
{
    return {{"name", guest.name},
            {"state", guest.state},
            {"bind", guest.bind},
            {"on_exit", guest.on_exit},
            {"controllers", list_of(guest.controllers)},
            {"connectors", guest.connectors},
            {"notes", guest.notes}};
}

} // namespace

std::string to_json(const GuestsView& view)
{
    return written(
        {{"schema", view.schema}, {"holders_seen", view.holders_seen}, {"guests", list_of(view.guests)}});
}

std::string to_json(const GuestView& guest, bool holders_seen)
{
    return written({{"schema", schema}, {"holders_seen", holders_seen}, {"guest", json_of(guest)}});
}

} // namespace usbroute::report
