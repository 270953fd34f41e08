// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/attach_backend.hpp"

#include "apply/execution.hpp"
#include "base/format.hpp"
#include "observe/devices.hpp"
#include "topology/snapshot.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace usbroute::vmm {

using attach::BringHome;
using attach::ClaimPort;
using attach::Give;
using attach::HostDevice;
using attach::hub_of;
using attach::ReleasePort;
using attach::Take;
using attach::WakeHub;
using linux_::UsbNodes;
using observe::KernelTree;
using topology::PortPath;
using topology::SharedDevice;

namespace {

std::unexpected<Error> attach_error(const char* code, std::string message)
{
    return std::unexpected(Error(ErrorKind::failed, std::move(message)).with_code(code));
}

std::unexpected<Error> is_away(const GuestName& guest)
{
    return attach_error("monitor-away", format("there is no connection to {}", guest.text()));
}

/// Longer than a process takes that ends: each node is closed with its device's lock held.
constexpr auto longest_letting_go = std::chrono::seconds(2);
constexpr auto between_looks = std::chrono::milliseconds(100);

/// Its QEMU has ended, or has hung up, or its domain does not run any more. That libvirt or usbroute-libvirt has ended tells nothing
/// of the guest, which may have what it had.
bool has_hung_up(const Error& error)
{
    constexpr std::array<std::string_view, 4> codes = {"monitor-away", "qemu-away", "qemu-ended",
                                                       "libvirt-no-domain"};
    return std::ranges::find(codes, error.code()) != codes.end();
}

SharedDevice device_in(const KernelTree& tree, const PortPath& path)
{
    observe::DeviceWalk walk(tree, observe::Ports::skip);
    walk.at(path, "sys/bus/usb/devices/" + path.text());
    for (auto& device : walk.take().devices)
        if (device->path == path) return device;
    return nullptr;
}

/// The device that was meant; an error where another one is in its place by now.
Result<SharedDevice> meant_device(const KernelTree& tree, const HostDevice& meant)
{
    auto device = device_in(tree, meant.path);
    if (device == nullptr || device->number != meant.number)
        return attach_error("device-gone", format("what was plugged in at {} is gone", meant.path.text()));
    return device;
}

using Node = HeldNodes::Node;

/// `held`: where it is open already.
Result<Node> node_of(UsbNodes* nodes, const Node& held, const HostDevice& device)
{
    if (held) return held;
    if (nodes == nullptr)
        return attach_error("node-not-permitted",
                            format("usbrouted may not open the node of {}; unplug it and plug it in again",
                                   device.path.text()));
    auto node = nodes->open({.place = device.path, .number = device.number});
    if (!node) return std::unexpected(std::move(node.error()));
    return Node(std::move(*node));
}

Result<void> configure(linux_::UsbNode& node, const topology::Device& device)
{
    if (device.is_configured) return {};
    if (device.first_configuration == 0)
        return attach_error("no-configuration",
                            format("{} offers no configuration in its descriptors", device.path.text()));
    return node.set_configuration(device.first_configuration);
}

/// With its hub's driver the hub works, and what is behind it can be seen.
Result<void> wake(const KernelTree& tree, UsbNodes* nodes, const Node& held, const HostDevice& hub)
{
    auto device = meant_device(tree, hub);
    if (!device) return std::unexpected(std::move(device.error()));
    auto node = node_of(nodes, held, hub);
    if (!node) return std::unexpected(std::move(node.error()));
    return configure(**node, **device);
}

/// Never a hub: what is behind it would vanish from the host, and the guest could not use it (invariant 12).
Result<SharedDevice> device_to_give(const KernelTree& tree, const HostDevice& meant)
{
    auto device = meant_device(tree, meant);
    if (device && (*device)->is_hub())
        return attach_error("is-a-hub", format("{} is a hub, which no guest is given", meant.path.text()));
    return device;
}

/// The node as it is to be held. `nodes`: null where it cannot be opened; the device is given as it is then, and so is one that
/// needs nothing done to it.
Result<Node> prepare(const KernelTree& tree, UsbNodes* nodes, const Node& held, const HostDevice& meant)
{
    auto device = device_to_give(tree, meant);
    if (!device) return std::unexpected(std::move(device.error()));
    if (nodes == nullptr && !held) return Node();
    auto node = node_of(nodes, held, meant);
    if (!node && (*device)->is_configured) return Node();
    if (!node) return node;
    if (auto configured = configure(**node, **device); !configured)
        return std::unexpected(std::move(configured.error()));
    return node;
}

Result<linux_::UniqueFd> open_to_give(const KernelTree& tree, UsbNodes* nodes, const HostDevice& meant)
{
    auto device = device_to_give(tree, meant);
    if (!device) return std::unexpected(std::move(device.error()));
    // Never a held one: it is the other side's from now on.
    auto node = node_of(nodes, nullptr, meant);
    if (!node) return std::unexpected(std::move(node.error()));
    if (auto configured = configure(**node, **device); !configured)
        return std::unexpected(std::move(configured.error()));
    return (*node)->give_away();
}

Result<void> bring_home(const KernelTree& tree, UsbNodes* nodes, const Node& held, const HostDevice& meant)
{
    auto device = meant_device(tree, meant);
    if (!device) return {}; // nothing is left to bring home
    auto node = node_of(nodes, held, meant);
    if (!node) return std::unexpected(std::move(node.error()));
    // The host's drivers take what is configured where no port is claimed.
    if (!(*device)->is_configured) return configure(**node, **device);
    for (const auto& interface : (*device)->interfaces) {
        if (!interface.driver.empty()) continue;
        if (auto given = (*node)->give_back(interface.number);
            !given && given.error().code() != "no-such-interface")
            return std::unexpected(std::move(given.error()));
    }
    return {};
}

Result<void> park(const KernelTree& tree, UsbNodes* nodes, const Node& held, const HostDevice& meant)
{
    auto device = meant_device(tree, meant);
    if (!device) return {};
    auto node = node_of(nodes, held, meant);
    if (!node) return std::unexpected(std::move(node.error()));
    for (const auto& interface : (*device)->interfaces)
        if (auto taken = (*node)->take_away(interface.number);
            !taken && taken.error().code() != "no-such-interface")
            return taken;
    return {};
}

} // namespace

