// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/guest_functions.hpp"

#include "base/format.hpp"
#include "vmm/qemu_errors.hpp"

#include <utility>

namespace usbroute::vmm {

using assign::Farewell;
using assign::FarewellEvent;

namespace {

wire::QmpCommand device_del(const std::string& object)
{
    return {.name = "device_del", .arguments = {{.name = "id", .value = object}}};
}

} // namespace

void GuestFunctions::look(Done<assign::InGuest> done)
{
    look_at_functions(session_, [this, done = std::move(done)](Result<assign::InGuest> seen) {
        if (!seen) return done(std::unexpected(std::move(seen.error())));
        for (auto& held : seen->held)
            if (const auto found = leaving_.find(held.object); found != leaving_.end())
                held.farewell = found->second.farewell;
        done(std::move(seen));
    });
}

void GuestFunctions::plug_in(const assign::PlugIn& plug, Done<void> done)
{
    // QEMU checks the rest: an id that is not free yet, a bus that takes nothing, a function that it may not open.
    leaving_.erase(assign::object_of(plug.function));
    session_.ask({.command = {.name = "device_add",
                              .arguments = {{.name = "driver", .value = "vfio-pci"},
                                            {.name = "id", .value = assign::object_of(plug.function)},
                                            {.name = "bus", .value = plug.place},
                                            {.name = "host", .value = plug.function.text()}}},
                  .deadline = longest_plug},
                 [done = std::move(done)](const QmpReply& reply) {
                     if (!reply) return done(std::unexpected(error_of(reply.error())));
                     done({});
                 });
}

void GuestFunctions::take_out(const assign::TakeOut& out, Done<Farewell> done)
{
    const auto object = assign::object_of(out.function);
    auto& leaving = leaving_[object];
    leaving.waiting.push_back(std::move(done));
    if (leaving.farewell == Farewell::asked) return;
    leaving.moment = loop_.timer([this, object] { turn(object, FarewellEvent::quiet); });
    leaving.moment.start(usual_answer);
    session_.ask({.command = device_del(object), .deadline = usual_answer},
                 [this, object](const QmpReply& reply) { answered(object, reply); });
}

/// Before or after DEVICE_DELETED: QEMU promises no order.
void GuestFunctions::answered(const std::string& object, const QmpReply& reply)
{
    const auto found = leaving_.find(object);
    if (found == leaving_.end() || assign::is_over(found->second.farewell)) return;
    if (reply) return turn(object, FarewellEvent::asked);
    if (is_not_there(reply.error())) return turn(object, FarewellEvent::deleted);
    if (reply.error().kind == QmpFailure::Kind::ended) return turn(object, FarewellEvent::ended);
    auto error = error_of(reply.error());
    // Of one that was asked before this is no new answer: its light blinks until it lets go.
    const bool is_under_way = error.code() == "already-leaving" ||
                              (error.code() == "guest-busy" && assign::is_awaited(found->second.farewell));
    if (is_under_way) return turn(object, FarewellEvent::asked);
    if (error.code() == "guest-busy") return turn(object, FarewellEvent::no);
    fail(object, error);
}

/// What has come to an answer is told to all who wait for it; the guest may still let go of it later.
void GuestFunctions::turn(const std::string& object, FarewellEvent event)
{
    const auto found = leaving_.find(object);
    if (found == leaving_.end()) return;
    auto& leaving = found->second;
    leaving.farewell = assign::after(leaving.farewell, event);
    const auto farewell = leaving.farewell;
    if (farewell == Farewell::none || farewell == Farewell::asked) return;
    const auto waiting = std::exchange(leaving.waiting, {});
    leaving.moment.stop();
    if (assign::is_over(farewell)) leaving_.erase(found);
    const auto alive = std::weak_ptr(alive_);
    for (const auto& done : waiting) {
        done(farewell);
        if (alive.expired()) return;
    }
}

/// Nothing was asked of the guest.
void GuestFunctions::fail(const std::string& object, const Error& error)
{
    const auto failed = leaving_.extract(object);
    if (failed.empty()) return;
    const auto alive = std::weak_ptr(alive_);
    for (const auto& done : failed.mapped().waiting) {
        done(std::unexpected(error));
        if (alive.expired()) return;
    }
}

void GuestFunctions::hear(const wire::QmpEvent& event)
{
    const auto object = wire::qmp_text_at(event.payload, "device").value_or("");
    if (event.name == "DEVICE_DELETED") return turn(object, FarewellEvent::deleted);
    // Since QEMU 6.2 by this name; before, it had another, which memory still has.
    if (event.name == "DEVICE_UNPLUG_GUEST_ERROR") return turn(object, FarewellEvent::no);
}

void GuestFunctions::ended()
{
    const auto alive = std::weak_ptr(alive_);
    while (!alive.expired() && !leaving_.empty()) turn(leaving_.begin()->first, FarewellEvent::ended);
}

} // namespace usbroute::vmm
