// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/giving.hpp"
#include "daemon/lookout.hpp"
#include "daemon/machine.hpp"
#include "plan/given_sockets.hpp"
#include "plan/plan.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::daemon {

/// Brings each device in a socket that no mux reaches to whom the socket is for, and home again: after a plug, when a guest
/// comes or goes, after sleep, after a start of the daemon. Each time it looks at all there is and does what is missing, so that
/// the order of events makes no difference.
///
/// One place after the other. What fails is tried once more, and then left until it is plugged in again.
class Follower final : public Waiter {
public:
    struct Parts {
        linux_::Loop& loop;
        Machine& machine;
        Lookout& lookout;
        Giving& giving;
        /// What was done at a place, in order.
        std::function<void(const plan::Plan& done)> done;
        /// A device of a guest's socket that is not with the guest, and why; said once.
        std::function<void(const topology::PortPath& place, const std::string& why)> stays;
        /// What somebody else has attached to a guest, and whose device is gone; said once.
        std::function<void(const attach::Having& shell)> shell_stays;
        /// A controller that is not where its sockets are for, and why; said once.
        std::function<void(const std::string& why)> controller_stays;
        /// Everything is where it should be now, or has failed.
        std::function<void()> is_over;
    };

    explicit Follower(Parts parts);
    ~Follower() override;
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    /// After each look, after news of a guest, and after each change.
    void look_again();
    /// Whoever asked for this change was told what of it stays with the host.
    void was_said(const plan::Plan& plan);
    /// Controllers that are not where their sockets are for, because that has failed; it is tried again.
    [[nodiscard]] plan::FailedControllers failed_controllers() const;
    void looked(Look look) override;

private:
    void act_when_known();
    void act();
    [[nodiscard]] std::vector<topology::PortPath> left_now();
    void carried(const topology::PortPath& place, Carried carried);
    void carried(const std::vector<PciAddress>& controllers, Carried carried);
    [[nodiscard]] std::vector<PciAddress> left_controllers_now();
    void note_change_of(const PciAddress& controller);
    void say_which_controllers_stay(const plan::Plan& plan);
    void round_is_over();
    void say_what_stays(const plan::Plan& plan);
    void say_which_shells_stay(const attach::Seen& seen);

    Parts parts_;
    linux_::Timer again_;
    bool is_waiting_ = false; ///< the lookout knows of it
    bool is_under_way_ = false;
    bool has_looked_ = false; ///< just now, for this
    bool is_acting_ = false;
    bool is_asked_again_ = false;          ///< meanwhile
    int rounds_ = 0;                       ///< since something happened
    std::vector<topology::PortPath> left_; ///< in this round
    /// Until when a place is left alone where something did not end in time: others wait for whatever is under way.
    std::map<topology::PortPath, std::chrono::milliseconds> put_off_;
    /// The same of whole controllers, and why each stays.
    struct PutOff {
        std::chrono::milliseconds until;
        std::string why;
    };
    std::map<PciAddress, PutOff> controllers_put_off_;
    std::set<std::string> said_of_controllers_;
    std::map<PciAddress, std::vector<std::chrono::milliseconds>> controllers_changed_; ///< when
    std::map<topology::PortPath, std::string> said_; ///< why what is there stays; the same is not said again
    std::set<std::pair<GuestName, std::string>> shells_; ///< those of which it was said
};

} // namespace usbroute::daemon
