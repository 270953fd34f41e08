// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "fakes/client_end.hpp"
#include "fakes/fake_crew.hpp"
#include "fakes/fake_hypervisor.hpp"
#include "fakes/fake_loop.hpp"
#include "libvirt/service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>

namespace usbroute::libvirt {
namespace {

using namespace std::chrono_literals;

/// The line, from the daemon's side.
class Life {
public:
    Life()
        : service({.loop = loop,
                   .hypervisor = libvirt,
                   .crew = crew,
                   .connector = connector,
                   .log = [this](const std::string& text) { log.push_back(text); }},
                  "qemu:///system")
    {}

    /// With the connection made, and the greeting heard.
    fakes::ClientEnd connected()
    {
        service.begin();
        connector.finish_all();
        auto client = come();
        (void)heard(client);
        return client;
    }
    fakes::ClientEnd come()
    {
        auto [ours, theirs] = fakes::connection();
        service.welcome(std::move(ours));
        return std::move(theirs);
    }
    std::string heard(fakes::ClientEnd& client)
    {
        loop.settle();
        return client.hear();
    }
    /// A question, and all that can be done about it.
    std::string ask(fakes::ClientEnd& client, std::string_view line)
    {
        client.say(line);
        client.say("\n");
        loop.settle();
        crew.finish_all();
        return heard(client);
    }
    void put(fakes::ClientEnd& client, std::string_view line)
    {
        client.say(line);
        client.say("\n");
        loop.settle();
    }

