// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/host_device.hpp"
#include "base/check.hpp"
#include "base/format.hpp"
#include "linux/usb_node.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace usbroute::fakes {

/// A kernel's usbfs in memory, with one interface a device: ports that are claimed, what is plugged into them then, and who
/// has its interface. Whatever was done is in `log`.
class FakeUsbNodes final : public linux_::UsbNodes {
public:
    struct Device {
        std::uint8_t number = 1;
        std::uint8_t ports = 0; ///< 0: no hub
        bool is_configured = true;
        std::string driver;               ///< of its interface; empty: none
        std::string ids = "46d/c31c/100"; ///< as `uevent` has them
        std::map<std::uint8_t, const void*> claims;
    };

    /// A root hub.
    void add_bus(std::uint16_t bus, std::uint8_t ports)
    {
        devices[topology::PortPath(bus, {})] = {.number = 1, .ports = ports, .driver = "hub", .claims = {}};
    }
    void plug(const topology::PortPath& place, std::string_view driver, std::string ids = "46d/c31c/100")
    {
        unplug(place);
        Device device{
            .number = ++last_number_, .driver = std::string(driver), .ids = std::move(ids), .claims = {}};
        if (is_claimed(place)) {
            device.is_configured = false;
            device.driver.clear();
        }
        native_[place] = driver;
        devices[place] = std::move(device);
        tell(Told::plug, place);
    }
    void plug_hub(const topology::PortPath& place, std::uint8_t ports)
    {
        plug(place, "hub");
        devices.at(place).ports = ports;
    }
    /// With what is behind it.
    void unplug(const topology::PortPath& place)
    {
        if (std::erase_if(devices, [&](const auto& one) { return place.contains(one.first); }) > 0)
            tell(Told::plug, place);
    }

    /// Whose node an open file is that somebody was handed.
    [[nodiscard]] static std::optional<attach::HostDevice> device_of(int file)
    {
        std::array<char, 64> bytes;
        const auto got = ::pread(file, bytes.data(), bytes.size(), 0);
        const auto meant = attach::meant_by({bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0});
        if (!meant || !meant->number) return std::nullopt;
        return attach::HostDevice{.path = meant->path, .number = *meant->number};
    }
    /// As libusb does it: the driver is taken from the interface, which is claimed then. False: it is gone, has no configuration,
    /// or another program has it.
    bool take_by_program(const attach::HostDevice& meant)
    {
        auto* device = find(meant);
        if (device == nullptr || !device->is_configured || device->driver == "usbfs") return false;
        const bool had_driver = !std::exchange(device->driver, "usbfs").empty();
        if (had_driver) tell(Told::driver, meant.path);
        return true;
    }
    /// In order: the host's driver has it again, unless its port is claimed. A program that was killed gives nothing back.
    void let_go_by_program(const attach::HostDevice& meant, bool in_order)
    {
        auto* device = find(meant);
        if (device == nullptr || device->driver != "usbfs") return;
        device->driver.clear();
        if (!in_order || is_claimed(meant.path)) return;
        device->driver = native_[meant.path];
        tell(Told::driver, meant.path);
    }
    /// A resume: the host's drivers take what programs had, where no port is claimed.
    void sleep()
    {
        for (auto& [place, device] : devices)
            if (device.driver == "usbfs") device.driver = is_claimed(place) ? "" : native_[place];
    }
    [[nodiscard]] bool is_claimed(const topology::PortPath& place) const
    {
        auto above = place.ports();
        if (above.empty()) return false;
        const auto port = above.back();
        above.pop_back();
        const auto hub = devices.find(topology::PortPath(place.bus(), above));
        return hub != devices.end() && hub->second.claims.contains(port);
    }

    [[nodiscard]] Result<std::unique_ptr<linux_::UsbNode>> open(const linux_::MeantDevice& meant) override
    {
        if (denies_all) return refusal("node-not-permitted", "no right");
        const auto found = devices.find(meant.place);
        if (found == devices.end()) return refusal("device-gone", "it is gone");
        if (found->second.number != meant.number) return refusal("device-gone", "it is gone");
        return std::make_unique<Node>(*this, meant.place, meant.number);
    }

    /// What the kernel tells everybody of. Of usbfs, which takes an interface or lets go of it, it tells nothing.
    enum class Told : std::uint8_t { plug, driver };
    std::function<void(Told, const topology::PortPath& where)> told; ///< may be empty

