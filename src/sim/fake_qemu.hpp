// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/unique_fd.hpp"
#include "sim/json_qmp.hpp"
#include "sim/qmp_input.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::sim {

/// A USB device of the host, as libusb lists it.
struct HostUsbDevice {
    std::uint16_t bus = 0;
    std::uint8_t address = 0;      ///< devnum
    std::string port;              ///< "3.1"; empty for a root hub
    std::uint8_t device_class = 0; ///< 9: a hub
    std::uint16_t vendor = 0;
    std::uint16_t product = 0;
    [[nodiscard]] std::string node() const; ///< "/dev/bus/usb/003/004"
};

/// What libusb is to QEMU. Handles are those that `open` has given.
class UsbHost {
public:
    virtual ~UsbHost() = default;
    [[nodiscard]] virtual std::vector<HostUsbDevice> list() = 0;
    /// A handle, or an errno.
    [[nodiscard]] virtual std::expected<int, int> open(const std::string& node) = 0;
    /// The node that a descriptor is of, while its device is there; else empty.
    [[nodiscard]] virtual std::string node_of(int descriptor) = 0;
    /// Takes each interface from its driver and claims it, as for a guest that configures the device.
    virtual void take(int handle) = 0;
    [[nodiscard]] virtual bool is_there(int handle) = 0;
    /// Asks the host's drivers back, and closes it.
    virtual void give_back(int handle) = 0;
};

/// The part of QEMU 7.2 that gives USB devices of the host to a guest, behind its QMP monitor. The guest runs, has an xHCI
/// `xhci` with 15 ports of both kinds and two empty PCI Express root ports, `rp1` and `rp2`; it takes what it is given at once
/// and talks to nothing: so QEMU does not learn of an unplug but by its own look.
///
/// The words are those of QEMU 7.2.22; tests/system/qemu_dialogue.py holds them against the real one.
class FakeQemu {
public:
    using Moment = std::chrono::steady_clock::time_point;
    /// The time of day, for events.
    using TimeOfDay = std::function<std::chrono::microseconds()>;

    FakeQemu(UsbHost& host, std::string name, TimeOfDay time)
        : host_(host), name_(std::move(name)), time_(std::move(time))
    {}

    /// Which driver of the host has a function of PCI, by its address. Without it a guest is given any.
    using DriverOf = std::function<std::string(const std::string& function)>;
    void know_drivers(DriverOf driver_of) { driver_of_ = std::move(driver_of); }

    /// The guest answers to no hot-unplug any more: its system hangs.
    void hang() { answers_ = false; }
    /// As by the reset button: what it was asked to let go of goes.
    void reset(Moment now);

    /// A client has come: what it is greeted with. It has to negotiate anew, and what others had passed is closed.
    [[nodiscard]] std::string greet();
    /// A descriptor that has come with what is fed next.
    void pass(linux_::UniqueFd descriptor);
    /// What a client has sent; gives answers and events in their order, a line each.
    [[nodiscard]] std::string feed(std::string_view bytes, Moment now);
    /// What is due: the look for devices, and objects whose deletion has ended.
    [[nodiscard]] std::string advance(Moment now);
    [[nodiscard]] std::optional<Moment> next_due() const;
    /// As a signal ends QEMU: everything is given back. The event that is sent before.
    [[nodiscard]] std::string end(std::string_view reason);
    [[nodiscard]] bool has_quit() const { return has_quit_; }

private:
    /// A `usb-host`.
    struct Object {
        std::string id;   ///< "front-1"; without a name of its own "device[0]"
        std::string path; ///< "/machine/peripheral/front-1"
        std::string bus;
        std::string port;
        std::int64_t hostbus = 0;
        std::int64_t hostaddr = 0;
        std::int64_t vendor = 0;
        std::int64_t product = 0;
        std::string hostport;
        std::string hostdevice;
        std::map<std::string, bool> flags; ///< guest-reset and the like
        std::optional<int> handle;         ///< open
        int failures = 0;                  ///< of opening it, since it was last absent
        bool is_seen = false;
        [[nodiscard]] bool is_filter() const;
        [[nodiscard]] bool matches(const HostUsbDevice& device) const;
    };
    struct Controller {
        std::string id;
        std::string place; ///< the root port
        unsigned usb2_ports = 4;
        unsigned superspeed_ports = 4;
        std::optional<Moment> leaves; ///< has been asked to, and will have gone then
        [[nodiscard]] unsigned ports() const { return std::max(usb2_ports, superspeed_ports); }
    };
    /// A `vfio-pci`.
    struct Function {
        std::string id;
        std::string host; ///< "0000:00:1d.0"
        std::string place;
        bool is_asked = false; ///< to go
        std::optional<Moment> leaves;
    };
    struct Leaving {
        std::string id;
        std::string path;
        Moment when;
    };
    struct PassedFile {
        std::int64_t set = 0;
        std::string opaque;
        linux_::UniqueFd fd;
    };
    using Arguments = std::map<std::string, QmpValue>;
    struct Failure {
        std::string words;
        std::string kind = "GenericError";
    };
    using Answer = std::expected<std::string, Failure>; ///< JSON

