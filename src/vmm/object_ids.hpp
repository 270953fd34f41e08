// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/guest_usb.hpp"

#include <chrono>
#include <map>
#include <optional>

namespace usbroute::vmm {

/// Which ids of a guest's objects cannot be given to another one: from the moment at which QEMU is asked for the object up to
/// its DEVICE_DELETED. QEMU 7.2 would take an id again as soon as its device_del is answered, and say DEVICE_DELETED of the
/// old object afterwards, as if it were said of the new one.
///
/// Only `take` makes a Held, and adding an object needs one.
class ObjectIds {
public:
    /// An id that is nobody else's.
    class Held {
    public:
        [[nodiscard]] const attach::ObjectId& id() const { return id_; }

    private:
        friend class ObjectIds;
        explicit Held(attach::ObjectId id) : id_(std::move(id)) {}
        attach::ObjectId id_;
    };

    /// Nothing: it is held.
    [[nodiscard]] std::optional<Held> take(const attach::ObjectId& id)
    {
        if (!held_.try_emplace(id).second) return std::nullopt;
        return Held(id);
    }
    /// QEMU has made no such object.
    void give_back(const Held& held) { held_.erase(held.id()); }
    /// It is to be deleted, whoever made it.
    void leaves(const attach::ObjectId& id, std::chrono::milliseconds now)
    {
        held_.insert_or_assign(id, Since{now});
    }
    /// QEMU has kept it.
    void stays(const attach::ObjectId& id) { held_.insert_or_assign(id, Since{}); }
    /// DEVICE_DELETED. Of an object that nobody asked to leave it is somebody else's doing, or late news of an earlier one:
    /// the next look tells.
    void has_left(const attach::ObjectId& id)
    {
        if (const auto found = held_.find(id); found != held_.end() && found->second) held_.erase(found);
    }
    /// QEMU has no such object, and never had.
    void forget(const attach::ObjectId& id) { held_.erase(id); }
    [[nodiscard]] bool is_held(const attach::ObjectId& id) const { return held_.contains(id); }

    /// What a look saw that began at that time. What it did not see is leaving; and has left where no DEVICE_DELETED can be
    /// on its way any more, as after a connection that ended in between.
    void saw(const attach::GuestUsb& usb, std::chrono::milliseconds began)
    {
        for (auto& [id, leaving] : held_)
            if (!leaving && usb.find(id) == nullptr) leaving = began;
        std::erase_if(held_, [&](const auto& held) {
            return usb.find(held.first) == nullptr && *held.second + most_of_a_farewell <= began;
        });
        for (const auto& object : usb.host_objects)
            if (const auto id = attach::ObjectId::from(object.id)) held_.try_emplace(*id);
    }

private:
    /// From the end of the object to its DEVICE_DELETED there is a grace period of RCU: 60 ms seen on a quiet machine, 150 ms
    /// in a machine within another one.
    static constexpr std::chrono::milliseconds most_of_a_farewell = std::chrono::seconds(5);

    /// Since when it is leaving; nothing: it is there, or asked for.
    using Since = std::optional<std::chrono::milliseconds>;
    std::map<attach::ObjectId, Since> held_;
};

} // namespace usbroute::vmm
