// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/format.hpp"
#include "linux/usb_node.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <fcntl.h>

namespace usbroute::fakes {

/// A kernel's usbfs in memory, with one interface a device: ports that are claimed, what is plugged into them then, and who
/// has its interface. Whatever was done is in `log`.
class FakeUsbNodes final : public linux_::UsbNodes {
public:
    struct Device {
        std::uint8_t number = 1;
        std::uint8_t ports = 0; ///< 0: no hub
        bool is_configured = true;
        std::string driver; ///< of its interface; empty: none
        std::map<std::uint8_t, const void*> claims;
    };

    /// A root hub.
    void add_bus(std::uint16_t bus, std::uint8_t ports)
    {
        devices[topology::PortPath(bus, {})] = {.number = 1, .ports = ports, .driver = "hub", .claims = {}};
    }
    void plug(const topology::PortPath& place, std::string_view driver)
    {
        Device device{.number = ++last_number_, .driver = std::string(driver), .claims = {}};
        if (is_claimed(place)) {
            device.is_configured = false;
            device.driver.clear();
        }
        native_[place] = driver;
        devices[place] = std::move(device);
    }
    void unplug(const topology::PortPath& place) { devices.erase(place); }

    [[nodiscard]] Result<std::unique_ptr<linux_::UsbNode>> open(const linux_::MeantDevice& meant) override
    {
        if (denies_all) return refusal("node-not-permitted", "no right");
        const auto found = devices.find(meant.place);
        if (found == devices.end()) return refusal("device-gone", "it is gone");
        if (found->second.number != meant.number) return refusal("device-gone", "it is gone");
        return std::make_unique<Node>(*this, meant.place, meant.number);
    }

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
            return {};
        }
        linux_::UniqueFd give_away() override
        {
            return linux_::UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
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
    [[nodiscard]] bool is_claimed(const topology::PortPath& place) const
    {
        auto above = place.ports();
        if (above.empty()) return false;
        const auto port = above.back();
        above.pop_back();
        const auto hub = devices.find(topology::PortPath(place.bus(), above));
        return hub != devices.end() && hub->second.claims.contains(port);
    }

    std::map<topology::PortPath, std::string> native_; ///< the host's driver for what is there
    std::uint8_t last_number_ = 1;
};

} // namespace usbroute::fakes
