// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "plan/plan.hpp"

namespace usbroute::plan {

namespace {

/// What the means of an action looks at, in a reading; null: it was not looked at.
const chips::RouteBits* seen_by(const route::WriteRegister&, const Reading& reading)
{
    return reading.routes ? &*reading.routes : nullptr;
}

const assign::Bindings* seen_by(const assign::Rebind&, const Reading& reading)
{
    return reading.bindings ? &*reading.bindings : nullptr;
}

const assign::Bindings* seen_by(const assign::PutBack&, const Reading& reading)
{
    return reading.bindings ? &*reading.bindings : nullptr;
}

const assign::InGuest* seen_by(const assign::PlugIn&, const Reading& reading)
{
    return reading.in_guest ? &*reading.in_guest : nullptr;
}

const assign::InGuest* seen_by(const assign::TakeOut&, const Reading& reading)
{
    return reading.in_guest ? &*reading.in_guest : nullptr;
}

template <class Attaching> const attach::Seen* seen_by(const Attaching&, const Reading& reading)
{
    return reading.devices ? &*reading.devices : nullptr;
}

bool is_done_in(const route::WriteRegister& write, const chips::RouteBits& bits)
{
    return write.is_done(bits);
}

template <class Binding> bool is_done_in(const Binding& binding, const assign::Bindings& seen)
{
    return assign::is_done(binding, seen);
}

template <class InGuest> bool is_done_in(const InGuest& action, const assign::InGuest& seen)
{
    return assign::is_done(action, seen);
}

template <class Attaching> bool is_done_in(const Attaching& action, const attach::Seen& seen)
{
    return attach::is_done(action, seen);
}

std::string why_undone_in(const route::WriteRegister& write, const chips::RouteBits& bits)
{
    return route::why_undone(write, bits);
}

template <class Attaching> std::string why_undone_in(const Attaching& action, const attach::Seen& seen)
{
    return attach::why_undone(action, seen);
}

template <class InGuest> std::string why_undone_in(const InGuest& action, const assign::InGuest& seen)
{
    return assign::why_undone(action, seen);
}

std::string driver_now(const PciAddress& function, const assign::Bindings& seen)
{
    const auto driver = assign::word_of(function, seen);
    return format("{} has {} now", function.text(), driver.empty() ? "no driver" : driver);
}

std::string why_undone_in(const assign::Rebind& rebind, const assign::Bindings& seen)
{
    return driver_now(rebind.function(), seen);
}

std::string why_undone_in(const assign::PutBack& back, const assign::Bindings& seen)
{
    return driver_now(back.wanted.function, seen);
}

} // namespace

std::string shell_line(const Action& action)
{
    return std::visit([](const auto& one) { return shell_line(one); }, action);
}

bool is_done(const Action& action, const Reading& reading)
{
    return std::visit(
        [&](const auto& one) {
            const auto* seen = seen_by(one, reading);
            return seen != nullptr && is_done_in(one, *seen);
        },
        action);
}

std::string why_undone(const Action& action, const Reading& reading)
{
    return std::visit(
        [&](const auto& one) {
            const auto* seen = seen_by(one, reading);
            return seen == nullptr ? std::string("it was not looked at") : why_undone_in(one, *seen);
        },
        action);
}

std::string what_it_waits_for(const Action& action)
{
    if (const auto* out = std::get_if<assign::TakeOut>(&action))
        return format("nothing was rebound; {}", assign::what_ends_silence(out->guest));
    return "that will happen when the kernel lets go, if it ever does";
}

bool is_at(const topology::Placed& placed, const Reading& reading)
{
    if (const auto* function = std::get_if<PciAddress>(&placed.key))
        return reading.bindings && assign::word_of(*function, *reading.bindings) == placed.word;
    // Whom a place is for is written down, and in no reading.
    if (topology::is_of_a_place(placed.key)) return true;
    return reading.routes && route::is_at(placed, *reading.routes);
}

} // namespace usbroute::plan
