// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/host_device.hpp"
#include "fakes/scripted_monitor.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::fakes {

/// usbroute-libvirt and the libvirt behind it, as docs/libvirt-line.md has them: one client, and domains that the test makes.
class FakeLibvirt {
public:
    struct Device {
        std::uint32_t bus = 0;
        std::uint32_t number = 0;
        std::uint32_t guest_bus = 0;
        std::uint32_t guest_port = 0;
    };
    struct Controller {
        std::string alias;
        unsigned ports = 0;
    };
    struct Domain {
        std::string state = "shut-off";
        std::map<std::uint32_t, Controller> controllers; ///< by index
        std::map<std::string, Device> devices;           ///< by alias
        std::string uuid = {}; ///< by which it can be asked for as well; empty: its name
    };

    /// The helper listens at `path`.
    explicit FakeLibvirt(std::string path) : path_(std::move(path)) { helper_begins(); }

    /// A domain that runs, with one controller of 15 ports.
    Domain& starts(const std::string& name);
    /// Whoever ends it: what it has is let go of.
    void ends(const std::string& name, std::string_view state = "shut-off");
    void turns(const std::string& name, std::string_view state);
    /// By somebody else.
    void attach_foreign(const std::string& name, const std::string& alias, Device device);

    void helper_begins() { monitor_.emplace(path_); }
    void helper_ends() { monitor_.reset(); }
    void loses_libvirt(std::string_view why);
    void finds_libvirt();

    /// Answers what has been asked, and takes who connects. False: there was nothing to do.
    bool serve();
    /// Past the fake: a line, with its end.
    void say(std::string_view line);

    std::map<std::string, Domain> domains;
    std::vector<std::string>
        seen; ///< "attach win11 ua-usbroute-3-1-2 3/2 0/1", as far as there is something to it
    std::map<std::string, std::string> refuses; ///< a code, by what is to be done
    std::set<std::string> ignores;              ///< what is not answered
    bool hangs = false;
    /// Whether the host lets QEMU have the device. Empty: it does.
    std::function<bool(const std::string& domain, const std::string& alias, const Device&)> opens;
    /// An object is gone, and lets go of its device. May be empty.
    std::function<void(const std::string& domain, const std::string& alias)> closes;

private:
    using Json = nlohmann::json;

    [[nodiscard]] std::string name_of(const std::string& word) const;
    void answer(const Json& question);
    [[nodiscard]] Json carry_out(const std::string& what, const Json& question);
    [[nodiscard]] Json attach(Domain& domain, const Json& question);
    [[nodiscard]] Json look(const std::string& name) const;
    void tell(const Json& event);

    std::string path_;
    std::optional<ScriptedMonitor> monitor_;
    bool has_libvirt_ = true;
    std::string why_;
    std::set<std::string> watched_;
    std::string begun_;
};

} // namespace usbroute::fakes
