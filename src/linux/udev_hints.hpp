// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "observe/hints.hpp"

#include <memory>

namespace usbroute::linux_ {

/// Hints from udev. Where no udev daemon runs (mdev, libudev-zero, a container), the kernel's own messages are
/// listened to: they carry the same paths.
class UdevHints final : public observe::HintSource {
public:
    [[nodiscard]] static Result<std::unique_ptr<UdevHints>> create();
    ~UdevHints() override;

    [[nodiscard]] int fd() const override;
    [[nodiscard]] observe::Hints drain() override;

private:
    struct State;
    explicit UdevHints(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace usbroute::linux_
