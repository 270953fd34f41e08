// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/qmp.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace usbroute::wire {
namespace {

/// What a line is taken for, in a few words.
std::string taken(std::string_view line)
{
    const auto message = read_qmp_line(line);
    const auto id = [](const std::optional<std::uint64_t>& number) {
        return number ? std::to_string(*number) : std::string("-");
    };
    if (const auto* greeting = std::get_if<QmpGreeting>(&message))
        return "greeting " + std::to_string(greeting->version.major) + "." +
               std::to_string(greeting->version.minor) + "." + std::to_string(greeting->version.micro);
    if (const auto* answer = std::get_if<QmpReturn>(&message))
        return "return " + id(answer->id) + " " + answer->payload;
    if (const auto* error = std::get_if<QmpError>(&message))
        return "error " + id(error->id) + " " + error->error_class + ": " + error->text;
    if (const auto* event = std::get_if<QmpEvent>(&message))
        return "event " + event->name + " " + event->payload;
    return "nothing";
}

TEST(Qmp, ReadsEachKindOfLine)
{
    // As QEMU 7.2 wrote them.
    EXPECT_EQ(
        taken(
            R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2"}, "capabilities": ["oob"]}})"),
        "greeting 7.2.22");
    EXPECT_EQ(taken(R"({"return": {"status": "prelaunch", "singlestep": false, "running": false}, "id": 1})"),
              R"(return 1 {"running":false,"singlestep":false,"status":"prelaunch"})");
    EXPECT_EQ(taken(R"({"return": true, "id": 7})"), "return 7 true");
    EXPECT_EQ(
        taken(R"({"id": 1, "error": {"class": "DeviceNotFound", "desc": "Device 'nosuch' not found"}})"),
        "error 1 DeviceNotFound: Device 'nosuch' not found");
    EXPECT_EQ(
        taken(
            R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "DEVICE_DELETED", "data": {"device": "a"}})"),
        R"(event DEVICE_DELETED {"device":"a"})");
    EXPECT_EQ(taken(R"({"event": "RESUME"})"), "event RESUME {}");
}

TEST(Qmp, AVersionThatIsNoneIsZeroAndAnIdThatIsNotOursIsNone)
{
    EXPECT_EQ(taken(R"({"QMP": {}})"), "greeting 0.0.0");
    EXPECT_EQ(taken(R"({"QMP": {"version": {"qemu": {"major": -7, "minor": "2", "micro": 4294967296}}}})"),
              "greeting 0.0.0");
    EXPECT_EQ(taken(R"({"return": {}, "id": "1"})"), "return - {}");
    EXPECT_EQ(taken(R"({"return": {}, "id": -1})"), "return - {}");
    EXPECT_EQ(taken(R"({"return": {}, "id": 1.0})"), "return - {}");
    EXPECT_EQ(taken(R"({"return": {}, "id": 18446744073709551616})"), "return - {}");
    EXPECT_EQ(taken(R"({"return": {}})"), "return - {}");
}

TEST(Qmp, TakesNothingElseForALine)
{
    for (const auto& line :
         {std::string(R"({"event": {"SHUTDOWN": 1}})"), std::string(R"({"error": "no", "id": 1})"),
          std::string(R"({"error": {"desc": "no"}, "id": 1})"), std::string(R"(["SHUTDOWN"])"),
          std::string("SHUTDOWN"), std::string(), std::string("{}"), std::string(R"({"return": {}} x)"),
          std::string(R"({"return": 1e999, "id": 1})"), std::string("\0\xff", 2), std::string(4000, '{'),
          std::string(4000, '['),
          R"({"return": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}",
          R"({"event": ")" + std::string(longest_qmp_text + 1, 'x') + R"("})",
          R"({"return": ")" + std::string(longest_qmp_line, 'x') + R"(", "id": 1})"})
        EXPECT_EQ(taken(line), "nothing") << line.substr(0, 60);
}

TEST(Qmp, ReadersTakeWhatTheyAreAskedForAndNothingInItsPlace)
{
    EXPECT_EQ(qmp_text(R"("a\u0000b")"), std::string("a\0b", 3));
    EXPECT_EQ(qmp_text("7"), std::nullopt);
    EXPECT_EQ(qmp_text("\"" + std::string(longest_qmp_text + 1, 'x') + "\""), std::nullopt);
    EXPECT_EQ(qmp_truth("true"), true);
    EXPECT_EQ(qmp_truth("1"), std::nullopt);
    EXPECT_EQ(qmp_number("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(qmp_number("-1"), std::nullopt);
    EXPECT_EQ(qmp_number("1.5"), std::nullopt);
    EXPECT_EQ(qmp_text_at(R"({"status": "running"})", "status"), "running");
    EXPECT_EQ(qmp_text_at(R"(["status"])", "status"), std::nullopt);
    EXPECT_EQ(qmp_truth_at(R"({"running": "yes"})", "running"), std::nullopt);
    EXPECT_EQ(qmp_number_at(R"({"fdset-id": 3})", "fdset-id"), 3U);
    EXPECT_EQ(qmp_number_at("", "x"), std::nullopt);
}

TEST(Qmp, AListOfPropertiesIsTakenAsAWholeOrNotAtAll)
{
    EXPECT_EQ(
        qmp_properties(R"([{"name": "type", "type": "string"}, {"name": "a", "type": "child<usb-host>"}])"),
        (std::vector<QmpProperty>{{.name = "type", .type = "string"},
                                  {.name = "a", .type = "child<usb-host>"}}));
    EXPECT_EQ(qmp_properties(R"([{"name": "type", "type": "string"}, {"name": 7, "type": "string"}])"),
              std::nullopt);
    EXPECT_EQ(qmp_properties(R"([3])"), std::nullopt);
    EXPECT_EQ(qmp_properties(R"({})"), std::nullopt);
    std::string many = "[";
    for (std::size_t i = 0; i <= most_qmp_properties; ++i) many += R"({"name":"a","type":"b"},)";
    many.back() = ']';
    EXPECT_EQ(qmp_properties(many), std::nullopt);
}

TEST(Qmp, WritesNumbersAsNumbersAndEscapesWhatWouldEndAText)
{
    const QmpCommand command{.name = "device_add",
                             .arguments = {{.name = "driver", .value = "usb-host"},
                                           {.name = "hostbus", .value = std::uint64_t{3}},
                                           {.name = "on", .value = true},
                                           {.name = "port", .value = "\"\\n\x01\xc3\xa9\xff"}}};

    EXPECT_EQ(to_qmp_line(command, 4),
              R"({"arguments":{"driver":"usb-host","hostbus":3,"on":true,"port":"\"\\n\u0001\u00e9\ufffd"},)"
              R"("execute":"device_add","id":4})"
              "\n");
    EXPECT_EQ(to_qmp_line({.name = "cont"}, 18446744073709551615U),
              "{\"execute\":\"cont\",\"id\":18446744073709551615}\n");
}

} // namespace
} // namespace usbroute::wire