    fakes::FakeLoop loop;
    fakes::FakeHypervisor libvirt;
    fakes::FakeCrew crew;
    fakes::FakeCrew connector;
    std::vector<std::string> log;
    Service service;
};

constexpr const char* look = R"({"id":1,"do":"look","domain":"win11"})";
constexpr const char* attach =
    R"({"id":2,"do":"attach","domain":"win11","alias":"ua-usbroute-a","bus":3,"device":7,"guest-bus":0,"guest-port":2})";
constexpr const char* detach = R"({"id":3,"do":"detach","domain":"win11","alias":"ua-usbroute-a"})";
constexpr const char* looked =
    "{\"id\":1,\"return\":{\"domain\":\"win11\",\"state\":\"running\",\"qemu\":\"\",\"controllers\":[],"
    "\"devices\":[],\"others\":[],\"pci\":[],\"free-root-ports\":0}}\n";

TEST(LibvirtService, GreetsBeforeItIsAsked)
{
    Life life;
    life.service.begin();
    auto early = life.come();

    EXPECT_EQ(
        life.heard(early),
        "{\"usbroute-libvirt\":1,\"version\":\"" USBROUTE_VERSION
        "\",\"uri\":\"qemu:///system\",\"connected\":false,\"why\":\"libvirt has not answered yet\"}\n");
    life.connector.finish();
    EXPECT_EQ(life.heard(early), "{\"event\":\"hypervisor\",\"connected\":true}\n");
    auto late = life.come();
    EXPECT_EQ(life.heard(late), "{\"usbroute-libvirt\":1,\"version\":\"" USBROUTE_VERSION
                                "\",\"uri\":\"qemu:///system\",\"connected\":true}\n");
}

TEST(LibvirtService, AnswersEachQuestionOnce)
{
    Life life;
    auto client = life.connected();

    EXPECT_EQ(life.ask(client, look), looked);
    EXPECT_EQ(life.ask(client, attach), "{\"id\":2,\"return\":{}}\n");
    EXPECT_EQ(life.ask(client, attach),
              "{\"id\":2,\"error\":{\"code\":\"alias-in-use\",\"message\":\"it is there already\"}}\n");
    EXPECT_EQ(life.ask(client, detach), "{\"id\":3,\"return\":{}}\n");
    EXPECT_EQ(life.ask(client, detach), "{\"id\":3,\"return\":{}}\n");
    life.loop.advance(60s);
    EXPECT_EQ(life.heard(client), "");
    EXPECT_EQ(
        life.libvirt.asked,
        (std::vector<std::string>{"connect", "win11", "win11 ua-usbroute-a", "win11 ua-usbroute-a",
                                  "win11 ua-usbroute-a", "has win11 ua-usbroute-a", "win11 ua-usbroute-a"}));
}

TEST(LibvirtService, SaysInTimeThatLibvirtHasNotAnswered)
{
    Life life;
    auto client = life.connected();
    life.put(client, attach);
    life.crew.work(); // and hangs

    life.loop.advance(27s);
    EXPECT_EQ(life.heard(client), "");
    life.loop.advance(1s);
    EXPECT_EQ(
        life.heard(client),
        "{\"id\":2,\"error\":{\"code\":\"timed-out\",\"message\":\"libvirt has not answered in 28 s; what "
        "becomes of it is not known\"}}\n");

    // The late answer is nobody's, and the id can be used again.
    life.crew.finish();
    EXPECT_EQ(life.heard(client), "");
    EXPECT_EQ(life.ask(client, R"({"id":2,"do":"start","domain":"win11"})"), "{\"id\":2,\"return\":{}}\n");
}

TEST(LibvirtService, DoesNothingAboutAQuestionThatCouldNotBeginInTime)
{
    Life life;
    auto client = life.connected();
    life.put(client, look);
    life.put(client, attach);
    life.crew.work(); // the first, and hangs

    life.loop.advance(28s);
    const auto answers = life.heard(client);
    EXPECT_NE(answers.find("{\"id\":1,\"error\":{\"code\":\"timed-out\""), std::string::npos) << answers;
    EXPECT_NE(
        answers.find(
            "{\"id\":2,\"error\":{\"code\":\"busy\",\"message\":\"libvirt does not come back from what was asked before; "
            "nothing was done\"}}"),
        std::string::npos)
        << answers;
    life.crew.finish_all();
    EXPECT_TRUE(life.libvirt.devices.empty());
    EXPECT_EQ(life.ask(client, attach), "{\"id\":2,\"return\":{}}\n");
}

TEST(LibvirtService, KeepsNothingOfWhatCouldNotBeginHoweverLongLibvirtHangs)
{
    Life life;
    auto client = life.connected();
    life.put(client, look);
    life.crew.work(); // and hangs

    for (int id = 2; id < 22; ++id) {
        life.put(client, format(R"({{"id":{},"do":"look","domain":"win11"}})", id));
        EXPECT_EQ(life.service.jobs(), 2U);
        life.loop.advance(28s);
        EXPECT_EQ(life.service.jobs(), 1U);
    }
    life.crew.finish_all();
    EXPECT_EQ(life.service.jobs(), 0U);
    (void)life.heard(client);
    EXPECT_EQ(life.ask(client, look), looked);
}

TEST(LibvirtService, AnswersAboutOtherDomainsWhileOneHangs)
{
    Life life;
    auto client = life.connected();
    life.put(client, look);
    life.crew.work(); // and hangs

    life.put(client, R"({"id":9,"do":"start","domain":"linux"})");
    life.crew.finish(1);

    EXPECT_EQ(life.heard(client), "{\"id\":9,\"return\":{}}\n");
}

TEST(LibvirtService, AsksAboutADomainInTheOrderOfTheQuestions)
{
    Life life;
    auto client = life.connected();
    life.put(client, attach);
    life.put(client, R"({"id":3,"do":"start","domain":"win11"})");
    EXPECT_EQ(life.crew.jobs(), 1U);

    life.crew.finish();
    EXPECT_EQ(life.heard(client), "{\"id\":2,\"return\":{}}\n");
    EXPECT_EQ(life.crew.jobs(), 1U);
    life.crew.finish();
    EXPECT_EQ(life.heard(client), "{\"id\":3,\"return\":{}}\n");
}

TEST(LibvirtService, TakesNoMoreThan64QuestionsAtATime)
{
    Life life;
    auto client = life.connected();
    for (int id = 1; id <= 65; ++id)
        life.put(client, format(R"({{"id":{},"do":"look","domain":"d{}"}})", id, id));

    EXPECT_EQ(life.heard(client),
              "{\"id\":65,\"error\":{\"code\":\"busy\",\"message\":\"64 questions are open already\"}}\n");
    EXPECT_EQ(life.crew.jobs(), 64U);
    life.crew.finish_all();
    const auto answers = life.heard(client);
    EXPECT_EQ(std::ranges::count(answers, '\n'), 64);
}

TEST(LibvirtService, TakesAnIdOnlyOnceAtATime)
{
    Life life;
    auto client = life.connected();
    life.put(client, look);
    life.put(client, look);

    EXPECT_EQ(
        life.heard(client),
        "{\"id\":1,\"error\":{\"code\":\"bad-question\",\"message\":\"another question with this \\\"id\\\" is open\"}}\n");
    life.crew.finish_all();
    EXPECT_EQ(life.heard(client), looked);
}

TEST(LibvirtService, HasTwoClientsWithTheSameIds)
{
    Life life;
    auto one = life.connected();
    auto other = life.come();
    (void)life.heard(other);
    life.put(one, attach);
    life.put(other, look);
    life.put(other, R"({"id":2,"do":"watch","domain":"win11"})");

    life.crew.finish_all();
    EXPECT_EQ(life.heard(one), "{\"id\":2,\"return\":{}}\n");
    EXPECT_TRUE(life.heard(other).starts_with(looked));
    life.service.hear(DeviceAdded{.name = "win11", .uuid = "u", .alias = "ua-usbroute-a"});
    EXPECT_EQ(life.heard(other), "{\"event\":\"added\",\"domain\":\"win11\",\"alias\":\"ua-usbroute-a\"}\n");
    EXPECT_EQ(life.heard(one), "");
}

TEST(LibvirtService, HangsUpOnTheFifthClient)
{
    Life life;
    std::vector<fakes::ClientEnd> clients;
    for (int i = 0; i < 5; ++i) clients.push_back(life.come());

    EXPECT_NE(life.heard(clients[3]), "");
    EXPECT_FALSE(clients[3].is_closed());
    EXPECT_EQ(life.heard(clients[4]), "");
    EXPECT_TRUE(clients[4].is_closed());
    clients[0].hang_up();
    life.loop.advance(1ms);
    EXPECT_EQ(life.service.clients(), 3U);
}

TEST(LibvirtService, AnswersABadQuestionAndGoesOn)
{
    Life life;
    auto client = life.connected();

    EXPECT_TRUE(life.ask(client, R"({"id":5,"do":"fly"})")
                    .starts_with("{\"id\":5,\"error\":{\"code\":\"bad-question\""));
    EXPECT_TRUE(life.ask(client, R"({"do":"look"})").starts_with("{\"error\":{\"code\":\"bad-question\""));
    EXPECT_EQ(life.ask(client, look), looked);
}

TEST(LibvirtService, HangsUpOnWhatIsNoLine)
{
    for (const std::string& line : {std::string("GET / HTTP/1.1"), std::string("[]"),
                                    std::string("\xff\x00{", 3), std::string(longest_libvirt_line, ' ')}) {
        Life life;
        auto client = life.connected();

        client.say(line + "\n");
        life.loop.advance(1ms);
        (void)client.hear();
        EXPECT_TRUE(client.is_closed()) << line.substr(0, 20);
        EXPECT_EQ(life.service.clients(), 0U);
    }
}

TEST(LibvirtService, TakesALineInAnyPieces)
{
    Life life;
    auto client = life.connected();
    for (const char c : std::string(look) + "\n") {
        client.say({&c, 1});
        life.loop.settle();
    }

    life.crew.finish_all();
    EXPECT_EQ(life.heard(client), looked);
}

TEST(LibvirtService, LetsAClientGoThatDoesNotRead)
{
    Life life;
    auto client = life.connected();
    EXPECT_NE(life.ask(client, R"({"id":1,"do":"watch","domain":"win11"})"), "");

    for (int i = 0; i < 20000; ++i)
        life.service.hear(DeviceAdded{.name = "win11", .uuid = "u", .alias = std::string(200, 'x')});
    life.loop.advance(1ms);
    EXPECT_EQ(life.service.clients(), 0U);
}

TEST(LibvirtService, LetsAClientGoThatHasNotReadForTenSeconds)
{
    Life life;
    auto client = life.connected();
    EXPECT_NE(life.ask(client, R"({"id":1,"do":"watch","domain":"win11"})"), "");
    for (int i = 0; i < 3000; ++i)
        life.service.hear(DeviceAdded{.name = "win11", .uuid = "u", .alias = std::string(200, 'x')});

    life.loop.advance(9s);
    EXPECT_EQ(life.service.clients(), 1U);
    life.loop.advance(2s);
    EXPECT_EQ(life.service.clients(), 0U);
}

TEST(LibvirtService, BeginsNothingForAClientThatHasGone)
{
    Life life;
    auto client = life.connected();
    life.put(client, look);
    life.put(client, attach);
    client.hang_up();
    life.loop.advance(1ms);

    life.crew.finish_all();
    EXPECT_TRUE(life.libvirt.devices.empty());
    EXPECT_EQ(life.libvirt.asked, (std::vector<std::string>{"connect"}));
}

TEST(LibvirtService, AnswersADetachWhenTheGuestHasLetGo)
{
    Life life;
    auto client = life.connected();
    EXPECT_EQ(life.ask(client, attach), "{\"id\":2,\"return\":{}}\n");
    life.libvirt.lets_go = false;
    life.put(client, detach);
    life.crew.finish(); // asked for
    life.crew.finish(); // looked: still there
    EXPECT_EQ(life.heard(client), "");

    life.service.hear(DeviceRemoved{.name = "linux", .uuid = "v", .alias = "ua-usbroute-a"});
    life.service.hear(DeviceRemoved{.name = "win11", .uuid = "u", .alias = "ua-usbroute-b"});
    EXPECT_EQ(life.heard(client), "");
    life.service.hear(DeviceRemoved{.name = "win11", .uuid = "u", .alias = "ua-usbroute-a"});
    EXPECT_EQ(life.heard(client), "{\"id\":3,\"return\":{}}\n");
}

TEST(LibvirtService, NoticesByItselfThatTheGuestHasLetGo)
{
    Life life;
    auto client = life.connected();
    EXPECT_EQ(life.ask(client, attach), "{\"id\":2,\"return\":{}}\n");
    life.libvirt.lets_go = false;
    life.put(client, detach);
    life.crew.finish();
    life.crew.finish();

    life.libvirt.devices.clear();
    life.loop.advance(250ms);
    life.crew.finish();
    EXPECT_EQ(life.heard(client), "{\"id\":3,\"return\":{}}\n");
}

TEST(LibvirtService, SaysWhatAGuestHasNotLetGoOf)
{
    Life life;
    auto client = life.connected();
    life.libvirt.devices.insert("ua-usbroute-c");
    life.libvirt.lets_go = false;
    life.put(client, R"({"id":4,"do":"detach-controller","domain":"win11","alias":"ua-usbroute-c"})");
    life.crew.finish();
    for (int i = 0; i < 60; ++i) {
        life.loop.advance(250ms);
        if (life.crew.jobs() > 0) life.crew.finish();
    }

    EXPECT_EQ(
        life.heard(client),
        "{\"id\":4,\"error\":{\"code\":\"still-there\",\"message\":\"the guest has not let go of it in 15 s\"}}\n");
    // A later end of it is told to whoever watches, and asked for by nobody.
    life.loop.advance(60s);
    EXPECT_EQ(life.crew.jobs(), 0U);
}

TEST(LibvirtService, GoesOnAboutADomainWhileItsGuestHoldsSomething)
{
    Life life;
    auto client = life.connected();
    life.libvirt.devices.insert("ua-usbroute-c");
    life.libvirt.lets_go = false;
    life.put(client, R"({"id":4,"do":"detach-controller","domain":"win11","alias":"ua-usbroute-c"})");
    life.crew.finish();

    life.put(client, attach);
    life.crew.finish_all();
    EXPECT_EQ(life.heard(client), "{\"id\":2,\"return\":{}}\n");
}

TEST(LibvirtService, ConnectsAgainAndSaysSo)
{
    Life life;
    auto client = life.connected();
    life.libvirt.is_connected = false;
    life.libvirt.why_not = "no socket";
    life.service.hear(ConnectionEnded{.why = "libvirtd has ended"});
    EXPECT_EQ(life.heard(client),
              "{\"event\":\"hypervisor\",\"connected\":false,\"why\":\"libvirtd has ended\"}\n");
    EXPECT_EQ(life.ask(client, look),
              "{\"id\":1,\"error\":{\"code\":\"not-connected\",\"message\":\"libvirtd has ended\"}}\n");

    // Half a second later, and then after half a second, one, two, four, eight, ten, ten.
    std::vector<std::chrono::milliseconds> tries;
    for (auto at = 0ms; at < 40s; at += 100ms) {
        life.loop.advance(100ms);
        if (life.connector.jobs() == 0) continue;
        tries.push_back(at + 100ms);
        life.connector.finish();
    }
    EXPECT_EQ(tries, (std::vector<std::chrono::milliseconds>{500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms,
                                                             26000ms, 36000ms}));
    EXPECT_EQ(life.ask(client, look),
              "{\"id\":1,\"error\":{\"code\":\"not-connected\",\"message\":\"no socket\"}}\n");

    life.libvirt.why_not.clear();
    life.loop.advance(10s);
    life.connector.finish();
    EXPECT_EQ(life.heard(client), "{\"event\":\"hypervisor\",\"connected\":true}\n");
    EXPECT_EQ(life.ask(client, look), looked);
}

TEST(LibvirtService, TellsOfTheEndOfAConnectionOnce)
{
    Life life;
    auto client = life.connected();
    life.service.hear(ConnectionEnded{.why = "one"});
    life.service.hear(ConnectionEnded{.why = "two"});

    EXPECT_EQ(life.heard(client), "{\"event\":\"hypervisor\",\"connected\":false,\"why\":\"one\"}\n");
}

/// Its end is told by another thread than its making, and may be heard of first.
TEST(LibvirtService, ConnectsOnceMoreWhereAConnectionEndsBeforeItIsHeardOf)
{
    Life life;
    life.service.begin();
    auto client = life.come();
    (void)life.heard(client);
    life.connector.work();
    life.service.hear(ConnectionEnded{.why = "libvirtd has ended"});
    life.connector.finish();

    EXPECT_EQ(life.heard(client), "");
    EXPECT_EQ(life.ask(client, look),
              "{\"id\":1,\"error\":{\"code\":\"not-connected\",\"message\":\"libvirtd has ended\"}}\n");
    life.loop.advance(500ms);
    life.connector.finish();
    EXPECT_EQ(life.heard(client), "{\"event\":\"hypervisor\",\"connected\":true}\n");
    EXPECT_EQ(life.ask(client, look), looked);
}

TEST(LibvirtService, AnswersWhatWasUnderWayWhenTheConnectionEnds)
{
    Life life;
    auto client = life.connected();
    EXPECT_EQ(life.ask(client, attach), "{\"id\":2,\"return\":{}}\n");
    life.libvirt.lets_go = false;
    life.put(client, detach);
    life.crew.finish();
    life.libvirt.is_connected = false;
    life.crew.finish();

    EXPECT_EQ(life.heard(client),
              "{\"id\":3,\"error\":{\"code\":\"not-connected\",\"message\":\"it is gone\"}}\n");
}

TEST(LibvirtService, WatchesADomainThatIsNotDefinedYetByItsNameOrUuid)
{
    Life life;
    auto client = life.connected();
    EXPECT_EQ(life.ask(client, R"({"id":1,"do":"watch","domain":"later"})"),
              "{\"id\":1,\"return\":{\"domain\":\"later\",\"state\":\"undefined\"}}\n");
    EXPECT_NE(life.ask(client, R"({"id":1,"do":"watch","domain":"93DB18AD-952c-424d-9c8f-8a5c34c8d425"})"),
              "");

    // Defined: libvirt's event does not say what it is now, so it is asked.
    life.libvirt.domains["later"] = State::shut_off;
    life.libvirt.domains["93DB18AD-952c-424d-9c8f-8a5c34c8d425"] = State::shut_off;
    life.service.hear(
        DomainChanged{.name = "later", .uuid = "93db18ad-952c-424d-9c8f-8a5c34c8d425", .state = {}});
    life.crew.finish_all();
    EXPECT_EQ(
        life.heard(client),
        "{\"event\":\"domain\",\"domain\":\"93DB18AD-952c-424d-9c8f-8a5c34c8d425\",\"state\":\"shut-off\"}\n"
        "{\"event\":\"domain\",\"domain\":\"later\",\"state\":\"shut-off\"}\n");
    life.service.hear(DomainChanged{.name = "other", .uuid = "u", .state = {}});
    EXPECT_EQ(life.crew.jobs(), 0U);
}

TEST(LibvirtService, TellsOfADomainThatWasRenamedWhatItsFormerNameIsNow)
{
    Life life;
    auto client = life.connected();
    life.libvirt.domains = {{"win11", State::shut_off}, {"u", State::shut_off}};
    for (const auto* const word : {"win11", "win12", "u"})
        (void)life.ask(client, format(R"({{"id":1,"do":"watch","domain":"{}"}})", word));

    // libvirt tells that the one was undefined and the other defined, both with the same UUID.
    life.libvirt.domains = {{"win12", State::shut_off}, {"u", State::shut_off}};
    life.service.hear(DomainChanged{.name = "win11", .uuid = "u", .state = {}});
    life.crew.finish_all();
    life.service.hear(DomainChanged{.name = "win12", .uuid = "u", .state = {}});
    life.crew.finish_all();

    EXPECT_EQ(life.heard(client), "{\"event\":\"domain\",\"domain\":\"u\",\"state\":\"shut-off\"}\n"
                                  "{\"event\":\"domain\",\"domain\":\"win11\",\"state\":\"undefined\"}\n"
                                  "{\"event\":\"domain\",\"domain\":\"u\",\"state\":\"shut-off\"}\n"
                                  "{\"event\":\"domain\",\"domain\":\"win12\",\"state\":\"shut-off\"}\n");
}

TEST(LibvirtService, DoesNotTellAnOldStateAfterANewOne)
{
    Life life;
    auto client = life.connected();
    EXPECT_NE(life.ask(client, R"({"id":1,"do":"watch","domain":"win11"})"), "");
    life.libvirt.domains["win11"] = State::shut_off;
    life.service.hear(DomainChanged{.name = "win11", .uuid = "u", .state = {}});
    life.crew.work();
    life.service.hear(DomainChanged{.name = "win11", .uuid = "u", .state = State::running});

    life.crew.finish();
    EXPECT_EQ(life.heard(client), "{\"event\":\"domain\",\"domain\":\"win11\",\"state\":\"running\"}\n");
}

TEST(LibvirtService, WatchesOnAfterAReconnect)
{
    Life life;
    auto client = life.connected();
    EXPECT_NE(life.ask(client, R"({"id":1,"do":"watch","domain":"win11"})"), "");
    life.service.hear(ConnectionEnded{.why = "gone"});
    life.loop.advance(1s);
    life.connector.finish_all();
    (void)life.heard(client);

    life.service.hear(DomainChanged{.name = "win11", .uuid = "u", .state = State::paused});
    EXPECT_EQ(life.heard(client), "{\"event\":\"domain\",\"domain\":\"win11\",\"state\":\"paused\"}\n");
}

TEST(LibvirtService, AnswersFromAConnectionThatIsStillBeingMade)
{
    Life life;
    life.service.begin(); // and libvirtd hangs
    auto client = life.come();
    (void)life.heard(client);
    life.loop.advance(3600s);

    EXPECT_EQ(
        life.ask(client, look),
        "{\"id\":1,\"error\":{\"code\":\"not-connected\",\"message\":\"libvirt has not answered yet\"}}\n");
    EXPECT_EQ(life.connector.jobs(), 1U);
}

// Descriptors.

/// Sends a line with open files beside its first byte.
void say_with_files(int socket, const std::string& line, const std::vector<int>& files)
{
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 16)> control{};
    iovec from{.iov_base = const_cast<char*>(line.data()), .iov_len = line.size()};
    msghdr message{};
    message.msg_iov = &from;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * files.size());
    auto* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * files.size());
    std::memcpy(CMSG_DATA(header), files.data(), sizeof(int) * files.size());
    ASSERT_EQ(::sendmsg(socket, &message, 0), static_cast<ssize_t>(line.size()));
}

