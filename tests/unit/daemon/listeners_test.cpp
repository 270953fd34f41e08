// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/listeners.hpp"
#include "fakes/client_room.hpp"
#include "fakes/few_descriptors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <filesystem>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using config::ListenerSettings;

constexpr uid_t nobody_special = 65534;

class ListenersTest : public testing::Test, protected fakes::ClientRoom {
protected:
    ListenersTest() { machine.adopt(fakes::settings()); }

    [[nodiscard]] std::string socket_path(const std::string& name) const
    {
        return state.path() + "/" + name + ".sock";
    }
    [[nodiscard]] ListenerSettings on_unix(const char* name, std::string group = {}) const
    {
        return {.name = ListenerName(name),
                .address = config::UnixAddress{.path = socket_path(name), .group = std::move(group)}};
    }
    Listeners& with(std::vector<ListenerSettings> wanted, std::list<OpenedBefore> opened_before = {})
    {
        listeners.emplace(Listeners::Parts{.loop = loop,
                                           .lookout = lookout,
                                           .claims = claims,
                                           .desk = desk,
                                           .clients = clients,
                                           .entrances = entrances,
                                           .guests = guests},
                          std::move(opened_before));
        EXPECT_TRUE(listeners->adopt(wanted).empty());
        return *listeners;
    }
    static fakes::ClientEnd client_of(const std::string& path)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        linux_::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        return fakes::ClientEnd(std::move(fd));
    }
    fakes::ClientEnd client_of_control() { return client_of(socket_path("control")); }
    std::string answer_to(fakes::ClientEnd& client)
    {
        client.say("toggle\n");
        loop.settle();
        return client.hear();
    }

    linux_::Locations locations{.state = state.path()};
    Entrances entrances;
    std::string told; ///< of guests
    Guests guests{{.loop = loop,
                   .machine = machine,
                   .lookout = lookout,
                   .locations = locations,
                   .tell = {.moved = [](const Moved&) {},
                            .changed = [this](const GuestName&,
                                              std::string_view what) { told += std::string(what) + "\n"; }}}};
    std::optional<Listeners> listeners;
};

constexpr auto what_toggle_gets = "ok -- did toggle\n";

TEST_F(ListenersTest, ServesWhoConnectsAndNothingTicks)
{
    with({on_unix("control")});
    auto client = client_of_control();

    EXPECT_EQ(answer_to(client), what_toggle_gets);
    EXPECT_EQ(entrances.front().clients, 1u);
    loop.advance(24h);
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(ListenersTest, OfAThirtyThirdClientOfItsOwnUserOnlyOneThatWasLongSilentMakesRoom)
{
    with({on_unix("control")});
    std::deque<fakes::ClientEnd> here;
    for (int i = 0; i < 32; ++i) {
        here.push_back(client_of_control());
        EXPECT_EQ(answer_to(here.back()), what_toggle_gets);
        loop.advance(1ms);
    }
    auto one_more = client_of_control();
    loop.settle();
    EXPECT_EQ(one_more.hear(), "error busy too many clients are connected: try again later\n");
    EXPECT_TRUE(one_more.is_closed());
    EXPECT_EQ(desk.complaints.size(), 1u);

    loop.advance(10s);
    auto later = client_of_control();
    EXPECT_EQ(answer_to(later), what_toggle_gets);
    here.front().hear();
    EXPECT_TRUE(here.front().is_closed());
    EXPECT_EQ(entrances.front().clients, 32u);
}

TEST_F(ListenersTest, ASeventeenthClientOfAnotherUserIsTurnedAwayAndTheDaemonsOwnIsNot)
{
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
    ASSERT_EQ(::chmod(state.path().c_str(), 0755), 0);
    // By the mode of the file anybody; by the listener's group whoever is in it.
    with({on_unix("control", std::to_string(::getegid()))});
    ASSERT_EQ(::chmod(socket_path("control").c_str(), 0666), 0);
    const auto stranger = [this] {
        EXPECT_EQ(::seteuid(nobody_special), 0);
        auto client = client_of_control();
        EXPECT_EQ(::seteuid(0), 0);
        loop.settle();
        return client;
    };
    std::deque<fakes::ClientEnd> here;
    for (int i = 0; i < 16; ++i) here.push_back(stranger());
    EXPECT_EQ(entrances.front().clients, 16u);

    auto one_more = stranger();
    auto own = client_of_control();

    EXPECT_EQ(one_more.hear(), "error busy too many clients are connected: try again later\n");
    EXPECT_EQ(answer_to(own), what_toggle_gets);
}

TEST_F(ListenersTest, WhoIsNotInItsGroupIsTurnedAwayWhateverTheFilesModeSays)
{
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
    ASSERT_EQ(::chmod(state.path().c_str(), 0755), 0);
    with({on_unix("control")});
    ASSERT_EQ(::chmod(socket_path("control").c_str(), 0666), 0);
    ASSERT_EQ(::seteuid(nobody_special), 0);
    auto stranger = client_of_control();
    ASSERT_EQ(::seteuid(0), 0);

    loop.settle();

    EXPECT_EQ(stranger.hear(), "error not-permitted this socket is for root and its group\n");
    EXPECT_TRUE(stranger.is_closed());
}

TEST_F(ListenersTest, NetcatOverTcpIsServedAndClosedByASocketThatWasOpenedBefore)
{
    linux_::UniqueFd door(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* base = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(door.get(), base, size), 0);
    ASSERT_EQ(::listen(door.get(), 8), 0);
    ASSERT_EQ(::getsockname(door.get(), base, &size), 0);
    std::list<OpenedBefore> before;
    before.push_back({.listener = "netcat", .socket = linux_::ListeningSocket(std::move(door), {})});
    // The number in the configuration is not asked for: the service manager has opened it.
    with({{.name = ListenerName("netcat"), .address = config::TcpAddress{.host = "127.0.0.1", .port = 1}}},
         std::move(before));
    linux_::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(fd.get(), base, size), 0);
    fakes::ClientEnd client(std::move(fd));

    EXPECT_EQ(answer_to(client), what_toggle_gets);
    loop.advance(3s);

    client.hear();
    EXPECT_TRUE(client.is_closed());
}

