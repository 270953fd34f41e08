// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/plugged.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::plan {
namespace {

using config::OnPlug;

attach::SeenGuest seen_as(const std::string& status)
{
    attach::SeenGuest guest{.name = GuestName("w"), .usb = attach::GuestUsb{}};
    guest.usb->status = status;
    return guest;
}

TEST(Plugged, AMachineRunsOrDoesNot)
{
    const attach::SeenGuest gone{.name = GuestName("w"), .usb = {}, .is_gone = true};
    auto leaving = gone;
    leaving.is_changing = true;
    auto unheard = gone;
    unheard.silence = attach::Silence{.code = "no-helper", .why = {}};
    auto undefined = gone;
    undefined.silence = attach::Silence{.code = "no-domain", .why = {}};

    EXPECT_EQ(runs(seen_as("running")), Runs::yes);
    EXPECT_EQ(runs(seen_as("paused")), Runs::paused);
    EXPECT_EQ(runs(seen_as("suspended")), Runs::asleep);
    for (const auto* status : {"prelaunch", "inmigrate", "postmigrate", "io-error", "guest-panicked"})
        EXPECT_EQ(runs(seen_as(status)), Runs::yes) << status;
    EXPECT_EQ(runs(seen_as("")), Runs::unknown); // it has changed just now
    EXPECT_EQ(runs(gone), Runs::no);
    EXPECT_EQ(runs(undefined), Runs::no);
    EXPECT_EQ(runs(leaving), Runs::unknown);
    EXPECT_EQ(runs(unheard), Runs::unknown);
    EXPECT_EQ(runs({.name = GuestName("w"), .usb = {}}), Runs::unknown); // its monitor does not answer
}

TEST(Plugged, WhatAPlugBringsAbout)
{
    struct Case {
        OnPlug on_plug;
        Runs runs;
        PlugCalls calls;
    };
    for (const auto& [on_plug, runs, calls] : {
             Case{OnPlug::start, Runs::no, PlugCalls::starting},
             Case{OnPlug::start, Runs::paused, PlugCalls::resuming},
             Case{OnPlug::start, Runs::asleep, PlugCalls::resuming},
             Case{OnPlug::start, Runs::yes, PlugCalls::nothing},
             Case{OnPlug::start, Runs::unknown, PlugCalls::waiting},
             Case{OnPlug::resume, Runs::no, PlugCalls::nothing},
             Case{OnPlug::resume, Runs::paused, PlugCalls::resuming},
             Case{OnPlug::resume, Runs::asleep, PlugCalls::resuming},
             Case{OnPlug::resume, Runs::unknown, PlugCalls::waiting},
             Case{OnPlug::ask, Runs::no, PlugCalls::asking},
             Case{OnPlug::ask, Runs::paused, PlugCalls::asking},
             Case{OnPlug::ask, Runs::yes, PlugCalls::nothing},
             Case{OnPlug::nothing, Runs::no, PlugCalls::nothing},
             Case{OnPlug::nothing, Runs::unknown, PlugCalls::nothing},
         })
        EXPECT_EQ(plug_calls(on_plug, runs), calls)
            << config::text_of(on_plug) << ", the guest " << in_words(runs);
}

TEST(Plugged, APersonTypesTheCommandOfWhoeverRunsIt)
{
    config::GuestSettings guest{.name = GuestName("w"), .controllers = {}, .origin = {}};
    EXPECT_EQ(to_have_it_run(guest, Runs::no), "start its QEMU");
    EXPECT_EQ(to_have_it_run(guest, Runs::paused), "type cont in another monitor of its QEMU");
    EXPECT_EQ(to_have_it_run(guest, Runs::asleep), "type system_wakeup in another monitor of its QEMU");

    guest.libvirt = config::LibvirtSettings{.domain = "it's", .user = {}};
    EXPECT_EQ(to_have_it_run(guest, Runs::no), "virsh -c qemu:///system start 'it'\\''s'");
    EXPECT_EQ(to_have_it_run(guest, Runs::asleep), "virsh -c qemu:///system dompmwakeup 'it'\\''s'");

    guest.libvirt->user = "alice";
    EXPECT_EQ(to_have_it_run(guest, Runs::paused),
              "virsh -c qemu:///session resume 'it'\\''s' (as user alice)");
}

} // namespace
} // namespace usbroute::plan
