// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/joint_backend.hpp"

#include "assign/in_guest.hpp"
#include "assign/rebinding.hpp"
#include "base/check.hpp"
#include "route/words.hpp"

#include <array>
#include <utility>
#include <variant>

namespace usbroute::apply {

namespace {

bool is_of_a_controller(const plan::Action& action)
{
    return std::holds_alternative<assign::Rebind>(action) ||
           std::holds_alternative<assign::PutBack>(action) ||
           std::holds_alternative<assign::PlugIn>(action) || std::holds_alternative<assign::TakeOut>(action);
}

} // namespace

Backend& JointBackend::backend_for(const plan::Action& action)
{
    auto* backend = devices_.get();
    if (std::holds_alternative<route::WriteRegister>(action)) backend = routes_.get();
    if (is_of_a_controller(action)) backend = controllers_.get();
    USBROUTE_CHECK(backend != nullptr);
    return *backend;
}

void JointBackend::look(Seen seen) { look_from(0, std::move(seen)); }

/// One after the other: nothing else is asked of a backend meanwhile.
void JointBackend::look_from(std::size_t number, Seen seen)
{
    const std::array all{routes_.get(), devices_.get(), controllers_.get()};
    while (number < all.size() && all[number] == nullptr) ++number;
    if (number == all.size()) return seen(now_);
    all[number]->look([this, number, seen = std::move(seen)](Result<plan::Reading> part) {
        if (!part) return seen(std::move(part));
        take(std::move(*part));
        look_from(number + 1, seen);
    });
}

void JointBackend::act(const plan::Action& action, Seen seen)
{
    backend_for(action).act(action, [this, seen = std::move(seen)](Result<plan::Reading> part) {
        if (!part) return seen(std::move(part));
        take(std::move(*part));
        seen(now_);
    });
}

void JointBackend::take(plan::Reading part)
{
    if (part.routes) now_.routes = part.routes;
    if (part.devices) now_.devices = std::move(part.devices);
    if (part.bindings) now_.bindings = std::move(part.bindings);
    if (part.in_guest) now_.in_guest = std::move(part.in_guest);
}

} // namespace usbroute::apply