    [[nodiscard]] std::string execute(const QmpCommand& command, Moment now);
    [[nodiscard]] Answer run(const QmpCommand& command, Moment now);
    [[nodiscard]] Answer negotiate();
    [[nodiscard]] Answer list_objects(const Arguments& arguments) const;
    [[nodiscard]] Answer get_property(const Arguments& arguments) const;
    [[nodiscard]] std::optional<std::vector<std::string>> rows_of_board(std::string_view path) const;
    [[nodiscard]] std::optional<std::string> property_of_board(std::string_view path,
                                                               std::string_view name) const;
    [[nodiscard]] std::vector<const Object*> on_bus(std::string_view bus) const;
    [[nodiscard]] Answer add_fd(const Arguments& arguments);
    [[nodiscard]] Answer remove_fd(const Arguments& arguments);
    [[nodiscard]] Answer list_fds() const;
    [[nodiscard]] Answer add_device(const Arguments& arguments, Moment now);
    [[nodiscard]] Answer add_usb_host(const Arguments& arguments);
    [[nodiscard]] Answer add_controller(const Arguments& arguments);
    [[nodiscard]] Answer add_function(const Arguments& arguments);
    [[nodiscard]] Answer remove_function(Function& function, Moment now) const;
    [[nodiscard]] std::optional<std::vector<std::string>> rows_of_function(std::string_view path) const;
    [[nodiscard]] std::optional<std::string> property_of_function(std::string_view path,
                                                                  std::string_view name) const;
    void let_functions_go(Moment now);
    [[nodiscard]] bool is_occupied(std::string_view root_port) const;
    [[nodiscard]] Answer remove_device(const Arguments& arguments, Moment now);
    [[nodiscard]] Answer set_running(bool runs, Moment now);
    [[nodiscard]] Answer quit();

    [[nodiscard]] std::expected<void, Failure> read_properties(Object& object,
                                                               const Arguments& arguments) const;
    [[nodiscard]] std::expected<void, Failure> choose_port(Object& object) const;
    [[nodiscard]] std::expected<void, Failure> open_once(Object& object);
    [[nodiscard]] bool is_id_used(std::string_view id) const;
    [[nodiscard]] const Object* object_at(std::string_view path) const;
    [[nodiscard]] std::string property_of(const Object& object, std::string_view name) const;
    void close(Object& object);
    void remove_object(const Object& object, Moment now);
    void look();
    void say(std::string_view event, const std::string& data = {});

    UsbHost& host_;
    std::string name_;
    TimeOfDay time_;
    DriverOf driver_of_;
    QmpInput input_;
    bool has_negotiated_ = false;
    bool runs_ = true;
    bool answers_ = true; ///< the guest's system, to a hot-unplug
    bool has_quit_ = false;
    std::string events_; ///< to be sent before the next answer
    std::vector<Object> objects_;
    std::vector<Controller> controllers_{
        {.id = "xhci", .place = "pcie.0", .usb2_ports = 15, .superspeed_ports = 15, .leaves = {}}};
    std::vector<Function> functions_;
    std::vector<Leaving> leaving_; ///< whose ids cannot be used yet
    std::deque<linux_::UniqueFd> passed_;
    std::vector<PassedFile> files_;
    std::optional<Moment> next_look_;
    unsigned next_anonymous_ = 0;
};

} // namespace usbroute::sim
