// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/joint_backend.hpp"

#include "route/words.hpp"

#include <utility>
#include <variant>

namespace usbroute::apply {

void JointBackend::look(Seen seen)
{
    routes_->look([this, seen = std::move(seen)](Result<plan::Reading> routes) {
        if (!routes) return seen(std::move(routes));
        now_.routes = routes->routes;
        devices_->look([this, seen](Result<plan::Reading> devices) { tell(seen, std::move(devices)); });
    });
}

void JointBackend::act(const plan::Action& action, Seen seen)
{
    auto& backend = std::holds_alternative<route::WriteRegister>(action) ? routes_ : devices_;
    backend->act(action,
                 [this, seen = std::move(seen)](Result<plan::Reading> part) { tell(seen, std::move(part)); });
}

void JointBackend::tell(const Seen& seen, Result<plan::Reading> part)
{
    if (!part) return seen(std::move(part));
    if (part->routes) now_.routes = part->routes;
    if (part->devices) now_.devices = std::move(part->devices);
    seen(now_);
}

} // namespace usbroute::apply
