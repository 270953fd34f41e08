// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/guest_monitor.hpp"

#include "attach/actions.hpp"
#include "base/check.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "vmm/qemu_errors.hpp"
#include "vmm/questions.hpp"
#include "vmm/usb_look.hpp"

#include <utility>

namespace usbroute::vmm {

using attach::GuestPort;
using attach::ObjectId;
using Kind = QmpFailure::Kind;

namespace {

/// No host has that many buses, and no device is in a port 0: an object that finds nothing.
constexpr std::uint64_t nobodys_bus = 255;
constexpr const char* nobodys_port = "0";
std::string path_of(const ObjectId& id) { return "/machine/peripheral/" + id.text(); }

wire::QmpCommand device_add(const char* driver, const std::string& id, const std::string& bus)
{
    return {.name = "device_add",
            .arguments = {{.name = "driver", .value = driver},
                          {.name = "id", .value = id},
                          {.name = "bus", .value = bus}}};
}

wire::QmpCommand host_object(const ObjectId& id, const GuestPort& port, std::vector<wire::QmpArgument> which)
{
    auto command = device_add("usb-host", id.text(), port.bus);
    command.arguments.push_back({.name = "port", .value = std::to_string(port.port)});
    for (auto& argument : which) command.arguments.push_back(std::move(argument));
    return command;
}

wire::QmpCommand remove_fd(std::uint64_t set)
{
    return {.name = "remove-fd", .arguments = {{.name = "fdset-id", .value = set}}};
}

/// QEMU may still carry it out, or has.
bool is_open(const QmpFailure& failure)
{
    return failure.kind == Kind::no_answer || failure.kind == Kind::ended;
}

Error id_in_use(const ObjectId& id)
{
    return Error(ErrorKind::failed, format("{} is still the id of another object in this guest", id.text()))
        .with_code("id-in-use");
}

Error root_port_in_use(const std::string& root_port)
{
    return Error(ErrorKind::failed,
                 format("the guest's root port {} has a device already", printable(root_port)))
        .with_code("root-port-in-use");
}

} // namespace

GuestMonitor::GuestMonitor(linux_::Loop& loop, std::string path, QmpSession::Tell tell, QmpSession::Lend lend)
    : loop_(loop),
      tell_(std::make_shared<const QmpSession::Tell>(std::move(tell))),
      session_(loop, std::move(path),
               {.ready =
                    [this](const attach::QemuVersion& version) {
                        // Another process has none of the objects of the one before.
                        if (const auto before = std::exchange(peer_, session_.peer());
                            peer_ != 0 && before != 0 && peer_ != before)
                            ids_ = {};
                        const auto told = tell_;
                        told->ready(version);
                    },
                .event = [this](const wire::QmpEvent& event) { hear(event); },
                .ended = [this](std::string_view why) { ended(why); },
                .did_not_begin =
                    [this](std::string_view why) {
                        const auto told = tell_;
                        if (told->did_not_begin) told->did_not_begin(why);
                    }},
               std::move(lend)),
      functions_(loop, session_)
{}

void GuestMonitor::ask(wire::QmpCommand command, QmpSession::Done done)
{
    session_.ask({.command = std::move(command)}, std::move(done));
}

void GuestMonitor::look(Done<attach::GuestUsb> done)
{
    vmm::look(session_, [this, began = loop_.now(), done = std::move(done)](Result<attach::GuestUsb> usb) {
        if (usb) ids_.saw(*usb, began);
        done(std::move(usb));
    });
}

/// By place it waits for what is there, and is told to look at once.
void GuestMonitor::give(const attach::Give& action, linux_::UniqueFd node, Done<Took> done)
{
    if (action.way == attach::Way::descriptor)
        return add(action.object(), action.to, std::move(node), std::move(done));
    const auto text = action.device.path.text();
    const auto port = attach::HostPort::from(std::string_view(text).substr(text.find('-') + 1));
    const auto bus = action.device.path.bus();
    if (!port || bus > 255)
        return session_.later([text, done = std::move(done)] {
            done(std::unexpected(Error(ErrorKind::failed, format("QEMU cannot name the place {}", text))
                                     .with_code("no-such-port")));
        });
    add_waiting(action.object(), action.to, static_cast<std::uint8_t>(bus), *port, std::move(done));
}

/// A guest that sleeps can be woken; one that does not refuses that, and may be paused.
void GuestMonitor::resume(Done<void> done)
{
    wake_up([this, done = std::move(done)](const Result<void>& woken) {
        if (!woken && woken.error().code() == "guest-not-asleep") return go_on(done);
        done(woken);
    });
}

/// Whoever answers here runs.
void GuestMonitor::start(Done<void> done)
{
    session_.later([done = std::move(done)] {
        done(std::unexpected(Error(ErrorKind::failed, "a QEMU is started by its own unit or script")
                                 .with_code("not-ours-to-start")));
    });
}

void GuestMonitor::add(const ObjectId& id, const GuestPort& port, linux_::UniqueFd node, Done<Took> done)
{
    const auto held = ids_.take(id);
    if (!held) return session_.later([id, done] { done(std::unexpected(id_in_use(id))); });
    // QEMU chooses the number of the set, so that it is not one of another program's.
    session_.ask({.command = {.name = "add-fd", .arguments = {{.name = "opaque", .value = id.text()}}},
                  .file = std::move(node),
                  .late = [this](const QmpReply& reply) { forget_set(reply); }},
                 [this, held = *held, port, done = std::move(done)](const QmpReply& reply) {
                     add_from_set(held, port, reply, done);
                 });
}

void GuestMonitor::add_from_set(const ObjectIds::Held& held, const GuestPort& port, const QmpReply& reply,
                                const Done<Took>& done)
{
    const auto set = reply ? wire::qmp_number_at(*reply, "fdset-id") : std::nullopt;
    if (!set) {
        ids_.give_back(held);
        return done(std::unexpected(reply ? odd_answer("add-fd") : error_of(reply.error())));
    }
    auto command =
        host_object(held.id(), port, {{.name = "hostdevice", .value = format("/dev/fdset/{}", *set)}});
    add_object(held, std::move(command), [this, id = held.id(), done](const Result<void>& added) {
        if (!added) return done(std::unexpected(added.error()));
        tell_whether_attached(id, done);
    });
    // The object has a descriptor of its own by then: what is left of the set would keep the node open after its end.
    ask(remove_fd(*set), [](const QmpReply&) {});
}

/// Nobody waits for the set any more, and it would keep the node open.
void GuestMonitor::forget_set(const QmpReply& reply)
{
    const auto set = reply ? wire::qmp_number_at(*reply, "fdset-id") : std::nullopt;
    if (set) ask(remove_fd(*set), [](const QmpReply&) {});
}

void GuestMonitor::add_waiting(const ObjectId& id, const GuestPort& port, std::uint8_t host_bus,
                               const attach::HostPort& host_port, Done<Took> done)
{
    const auto held = ids_.take(id);
    if (!held) return session_.later([id, done] { done(std::unexpected(id_in_use(id))); });
    auto command = host_object(id, port,
                               {{.name = "hostbus", .value = std::uint64_t{host_bus}},
                                {.name = "hostport", .value = host_port.text()}});
    add_object(*held, std::move(command), [this, id, done = std::move(done)](const Result<void>& added) {
        if (!added) return done(std::unexpected(added.error()));
        tell_whether_attached(id, done);
    });
}

void GuestMonitor::add_object(const ObjectIds::Held& held, wire::QmpCommand command, Done<void> done)
{
    ask(std::move(command), [this, held, done = std::move(done)](const QmpReply& reply) {
        if (reply) return done({});
        if (!is_open(reply.error())) ids_.give_back(held);
        done(std::unexpected(error_of(reply.error())));
    });
}

void GuestMonitor::tell_whether_attached(const ObjectId& id, const Done<Took>& done)
{
    ask(qom_get(path_of(id), "attached"), [done](const QmpReply& reply) {
        const auto is_attached = reply ? wire::qmp_truth(*reply) : std::nullopt;
        if (!is_attached)
            return done(std::unexpected(reply ? odd_answer("qom-get") : error_of(reply.error())));
        done(*is_attached ? Took::attached : Took::waiting);
    });
}

void GuestMonitor::force_a_look(const GuestPort& spare, Done<void> done)
{
    const auto id = ObjectId::from(format("usbroute-look-{}", ++looks_));
    USBROUTE_CHECK(id.has_value());
    const auto held = ids_.take(*id);
    if (!held) return force_a_look(spare, std::move(done)); // an earlier daemon's, which a look has found
    auto command = host_object(
        *id, spare, {{.name = "hostbus", .value = nobodys_bus}, {.name = "hostport", .value = nobodys_port}});
    add_object(*held, std::move(command),
               [this, id = *id, done = std::move(done)](const Result<void>& added) {
                   if (!added) return done(added);
                   remove(id, done);
               });
}

void GuestMonitor::remove(const ObjectId& id, Done<void> done)
{
    auto& removal = removals_[id];
    removal.done.push_back(std::move(done));
    if (removal.done.size() > 1) return;
    removal.was_known = ids_.is_held(id);
    removal.deadline = loop_.timer([this, id] { removal_is_late(id); });
    removal.deadline.start(longest_removal);
    ids_.leaves(id, loop_.now());
    session_.ask({.command = {.name = "device_del", .arguments = {{.name = "id", .value = id.text()}}},
                  .deadline = longest_removal},
                 [this, id](const QmpReply& reply) { removal_answered(id, reply); });
}

/// Before or after DEVICE_DELETED: QEMU promises no order.
void GuestMonitor::removal_answered(const ObjectId& id, const QmpReply& reply)
{
    const auto found = removals_.find(id);
    if (found == removals_.end()) return;
    auto& removal = found->second;
    removal.is_answered = true;
    if (reply) {
        if (removal.is_deleted) end_removal(id, {});
        return;
    }
    if (is_not_there(reply.error())) {
        if (!removal.was_known) ids_.forget(id);
        return end_removal(id, {});
    }
    auto error = error_of(reply.error());
    if (error.code() == "already-leaving") return;
    if (!is_open(reply.error())) ids_.stays(id);
    end_removal(id, std::unexpected(std::move(error)));
}

/// News may have been lost; the object itself tells.
void GuestMonitor::removal_is_late(const ObjectId& id)
{
    ask(qom_get(path_of(id), "type"), [this, id](const QmpReply& reply) {
        if (!reply && is_not_there(reply.error())) return end_removal(id, {});
        if (!reply) return end_removal(id, std::unexpected(error_of(reply.error())));
        end_removal(id,
                    std::unexpected(
                        Error(ErrorKind::timed_out,
                              format("the guest has not let go of {} in time; it may still do so", id.text()))
                            .with_code("guest-keeps-object")));
    });
}

void GuestMonitor::end_removal(const ObjectId& id, const Result<void>& result)
{
    auto ended = removals_.extract(id);
    if (ended.empty()) return;
    const auto told = std::move(ended.mapped().done);
    const auto outcome = result;
    const auto alive = std::weak_ptr(alive_);
    for (const auto& done : told) {
        done(outcome);
        if (alive.expired()) return;
    }
}

void GuestMonitor::plug_in_controller(const attach::ControllerId& id, const std::string& root_port,
                                      Done<void> done)
{
    if (!taken_root_ports_.insert(root_port).second)
        return session_.later(
            [root_port, done = std::move(done)] { done(std::unexpected(root_port_in_use(root_port))); });
    // The bus of a root port has the id of the port.
    ask(qom_list(format("/machine/peripheral/{0}/{0}", root_port)),
        [this, id, root_port, done = std::move(done)](const QmpReply& reply) {
            const auto what = reply ? wire::qmp_properties(*reply) : std::nullopt;
            if (!what) {
                taken_root_ports_.erase(root_port);
                return done(std::unexpected(reply ? odd_answer("qom-list") : error_of(reply.error())));
            }
            for (const auto& property : *what)
                if (property.name.starts_with("child[")) {
                    taken_root_ports_.erase(root_port);
                    return done(std::unexpected(root_port_in_use(root_port)));
                }
            plug_in(id, root_port, done);
        });
}

void GuestMonitor::plug_in(const attach::ControllerId& id, const std::string& root_port,
                           const Done<void>& done)
{
    auto command = device_add("qemu-xhci", id.text(), root_port);
    for (const auto* const ports : {"p2", "p3"})
        command.arguments.push_back({.name = ports, .value = std::uint64_t{attach::AddController::ports}});
    ask(std::move(command), [this, root_port, done](const QmpReply& reply) {
        taken_root_ports_.erase(root_port);
        if (!reply) return done(std::unexpected(error_of(reply.error())));
        done({});
    });
}

void GuestMonitor::ask_for_nothing(std::string_view name, Done<void> done)
{
    ask({.name = std::string(name)}, [done = std::move(done)](const QmpReply& reply) {
        if (!reply) return done(std::unexpected(error_of(reply.error())));
        done({});
    });
}

void GuestMonitor::go_on(Done<void> done) { ask_for_nothing("cont", std::move(done)); }
void GuestMonitor::wake_up(Done<void> done) { ask_for_nothing("system_wakeup", std::move(done)); }

void GuestMonitor::hear(const wire::QmpEvent& event)
{
    const auto told = tell_;
    const auto alive = std::weak_ptr(alive_);
    if (event.name == "DEVICE_DELETED") {
        // An object without an id has none here.
        const auto id = ObjectId::from(wire::qmp_text_at(event.payload, "device").value_or(""));
        if (id) ids_.has_left(*id);
        const auto removal = id ? removals_.find(*id) : removals_.end();
        if (removal != removals_.end()) {
            removal->second.is_deleted = true;
            if (removal->second.is_answered) end_removal(*id, {});
        }
    }
    if (!alive.expired()) functions_.hear(event);
    if (!alive.expired()) told->event(event);
}

void GuestMonitor::ended(std::string_view why)
{
    const auto told = tell_;
    const std::string words(why);
    const auto alive = std::weak_ptr(alive_);
    const auto error = error_of({.kind = Kind::ended, .text = words});
    // What was asked has been told by its own answer; these have had theirs, and waited for the event.
    while (!alive.expired() && !removals_.empty())
        end_removal(removals_.begin()->first, std::unexpected(error));
    if (!alive.expired()) functions_.ended();
    if (!alive.expired()) told->ended(words);
}

} // namespace usbroute::vmm