class Descriptors : public ::testing::Test {
protected:
    Descriptors()
    {
        life.service.begin();
        life.connector.finish_all();
        std::array<int, 2> both{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both.data()), 0);
        life.service.welcome(linux_::UniqueFd(both[0]));
        theirs = linux_::UniqueFd(both[1]);
        (void)heard();
    }
    std::string heard()
    {
        life.loop.advance(1ms);
        std::array<char, 65536> bytes{};
        const auto got = ::recv(theirs.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        return got < 0 ? "" : got == 0 ? "closed" : std::string(bytes.data(), static_cast<std::size_t>(got));
    }

    Life life;
    linux_::UniqueFd theirs;
    linux_::UniqueFd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
};

const std::string attach_descriptor =
    R"({"id":1,"do":"attach-descriptor","domain":"win11","alias":"ua-usbroute-a","guest-bus":0,"guest-port":2})"
    "\n";

TEST_F(Descriptors, HaveToCome)
{
    ::send(theirs.get(), attach_descriptor.data(), attach_descriptor.size(), 0);

    EXPECT_EQ(
        heard(),
        "{\"id\":1,\"error\":{\"code\":\"bad-question\",\"message\":\"no descriptor has come with it\"}}\n");
}

TEST_F(Descriptors, HaveToBeOfUsbDevices)
{
    say_with_files(theirs.get(), attach_descriptor, {null.get()});

    EXPECT_EQ(
        heard(),
        "{\"id\":1,\"error\":{\"code\":\"bad-question\",\"message\":\"the descriptor is no USB device's\"}}\n");
    EXPECT_EQ(life.libvirt.asked, (std::vector<std::string>{"connect"}));
}