    std::map<topology::PortPath, Device> devices;
    bool denies_all = false;
    std::string log;

private:
    class Node final : public linux_::UsbNode {
    public:
        Node(FakeUsbNodes& kernel, topology::PortPath place, std::uint8_t number)
            : kernel_(kernel), place_(std::move(place)), number_(number)
        {}
        ~Node() override
        {
            if (auto* device = is_there())
                std::erase_if(device->claims, [this](const auto& claim) { return claim.second == this; });
        }
        Node(const Node&) = delete;
        Node& operator=(const Node&) = delete;

        Result<void> claim_port(std::uint8_t port) override
        {
            auto* hub = is_there();
            if (hub == nullptr) return refusal("device-gone", "it is gone");
            if (port == 0 || port > hub->ports) return refusal("no-such-port", "no such port");
            if (hub->claims.contains(port)) return refusal("port-claimed", "it is claimed");
            hub->claims.emplace(port, this);
            kernel_.note("claim", place_, port);
            return {};
        }
        Result<void> release_port(std::uint8_t port) override
        {
            auto* hub = is_there();
            if (hub == nullptr) return refusal("device-gone", "it is gone");
            if (port == 0 || port > hub->ports) return refusal("no-such-port", "no such port");
            const auto claim = hub->claims.find(port);
            if (claim == hub->claims.end() || claim->second != this)
                return refusal("port-not-claimed", "it is not claimed from here");
            hub->claims.erase(claim);
            kernel_.note("release", place_, port);
            return {};
        }
        Result<void> set_configuration(std::uint8_t value) override
        {
            auto* device = is_there();
            if (device == nullptr) return refusal("device-gone", "it is gone");
            if (!device->driver.empty()) return refusal("interface-in-use", "it is in use");
            if (value > 1) return refusal("configuration-refused", "no such configuration");
            const bool is_new = !device->is_configured;
            device->is_configured = value == 1;
            if (is_new && value == 1 && !kernel_.is_claimed(place_)) device->driver = kernel_.native_[place_];
            kernel_.note("configure", place_, value);
            kernel_.tell(Told::driver, place_);
            return {};
        }
        Result<linux_::GivenBack> give_back(std::uint8_t interface_number) override
        {
            auto* device = is_there();
            if (device == nullptr) return refusal("device-gone", "it is gone");
            if (!device->is_configured) return refusal("not-configured", "it has no configuration");
            if (interface_number != 0) return refusal("no-such-interface", "no such interface");
            if (!device->driver.empty()) return linux_::GivenBack::had_one_already;
            kernel_.note("give back", place_, interface_number);
            if (kernel_.is_claimed(place_)) return linux_::GivenBack::without_driver;
            device->driver = kernel_.native_[place_];
            kernel_.tell(Told::driver, place_);
            return device->driver.empty() ? linux_::GivenBack::without_driver : linux_::GivenBack::bound;
        }
        Result<void> take_away(std::uint8_t interface_number) override
        {
            auto* device = is_there();
            if (device == nullptr) return refusal("device-gone", "it is gone");
            if (!device->is_configured) return {};
            if (interface_number != 0) return refusal("no-such-interface", "no such interface");
            kernel_.note("take away", place_, interface_number);
            device->driver.clear();
            kernel_.tell(Told::driver, place_);
            return {};
        }
        linux_::UniqueFd give_away() override
        {
            linux_::UniqueFd file(::memfd_create("node", MFD_CLOEXEC));
            const auto text = attach::object_for({.path = place_, .number = number_}).text();
            USBROUTE_CHECK(::write(file.get(), text.data(), text.size()) == std::ssize(text));
            return file;
        }

    private:
        [[nodiscard]] Device* is_there() const
        {
            const auto found = kernel_.devices.find(place_);
            return found == kernel_.devices.end() || found->second.number != number_ ? nullptr
                                                                                     : &found->second;
        }

        FakeUsbNodes& kernel_;
        topology::PortPath place_;
        std::uint8_t number_;
    };

    [[nodiscard]] static std::unexpected<Error> refusal(const char* code, const char* words)
    {
        return std::unexpected(Error(ErrorKind::failed, words).with_code(code));
    }
    void note(std::string_view done, const topology::PortPath& place, unsigned number)
    {
        log += format("{} {} {}\n", done, place.text(), number);
    }
    [[nodiscard]] Device* find(const attach::HostDevice& meant)
    {
        const auto found = devices.find(meant.path);
        return found == devices.end() || found->second.number != meant.number ? nullptr : &found->second;
    }
    void tell(Told what, const topology::PortPath& where) const
    {
        if (told) told(what, where);
    }

    std::map<topology::PortPath, std::string> native_; ///< the host's driver for what is there
    std::uint8_t last_number_ = 1;
};

} // namespace usbroute::fakes
