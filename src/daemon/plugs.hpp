// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/host_device.hpp"
#include "attach/seen.hpp"
#include "base/result.hpp"
#include "daemon/machine.hpp"
#include "daemon/plug_limit.hpp"
#include "linux/loop.hpp"
#include "plan/plugged.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::daemon {

/// What a plug has come to, of one guest.
struct PlugNews {
    GuestName guest;
    std::string code; ///< "started", "resumed", "wanted", "failed", "too-often"
    std::string what; ///< a sentence
};

/// Starts a guest, or lets it go on, when something is plugged into one of its sockets (`on_plug`, docs/decisions/0059).
///
/// Each plug counts once. What was plugged in before the guest was shut off, before the daemon began or while the host slept,
/// and what comes with its whole controller, is no plug.
class Plugs {
public:
    /// So long a plug waits for somebody to tell whether the guest runs.
    static constexpr std::chrono::milliseconds longest_wait = std::chrono::seconds(60);
    /// What comes so soon after the host has slept was there before.
    static constexpr std::chrono::milliseconds after_a_sleep = std::chrono::seconds(10);
    /// What is asked of libvirt or QEMU is answered by then, or never.
    static constexpr std::chrono::milliseconds longest_call = std::chrono::seconds(40);

    struct Parts {
        linux_::Loop& loop;
        Machine& machine;
        std::function<std::vector<attach::SeenGuest>()> guests;
        /// `starting` or `resuming`. Calls back at most once.
        std::function<void(const GuestName&, plan::PlugCalls, std::function<void(Result<void>)>)> call;
        std::function<std::chrono::milliseconds()> asleep; ///< the host, since it booted
        /// Something is plugged into `connector` that is, or is not, a reason to have the guest run.
        std::function<void(const ConnectorName& connector, const PlugNews& news)> tell;
    };

    explicit Plugs(Parts parts);

    /// After each look but the first.
    void looked(const topology::Snapshot& before);
    /// After each look, after news of a guest, and after each change.
    void look_again();
    /// Somebody has asked for this: for the guests that it gives sockets to, plugs count anew.
    void was_asked_for(const plan::Plan& plan);
    /// The configuration was read again.
    void adopt();

    /// Of each guest the last, as long as it matters.
    [[nodiscard]] std::vector<PlugNews> news() const;

private:
    struct Guest {
        PlugLimit limit;
        std::optional<PlugNews> news;
        bool has_run = false; ///< since the news
        std::chrono::milliseconds called_until{};
    };
    struct Plug {
        attach::HostDevice device;
        std::chrono::milliseconds since{};
    };

    [[nodiscard]] bool is_needed() const;
    void follow_guests(const std::vector<attach::SeenGuest>& guests);
    void forget(const attach::HostDevice& device);
    void judge(const plan::Plugged& plugged, const std::vector<attach::SeenGuest>& guests);
    void call(const plan::Plugged& plugged, plan::PlugCalls what, const std::string& device);
    void wait_for_word(const plan::Plugged& plugged);
    void say(const ConnectorName& connector, const PlugNews& news);

    Parts parts_;
    linux_::Timer soon_; ///< until a plug has waited too long
    std::vector<Plug> plugs_;
    std::map<GuestName, Guest> guests_;
    std::chrono::milliseconds asleep_{};     ///< as of the last look
    std::chrono::milliseconds not_before_{}; ///< what comes earlier was there before the host slept
};

} // namespace usbroute::daemon
