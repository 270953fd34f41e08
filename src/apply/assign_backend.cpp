// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/assign_backend.hpp"

#include "assign/rebinding.hpp"
#include "base/check.hpp"
#include "base/format.hpp"
#include "base/text.hpp"

#include <utility>
#include <variant>

namespace usbroute::apply {

std::optional<Error> why_not_let_go(const assign::TakeOut& out, const assign::InGuest& seen,
                                    std::string_view how_long)
{
    if (assign::is_done(out, seen)) return std::nullopt;
    const auto* held = seen.find(out.function);
    if (held == nullptr)
        return Error(ErrorKind::timed_out,
                     format("{} cannot be asked any more whether it has let go of {}{}{}", out.guest.text(),
                            out.function.text(), seen.why.empty() ? "" : ": ", printable(seen.why, 200)))
            .with_code("guest-silent");
    if (held->farewell == assign::Farewell::refused)
        return Error(ErrorKind::failed,
                     format("{} does not let go of {}: its system says no, or is busy with another hot-plug",
                            out.guest.text(), out.function.text()))
            .with_code("guest-refused");
    return Error(ErrorKind::timed_out,
                 format("{} has not let go of {} {}", out.guest.text(), out.function.text(), how_long))
        .with_code("guest-silent");
}

void AssignBackend::look(Seen seen)
{
    drivers_.look([this, seen = std::move(seen)](Result<plan::Reading> bound) {
        if (!bound) return seen(std::move(bound));
        now_.bindings = std::move(bound->bindings);
        if (guest_ == nullptr) return seen(now_);
        guest_->look([this, seen](Result<assign::InGuest> told) { take(std::move(told), seen); });
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
        return guest_->plug_in(*plug,
                               [this, seen](Result<assign::InGuest> told) { take(std::move(told), seen); });
    }
    if (const auto* out = std::get_if<assign::TakeOut>(&action)) {
        USBROUTE_CHECK(guest_ != nullptr);
        return guest_->take_out(*out,
                                [this, seen](Result<assign::InGuest> told) { take(std::move(told), seen); });
    }
    if (auto held = why_not(action)) return seen(std::unexpected(std::move(*held)));
    drivers_.act(action, [this, seen = std::move(seen)](Result<plan::Reading> bound) {
        if (!bound) return seen(std::move(bound));
        now_.bindings = std::move(bound->bindings);
        seen(now_);
    });
}

} // namespace usbroute::apply
