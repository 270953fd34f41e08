// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/libvirt_room.hpp"
#include "vmm/libvirt_functions.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::vmm {
namespace {

/// The whole controllers of the domain win11.
class LibvirtFunctionsRoom : public fakes::LibvirtRoom {
protected:
    void SetUp() override { greet(); }
    void take_out()
    {
        functions.take_out({.guest = GuestName("windows"), .function = card, .place = ""},
                           [this](const Result<assign::Farewell>& told) {
                               said += std::string(told ? assign::text_of(*told) : told.error().code()) + " ";
                           });
    }
    /// What was asked, and its id.
    std::string asked()
    {
        auto text = heard();
        const auto at = text.find("\"id\":");
        id = text.substr(at + 5, text.find_first_not_of("0123456789", at + 5) - at - 5);
        return text.replace(at + 5, id.size(), "N");
    }
    void answer(const std::string& rest) { hear("{\"id\": " + id + ", " + rest + "}"); }

    const PciAddress card = *PciAddress::parse("02:00.0");
    LibvirtFunctions functions{line, "win11"};
    std::string id;
};

TEST_F(LibvirtFunctionsRoom, AreThoseOfTheLookWithItsFreeRootPortsByNumberAlone)
{
    functions.look([this](const Result<assign::InGuest>& seen) {
        ASSERT_TRUE(seen.has_value());
        EXPECT_EQ(seen->machine, assign::MachineState::there);
        EXPECT_TRUE(seen->chooses_places);
        EXPECT_EQ(seen->free_places, (std::vector<std::string>{"", ""}));
        ASSERT_EQ(seen->held.size(), 2U);
        EXPECT_TRUE(seen->held[0].is_ours());
        EXPECT_FALSE(seen->held[1].is_ours());
        said += "seen ";
    });
    EXPECT_NE(asked().find("\"do\":\"look\""), std::string::npos);
    answer(R"("return": {"domain": "win11", "state": "running", "free-root-ports": 2, "pci": [)"
           R"({"alias": "ua-usbroute-02-00-0", "pci": "0000:02:00.0"},)"
           R"({"alias": "hostdev0", "pci": "0000:03:00.0"}, {"pci": 7}]})");

    EXPECT_EQ(told(), "seen ");
}

TEST_F(LibvirtFunctionsRoom, OfADomainThatDoesNotRunAreNone)
{
    functions.look([this](const Result<assign::InGuest>& seen) {
        ASSERT_TRUE(seen.has_value());
        EXPECT_EQ(seen->machine, assign::MachineState::away);
        said += "seen ";
    });
    (void)asked();
    answer(R"("return": {"domain": "win11", "state": "shut-off"})");

    EXPECT_EQ(told(), "seen ");
}

TEST_F(LibvirtFunctionsRoom, GoInByTheirAddressAndOutByTheirAlias)
{
    functions.plug_in({.guest = GuestName("windows"), .function = card, .place = ""}, done<void>("plug"));
    EXPECT_EQ(
        asked(),
        "{\"alias\":\"ua-usbroute-02-00-0\",\"do\":\"attach-controller\",\"domain\":\"win11\",\"id\":N,\"pci\":\"0000:02:00.0\"}\n");
    answer(R"("return": {})");
    EXPECT_EQ(told(), "plug=done ");

    take_out();
    EXPECT_EQ(
        asked(),
        "{\"alias\":\"ua-usbroute-02-00-0\",\"do\":\"detach-controller\",\"domain\":\"win11\",\"id\":N}\n");
    answer(R"("return": {})");
    EXPECT_EQ(told(), "let-go ");
}

TEST_F(LibvirtFunctionsRoom, AreSilentWhereTheyAreStillThereAndGoneWithTheDomain)
{
    take_out();
    (void)asked();
    answer(R"("error": {"code": "still-there", "message": "x"})");
    EXPECT_EQ(told(), "silent ");

    take_out();
    (void)asked();
    answer(R"("error": {"code": "no-domain", "message": "x"})");
    EXPECT_EQ(told(), "gone ");

    take_out();
    (void)asked();
    answer(R"("error": {"code": "failed", "message": "x"})");
    EXPECT_EQ(told(), "libvirt-refused ");
}

} // namespace
} // namespace usbroute::vmm
