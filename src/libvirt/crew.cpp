// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/crew.hpp"

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

namespace usbroute::libvirt {

struct Mailbox::Box {
    explicit Box(linux_::UniqueFd bell_of_it) : bell(std::move(bell_of_it)) {}

    linux_::UniqueFd bell; ///< readable: there are letters
    std::mutex guard;
    std::vector<std::function<void()>> letters;
};

Mailbox::Mailbox(std::shared_ptr<Box> box, linux_::FdWatch watch)
    : box_(std::move(box)), watch_(std::move(watch))
{}
Mailbox::~Mailbox() = default;

Result<std::unique_ptr<Mailbox>> Mailbox::make(linux_::Loop& loop)
{
    linux_::UniqueFd bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!bell.is_open()) return failure("cannot make an eventfd", errno);
    auto box = std::make_shared<Box>(std::move(bell));
    auto watch = loop.watch(box->bell.get(), [kept = box.get()](linux_::Ready) { empty(*kept); });
    if (!watch) return std::unexpected(std::move(watch.error()));
    watch->want(linux_::Ready::readable);
    return std::unique_ptr<Mailbox>(new Mailbox(std::move(box), std::move(*watch)));
}

void Mailbox::post(std::function<void()> letter)
{
    const std::lock_guard lock(box_->guard);
    box_->letters.push_back(std::move(letter));
    constexpr std::uint64_t one = 1;
    (void)!::write(box_->bell.get(), &one, sizeof one); // full: it rings already
}

void Mailbox::empty(Box& box)
{
    std::vector<std::function<void()>> letters;
    {
        const std::lock_guard lock(box.guard);
        std::uint64_t count = 0;
        (void)!::read(box.bell.get(), &count, sizeof count);
        letters.swap(box.letters);
    }
    for (const auto& letter : letters) letter();
}

namespace {

class ThreadCrew final : public Crew {
public:
    ThreadCrew(Mailbox& mailbox, int threads) : shared_(std::make_shared<Shared>(mailbox))
    {
        for (int i = 0; i < threads; ++i) std::thread([shared = shared_] { work_on(*shared); }).detach();
    }

    void put(std::function<void()> work, std::function<void()> done) override
    {
        {
            const std::lock_guard lock(shared_->guard);
            shared_->jobs.push_back({.work = std::move(work), .done = std::move(done)});
        }
        shared_->has_jobs.notify_one();
    }

private:
    struct CrewJob {
        std::function<void()> work;
        std::function<void()> done;
    };
    struct Shared {
        explicit Shared(Mailbox& mailbox_of_it) : mailbox(mailbox_of_it) {}

        Mailbox& mailbox;
        std::mutex guard;
        std::condition_variable has_jobs;
        std::deque<CrewJob> jobs;
    };

    [[noreturn]] static void work_on(Shared& shared)
    {
        for (;;) {
            std::unique_lock lock(shared.guard);
            shared.has_jobs.wait(lock, [&] { return !shared.jobs.empty(); });
            auto job = std::move(shared.jobs.front());
            shared.jobs.pop_front();
            lock.unlock();
            job.work();
            shared.mailbox.post(std::move(job.done));
        }
    }

    std::shared_ptr<Shared> shared_;
};

} // namespace

std::unique_ptr<Crew> make_crew(Mailbox& mailbox, int threads)
{
    return std::make_unique<ThreadCrew>(mailbox, threads);
}

} // namespace usbroute::libvirt
