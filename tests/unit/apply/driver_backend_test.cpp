// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/driver_backend.hpp"
#include "apply/execution.hpp"
#include "fakes/boards.hpp"
#include "fakes/fake_drivers.hpp"
#include "plan/handover.hpp"

#include <gtest/gtest.h>

namespace usbroute::apply {
namespace {

using fakes::FakeDrivers;
using plan::Handover;

constexpr const char* all_with_host = "0000:00:1a.0 ehci-pci, 0000:00:1d.0 ehci-pci";
constexpr const char* all_given =
    "0000:00:1a.0 vfio-pci forced vfio-pci, 0000:00:1d.0 vfio-pci forced vfio-pci";

/// A machine whose kernel answers, and the look at it that a plan is made from.
struct Bench {
    explicit Bench(const char* driver = "ehci-pci", const char* forced = "")
    {
        for (const auto* address : {"0000:00:1d.0", "0000:00:1a.0"}) {
            kernel.functions[address] = {.native = "ehci-pci", .driver = driver, .forced = forced};
            auto& controller = fakes::controller(snapshot, address);
            controller.driver = driver;
            controller.iommu_group = controller.address.device;
            look.functions.push_back({.address = controller.address,
                                      .vendor = 0x8086,
                                      .device = controller.device,
                                      .class_code = 0x0c0320,
                                      .driver = driver,
                                      .iommu_group = controller.iommu_group});
            look.controllers.push_back({.address = controller.address, .driver_override = forced});
        }
        look.vfio_driver = true;
    }
    Handover planned(bool bind) const
    {
        const plan::HandoverSituation situation{snapshot, look, settings, use, holders};
        const GuestName guest("windows");
        auto outcome = bind ? plan_bind(situation, {.guest = guest}) : plan_release(situation, guest);
        return std::get<Handover>(std::move(outcome));
    }

    Result<Applied> carry_out(bool bind)
    {
        const auto handover = planned(bind);
        DriverBackend backend(kernel, handover.plan);
        NoJournal unwritten;
        return execute(handover.plan, backend, unwritten);
    }

    FakeDrivers kernel;
    topology::Snapshot snapshot = fakes::z97();
    topology::HandoverLook look;
    config::Settings settings = fakes::settings();
    topology::HostUse use;
    topology::HolderLook holders;
};

Bench given() { return Bench("vfio-pci", "vfio-pci"); }

TEST(Handover, ForcesUnbindsAndProbesFunctionByFunction)
{
    Bench bench;

    const auto done = bench.carry_out(true);

    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(bench.kernel.log, "vfio-pci > devices/0000:00:1d.0/driver_override\n"
                                "0000:00:1d.0 > drivers/ehci-pci/unbind\n"
                                "0000:00:1d.0 > drivers_probe\n"
                                "vfio-pci > devices/0000:00:1a.0/driver_override\n"
                                "0000:00:1a.0 > drivers/ehci-pci/unbind\n"
                                "0000:00:1a.0 > drivers_probe\n");
    EXPECT_EQ(bench.kernel.state(), all_given);
}

TEST(Handover, GivesBackToWhateverDriverTheKernelChooses)
{
    auto bench = given();

    const auto done = bench.carry_out(false);

    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(bench.kernel.log, " > devices/0000:00:1d.0/driver_override\n"
                                "0000:00:1d.0 > drivers/vfio-pci/unbind\n"
                                "0000:00:1d.0 > drivers_probe\n"
                                " > devices/0000:00:1a.0/driver_override\n"
                                "0000:00:1a.0 > drivers/vfio-pci/unbind\n"
                                "0000:00:1a.0 > drivers_probe\n");
    EXPECT_EQ(bench.kernel.state(), all_with_host);
}

TEST(Handover, TakesEverythingBackWhereAnyWriteFailsOrDoesNothing)
{
    for (const bool bind : {true, false})
        for (int n = 1; n <= 6; ++n)
            for (const bool fails : {true, false}) {
                auto bench = bind ? Bench() : given();
                (fails ? bench.kernel.failing_write : bench.kernel.ignored_write) = n;
                const auto before = bench.kernel.state();

                const auto done = bench.carry_out(bind);

                ASSERT_FALSE(done) << n;
                EXPECT_EQ(done.error().kind(), ErrorKind::failed) << done.error().message();
                EXPECT_TRUE(done.error().message().ends_with("; the machine is as before"))
                    << done.error().message();
                EXPECT_EQ(bench.kernel.state(), before) << n;
            }
}

TEST(Handover, NamesTheWriteThatHangsAndLeavesThatFunctionAlone)
{
    Bench bench;
    bench.kernel.hanging_write = 5; // unbind of the second

    const auto done = bench.carry_out(true);

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::timed_out);
    EXPECT_EQ(done.error().message(),
              "cannot give 0000:00:1d.0 and 0000:00:1a.0 to windows: writing 0000:00:1a.0 to "
              "/sys/bus/pci/drivers/ehci-pci/unbind hangs; that will happen when the kernel lets go, if it "
              "ever does; everything else is as before");
    EXPECT_EQ(bench.kernel.state(), "0000:00:1a.0 ehci-pci forced vfio-pci, 0000:00:1d.0 ehci-pci");
    EXPECT_EQ(bench.kernel.log.substr(bench.kernel.log.find("0000:00:1a.0 > ")),
              "0000:00:1a.0 > drivers/ehci-pci/unbind\n"
              " > devices/0000:00:1d.0/driver_override\n"
              "0000:00:1d.0 > drivers/vfio-pci/unbind\n"
              "0000:00:1d.0 > drivers/ehci-pci/bind\n");
}

TEST(Handover, TakesItBackWhenAnotherDriverIsThereAfterTheProbe)
{
    Bench bench;
    bench.kernel.probed = "pci-stub";

    const auto done = bench.carry_out(true);

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), "write-did-not-take");
    EXPECT_NE(
        done.error().message().find("0000:00:1d.0 has pci-stub after the probe, but vfio-pci was wanted"),
        std::string::npos)
        << done.error().message();
    EXPECT_EQ(bench.kernel.state(), all_with_host);
}

TEST(Handover, SaysHowToRecoverWhereNothingCanBeTakenBack)
{
    Bench bench;
    bench.kernel.failing_from = 3; // the first probe, and all that would take it back

    const auto done = bench.carry_out(true);

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::half_way);
    EXPECT_NE(done.error().message().find(
                  "to recover, as root: echo > /sys/bus/pci/devices/0000:00:1d.0/driver_override; echo "
                  "0000:00:1d.0 > /sys/bus/pci/devices/0000:00:1d.0/driver/unbind; echo 0000:00:1d.0 > "
                  "/sys/bus/pci/drivers/ehci-pci/bind"),
              std::string::npos)
        << done.error().message();
}

TEST(Handover, TouchesNothingWhereAFunctionHasAnotherDriverThanWhenItWasPlanned)
{
    for (const bool is_forced : {false, true}) {
        Bench bench;
        auto& second = bench.kernel.functions["0000:00:1a.0"];
        (is_forced ? second.forced : second.driver) = "pci-stub";

        const auto done = bench.carry_out(true);

        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code(), code_of_a_stale_plan);
        EXPECT_EQ(bench.kernel.log, "");
    }
}

TEST(Handover, WritesNothingWhereEverythingIsAsWished)
{
    auto bench = given();

    ASSERT_TRUE(bench.carry_out(true));

    EXPECT_EQ(bench.kernel.log, "");
}

} // namespace
} // namespace usbroute::apply
