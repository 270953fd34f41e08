// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "fakes/scripted_monitor.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace usbroute::fakes {

/// As much of a QEMU 7.2 as usbroute asks for, with its words. tests/unit/vmm/contract_test.cpp holds it to the real one.
class FakeQemu {
public:
    explicit FakeQemu(const std::string& path) : monitor(path) {}

    void add_root_port(const std::string& id) { root_ports_[id]; }
    void add_controller(const std::string& id, unsigned ports) { controllers_[id].ports = ports; }
    /// Without a port QEMU takes the first one.
    void add_device(const std::string& id, const std::string& type, const std::string& controller,
                    const std::string& port);

    /// Answers what has been asked, and takes who connects. False: there was nothing to do, or it hangs.
    bool serve();
    /// It hangs no longer, and says what it had to say.
    void go_on();
    /// Says DEVICE_DELETED of what was deleted, unless it is held back.
    void let_go();
    /// As by the reset button: what was asked to go has gone.
    void reset_machine()
    {
        forget_unplugged();
        let_go();
    }
    /// How many sets hold a file that was passed.
    [[nodiscard]] std::size_t sets() const { return sets_.size(); }
    /// Its usb-host objects.
    [[nodiscard]] std::vector<std::string> host_objects() const;

    /// Whether a vfio-pci object has that function of the host's, "0000:04:00.0".
    [[nodiscard]] bool has_function(const std::string& host) const
    {
        return std::ranges::any_of(functions_, [&](const auto& one) { return one.second == host; });
    }

    ScriptedMonitor monitor;
    bool is_running = false;
    bool guest_answers =
        true; ///< to a hot-unplug of what is on a root port; else it stays until the machine is reset
    std::string stands = "prelaunch"; ///< why it does not run, in QEMU's word
    /// As somebody else has it: "paused" or "suspended"; QEMU tells of it.
    void stops(const std::string& why);
    bool holds_back = false;       ///< no DEVICE_DELETED by itself
    bool tells_before = false;     ///< DEVICE_DELETED comes before the answer to device_del
    std::set<std::string> hosted;  ///< "3:1": a bus and port of the host where a device is
    std::vector<std::string> seen; ///< names of the commands
    std::string hangs_at;          ///< carries out this command, once, and hangs before it answers
    bool hangs = false;            ///< reads nothing, says nothing
    /// Whether the host lets an object have the device whose node it was handed; empty: what `hosted` says.
    std::function<bool(const std::string& id, int file)> opens;
    /// An object is about to be gone, and lets go of its device. May be empty.
    std::function<void(const std::string& id)> closes;

private:
    using Json = nlohmann::json;
    struct Device {
        std::string type;
        std::string controller;
        std::string port;
        Json asked = Json::object(); ///< arguments of device_add
        bool is_attached = true;
    };
    struct Controller {
        unsigned ports = 0;
    };

    void answer_all();
    void answer(const Json& command);
    [[nodiscard]] Json carry_out(const std::string& name, const Json& arguments);
    [[nodiscard]] Json add(const Json& arguments);
    [[nodiscard]] Json unplug(const std::string& id);
    void forget_unplugged();
    [[nodiscard]] Json add_host_object(const Json& arguments);
    [[nodiscard]] Json remove(const std::string& id);
    [[nodiscard]] Json list(const std::string& path) const;
    [[nodiscard]] Json get(const std::string& path, const std::string& property) const;
    [[nodiscard]] Json add_fd(const Json& arguments);
    [[nodiscard]] static Json refused(const std::string& text, const char* error_class = "GenericError");
    [[nodiscard]] static Json not_there(const std::string& what)
    {
        return refused("Device '" + what + "' not found", "DeviceNotFound");
    }
    [[nodiscard]] static Json row(const std::string& name, const std::string& type)
    {
        return {{"name", name}, {"type", type}};
    }
    [[nodiscard]] std::vector<std::string> on(const std::string& controller) const;
    [[nodiscard]] bool has(const std::string& id) const
    {
        return devices_.contains(id) || controllers_.contains(id) || root_ports_.contains(id) ||
               functions_.contains(id);
    }
    void runs_again(const char* event);
    void say_deleted(const std::string& id);

    std::map<std::string, Device> devices_;
    std::map<std::string, Controller> controllers_;
    std::map<std::string, std::vector<std::string>> root_ports_; ///< and what is on them
    std::map<std::string, std::string> functions_;               ///< vfio-pci: the host's function of each id
    std::vector<std::string> asked_;                             ///< to go, and have not yet
    std::map<unsigned, linux_::UniqueFd> sets_;
    std::deque<std::string> deleted_;
    std::string begun_;
    std::string withheld_; ///< an answer, while it hangs
};

} // namespace usbroute::fakes
