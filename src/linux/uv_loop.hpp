// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/loop.hpp"

namespace usbroute::linux_ {

/// The real loop, by libuv: also hears signals. With nothing to do it sleeps without any wake-up.
class UvLoop final : public Loop {
public:
    UvLoop();
    ~UvLoop() override;
    UvLoop(const UvLoop&) = delete;
    UvLoop& operator=(const UvLoop&) = delete;

    void run();
    void stop();
    void on_signal(int number, std::function<void()> came);

    [[nodiscard]] std::chrono::milliseconds now() const override;
    [[nodiscard]] Result<FdWatch> watch(int fd, std::function<void(Ready)> ready) override;
    [[nodiscard]] Timer timer(std::function<void()> ring) override;
    void errand(std::function<void()> work, std::function<void()> done) override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace usbroute::linux_
