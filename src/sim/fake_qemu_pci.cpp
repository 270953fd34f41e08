// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/fake_qemu.hpp"
#include "sim/qemu_arguments.hpp"

#include <algorithm>

/// Whole controllers of the host: vfio-pci on a root port, with ACPI hot-plug (hw/acpi/pcihp.c): the guest's system is asked to let
/// go, and one that does not answer is asked for ever, until the machine is reset.
namespace usbroute::sim {

namespace {

constexpr auto until_function_is_deleted = std::chrono::milliseconds(60);
constexpr std::string_view named_functions = "/machine/peripheral/";

} // namespace

bool FakeQemu::is_occupied(std::string_view root_port) const
{
    return std::ranges::find(controllers_, root_port, &Controller::place) != controllers_.end() ||
           std::ranges::find(functions_, root_port, &Function::place) != functions_.end();
}

FakeQemu::Answer FakeQemu::add_function(const Arguments& arguments)
{
    Function function{.id = device_text(arguments, "id"),
                      .host = device_text(arguments, "host"),
                      .place = device_text(arguments, "bus"),
                      .leaves = {}};
    if (function.place.empty() || function.place == "pcie.0")
        return std::unexpected(Failure{"Bus 'pcie.0' does not support hotplugging"});
    if (function.place != "rp1" && function.place != "rp2")
        return std::unexpected(Failure{format("Bus '{}' not found", printable(function.place, 64))});
    if (is_occupied(function.place))
        return std::unexpected(Failure{
            "PCI: slot 0 function 0 already occupied by something, new func vfio-pci cannot be exposed to guest."});
    for (const auto& [name, value] : arguments)
        if (name != "driver" && name != "id" && name != "bus" && name != "host")
            return std::unexpected(Failure{format("Property 'vfio-pci.{}' not found", printable(name, 64))});
    if (std::ranges::find(functions_, function.host, &Function::host) != functions_.end())
        return std::unexpected(Failure{format("vfio {}: device is already attached", function.host)});
    if (driver_of_ && driver_of_(function.host) != "vfio-pci")
        return std::unexpected(Failure{format(
            "vfio {}: failed to open /dev/vfio/1: No such file or directory", printable(function.host, 64))});
    if (function.id.empty()) function.id = format("device[{}]", next_anonymous_++);
    functions_.push_back(std::move(function));
    return "{}";
}

/// The answer is the same whether the guest will let go or not.
FakeQemu::Answer FakeQemu::remove_function(Function& function, Moment now) const
{
    function.is_asked = true;
    if (answers_ && runs_ && !function.leaves) function.leaves = now + until_function_is_deleted;
    return "{}";
}

void FakeQemu::let_functions_go(Moment now)
{
    for (auto& function : functions_)
        if (function.is_asked && !function.leaves) function.leaves = now + until_function_is_deleted;
}

void FakeQemu::reset(Moment now)
{
    answers_ = true;
    let_functions_go(now);
    say("RESET", R"({"guest": false, "reason": "host-qmp-system-reset"})");
}

std::optional<std::vector<std::string>> FakeQemu::rows_of_function(std::string_view path) const
{
    const auto found = std::ranges::find_if(
        functions_, [&](const Function& each) { return path == std::string(named_functions) + each.id; });
    if (found == functions_.end()) return std::nullopt;
    return std::vector<std::string>{R"({"name": "host", "type": "str"})",
                                    R"({"name": "parent_bus", "type": "link<bus>"})"};
}

std::optional<std::string> FakeQemu::property_of_function(std::string_view path, std::string_view name) const
{
    for (const auto& function : functions_) {
        if (path != std::string(named_functions) + function.id) continue;
        if (name == "type") return R"("vfio-pci")";
        if (name == "host") return json_text(function.host);
        if (name == "parent_bus")
            return json_text(format("{}{}/{}", named_functions, function.place, function.place));
    }
    return std::nullopt;
}

} // namespace usbroute::sim
