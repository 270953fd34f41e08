// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/udev_hints.hpp"

#include <libudev.h>

#include <cerrno>
#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// A dock that is plugged in sends some hundred messages of about a kilobyte at once.
constexpr int receive_buffer_bytes = 4 * 1024 * 1024;
/// With more places than this, a whole scan is the smaller work.
constexpr std::size_t most_paths = 1024;

/// "udev" speaks after its rules have run, so that its database is complete; without a daemon it is silent.
const char* speaking_group() { return ::access("/run/udev/control", F_OK) == 0 ? "udev" : "kernel"; }

bool is_plug(udev_device& device)
{
    const auto is = [](const char* text, std::string_view meant) { return text != nullptr && text == meant; };
    const char* action = udev_device_get_action(&device);
    return is(udev_device_get_devtype(&device), "usb_device") && (is(action, "add") || is(action, "remove"));
}

} // namespace

struct UdevHints::State {
    template <auto release> struct Releaser {
        template <class Object> void operator()(Object* object) const { release(object); }
    };
    using Udev = std::unique_ptr<udev, Releaser<udev_unref>>;
    using Monitor = std::unique_ptr<udev_monitor, Releaser<udev_monitor_unref>>;
    using Device = std::unique_ptr<udev_device, Releaser<udev_device_unref>>;

    Udev context;
    Monitor monitor;
};

UdevHints::UdevHints(std::unique_ptr<State> state) : state_(std::move(state)) {}
UdevHints::~UdevHints() = default;

Result<std::unique_ptr<UdevHints>> UdevHints::create()
{
    const auto no = [](const char* what) { return failure(what, errno); };
    auto state = std::make_unique<State>();
    errno = ENOSYS;
    state->context.reset(udev_new());
    if (!state->context) return no("cannot use libudev");
    state->monitor.reset(udev_monitor_new_from_netlink(state->context.get(), speaking_group()));
    if (!state->monitor) return no("cannot listen to udev");
    auto* monitor = state->monitor.get();
    for (const char* subsystem : {"usb", "block", "pci"})
        if (udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystem, nullptr) < 0)
            return no("cannot filter the events of udev");
    // Fails without CAP_NET_ADMIN; then a large burst may be lost, which is noticed.
    udev_monitor_set_receive_buffer_size(monitor, receive_buffer_bytes);
    if (udev_monitor_enable_receiving(monitor) < 0) return no("cannot receive events from udev");
    return std::unique_ptr<UdevHints>(new UdevHints(std::move(state)));
}

int UdevHints::fd() const { return udev_monitor_get_fd(state_->monitor.get()); }

observe::Hints UdevHints::drain()
{
    observe::Hints hints;
    for (;;) {
        errno = 0;
        const State::Device device(udev_monitor_receive_device(state_->monitor.get()));
        if (!device) {
            // ENOBUFS is reported once, and then come the messages that were not lost.
            if (errno == ENOBUFS)
                hints.everything = true;
            else if (errno != EINTR)
                return hints;
            continue;
        }
        if (hints.paths.size() == most_paths) hints.everything = true;
        if (hints.everything) continue;
        hints.plugs = hints.plugs || is_plug(*device);
        if (const auto number = udev_device_get_seqnum(device.get()); number != 0)
            hints.numbers.push_back(number);
        std::string_view path(udev_device_get_syspath(device.get()));
        path.remove_prefix(path.starts_with('/') ? 1 : 0);
        hints.paths.emplace_back(path);
    }
}

} // namespace usbroute::linux_
