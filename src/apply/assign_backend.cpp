// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/assign_backend.hpp"

#include "assign/rebinding.hpp"
#include "base/check.hpp"

#include <utility>
#include <variant>

namespace usbroute::apply {

void AssignBackend::look(Seen seen)
{
    drivers_.look([this, seen = std::move(seen)](Result<plan::Reading> bound) {
        if (!bound) return seen(std::move(bound));
        now_.bindings = std::move(bound->bindings);
        if (guest_ == nullptr) return seen(now_);
        take(guest_->look(), seen);
    });
}

void AssignBackend::take(Result<assign::InGuest> told, const Seen& seen)
{
    if (!told) return seen(std::unexpected(std::move(told.error())));
    now_.in_guest = std::move(*told);
    seen(now_);
}

/// What is seen of the drivers is from the last look, which nobody but this has changed.
std::optional<Error> AssignBackend::why_not(const plan::Action& action) const
{
    const auto* rebind = std::get_if<assign::Rebind>(&action);
    const auto* back = std::get_if<assign::PutBack>(&action);
    if (rebind == nullptr && back == nullptr) return std::nullopt;
    const auto& function = rebind != nullptr ? rebind->function() : back->wanted.function;
    const bool is_to_stay =
        rebind != nullptr ? rebind->driver_after == assign::vfio : back->wanted.driver == assign::vfio;
    const bool is_there = now_.bindings && assign::word_of(function, *now_.bindings) == assign::vfio;
    return is_there && !is_to_stay ? why_held_(function) : std::nullopt;
}

void AssignBackend::act(const plan::Action& action, Seen seen)
{
    if (const auto* plug = std::get_if<assign::PlugIn>(&action)) {
        USBROUTE_CHECK(guest_ != nullptr);
        return take(guest_->plug_in(*plug), seen);
    }
    if (const auto* out = std::get_if<assign::TakeOut>(&action)) {
        USBROUTE_CHECK(guest_ != nullptr);
        return take(guest_->take_out(*out), seen);
    }
    if (auto held = why_not(action)) return seen(std::unexpected(std::move(*held)));
    drivers_.act(action, [this, seen = std::move(seen)](Result<plan::Reading> bound) {
        if (!bound) return seen(std::move(bound));
        now_.bindings = std::move(bound->bindings);
        seen(now_);
    });
}

} // namespace usbroute::apply
