// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/qmp_room.hpp"
#include "vmm/guest_functions.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace usbroute::vmm {
namespace {

using namespace std::chrono_literals;

/// A guest's whole controllers, over a monitor that says what the test wants.
class GuestFunctionsRoom : public fakes::QmpRoom {
protected:
    void SetUp() override
    {
        session = std::make_unique<QmpSession>(
            loop, directory.path() + "/qmp.sock",
            QmpSession::Tell{.ready = [this](const attach::QemuVersion&) { said += "ready-7.2.22 "; },
                             .event = [this](const wire::QmpEvent& event) { functions->hear(event); },
                             .ended = [this](std::string_view) { functions->ended(); }});
        functions.emplace(loop, *session);
        begin();
    }
    void take_out()
    {
        functions->take_out({.guest = GuestName("windows"), .function = card, .place = "rp1"},
                            [this](const Result<assign::Farewell>& told) {
                                said +=
                                    std::string(told ? assign::text_of(*told) : told.error().code()) + " ";
                            });
    }
    /// The id of the command that was heard last.
    std::string id_of_last()
    {
        const auto text = heard_all();
        const auto at = text.rfind("\"id\":");
        // device_del has an id of its own among the arguments, in quotes.
        auto end = at + 5;
        while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
        return text.substr(at + 5, end - at - 5);
    }
    void deleted(const std::string& object = "usbroute-01-00-0")
    {
        hear(R"({"event": "DEVICE_DELETED", "data": {"device": ")" + object + R"(", "path": "x"}})");
    }
    void answer(const std::string& id) { hear(R"({"return": {}, "id": )" + id + "}"); }
    void refuse(const std::string& id, const std::string& text, const std::string& kind = "GenericError")
    {
        hear(R"({"error": {"class": ")" + kind + R"(", "desc": ")" + text + R"("}, "id": )" + id + "}");
    }

    const PciAddress card = *PciAddress::parse("01:00.0");
    std::optional<GuestFunctions> functions;
};

TEST_F(GuestFunctionsRoom, AreLetGoOfAtTheEventAndNotAtTheAnswer)
{
    take_out();
    answer(id_of_last());
    EXPECT_EQ(told(), "");
    deleted("usbroute-02-00-0");
    EXPECT_EQ(told(), "");

    deleted();

    EXPECT_EQ(told(), "let-go ");
}

TEST_F(GuestFunctionsRoom, AreLetGoOfWhereTheEventComesFirst)
{
    take_out();
    const auto id = id_of_last();
    deleted();
    answer(id);

    EXPECT_EQ(told(), "let-go ");
}

TEST_F(GuestFunctionsRoom, AreSilentAfterAWhileAndCanStillGo)
{
    take_out();
    answer(id_of_last());
    loop.advance(FunctionAccess::usual_answer);
    EXPECT_EQ(told(), "silent ");

    take_out();
    refuse(id_of_last(), "Device usbroute-01-00-0 is already in the process of unplug");
    EXPECT_EQ(told(), "");
    deleted();

    EXPECT_EQ(told(), "let-go ");
}

TEST_F(GuestFunctionsRoom, AreAskedForOnceHoweverManyWait)
{
    take_out();
    answer(id_of_last());
    take_out();
    EXPECT_EQ(heard_all(), "");

    deleted();

    EXPECT_EQ(told(), "let-go let-go ");
}

TEST_F(GuestFunctionsRoom, AreRefusedByAGuestThatSaysNoAndCanBeAskedForAgain)
{
    take_out();
    answer(id_of_last());
    hear(R"({"event": "DEVICE_UNPLUG_GUEST_ERROR", "data": {"device": "usbroute-01-00-0", "path": "x"}})");
    EXPECT_EQ(told(), "refused ");

    take_out();
    answer(id_of_last());
    deleted();

    EXPECT_EQ(told(), "let-go ");
}

TEST_F(GuestFunctionsRoom, AreRefusedWhileAnotherHotPlugIsUnderWayAndNotWhileTheirOwnIs)
{
    const std::string blinks = "Hot-unplug failed: guest is busy (power indicator blinking)";
    take_out();
    refuse(id_of_last(), blinks);
    EXPECT_EQ(told(), "refused ");

    take_out();
    answer(id_of_last());
    loop.advance(FunctionAccess::usual_answer);
    EXPECT_EQ(told(), "silent ");
    take_out();
    refuse(id_of_last(), blinks);
    EXPECT_EQ(told(), "");
}

TEST_F(GuestFunctionsRoom, AreGoneWithTheMachine)
{
    take_out();
    answer(id_of_last());
    qemu.hang_up();
    loop.settle();

    EXPECT_EQ(told(), "gone ");
}

TEST_F(GuestFunctionsRoom, AreGoneAlsoWhereTheMachineEndsBeforeItAnswers)
{
    take_out();
    (void)heard_all();
    qemu.hang_up();
    loop.settle();

    EXPECT_EQ(told(), "gone ");
}

TEST_F(GuestFunctionsRoom, WereNeverThereWhereQemuKnowsNoSuchObject)
{
    take_out();
    refuse(id_of_last(), "Device 'usbroute-01-00-0' not found", "DeviceNotFound");

    EXPECT_EQ(told(), "let-go ");
}

TEST_F(GuestFunctionsRoom, AreNotAskedForWhereTheBusTakesNoHotPlug)
{
    take_out();
    refuse(id_of_last(), "Bus 'pcie.0' does not support hotplugging");

    EXPECT_EQ(told(), "no-hot-plug-there ");
}

} // namespace
} // namespace usbroute::vmm
