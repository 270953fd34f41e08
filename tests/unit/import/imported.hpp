// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/text.hpp"
#include "config/parse.hpp"
#include "import/proposal.hpp"
#include "import/readers.hpp"
#include "linux/files.hpp"
#include "observe/functions.hpp"
#include "observe/scan.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace usbroute::import_ {

/// A recorded machine, without the names that its own configuration has.
inline Here recorded(const std::string& machine)
{
    const linux_::LiveTree tree(std::string(USBROUTE_MACHINES) + "/" + machine + "/");
    return {.snapshot = observe::scan(tree, observe::Ports::read),
            .functions = observe::read_functions(tree),
            .settings = {},
            .hostname = "alpha"};
}

inline const Here& amd()
{
    static const auto machine = recorded("amd-a520m");
    return machine;
}

inline const Here& z97()
{
    static const auto machine = recorded("z97e-itx-ac");
    return machine;
}

/// What becomes of a text, and all that is said of it, "3 left: ...".
struct Imported {
    Proposal proposal;
    std::string toml;
    std::vector<std::string> said;
    std::string refused; ///< empty: it was read

    [[nodiscard]] bool has(std::string_view text) const { return toml.find(text) != std::string::npos; }
    [[nodiscard]] bool says(std::string_view text) const
    {
        return std::ranges::any_of(
            said, [&](const std::string& line) { return line.find(text) != std::string::npos; });
    }
    [[nodiscard]] std::string all() const { return toml + refused + join(said, "\n"); }
};

inline Imported imported(const Here& here, const std::vector<Source>& sources, std::optional<Kind> kind = {})
{
    Imported made;
    std::vector<Found> found;
    for (const auto& source : sources) {
        auto read = read_file_of(source, kind);
        if (!read) {
            made.refused = read.error().message();
            return made;
        }
        found.push_back(std::move(*read));
    }
    made.proposal = propose(here, std::move(found));
    made.toml = to_toml(made.proposal);
    for (const auto& remark : made.proposal.remarks) {
        const auto* weight = remark.weight == Weight::note      ? " note: "
                             : remark.weight == Weight::warning ? " warning: "
                                                                : " left: ";
        made.said.push_back(std::to_string(remark.origin.line) + weight + remark.text);
    }
    return made;
}

inline Imported imported(const Here& here, const std::string& name, const std::string& text)
{
    return imported(here, {Source{.name = name, .text = text}});
}

/// The same machine with other bus numbers: those of its two controllers change places.
inline Here renumbered_amd()
{
    using topology::PortPath;
    auto here = amd();
    const auto other = [](std::uint16_t bus) {
        return static_cast<std::uint16_t>(bus > 2 ? bus - 2 : bus + 2);
    };
    const auto moved = [&](const PortPath& path) { return PortPath(other(path.bus()), path.ports()); };
    std::vector<topology::PciController> controllers;
    for (auto controller : here.snapshot.controllers) {
        for (auto& bus : controller.buses) bus.number = other(bus.number);
        controllers.push_back(std::move(controller));
    }
    std::vector<topology::SharedDevice> devices;
    for (const auto& device : here.snapshot.devices) {
        auto one = *device;
        one.path = moved(one.path);
        devices.push_back(std::make_shared<const topology::Device>(std::move(one)));
    }
    std::vector<topology::SharedHub> hubs;
    for (const auto& hub : here.snapshot.ports) {
        auto ports = *hub;
        for (auto& port : ports) {
            port.place = moved(port.place);
            if (port.peer) port.peer = moved(*port.peer);
        }
        hubs.push_back(std::make_shared<const std::vector<topology::HubPort>>(std::move(ports)));
    }
    here.snapshot.controllers = std::move(controllers);
    here.snapshot.devices = topology::in_order(std::move(devices));
    here.snapshot.ports = topology::in_order(std::move(hubs));
    return here;
}

} // namespace usbroute::import_
