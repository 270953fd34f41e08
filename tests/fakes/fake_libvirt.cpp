// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_libvirt.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::fakes {

namespace {

nlohmann::json no(const char* code, const char* message = "no")
{
    return {{"error", {{"code", code}, {"message", message}}}};
}

bool has_devices(std::string_view state)
{
    return state == "running" || state == "paused" || state == "suspended";
}

} // namespace

std::string FakeLibvirt::name_of(const std::string& word) const
{
    const auto found = std::ranges::find_if(
        domains, [&](const auto& one) { return !one.second.uuid.empty() && one.second.uuid == word; });
    return found == domains.end() ? word : found->first;
}

FakeLibvirt::Domain& FakeLibvirt::starts(const std::string& name)
{
    auto& domain = domains[name];
    domain.controllers = {{0, {.alias = "usb", .ports = 15}}};
    turns(name, "running");
    return domain;
}

void FakeLibvirt::ends(const std::string& name, std::string_view state)
{
    auto& domain = domains[name];
    for (const auto& [alias, device] : std::exchange(domain.devices, {}))
        if (closes) closes(name, alias);
    domain.controllers.clear();
    turns(name, state);
}

void FakeLibvirt::turns(const std::string& name, std::string_view state)
{
    domains[name].state = state;
    tell({{"event", "domain"}, {"domain", name}, {"state", state}});
}

void FakeLibvirt::attach_foreign(const std::string& name, const std::string& alias, Device device)
{
    domains[name].devices[alias] = device;
    tell({{"event", "added"}, {"domain", name}, {"alias", alias}});
}

void FakeLibvirt::loses_libvirt(std::string_view why)
{
    has_libvirt_ = false;
    why_ = why;
    if (monitor_ && monitor_->is_connected())
        say(Json{{"event", "hypervisor"}, {"connected", false}, {"why", why}}.dump());
}

void FakeLibvirt::finds_libvirt()
{
    has_libvirt_ = true;
    if (monitor_ && monitor_->is_connected()) say(Json{{"event", "hypervisor"}, {"connected", true}}.dump());
}

/// Events that nobody watches for, or that libvirt could not tell, are not told.
void FakeLibvirt::tell(const Json& event)
{
    if (!monitor_ || !monitor_->is_connected() || !has_libvirt_) return;
    for (const auto& word : watched_) {
        if (name_of(word) != event.at("domain").get<std::string>()) continue;
        auto told = event;
        told["domain"] = word;
        say(told.dump());
    }
}

void FakeLibvirt::say(std::string_view line) { monitor_->say_if_heard(std::string(line) + "\n"); }

bool FakeLibvirt::serve()
{
    if (hangs || !monitor_) return false;
    const auto heard = monitor_->is_connected() ? monitor_->hear() : std::string();
    begun_ += heard;
    for (auto end = begun_.find('\n'); end != std::string::npos; end = begun_.find('\n')) {
        const auto question = Json::parse(begun_.substr(0, end));
        begun_.erase(0, end + 1);
        answer(question);
    }
    if (!heard.empty()) return true;
    if (!monitor_->accept()) return false;
    begun_.clear();
    watched_.clear();
    Json greeting{
        {"usbroute-libvirt", 1}, {"version", "0"}, {"uri", "qemu:///system"}, {"connected", has_libvirt_}};
    if (!has_libvirt_) greeting["why"] = why_;
    say(greeting.dump());
    return true;
}

void FakeLibvirt::answer(const Json& question)
{
    const auto what = question.at("do").get<std::string>();
    if (ignores.contains(what)) return;
    auto reply = !has_libvirt_ && what != "watch" ? no("not-connected") : carry_out(what, question);
    if (const auto refused = refuses.find(what); refused != refuses.end())
        reply = no(refused->second.c_str());
    if (!reply.contains("error")) reply = Json{{"return", std::move(reply)}};
    reply["id"] = question.at("id");
    say(reply.dump());
}

FakeLibvirt::Json FakeLibvirt::carry_out(const std::string& what, const Json& question)
{
    const auto word = question.at("domain").get<std::string>();
    const auto name = name_of(word);
    const bool is_refused = refuses.contains(what);
    if (what == "watch") watched_.insert(word);
    if (what == "watch" || what == "look") return has_libvirt_ ? look(name) : no("not-connected");
    seen.push_back(what + " " + name);
    const auto alias = question.value("alias", std::string());
    if (!alias.empty()) seen.back() += " " + alias;
    const auto found = domains.find(name);
    if (what == "start" && found != domains.end()) {
        if (!is_refused && !has_devices(found->second.state)) starts(name);
        return Json::object();
    }
    if (found == domains.end() || !has_devices(found->second.state)) return no("no-domain");
    auto& domain = found->second;
    if (what == "attach") return is_refused ? Json() : attach(domain, question);
    if (what == "detach") {
        if (domain.devices.erase(alias) == 0) return Json::object();
        if (closes) closes(name, alias);
        tell({{"event", "removed"}, {"domain", name}, {"alias", alias}});
        return Json::object();
    }
    if (what == "resume") {
        if (!is_refused) turns(name, "running");
        return Json::object();
    }
    return no("bad-question");
}

FakeLibvirt::Json FakeLibvirt::attach(Domain& domain, const Json& question)
{
    const auto name = name_of(question.at("domain").get<std::string>());
    const auto alias = question.at("alias").get<std::string>();
    const Device device{.bus = question.at("bus"),
                        .number = question.at("device"),
                        .guest_bus = question.at("guest-bus"),
                        .guest_port = question.at("guest-port")};
    seen.back() += " " + std::to_string(device.bus) + "/" + std::to_string(device.number) + " " +
                   std::to_string(device.guest_bus) + "/" + std::to_string(device.guest_port);
    if (domain.devices.contains(alias)) return no("alias-in-use");
    const auto controller = domain.controllers.find(device.guest_bus);
    const bool is_taken = std::ranges::any_of(domain.devices, [&](const auto& one) {
        return one.second.guest_bus == device.guest_bus && one.second.guest_port == device.guest_port;
    });
    if (controller == domain.controllers.end() || device.guest_port > controller->second.ports || is_taken)
        return no("port-in-use");
    if (opens && !opens(name, alias, device)) return no("no-device");
    domain.devices[alias] = device;
    tell({{"event", "added"}, {"domain", name}, {"alias", alias}});
    return Json::object();
}

FakeLibvirt::Json FakeLibvirt::look(const std::string& name) const
{
    const auto found = domains.find(name);
    if (found == domains.end()) return {{"domain", name}, {"state", "undefined"}};
    const auto& domain = found->second;
    Json look{{"domain", name}, {"uuid", domain.uuid.empty() ? name : domain.uuid}, {"state", domain.state}};
    if (!has_devices(domain.state)) return look;
    look["qemu"] = "9.2.0";
    look["controllers"] = Json::array();
    for (const auto& [index, controller] : domain.controllers)
        look["controllers"].push_back({{"index", index},
                                       {"alias", controller.alias},
                                       {"model", "qemu-xhci"},
                                       {"usb2-ports", controller.ports},
                                       {"superspeed-ports", controller.ports}});
    look["devices"] = Json::array();
    for (const auto& [alias, device] : domain.devices)
        look["devices"].push_back({{"alias", alias},
                                   {"bus", device.bus},
                                   {"device", device.number},
                                   {"guest-bus", device.guest_bus},
                                   {"guest-port", std::to_string(device.guest_port)}});
    look["others"] = Json::array();
    look["pci"] = Json::array();
    return look;
}

} // namespace usbroute::fakes
