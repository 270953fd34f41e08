// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"
#include "apply/execution.hpp"
#include "apply/journal.hpp"
#include "apply/recovery.hpp"
#include "apply/registers.hpp"
#include "apply/trial.hpp"
#include "base/not_null.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "plan/plan.hpp"
#include "plan/refusal.hpp"
#include "topology/host_use.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace usbroute::apply {

/// What is known of a machine without looking again.
struct Known {
    const topology::Snapshot& snapshot;
    const config::Settings& settings;
    std::optional<chips::RouteBits> registers; ///< last read or written; nothing: not known
    /// Of sockets that no mux reaches; null: nobody here gives devices.
    const attach::Seen* attached = nullptr;
    const attach::Remembered* of_devices = nullptr;
    /// Of whole controllers that moves bring to guests; null: nobody here moves them.
    const plan::ControllersKnown* controllers = nullptr;
};

/// A look at what the host uses, and at its disks as they are now where that was asked for.
struct CloserLook {
    topology::HostUse use;
    std::optional<topology::Snapshot> snapshot; ///< nothing: the one that is known will do
};

/// The machine at which a change is made. The daemon's is looked at by hints; a command's is looked at for it alone.
class Workplace {
public:
    virtual ~Workplace() = default;

    /// Valid until the next call of another method.
    [[nodiscard]] virtual Known known() const = 0;
    [[nodiscard]] virtual CloserLook look_closer(const topology::UseParts& needed) const = 0;
    /// Reads the routing registers again. True: what was decided before may be decided otherwise now.
    [[nodiscard]] virtual bool reads_otherwise() = 0;
    /// Of the mux that is known; an error: it is another controller, or they cannot be opened.
    [[nodiscard]] virtual Result<NotNull<RouteRegisters>> registers(const PciAddress& controller) = 0;
    /// What carries out this plan; an error: it is not at hand.
    [[nodiscard]] virtual Result<std::unique_ptr<Backend>> backend_for(const plan::Plan& plan);
    /// A plan was carried out, and left the machine so.
    virtual void wrote(const plan::Reading& now, const plan::Plan& plan) = 0;
};

/// A change that was carried out and read back, or that had nothing to do.
struct Done {
    std::shared_ptr<const plan::Plan> plan;
    std::vector<std::string> warnings; ///< the plan's among them
};
using NotDone = std::variant<plan::Refusal, Error>;
using Carried = std::expected<Done, NotDone>;
/// Another process holds the lock on changes: nothing was planned or touched, and in a moment it may be free.
[[nodiscard]] bool is_locked_out(const NotDone& why);
/// The same for whoever makes no difference between a refusal and a failure.
[[nodiscard]] Error error_from(NotDone why);

/// What the journal is told of a wish.
enum class Remember : std::uint8_t {
    changes,    ///< what was changed for it, or the wish where nothing had to be changed
    every_wish, ///< the whole wish: without it a later restore would take back what was so by chance
};

/// From a wish to a change that is carried out, the one way for the daemon, for a command without it, and for the wizard. Whoever
/// calls holds the lock on changes.
class Conductor {
public:
    Conductor(Workplace& workplace, Journal& journal) : workplace_(workplace), journal_(journal) {}

    /// Who knows `plan::Situation::lines`; asked whenever something is decided.
    using Lines = std::function<std::vector<config::ListenerSettings>()>;
    void ask_for_lines(Lines lines) { lines_ = std::move(lines); }
    /// What is known, the settings or the lines may be others now.
    void forget_plans() { remembered_.clear(); }

    /// Plans, and looks closer where the outcome depends on it; nothing is touched.
    [[nodiscard]] plan::Outcome decide(const plan::Request& request) const;
    /// The same; nothing where the outcome depends on what is not known yet, as `is_awaited` says of it.
    [[nodiscard]] std::optional<plan::Outcome>
    decide(const plan::Request& request, const std::function<bool(topology::UseParts)>& is_awaited) const;
    /// What a decision would look closer at.
    [[nodiscard]] topology::UseParts use_needed(const plan::Request& request) const;
    /// Plans and applies. Plans again when somebody wrote the registers in between. Calls back once: from within where all
    /// backends answer from within. Not to be called while a change is under way.
    /// `decided`: what was decided in this turn for the same request, and is not planned again before it has been tried.
    void carry_out(plan::Request request, Signature signature, Remember what,
                   std::function<void(Carried)> then, std::optional<plan::Plan> decided = {});
    /// The same for backends that answer from within.
    [[nodiscard]] Carried carry_out(const plan::Request& request, const Signature& signature,
                                    Remember what = Remember::changes);
    [[nodiscard]] bool is_under_way() const { return under_way_ != nullptr; }
    /// Ends a change whose maker was killed, as far as the guards let it. Nothing: there is none.
    [[nodiscard]] std::optional<Result<Recovered>> recover();

    /// Changes that go back unless confirmed; every change that is carried out meanwhile joins them, but for those
    /// of a guest whose own they are not.
    [[nodiscard]] const std::optional<Trial>& trial() const { return trial_; }
    void adopt_trial(std::optional<Trial> trial) { trial_ = std::move(trial); }

private:
    using Planned = std::variant<std::shared_ptr<const plan::Plan>, plan::Refusal>;

    /// What the planner may look at, beside the machine.
    struct Past {
        std::optional<plan::Change> last;
        std::optional<plan::Change> standing;
        std::vector<config::ListenerSettings> lines;
        std::optional<plan::Change> trial;
    };
    /// What `toggle` planned at some value of the registers. The planner is pure, so for the same snapshot and
    /// settings it would plan the same again; toggling to and fro is what people do all day.
    struct RememberedPlan {
        chips::RouteBits at;
        std::optional<ProfileName> applied; ///< `topology::Snapshot::applied`
        std::vector<ProfileName> profiles;
        std::shared_ptr<const plan::Plan> plan;
    };

    [[nodiscard]] Past past_for(const plan::Request& request) const;
    [[nodiscard]] plan::Outcome outcome_of(const plan::Request& request, const Past& past,
                                           const CloserLook& closer) const;
    [[nodiscard]] bool may_be_remembered(const plan::Request& request) const;
    [[nodiscard]] std::shared_ptr<const plan::Plan> remembered(const plan::Request& request) const;
    [[nodiscard]] Planned plan_for(const plan::Request& request);
    /// A wish on its way, from the plan to the answer.
    struct UnderWay {
        plan::Request request;
        Signature signature;
        Remember what = Remember::changes;
        std::function<void(Carried)> then;
        int attempt = 1;
        std::shared_ptr<const plan::Plan> plan = {};
        std::unique_ptr<Backend> backend = {};
        std::optional<Execution> execution = {};
    };
    void attempt();
    void apply();
    void applied(Result<Applied> applied);
    [[nodiscard]] Done done(UnderWay& wish, Applied applied);
    void not_applied(Error why);
    void finish(Carried carried);
    [[nodiscard]] Recovered put_away(const plan::Change& open);
    void join_trial(const plan::Change& change, const Signature& signature);

    Workplace& workplace_;
    Journal& journal_;
    Lines lines_;
    std::optional<Trial> trial_;
    std::vector<RememberedPlan> remembered_;
    std::unique_ptr<UnderWay> under_way_; ///< on the heap: it goes while it is being called back
};

} // namespace usbroute::apply
