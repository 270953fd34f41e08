// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "binder/binding.hpp"
#include "binder/conversation.hpp"
#include "fakes/three_means.hpp"
#include "linux/unique_fd.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include <sys/socket.h>
#include <unistd.h>

namespace usbroute::binder {
namespace {

using wire::BindQuestion;

struct BinderBench {
    std::string ask(BindQuestion::What what, const char* function)
    {
        const auto handover = decide({.snapshot = desk.machine.snapshot,
                                      .look = desk.known.look,
                                      .settings = desk.machine.settings,
                                      .use = desk.machine.use,
                                      .holders = holders},
                                     {.what = what, .function = *PciAddress::parse(function)});
        if (!handover) return std::string(handover.error().code());
        std::string text;
        for (const auto& step : handover->plan.steps) text += plan::shell_line(step.action) + "\n";
        EXPECT_EQ(handover->plan.made_for.bindings->size(), handover->plan.steps.size());
        return text.empty() ? "nothing" : text;
    }
    std::string give(const char* function) { return ask(BindQuestion::What::give, function); }
    std::string take(const char* function) { return ask(BindQuestion::What::take, function); }

    fakes::ThreeMeans desk;
    topology::HolderLook holders;
};

TEST(Binder, BindsWhatRootHasNamedAndNothingElse)
{
    BinderBench bench;

    EXPECT_EQ(bench.give("04:00.0"), "echo vfio-pci > /sys/bus/pci/devices/0000:04:00.0/driver_override; "
                                     "echo 0000:04:00.0 > /sys/bus/pci/drivers/xhci_hcd/unbind; "
                                     "echo 0000:04:00.0 > /sys/bus/pci/drivers_probe\n");
    EXPECT_EQ(bench.take("04:00.0"), "nothing");
    for (const char* function : {"00:14.0", "00:1d.0", "03:00.0", "00:00.0", "05:00.0"}) {
        EXPECT_EQ(bench.give(function), "not-named") << function;
        EXPECT_EQ(bench.take(function), "not-named") << function;
    }
    bench.desk.machine.settings.guests.front().on_move.clear();
    EXPECT_EQ(bench.give("04:00.0"), "not-named");
}

TEST(Binder, NamedOrNotOnlyAUsbControllerIsBound)
{
    BinderBench bench;
    bench.desk.machine.settings.guests.front().on_move = {*PciAddress::parse("00:1c.5")};

    EXPECT_EQ(bench.give("00:1c.5"), "not-a-usb-controller");
}

TEST(Binder, AGroupWithSomethingOfTheHostsIsRefused)
{
    BinderBench bench;
    for (auto& function : bench.desk.known.look.functions)
        if (function.address == *PciAddress::parse("03:00.0"))
            function.iommu_group = bench.desk.known.look.function_at(bench.desk.card)->iommu_group;

    EXPECT_EQ(bench.give("04:00.0"), "group-shared");
    // Named for the same guest it goes there too, one after the other.
    bench.desk.machine.settings.guests.front().on_move.push_back(*PciAddress::parse("03:00.0"));
    EXPECT_NE(bench.give("04:00.0").find("0000:04:00.0/driver_override"), std::string::npos);
    EXPECT_EQ(bench.give("04:00.0").find("0000:03:00.0"), std::string::npos);
}

TEST(Binder, NothingIsTakenFromAProgramThatHasItsGroupOpen)
{
    BinderBench bench;
    bench.desk.put_card_into_guest();
    bench.holders.holders.push_back(
        {.group = *bench.desk.known.look.function_at(bench.desk.card)->iommu_group,
         .process = 77,
         .command = "qemu-system-x86"});

    EXPECT_EQ(bench.take("04:00.0"), "guest-running");
    bench.holders.holders.clear();
    EXPECT_NE(bench.take("04:00.0").find("drivers/vfio-pci/unbind"), std::string::npos);
    EXPECT_EQ(bench.give("04:00.0"), "nothing");
}

/// A client's line, as its user; what the answer is, and whether anything was done.
class BinderTalk : public testing::Test {
protected:
    std::string say(const std::string& line, const std::string& user = "nobody")
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        const linux_::UniqueFd ours(ends[0]);
        linux_::UniqueFd theirs(ends[1]);
        EXPECT_EQ(::send(ours.get(), line.data(), line.size(), 0), static_cast<ssize_t>(line.size()));
        static_cast<void>(talk(theirs.get(), user, [this](const BindQuestion& question) -> Result<void> {
            done_ += wire::to_line(question) + "\n";
            return {};
        }));
        theirs.reset();
        std::array<char, 4096> bytes{};
        const auto got = ::recv(ours.get(), bytes.data(), bytes.size(), 0);
        return got <= 0 ? std::string() : std::string(bytes.data(), static_cast<std::size_t>(got));
    }

    std::string done_;
};

TEST_F(BinderTalk, AnswersALineThatIsOneAndNoOther)
{
    if (::geteuid() != 0) GTEST_SKIP() << "only root and the daemon's user are answered";

    EXPECT_EQ(say("give 0000:04:00.0\n"), "ok\n");
    EXPECT_EQ(done_, "give 0000:04:00.0\n");
    done_.clear();
    for (const auto& line :
         {std::string("\n"), std::string("give 0000:04:00.0"),
          std::string("give 0000:04:00.0\ngive 0000:03:00.0\n"), std::string("give 0000:04:00.0\n\n"),
          std::string(5000, 'x') + "\n", std::string("give \0\n", 7), std::string("take 0000:04:00.0 \n")})
        EXPECT_TRUE(say(line).starts_with("no failed not-a-question ")) << line;
    EXPECT_EQ(done_, "");
}

TEST_F(BinderTalk, OfAnotherUserNothingIsDone)
{
    if (::geteuid() == 0) GTEST_SKIP() << "root is answered; the system tests ask as another user";

    EXPECT_TRUE(say("give 0000:04:00.0\n", "root").starts_with("no not-permitted not-permitted "));
    EXPECT_EQ(done_, "");
}

} // namespace
} // namespace usbroute::binder
