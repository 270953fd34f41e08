// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"

#include <cstddef>
#include <memory>

namespace usbroute::apply {

/// Carries out a plan of several means: routes, devices given to guests, and whole controllers. Each action goes to the backend of
/// its means, and each reading has what all of them have seen last.
class JointBackend final : public Backend {
public:
    /// Null: the plan has nothing of that means, and it is not looked at.
    JointBackend(std::unique_ptr<Backend> routes, std::unique_ptr<Backend> devices,
                 std::unique_ptr<Backend> controllers = nullptr)
        : routes_(std::move(routes)), devices_(std::move(devices)), controllers_(std::move(controllers))
    {}

    void look(Seen seen) override;
    void act(const plan::Action& action, Seen seen) override;

private:
    [[nodiscard]] Backend& backend_for(const plan::Action& action);
    void look_from(std::size_t number, Seen seen);
    void take(plan::Reading part);

    std::unique_ptr<Backend> routes_;
    std::unique_ptr<Backend> devices_;
    std::unique_ptr<Backend> controllers_;
    plan::Reading now_;
};

} // namespace usbroute::apply