AttachBackend::AttachBackend(Parts parts)
    : parts_(std::move(parts)),
      deadline_(parts_.loop.timer([this] {
          finish(turn_, std::unexpected(Error(ErrorKind::timed_out,
                                              "the kernel or QEMU has not let go of the device in time")
                                            .with_code("device-locked")));
      })),
      look_again_(parts_.loop.timer([this] {
          if (auto waiting = std::exchange(letting_go_, std::nullopt))
              look_whether_let_go(std::move(*waiting));
      }))
{}

void AttachBackend::look(Seen seen) { seen(plan::Reading{.devices = seen_now()}); }

attach::Seen AttachBackend::seen_now() const
{
    auto seen = parts_.seen();
    for (const auto& [path, device] : fresh_) {
        const auto old = std::ranges::find_if(
            seen.devices, [&](const attach::SeenDevice& one) { return one.device.path == path; });
        if (old != seen.devices.end() && device != nullptr) *old = attach::seen(*device);
        if (old != seen.devices.end() && device == nullptr) seen.devices.erase(old);
    }
    return seen;
}

void AttachBackend::act(const plan::Action& action, Seen seen)
{
    seen_ = std::move(seen);
    node_.reset();
    letting_go_.reset();
    const auto turn = ++turn_;
    deadline_.start(longest_action);
    const auto done = [this, alive = std::weak_ptr(alive_), turn](Result<void> result) {
        if (!alive.expired()) finish(turn, std::move(result));
    };
    std::visit([&](const auto& one) { carry_out(one, done); }, action);
}

/// Whoever is told may destroy this.
void AttachBackend::finish(std::uint64_t turn, Result<void> result)
{
    if (turn != turn_ || !seen_) return;
    deadline_.stop();
    const auto seen = std::exchange(seen_, nullptr);
    const auto node = std::exchange(node_, std::nullopt);
    if (!result && node && result.error().code() == "node-not-permitted" &&
        parts_.shut(*node, result.error()))
        return seen(
            std::unexpected(std::move(result.error()).with_code(std::string(apply::code_of_a_stale_plan))));
    if (!result) return seen(std::unexpected(std::move(result.error())));
    seen(plan::Reading{.devices = seen_now()});
}

void AttachBackend::carry_out(const ClaimPort& action, Done done)
{
    const auto hub = hub_of(action.port);
    const auto seen = seen_now();
    const auto* device = seen.device_at(hub);
    if (!hub.is_root_hub() && device == nullptr)
        return done(attach_error("device-gone", format("the hub at {} is gone", hub.text())));
    constexpr std::uint8_t number_of_a_root_hub = 1;
    node_ = {.path = hub, .number = hub.is_root_hub() ? number_of_a_root_hub : device->device.number};
    parts_.ports.claim(action.port, node_->number, std::move(done));
}

void AttachBackend::carry_out(const ReleasePort& action, Done done)
{
    parts_.ports.release(action.port, std::move(done));
}

