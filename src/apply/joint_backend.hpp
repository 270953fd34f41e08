// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"

#include <memory>

namespace usbroute::apply {

/// Carries out a plan of two means: routes, and devices given to guests. Each action goes to the backend of its means, and
/// each reading has what both have seen last.
class JointBackend final : public Backend {
public:
    JointBackend(std::unique_ptr<Backend> routes, std::unique_ptr<Backend> devices)
        : routes_(std::move(routes)), devices_(std::move(devices))
    {}

    void look(Seen seen) override;
    void act(const plan::Action& action, Seen seen) override;

private:
    void tell(const Seen& seen, Result<plan::Reading> part);

    std::unique_ptr<Backend> routes_;
    std::unique_ptr<Backend> devices_;
    plan::Reading now_;
};

} // namespace usbroute::apply
