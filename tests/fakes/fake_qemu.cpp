// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_qemu.hpp"

#include <algorithm>
#include <array>

namespace usbroute::fakes {

namespace {

const std::string peripheral = "/machine/peripheral";

std::string last_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

} // namespace

void FakeQemu::add_device(const std::string& id, const std::string& type, const std::string& controller,
                          const std::string& port)
{
    devices_[id] = {.type = type, .controller = controller, .port = port};
}

bool FakeQemu::serve()
{
    if (hangs) return false;
    const auto heard = monitor.is_connected() ? monitor.hear() : std::string();
    begun_ += heard;
    answer_all();
    if (!heard.empty()) return true;
    if (!monitor.accept()) return false;
    begun_.clear();
    sets_
        .clear(); // what a client left behind that no object uses is closed when it goes (monitor_fdset_cleanup)
    monitor.say_if_heard(qemus_greeting);
    return true;
}

void FakeQemu::answer_all()
{
    for (auto end = begun_.find('\n'); !hangs && end != std::string::npos; end = begun_.find('\n')) {
        const auto command = Json::parse(begun_.substr(0, end));
        begun_.erase(0, end + 1);
        answer(command);
    }
}

void FakeQemu::go_on()
{
    hangs = false;
    monitor.say_if_heard(std::exchange(withheld_, {}));
    if (!holds_back) let_go();
    answer_all();
}

void FakeQemu::answer(const Json& command)
{
    const auto name = command.at("execute").get<std::string>();
    seen.push_back(name);
    auto reply = carry_out(name, command.value("arguments", Json::object()));
    if (tells_before) let_go();
    if (!reply.contains("error")) reply = Json{{"return", std::move(reply)}};
    reply["id"] = command.at("id");
    auto line = reply.dump() + "\r\n";
    if (name == hangs_at) {
        hangs_at.clear();
        hangs = true;
        withheld_ = std::move(line);
        return;
    }
    monitor.say_if_heard(line);
    if (!holds_back) let_go();
}

void FakeQemu::let_go()
{
    for (; !deleted_.empty(); deleted_.pop_front()) {
        if (closes) closes(deleted_.front());
        say_deleted(deleted_.front());
    }
}

void FakeQemu::say_deleted(const std::string& id)
{
    monitor.say_if_heard(
        Json{{"event", "DEVICE_DELETED"}, {"data", {{"device", id}, {"path", peripheral + "/" + id}}}}
            .dump() +
        "\r\n");
}

void FakeQemu::stops(const std::string& why)
{
    is_running = false;
    stands = why;
    monitor.say_if_heard(Json{{"event", why == "suspended" ? "SUSPEND" : "STOP"}}.dump() + "\r\n");
}

void FakeQemu::runs_again(const char* event)
{
    is_running = true;
    monitor.say_if_heard(Json{{"event", event}}.dump() + "\r\n");
}

FakeQemu::Json FakeQemu::refused(const std::string& text, const char* error_class)
{
    return {{"error", {{"class", error_class}, {"desc", text}}}};
}

FakeQemu::Json FakeQemu::carry_out(const std::string& name, const Json& arguments)
{
    if (name == "qmp_capabilities") return Json::object();
    if (name == "query-status") return {{"running", is_running}, {"status", is_running ? "running" : stands}};
    if (name == "qom-list") return list(arguments.at("path"));
    if (name == "qom-get") return get(arguments.at("path"), arguments.at("property"));
    if (name == "device_add") return add(arguments);
    if (name == "device_del") return remove(arguments.at("id"));
    if (name == "add-fd") return add_fd(arguments);
    if (name == "remove-fd")
        return sets_.erase(arguments.at("fdset-id").get<unsigned>()) > 0
                   ? Json::object()
                   : refused("File descriptor named 'fdset-id:" + arguments.at("fdset-id").dump() +
                             "' not found");
    if (name == "cont") {
        runs_again("RESUME");
        return Json::object();
    }
    if (name == "system_wakeup" && !is_running && stands == "suspended") {
        runs_again("WAKEUP");
        return Json::object();
    }
    if (name == "system_reset") {
        forget_unplugged();
        return Json::object();
    }
    if (name == "system_wakeup") return refused("Unable to wake up: guest is not in suspended state");
    return refused("The command " + name + " has not been found", "CommandNotFound");
}

FakeQemu::Json FakeQemu::add_fd(const Json& arguments)
{
    if (!monitor.file.is_open()) return refused("No file descriptor supplied via SCM_RIGHTS");
    unsigned set = arguments.value("fdset-id", 0U);
    while (!arguments.contains("fdset-id") && sets_.contains(set)) ++set;
    sets_[set] = std::move(monitor.file);
    return {{"fd", sets_[set].get()}, {"fdset-id", set}};
}

FakeQemu::Json FakeQemu::add(const Json& arguments)
{
    const auto id = arguments.at("id").get<std::string>();
    const auto bus = arguments.at("bus").get<std::string>();
    if (arguments.at("driver") == "usb-host") return add_host_object(arguments);
    if (bus == "pcie.0") return refused("Bus 'pcie.0' does not support hotplugging");
    if (!root_ports_.contains(bus)) return refused("Bus '" + bus + "' not found");
    if (has(id)) return refused("Duplicate device ID '" + id + "'");
    if (arguments.at("driver") == "vfio-pci") {
        functions_[id] = arguments.at("host").get<std::string>();
        root_ports_[bus].push_back(id);
        return Json::object();
    }
    root_ports_[bus].push_back(id);
    controllers_[id].ports = arguments.at("p2").get<unsigned>();
    return Json::object();
}

/// What is on a root port goes when the guest's system lets go of it.
FakeQemu::Json FakeQemu::unplug(const std::string& id)
{
    asked_.push_back(id);
    if (guest_answers) forget_unplugged();
    return Json::object();
}

void FakeQemu::forget_unplugged()
{
    for (const auto& id : std::exchange(asked_, {})) {
        if (functions_.erase(id) + controllers_.erase(id) == 0) continue;
        for (auto& [port, others] : root_ports_) std::erase(others, id);
        deleted_.push_back(id);
    }
}

FakeQemu::Json FakeQemu::add_host_object(const Json& arguments)
{
    const auto id = arguments.at("id").get<std::string>();
    const auto bus = arguments.at("bus").get<std::string>();
    const auto controller = bus.substr(0, bus.rfind('.'));
    if (!controllers_.contains(controller)) return refused("Bus '" + bus + "' not found");
    if (has(id)) return refused("Duplicate device ID '" + id + "'");
    const auto port = arguments.at("port").get<std::string>();
    const auto others = on(controller);
    if (std::ranges::any_of(others, [&](const auto& other) { return devices_.at(other).port == port; }) ||
        std::stoul(port) > controllers_.at(controller).ports)
        return refused("usb port " + port + " (bus " + bus + ") not found (in use?)");
    bool is_attached = false;
    if (arguments.contains("hostdevice")) {
        const auto file = arguments.at("hostdevice").get<std::string>();
        const auto set = sets_.find(static_cast<unsigned>(std::stoul(last_of(file))));
        if (set == sets_.end()) return refused("failed to open " + file + ": No such file or directory");
        if (opens ? !opens(id, set->second.get()) : !hosted.contains(file))
            return refused("failed to open host usb device " + file);
        is_attached = true;
    } else {
        is_attached = is_running && hosted.contains(arguments.at("hostbus").dump() + ":" +
                                                    arguments.at("hostport").get<std::string>());
    }
    devices_[id] = {.type = "usb-host",
                    .controller = controller,
                    .port = port,
                    .asked = arguments,
                    .is_attached = is_attached};
    return Json::object();
}

FakeQemu::Json FakeQemu::remove(const std::string& id)
{
    const bool is_plugged = std::ranges::any_of(root_ports_, [&](const auto& port) {
        return std::ranges::find(port.second, id) != port.second.end();
    });
    if (is_plugged) return unplug(id);
    if (devices_.erase(id) == 0) return not_there(id);
    deleted_.push_back(id);
    return Json::object();
}

std::vector<std::string> FakeQemu::host_objects() const
{
    std::vector<std::string> ids;
    for (const auto& [id, device] : devices_)
        if (device.type == "usb-host") ids.push_back(id);
    return ids;
}

std::vector<std::string> FakeQemu::on(const std::string& controller) const
{
    std::vector<std::string> ids;
    for (const auto& [id, device] : devices_)
        if (device.controller == controller) ids.push_back(id);
    return ids;
}

FakeQemu::Json FakeQemu::list(const std::string& path) const
{
    auto rows = Json::array({row("type", "string")});
    const auto child = [&](const std::string& name, const std::string& type) {
        rows.push_back(row(name, "child<" + type + ">"));
    };
    const auto name = last_of(path);
    if (path == peripheral) {
        for (const auto& [id, device] : devices_) child(id, device.type);
        for (const auto& [id, controller] : controllers_) child(id, "qemu-xhci");
        for (const auto& [id, others] : root_ports_) child(id, "pcie-root-port");
        for (const auto& [id, host] : functions_) child(id, "vfio-pci");
    } else if (path == "/machine/peripheral-anon" || path == "/machine/unattached") {
        return rows;
    } else if (path == peripheral + "/" + name && controllers_.contains(name)) {
        rows.push_back(row("p2", "uint32"));
        child(name + ".0", "usb-bus");
    } else if (path == peripheral + "/" + name && root_ports_.contains(name)) {
        child(name, "PCIE");
    } else if (const auto bus = path.substr(0, path.rfind('/')); root_ports_.contains(last_of(bus))) {
        for (std::size_t i = 0; i < root_ports_.at(name).size(); ++i)
            rows.push_back(row("child[" + std::to_string(i) + "]", "link<qemu-xhci>"));
    } else if (controllers_.contains(last_of(bus))) {
        std::size_t i = 0;
        for (const auto& id : on(last_of(bus)))
            rows.push_back(row("child[" + std::to_string(i++) + "]", "link<" + devices_.at(id).type + ">"));
    } else {
        return not_there(path);
    }
    return rows;
}

FakeQemu::Json FakeQemu::get(const std::string& path, const std::string& property) const
{
    const auto name = last_of(path);
    if (const auto device = devices_.find(name); device != devices_.end()) {
        const auto& [type, controller, port, asked, is_attached] = device->second;
        if (property == "type") return type;
        if (property == "port") return port;
        if (property == "attached") return is_attached;
        if (property == "hostbus" || property == "hostaddr") return asked.value(property, 0U);
        return asked.value(property, "");
    }
    if (controllers_.contains(name)) {
        if (property == "type") return "qemu-xhci";
        return controllers_.at(name).ports;
    }
    if (root_ports_.contains(name)) return true;
    if (const auto function = functions_.find(name); function != functions_.end()) {
        if (property == "host") return function->second;
        for (const auto& [port, others] : root_ports_)
            if (property == "parent_bus" && std::ranges::find(others, name) != others.end())
                return peripheral + "/" + port + "/" + port;
        return not_there(path);
    }
    const auto controller = last_of(path.substr(0, path.rfind('/')));
    if (controllers_.contains(controller) && property.starts_with("child["))
        return peripheral + "/" + on(controller).at(std::stoul(property.substr(6)));
    return not_there(path);
}

} // namespace usbroute::fakes
