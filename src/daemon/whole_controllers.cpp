// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/whole_controllers.hpp"

#include "apply/assign_backend.hpp"
#include "assign/rebinding.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "observe/handover.hpp"
#include "plan/whole_moves.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace usbroute::daemon {

using assign::InGuest;

namespace {

constexpr auto while_it_may_let_go = std::chrono::milliseconds(2000);

assign::Binding binding_now(const observe::KernelTree& tree, const PciAddress& function)
{
    const auto driver = tree.link(format("sys/bus/pci/devices/{}/driver", function.text()));
    auto forced = observe::attribute(tree, assign::override_file(function));
    if (forced == "(null)") forced.clear();
    return {.function = function,
            .driver = driver ? driver->substr(driver->rfind('/') + 1) : std::string(),
            .forced = std::move(forced)};
}

} // namespace

/// Binds through usbroute-bind, and looks itself.
class WholeControllers::Drivers final : public apply::Backend {
public:
    Drivers(WholeControllers& parent, const plan::Plan& plan) : whole_(parent)
    {
        for (const auto& binding : *plan.made_for.bindings) functions_.push_back(binding.function);
    }

    void look(Seen seen) override
    {
        assign::Bindings bindings;
        for (const auto& function : functions_) bindings.push_back(binding_now(whole_.parts_.tree, function));
        seen(plan::Reading{.bindings = std::move(bindings)});
    }

    void act(const plan::Action& action, Seen seen) override
    {
        const auto* rebind = std::get_if<assign::Rebind>(&action);
        const auto& to =
            rebind != nullptr ? rebind->driver_after : std::get<assign::PutBack>(action).wanted.driver;
        const auto& function =
            rebind != nullptr ? rebind->function() : std::get<assign::PutBack>(action).wanted.function;
        using What = wire::BindQuestion::What;
        whole_.binder_.ask({.what = to == assign::vfio ? What::give : What::take, .function = function},
                           [this, seen = std::move(seen)](Result<void> done) {
                               if (!done) return seen(std::unexpected(std::move(done.error())));
                               look(seen);
                           });
    }

private:
    WholeControllers& whole_;
    std::vector<PciAddress> functions_;
};

/// A guest that runs, over the line that is kept to its machine.
class WholeControllers::Guest final : public apply::GuestLine {
public:
    Guest(WholeControllers& parent, GuestName name) : whole_(parent), name_(std::move(name)) {}

    void look(Told told) override { ask({.guest = name_, .what = assign::Ask::What::look}, std::move(told)); }
    void plug_in(const assign::PlugIn& plug, Told told) override
    {
        ask({.guest = name_,
             .what = assign::Ask::What::plug_in,
             .function = plug.function,
             .place = plug.place},
            [plug, told = std::move(told)](Result<InGuest> seen) {
                if (!seen || assign::is_done(plug, *seen)) return told(std::move(seen));
                told(std::unexpected(
                    Error(ErrorKind::failed, assign::why_undone(plug, *seen)).with_code("guest-silent")));
            });
    }
    void take_out(const assign::TakeOut& out, Told told) override
    {
        ask({.guest = name_, .what = assign::Ask::What::take_out, .function = out.function},
            [out, told = std::move(told)](Result<InGuest> seen) {
                if (!seen) return told(std::move(seen));
                if (auto why = apply::why_not_let_go(out, *seen, "yet"))
                    return told(std::unexpected(std::move(*why)));
                told(std::move(seen));
            });
    }

private:
    void ask(const assign::Ask& question, Told told)
    {
        whole_.parts_.controllers.ask(question, [this, alive = std::weak_ptr(whole_.alive_),
                                                 told = std::move(told)](const Result<InGuest>& seen) {
            if (alive.expired()) return; // the daemon ends
            if (seen) whole_.know(name_, *seen);
            told(seen);
        });
    }

    WholeControllers& whole_;
    GuestName name_;
};

class WholeControllers::Means final : public apply::Backend {
public:
    Means(WholeControllers& parent, const plan::Plan& plan, std::optional<GuestName> guest)
        : drivers_(parent, plan),
          guest_(guest ? std::make_unique<Guest>(parent, std::move(*guest)) : nullptr),
          // usbroute-bind looks itself who has a group open.
          backend_(drivers_, guest_.get(), [](const PciAddress&) { return std::optional<Error>(); })
    {}

    void look(Seen seen) override { backend_.look(std::move(seen)); }
    void act(const plan::Action& action, Seen seen) override { backend_.act(action, std::move(seen)); }

private:
    Drivers drivers_;
    std::unique_ptr<Guest> guest_;
    apply::AssignBackend backend_;
};

WholeControllers::WholeControllers(Parts parts)
    : parts_(std::move(parts)),
      binder_(parts_.loop, parts_.binder),
      again_(parts_.loop.timer([this] { look_again(); }))
{}

const plan::ControllersKnown& WholeControllers::known()
{
    known_.can_bind = binder_.is_there();
    const auto now = parts_.machine.snapshot();
    if (std::exchange(looked_with_, now) != now) known_.look = observe::look_at_handover(parts_.tree);
    return known_;
}

/// A plan is for the controllers of one guest.
std::unique_ptr<apply::Backend> WholeControllers::means(const plan::Plan& plan)
{
    looked_with_.reset();
    std::optional<GuestName> guest;
    for (const auto& of : parts_.machine.settings().guests)
        for (const auto& function : plan::controllers_in(plan))
            if (plan.made_for.in_guest && plan::goes_on_move(of, function)) guest = of.name;
    return std::make_unique<Means>(*this, plan, std::move(guest));
}

void WholeControllers::look_again()
{
    std::vector<GuestName> names;
    for (const auto& guest : parts_.machine.settings().guests)
        if (!guest.on_move.empty()) names.push_back(guest.name);
    std::erase_if(known_.guests,
                  [&](const auto& one) { return std::ranges::find(names, one.guest) == names.end(); });
    for (const auto& name : names) {
        if (!being_asked_.insert(name).second) continue;
        parts_.controllers.ask({.guest = name, .what = assign::Ask::What::look},
                               [this, name, alive = std::weak_ptr(alive_)](const Result<InGuest>& seen) {
                                   if (alive.expired()) return;
                                   being_asked_.erase(name);
                                   if (seen) know(name, *seen);
                               });
    }
}

void WholeControllers::know(const GuestName& guest, const InGuest& seen)
{
    const auto may_let_go = [](const assign::HeldFunction& held) {
        return assign::is_awaited(held.farewell) || held.farewell == assign::Farewell::refused;
    };
    if (std::ranges::any_of(seen.held, may_let_go)) again_.start(while_it_may_let_go);
    const auto found = std::ranges::find(known_.guests, guest, &plan::ControllersKnown::OfGuest::guest);
    if (found == known_.guests.end())
        known_.guests.push_back({.guest = guest, .seen = seen});
    else if (found->seen == seen)
        return;
    else
        found->seen = seen;
    parts_.changed();
}

} // namespace usbroute::daemon