TEST_F(Descriptors, GoWithTheQuestionTheyCameWith)
{
    // The first one is wrong, and takes its own with it.
    say_with_files(theirs.get(),
                   R"({"id":1,"do":"attach-descriptor","domain":"win11"})"
                   "\n",
                   {null.get()});
    EXPECT_NE(heard().find("bad-question"), std::string::npos);
    ::send(theirs.get(), attach_descriptor.data(), attach_descriptor.size(), 0);

    EXPECT_EQ(
        heard(),
        "{\"id\":1,\"error\":{\"code\":\"bad-question\",\"message\":\"no descriptor has come with it\"}}\n");
}

TEST_F(Descriptors, ThatNobodyAsksToUseEndTheConnection)
{
    for (int i = 0; i < 5; ++i) say_with_files(theirs.get(), " ", {null.get()});
    for (int i = 0; i < 5; ++i) (void)heard();

    EXPECT_EQ(life.service.clients(), 0U);
}

TEST_F(Descriptors, MoreThanAMessageCanHaveEndTheConnection)
{
    say_with_files(theirs.get(), attach_descriptor, std::vector<int>(12, null.get()));
    for (int i = 0; i < 3; ++i) (void)heard();

    EXPECT_EQ(life.service.clients(), 0U);
}

} // namespace
} // namespace usbroute::libvirt