/// On the worker; then the device is read again.
void AttachBackend::on_device(const HostDevice& device,
                              Result<void> (*work)(const KernelTree&, UsbNodes*, const Node& held,
                                                   const HostDevice&),
                              Done done)
{
    node_ = device;
    on_worker<void>(
        parts_.loop,
        [&tree = parts_.tree, nodes = parts_.nodes, held = parts_.held.of(device), device, work] {
            return work(tree, nodes, held, device);
        },
        [this, alive = std::weak_ptr(alive_), device, done = std::move(done)](Result<void> worked) {
            if (alive.expired()) return;
            if (!worked) return done(std::move(worked));
            read_again(device, done);
        });
}

void AttachBackend::carry_out(const WakeHub& action, Done done)
{
    on_device(action.hub, wake, std::move(done));
}

void AttachBackend::carry_out(const attach::Park& action, Done done)
{
    on_device(action.device, park, std::move(done));
}

void AttachBackend::carry_out(const BringHome& action, Done done)
{
    parts_.offered(action.device);
    on_device(action.device, bring_home, std::move(done));
}

void AttachBackend::carry_out(const Give& action, Done done)
{
    parts_.to_be_given(action.device);
    switch (action.way) {
    case attach::Way::descriptor: return give_by_descriptor(action, std::move(done));
    case attach::Way::by_place: return hand_over(action, {}, std::move(done));
    case attach::Way::by_libvirt: return give_by_libvirt(action, std::move(done));
    }
}

void AttachBackend::give_by_descriptor(const Give& action, Done done)
{
    using OpenFile = std::shared_ptr<linux_::UniqueFd>;
    node_ = action.device;
    on_worker<OpenFile>(
        parts_.loop,
        [&tree = parts_.tree, nodes = parts_.nodes, device = action.device]() -> Result<OpenFile> {
            auto node = open_to_give(tree, nodes, device);
            if (!node) return std::unexpected(std::move(node.error()));
            return std::make_shared<linux_::UniqueFd>(std::move(*node));
        },
        [this, alive = std::weak_ptr(alive_), action, done = std::move(done)](Result<OpenFile> node) {
            if (alive.expired()) return;
            if (!node) return done(std::unexpected(std::move(node.error())));
            hand_over(action, std::move(**node), done);
        });
}

/// libvirt goes by bus and number, so the device is read once more before. What has come into a claimed port has no
/// configuration, and QEMU sets none where a device has only one: a guest would have a device that does nothing. So it gets one
/// here, where its node can be opened. (Seen with usb-host of QEMU 7.2 and 10.0; libvirt 9.0 does not mind either way, for it looks
/// for the device in sysfs by bus and number.) The node is held, for when the domain has ended.
void AttachBackend::give_by_libvirt(const Give& action, Done done)
{
    auto* nodes =
        parts_.seen().ways.at(action.device.path) == attach::Way::descriptor ? parts_.nodes : nullptr;
    if (nodes != nullptr) node_ = action.device;
    on_worker<Node>(
        parts_.loop,
        [&tree = parts_.tree, nodes, held = parts_.held.of(action.device), device = action.device] {
            return prepare(tree, nodes, held, device);
        },
        [this, alive = std::weak_ptr(alive_), action, done = std::move(done)](Result<Node> prepared) {
            if (alive.expired()) return;
            if (!prepared) return done(std::unexpected(std::move(prepared.error())));
            parts_.held.hold(action.device, std::move(*prepared));
            hand_over(action, {}, done);
        });
}

void AttachBackend::hand_over(const Give& action, linux_::UniqueFd node, Done done)
{
    const auto guest = parts_.guest(action.guest);
    if (!guest) return done(is_away(action.guest));
    guest->access->give(action, std::move(node),
                        [this, alive = std::weak_ptr(alive_), action,
                         done = std::move(done)](Result<GuestAccess::Took> took) {
                            if (!alive.expired()) given(action, std::move(took), done);
                        });
}

/// What QEMU has taken over is read again: its word alone is no evidence.
void AttachBackend::given(const Give& action, Result<GuestAccess::Took> took, Done done)
{
    if (!took) return done(std::unexpected(std::move(took.error())));
    look_at_guest(action.guest, [this, action, done = std::move(done)](Result<void> looked) {
        if (!looked) return done(std::move(looked));
        const auto seen = seen_now();
        const auto* guest = seen.guest(action.guest);
        if (guest == nullptr || !guest->usb || guest->usb->find(action.object()) == nullptr)
            return done(
                attach_error("odd-answer", format("{}'s QEMU says that it took {}, and does not have it",
                                                  action.guest.text(), action.object().text())));
        read_again(action.device, done);
    });
}

