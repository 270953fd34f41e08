// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/guest_usb.hpp"
#include "base/result.hpp"
#include "linux/loop.hpp"
#include "linux/unique_fd.hpp"
#include "vmm/guest_access.hpp"
#include "vmm/guest_functions.hpp"
#include "vmm/object_ids.hpp"
#include "vmm/qmp_session.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::vmm {

/// What is asked of a guest's QEMU to give it a socket's devices, over one kept connection.
///
/// An error has a code (vmm/qemu_errors.cpp).
class GuestMonitor final : public GuestAccess {
public:
    /// How long a guest may take from a removal to the end of the object.
    static constexpr std::chrono::milliseconds longest_removal = std::chrono::seconds(15);

    GuestMonitor(linux_::Loop& loop, std::string path, QmpSession::Tell tell,
                 QmpSession::Lend lend = linux_::lend);

    void begin() { session_.begin(); }
    [[nodiscard]] bool is_connected() const { return session_.is_connected(); }
    [[nodiscard]] bool is_ready() const { return session_.is_ready(); }
    [[nodiscard]] const std::string& path() const { return session_.path(); }

    void look(Done<attach::GuestUsb> done);

    void give(const attach::Give& action, linux_::UniqueFd node, Done<Took> done) override;
    void take(const attach::ObjectId& object, Done<void> done) override { remove(object, std::move(done)); }
    void add_controller(const attach::AddController& action, Done<void> done) override
    {
        plug_in_controller(action.controller, action.root_port, std::move(done));
    }
    void resume(Done<void> done) override;
    void start(Done<void> done) override;

    /// A device by its open node (read and write), which QEMU then needs no rights for. The object knows this device alone:
    /// once it is unplugged, it stays as a shell that says it is attached, and has to be removed.
    void add(const attach::ObjectId& id, const attach::GuestPort& port, linux_::UniqueFd node,
             Done<Took> done);
    /// Whatever comes into a port of the host. `host_bus`: the kernel's number, from 1, as of now. QEMU looks every two seconds
    /// while the guest runs, and opens the device by itself; three failures, and it gives up until the next unplugging.
    void add_waiting(const attach::ObjectId& id, const attach::GuestPort& port, std::uint8_t host_bus,
                     const attach::HostPort& host_port, Done<Took> done);
    /// Has QEMU look for the devices of all waiting objects at once, by adding and removing one for which there is none.
    /// `spare`: a free port, which is free again at the end.
    void force_a_look(const attach::GuestPort& spare, Done<void> done);
    /// Done when QEMU has said that the object is deleted, or that there is none; no sooner is its id used again.
    void remove(const attach::ObjectId& id, Done<void> done);

    /// A controller with 15 ports, each for any device, on an empty root port. QEMU 7.2 would take a second one there, at a
    /// place that no guest looks at; so the port is looked at before.
    void plug_in_controller(const attach::ControllerId& id, const std::string& root_port, Done<void> done);

    /// Its whole controllers.
    [[nodiscard]] FunctionAccess& functions() { return functions_; }

    /// Lets a paused guest run.
    void go_on(Done<void> done);
    /// Wakes a guest that sleeps.
    void wake_up(Done<void> done);

private:
    struct Removal {
        std::vector<Done<void>> done;
        linux_::Timer deadline;
        bool was_known = false; ///< before
        bool is_answered = false;
        bool is_deleted = false;
    };

    void ask(wire::QmpCommand command, QmpSession::Done done);
    void ask_for_nothing(std::string_view name, Done<void> done);
    void add_from_set(const ObjectIds::Held& held, const attach::GuestPort& port, const QmpReply& reply,
                      const Done<Took>& done);
    void forget_set(const QmpReply& reply);
    void add_object(const ObjectIds::Held& held, wire::QmpCommand command, Done<void> done);
    void tell_whether_attached(const attach::ObjectId& id, const Done<Took>& done);
    void plug_in(const attach::ControllerId& id, const std::string& root_port, const Done<void>& done);
    void removal_answered(const attach::ObjectId& id, const QmpReply& reply);
    void removal_is_late(const attach::ObjectId& id);
    void end_removal(const attach::ObjectId& id, const Result<void>& result);
    void hear(const wire::QmpEvent& event);
    void ended(std::string_view why);

    linux_::Loop& loop_;
    std::shared_ptr<const QmpSession::Tell> tell_;
    ObjectIds ids_;
    std::map<attach::ObjectId, Removal> removals_;
    std::set<std::string> taken_root_ports_; ///< a controller is on its way to them
    std::uint64_t looks_ = 0;
    int peer_ = 0; ///< the process that answered last
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
    QmpSession session_; // last but one: its callbacks use the rest
    GuestFunctions functions_;
};

} // namespace usbroute::vmm
