// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/loop.hpp"
#include "linux/unique_fd.hpp"

#include <functional>
#include <memory>

namespace usbroute::libvirt {

/// Does work that may never come back, away from the loop.
class Crew {
public:
    Crew() = default;
    virtual ~Crew() = default;
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    /// `work` by one of the crew, when one is free, in the order of the calls; then `done` on the loop.
    virtual void put(std::function<void()> work, std::function<void()> done) = 0;
};

/// Brings what other threads have to say to the loop's.
class Mailbox {
public:
    /// An error: the system has no descriptor left.
    [[nodiscard]] static Result<std::unique_ptr<Mailbox>> make(linux_::Loop& loop);
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    /// From any thread: `letter` is called on the loop.
    void post(std::function<void()> letter);

private:
    struct Box;
    Mailbox(std::shared_ptr<Box> box, linux_::FdWatch watch);
    static void empty(Box& box);

    std::shared_ptr<Box> box_;
    linux_::FdWatch watch_;
};

/// So many threads, for as long as the process lives: one that hangs in libvirt cannot be ended by anything else.
[[nodiscard]] std::unique_ptr<Crew> make_crew(Mailbox& mailbox, int threads);

} // namespace usbroute::libvirt