void AttachBackend::carry_out(const Take& action, Done done)
{
    const auto guest = parts_.guest(action.guest);
    if (!guest && is_silent(action.guest)) return done(is_away(action.guest));
    if (!guest) return wait_until_let_go(action, is_away(action.guest).error(), std::move(done));
    const auto meant = attach::meant_by(action.object.text());
    guest->access->take(action.object, [this, alive = std::weak_ptr(alive_), action, meant,
                                        done = std::move(done)](Result<void> removed) {
        if (alive.expired()) return;
        if (!removed && has_hung_up(removed.error()) && !is_silent(action.guest))
            return wait_until_let_go(action, std::move(removed.error()), done);
        if (!removed) return done(std::move(removed));
        look_at_guest(action.guest, [this, action, meant, done](Result<void> looked) {
            if (!looked && has_hung_up(looked.error()) && !is_silent(action.guest))
                return wait_until_let_go(action, std::move(looked.error()), done);
            if (!looked) return done(std::move(looked));
            const auto seen = seen_now();
            const auto* again = seen.guest(action.guest);
            if (again != nullptr && again->usb && again->usb->find(action.object) != nullptr)
                return done(attach_error("guest-keeps-object",
                                         format("{}'s QEMU says that {} is gone, and still has it",
                                                action.guest.text(), action.object.text())));
            const auto* device = meant ? seen.device_at(meant->path) : nullptr;
            if (device == nullptr) return done({});
            read_again(device->device, done);
        });
    });
}

/// libvirt cannot be asked, which tells nothing of the guest: it may have what it had.
bool AttachBackend::is_silent(const GuestName& name) const
{
    const auto seen = seen_now();
    const auto* guest = seen.guest(name);
    return guest != nullptr && guest->silence && guest->silence->code != "no-domain";
}

/// QEMU has ended, and its objects with it, or it has hung up. A process that ends closes its monitor before its nodes, and usbfs tells nobody.
void AttachBackend::wait_until_let_go(const Take& action, Error why, Done done)
{
    const auto meant = attach::meant_by(action.object.text());
    if (!meant) return done({});
    look_whether_let_go({.device = *meant,
                         .why = std::move(why),
                         .until = parts_.loop.now() + longest_letting_go,
                         .done = std::move(done)});
}

void AttachBackend::look_whether_let_go(LettingGo waiting)
{
    const HostDevice place{.path = waiting.device.path, .number = 0};
    read_again(place, [this, waiting = std::move(waiting)](Result<void>) mutable {
        const auto& device = fresh_.at(waiting.device.path);
        // Another one in its place is no business of the guest's that had the former.
        const bool is_it =
            device != nullptr && device->number == waiting.device.number.value_or(device->number);
        if (!is_it || attach::seen(*device).with_program == 0) return waiting.done({});
        if (parts_.loop.now() >= waiting.until) return waiting.done(std::unexpected(std::move(waiting.why)));
        letting_go_ = std::move(waiting);
        look_again_.start(between_looks);
    });
}

/// QEMU's answer alone is no evidence, as with a device.
void AttachBackend::carry_out(const attach::AddController& action, Done done)
{
    const auto guest = parts_.guest(action.guest);
    if (!guest) return done(is_away(action.guest));
    guest->access->add_controller(
        action, [this, alive = std::weak_ptr(alive_), action, done = std::move(done)](Result<void> added) {
            if (alive.expired()) return;
            if (added) return look_at_guest(action.guest, done);
            if (added.error().kind() != ErrorKind::unreachable)
                parts_.refused(action.guest, action.root_port);
            done(std::move(added));
        });
}

/// A plan of several means has a backend for each.
template <class Other> void AttachBackend::carry_out(const Other& /*action*/, const Done& done)
{
    done(attach_error("not-attach", "this is done by another means"));
}

void AttachBackend::look_at_guest(const GuestName& name, Done done)
{
    const auto guest = parts_.guest(name);
    if (!guest) return done(is_away(name));
    guest->look_again([alive = std::weak_ptr(alive_), done = std::move(done)](Result<void> looked) {
        if (!alive.expired()) done(std::move(looked));
    });
}

void AttachBackend::read_again(const HostDevice& device, Done done)
{
    on_worker<SharedDevice>(
        parts_.loop,
        [&tree = parts_.tree, path = device.path]() -> Result<SharedDevice> { return device_in(tree, path); },
        [this, alive = std::weak_ptr(alive_), path = device.path,
         done = std::move(done)](Result<SharedDevice> read) {
            if (alive.expired()) return;
            fresh_[path] = std::move(*read);
            done({});
        });
}

} // namespace usbroute::vmm