TEST_F(ListenersTest, ASocketFileThatSomebodyRemovesIsMadeAgainAfterHalfASecond)
{
    with({on_unix("control")});
    auto before = client_of_control();
    loop.settle();

    std::filesystem::remove(socket_path("control"));
    loop.advance(499ms);
    EXPECT_FALSE(std::filesystem::exists(socket_path("control")));
    loop.advance(1ms);

    auto after = client_of_control();
    EXPECT_EQ(answer_to(after), what_toggle_gets);
    EXPECT_EQ(answer_to(before), what_toggle_gets);
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(ListenersTest, AClientForWhichNoDescriptorIsLeftWaitsASecondAndWakesNobody)
{
    if (!fakes::can_have_none_left()) GTEST_SKIP() << "the sanitizer opens files of its own";
    with({on_unix("control")});
    auto client = client_of_control();
    client.say("toggle\n");
    {
        const fakes::FewDescriptors none(0);
        loop.advance(999ms);
        EXPECT_EQ(loop.until_next_ring(), 1ms);
    }
    EXPECT_EQ(client.hear(), "");

    loop.advance(1ms);

    EXPECT_EQ(client.hear(), what_toggle_gets);
}

TEST_F(ListenersTest, AClientThatWouldTakeOneOfTheLastDescriptorsIsTurnedAway)
{
    with({on_unix("control")});
    auto client = client_of_control();
    const fakes::FewDescriptors few(20);

    loop.settle();

    EXPECT_EQ(client.hear(), "error busy usbrouted is out of file descriptors: try again later\n");
    EXPECT_TRUE(client.is_closed());
}

TEST_F(ListenersTest, AReloadClosesWhatIsGoneAndItsClientsAndGivesNewRightsToWhatStays)
{
    auto& all = with({on_unix("control"), on_unix("other")});
    auto staying = client_of_control();
    auto going = client_of(socket_path("other"));
    loop.settle();
    auto changed = on_unix("control");
    changed.allow = {config::Verb::status};

    EXPECT_TRUE(all.adopt({changed, on_unix("third")}).empty());

    going.hear();
    EXPECT_TRUE(going.is_closed());
    EXPECT_FALSE(std::filesystem::exists(socket_path("other")));
    EXPECT_EQ(answer_to(staying), what_toggle_gets);
    EXPECT_EQ(entrances.front().settings.allow, (std::vector{config::Verb::status}));
    auto new_one = client_of(socket_path("third"));
    EXPECT_EQ(answer_to(new_one), what_toggle_gets);
}

TEST_F(ListenersTest, AReloadThatMovesAListenerOrGivesItToAGuestClosesItsClients)
{
    auto& all = with({on_unix("control"), on_unix("other")});
    auto moving = client_of_control();
    auto given = client_of(socket_path("other"));
    loop.settle();
    auto elsewhere = on_unix("control");
    elsewhere.address = config::UnixAddress{.path = socket_path("elsewhere"), .group = {}};
    auto of_a_guest = on_unix("other");
    of_a_guest.guest = GuestName("windows");

    EXPECT_TRUE(all.adopt({elsewhere, of_a_guest}).empty());

    moving.hear();
    given.hear();
    EXPECT_TRUE(moving.is_closed());
    EXPECT_TRUE(given.is_closed());
    EXPECT_FALSE(std::filesystem::exists(socket_path("control")));
    auto there = client_of(socket_path("elsewhere"));
    EXPECT_EQ(answer_to(there), what_toggle_gets);
}

TEST_F(ListenersTest, AReloadMakesASocketFileAgainThatSomebodyHasRemoved)
{
    auto& all = with({on_unix("control")});
    auto before = client_of_control();
    loop.settle();
    std::filesystem::remove(socket_path("control"));

    EXPECT_TRUE(all.adopt({on_unix("control")}).empty());

    auto after = client_of_control();
    EXPECT_EQ(answer_to(after), what_toggle_gets);
    EXPECT_EQ(answer_to(before), what_toggle_gets);
}

TEST_F(ListenersTest, AGuestsLineHasSeatsOfItsOwn)
{
    auto line = on_unix("windows");
    line.guest = GuestName("windows");
    with({on_unix("control"), line});
    std::deque<fakes::ClientEnd> here;
    for (int i = 0; i < 8; ++i) {
        here.push_back(client_of(socket_path("windows")));
        EXPECT_EQ(answer_to(here.back()), what_toggle_gets);
    }

    auto ninth = client_of(socket_path("windows"));
    auto own = client_of_control();
    loop.settle();

    EXPECT_EQ(ninth.hear(), "error busy too many clients are connected: try again later\n");
    EXPECT_EQ(answer_to(own), what_toggle_gets);
}

TEST_F(ListenersTest, ASocketOnWhichAnotherDaemonAnswersIsAProblemAndTheOthersAreOpened)
{
    auto& all = with({});
    const auto other = *linux_::listen_unix(socket_path("other"), std::nullopt);

    const auto problems = all.adopt({on_unix("other"), on_unix("control")});

    ASSERT_EQ(problems.size(), 1u);
    EXPECT_EQ(problems.front().code(), "in-use");
    EXPECT_EQ(problems.front().message().find("listener other"), 0u);
    EXPECT_EQ(all.count(), 1u);
    auto client = client_of_control();
    EXPECT_EQ(answer_to(client), what_toggle_gets);
}

TEST_F(ListenersTest, TheLineOfAGuestThatListensItselfIsConnectedToAgainWhenItHasEnded)
{
    const auto path = socket_path("qemu");
    with({{.name = ListenerName("windows"),
           .address = config::ConnectAddress{.path = path},
           .guest = GuestName("windows")}});
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
    EXPECT_EQ(told, "");
    const auto qemu = *linux_::listen_unix(path, std::nullopt);
    loop.settle();
    auto line = linux_::accept_client(qemu.fd());
    ASSERT_TRUE(line && *line);
    fakes::ClientEnd guest(std::move(**line));
    EXPECT_EQ(told, "has come\n");
    EXPECT_EQ(answer_to(guest), what_toggle_gets);

    loop.advance(10s);
    guest.hang_up();
    loop.advance(50ms);

    line = linux_::accept_client(qemu.fd());
    ASSERT_TRUE(line && *line);
    fakes::ClientEnd again(std::move(**line));
    EXPECT_EQ(answer_to(again), what_toggle_gets);
}

TEST_F(ListenersTest, WhenItEndsItsClientsAreClosedAndItsFilesAreGone)
{
    with({on_unix("control")});
    auto client = client_of_control();
    loop.settle();

    listeners.reset();

    client.hear();
    EXPECT_TRUE(client.is_closed());
    EXPECT_FALSE(std::filesystem::exists(socket_path("control")));
    EXPECT_TRUE(entrances.empty());
}

} // namespace
} // namespace usbroute::daemon
