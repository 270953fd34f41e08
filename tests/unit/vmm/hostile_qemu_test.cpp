// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_loop.hpp"
#include "fakes/scripted_monitor.hpp"
#include "fakes/state_directory.hpp"
#include "vmm/guest_monitor.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <string>

namespace usbroute::vmm {
namespace {

using nlohmann::json;

/// A QEMU that says to each question what the test wants, and nothing of which is to be believed.
class HostileQemu : public testing::Test {
protected:
    using Answers = std::function<json(const json& command)>;

    /// What comes of a look: how many controllers, objects, other devices and root ports were found, or the code of the error.
    std::string look(const Answers& answers)
    {
        monitor.begin();
        EXPECT_TRUE(qemu.accept());
        qemu.say(fakes::qemus_greeting);
        std::optional<std::string> end;
        bool has_begun = false;
        for (int turns = 0; !end && turns < 100'000; ++turns) {
            loop.settle();
            serve(answers);
            if (!monitor.is_ready() || std::exchange(has_begun, true)) continue;
            monitor.look([&](const Result<attach::GuestUsb>& usb) {
                seen = usb.value_or(attach::GuestUsb{});
                end = usb ? std::to_string(usb->controllers.size()) + " " +
                                std::to_string(usb->host_objects.size()) + " " +
                                std::to_string(usb->other_devices.size()) + " " +
                                std::to_string(usb->free_root_ports.size())
                          : usb.error().code();
            });
        }
        return end.value_or("nothing");
    }
    void serve(const Answers& answers)
    {
        begun += qemu.hear();
        for (auto end = begun.find('\n'); end != std::string::npos; end = begun.find('\n')) {
            const auto command = json::parse(begun.substr(0, end));
            begun.erase(0, end + 1);
            auto answer = command.at("execute") == "qmp_capabilities" ? json::object() : answers(command);
            if (!answer.is_object() || !answer.contains("error"))
                answer = json{{"return", std::move(answer)}};
            answer["id"] = command.at("id");
            rest += answer.dump() + "\n";
        }
        rest.erase(0, qemu.pour(rest));
    }
    static json status() { return {{"running", true}, {"status", "running"}}; }
    static json row(const std::string& name, const std::string& type)
    {
        return {{"name", name}, {"type", type}};
    }
    static std::string path_in(const json& command) { return command.at("arguments").at("path"); }

    fakes::StateDirectory directory;
    fakes::FakeLoop loop;
    fakes::ScriptedMonitor qemu{directory.path() + "/qmp.sock"};
    std::string begun;
    std::string rest;
    attach::GuestUsb seen;
    GuestMonitor monitor{loop,
                         directory.path() + "/qmp.sock",
                         {.ready = [](const attach::QemuVersion&) {},
                          .event = [](const wire::QmpEvent&) {},
                          .ended = [](std::string_view) {}}};
};

TEST_F(HostileQemu, ThatAnswersNothingOfTheRightKindIsAnErrorAndNoGuess)
{
    EXPECT_EQ(look([](const json&) { return json(7); }), "qemu-odd-answer");
}

TEST_F(HostileQemu, WhoseListIsNoneIsAnError)
{
    EXPECT_EQ(look([](const json& command) {
                  return command.at("execute") == "query-status" ? status() : json({{"name", "a"}});
              }),
              "qemu-odd-answer");
}

TEST_F(HostileQemu, ThatRefusesEverythingElseHasNoUsb)
{
    EXPECT_EQ(look([](const json& command) {
                  return command.at("execute") == "query-status"
                             ? status()
                             : json{{"error", {{"class", "DeviceNotFound"}, {"desc", "no"}}}};
              }),
              "0 0 0 0");
}

TEST_F(HostileQemu, WithMoreControllersThanAnybodyLooksAtIsAnError)
{
    json many = json::array();
    for (int i = 0; i < 1100; ++i) many.push_back(row("c" + std::to_string(i), "child<qemu-xhci>"));

    EXPECT_EQ(
        look([&](const json& command) { return command.at("execute") == "query-status" ? status() : many; }),
        "guest-has-too-much");
}

TEST_F(HostileQemu, WithMoreDevicesThanAnybodyLooksAtIsAnError)
{
    json many = json::array();
    for (int i = 0; i < 1100; ++i) many.push_back(row("child[" + std::to_string(i) + "]", "link<usb-host>"));

    EXPECT_EQ(look([&](const json& command) {
                  if (command.at("execute") == "query-status") return status();
                  const auto path = path_in(command);
                  if (path == "/machine/peripheral") return json::array({row("x", "child<qemu-xhci>")});
                  if (path == "/machine/peripheral/x") return json::array({row("x.0", "child<usb-bus>")});
                  return path == "/machine/peripheral/x/x.0" ? many : json::array();
              }),
              "guest-has-too-much");
}

TEST_F(HostileQemu, WhoseValuesAreOfTheWrongKindHasNoneOfThem)
{
    EXPECT_EQ(look([&](const json& command) {
                  if (command.at("execute") == "query-status") return status();
                  const auto path = path_in(command);
                  if (command.at("execute") == "qom-list") {
                      if (path == "/machine/peripheral")
                          return json::array({row("x", "child<qemu-xhci>"), row("y", "child<usb-ehci"),
                                              row("z", "child<>"),
                                              row(std::string(300, 'n'), "child<usb-ehci>"),
                                              row("rp", "child<pcie-root-port>")});
                      if (path == "/machine/peripheral/x")
                          return json::array({row("x.0", "child<usb-bus>"), row("p2", "uint32")});
                      if (path == "/machine/peripheral/rp") return json::array({row("rp", "child<PCIE>")});
                      if (path == "/machine/peripheral/x/x.0")
                          return json::array({row("child[0]", "link<usb-host>")});
                      return json::array();
                  }
                  const auto property = command.at("arguments").at("property").get<std::string>();
                  if (property == "p2") return json(256);
                  if (property == "p3") return json("15");
                  if (property == "hotplug") return json("maybe");
                  if (property == "child[0]") return json("usbroute-a");
                  if (property == "hostbus") return json(4294967296);
                  if (property == "port") return json(std::string(5000, '1'));
                  return json({{"a", 1}});
              }),
              "1 1 0 1");
    EXPECT_EQ(seen.controllers.front().usb2_ports, std::nullopt);
    EXPECT_EQ(seen.controllers.front().superspeed_ports, std::nullopt);
    EXPECT_EQ(
        seen.host_objects.front(),
        (attach::HostObject{.path = "usbroute-a", .bus = "x.0"})); // not in the place of ids, so without one
}

TEST_F(HostileQemu, ThatGoesAwayInTheMiddleOfALookEndsIt)
{
    int answers = 0;
    EXPECT_EQ(look([&](const json& command) {
                  if (command.at("execute") == "query-status") return status();
                  if (++answers == 3) qemu.hang_up();
                  return json::array({row("x", "child<qemu-xhci>")});
              }),
              "qemu-ended");
}

} // namespace
} // namespace usbroute::vmm
