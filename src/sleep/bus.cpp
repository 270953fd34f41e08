// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sleep/bus.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <string>
#include <utility>

#include <fcntl.h>
#if __has_include(<systemd/sd-bus.h>)
#include <systemd/sd-bus.h>
#else
#include <elogind/sd-bus.h>
#endif

namespace usbroute::sleep {

namespace {

constexpr const char* logind = "org.freedesktop.login1";
constexpr const char* path_of_manager = "/org/freedesktop/login1";
constexpr const char* manager = "org.freedesktop.login1.Manager";
constexpr std::uint64_t longest_call = 5'000'000; // microseconds
constexpr const char* reason_to_wait = "takes USB devices back from virtual machines";

std::unexpected<Error> bus_failure(const char* what, int result)
{
    return std::unexpected(Error(ErrorKind::failed, what, -result));
}

int prepares_for_sleep(sd_bus_message* message, void* news, sd_bus_error* /*error*/)
{
    int sleeps = 0;
    if (sd_bus_message_read(message, "b", &sleeps) >= 0) static_cast<Bus::News*>(news)->sleeps = sleeps != 0;
    return 0;
}

int has_another_owner(sd_bus_message* message, void* news, sd_bus_error* /*error*/)
{
    const char* name = nullptr;
    const char* before = nullptr;
    const char* now = nullptr;
    if (sd_bus_message_read(message, "sss", &name, &before, &now) < 0) return 0;
    // With its end the one before has forgotten who had asked it to wait.
    if (*now != '\0') static_cast<Bus::News*>(news)->has_another_owner = true;
    return 0;
}

} // namespace

void Bus::Closed::operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }

Result<Bus> Bus::open()
{
    sd_bus* opened = nullptr;
    if (const int result = sd_bus_open_system(&opened); result < 0)
        return bus_failure("there is no system bus", result);
    Handle bus(opened);
    auto news = std::make_unique<News>();
    sd_bus_set_method_call_timeout(bus.get(), longest_call);
    int result = sd_bus_match_signal(bus.get(), nullptr, logind, path_of_manager, manager, "PrepareForSleep",
                                     prepares_for_sleep, news.get());
    if (result >= 0)
        result = sd_bus_add_match(bus.get(), nullptr,
                                  "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
                                  "arg0='org.freedesktop.login1'",
                                  has_another_owner, news.get());
    if (result < 0) return bus_failure("cannot listen to logind", result);
    return Bus(std::move(bus), std::move(news));
}

Result<linux_::UniqueFd> Bus::inhibit()
{
    sd_bus_error error{}; // SD_BUS_ERROR_NULL is no C++
    sd_bus_message* answer = nullptr;
    const int called = sd_bus_call_method(bus_.get(), logind, path_of_manager, manager, "Inhibit", &error,
                                          &answer, "ssss", "sleep", "usbroute", reason_to_wait, "delay");
    const std::unique_ptr<sd_bus_message, sd_bus_message* (*)(sd_bus_message*)> held(answer,
                                                                                     sd_bus_message_unref);
    if (called < 0) {
        const std::string text = error.message == nullptr ? "" : error.message;
        sd_bus_error_free(&error);
        return std::unexpected(
            Error(ErrorKind::failed,
                  text.empty() ? "logind does not answer" : "logind says: " + printable(text, 200), -called));
    }
    int file = -1;
    if (const int read = sd_bus_message_read(answer, "h", &file); read < 0)
        return bus_failure("logind's answer makes no sense", read);
    // The message closes its own.
    linux_::UniqueFd own(::fcntl(file, F_DUPFD_CLOEXEC, 3));
    if (!own.is_open()) return failure("cannot keep what logind has given", errno);
    return own;
}

Result<Bus::News> Bus::take_news()
{
    for (;;) {
        const int result = sd_bus_process(bus_.get(), nullptr);
        if (result < 0) return bus_failure("the system bus has ended", result);
        if (result == 0) return std::exchange(*news_, {});
    }
}

int Bus::fd() const { return sd_bus_get_fd(bus_.get()); }

short Bus::events() const
{
    const int events = sd_bus_get_events(bus_.get());
    return static_cast<short>(std::max(events, 0));
}

std::chrono::milliseconds Bus::patience() const
{
    std::uint64_t until = 0;
    if (sd_bus_get_timeout(bus_.get(), &until) < 0 || until == UINT64_MAX)
        return std::chrono::milliseconds(-1);
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto passed =
        static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
    return std::chrono::milliseconds(until > passed ? (until - passed + 999) / 1000 : 0);
}

} // namespace usbroute::sleep
