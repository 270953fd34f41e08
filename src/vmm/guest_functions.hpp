// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/loop.hpp"
#include "vmm/function_access.hpp"
#include "vmm/qmp_session.hpp"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace usbroute::vmm {

/// Whole controllers in a guest, by its QEMU's monitor.
class GuestFunctions final : public FunctionAccess {
public:
    GuestFunctions(linux_::Loop& loop, QmpSession& session) : loop_(loop), session_(session) {}

    void look(Done<assign::InGuest> done) override;
    void plug_in(const assign::PlugIn& plug, Done<void> done) override;
    void take_out(const assign::TakeOut& out, Done<assign::Farewell> done) override;

    // What the session has heard; whoever is called back by these may destroy this.
    void hear(const wire::QmpEvent& event);
    void ended();

private:
    /// One that is to leave, from the moment at which it is asked for it.
    struct Leaving {
        assign::Farewell farewell = assign::Farewell::none;
        std::vector<Done<assign::Farewell>> waiting;
        linux_::Timer moment;
    };

    void answered(const std::string& object, const QmpReply& reply);
    void turn(const std::string& object, assign::FarewellEvent event);
    void fail(const std::string& object, const Error& error);

    linux_::Loop& loop_;
    QmpSession& session_;
    std::map<std::string, Leaving> leaving_; ///< by QEMU's ids
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

/// Asks QEMU for the functions of the host that it has, and for its free root ports. `done` is called once unless the session is
/// destroyed before.
void look_at_functions(QmpSession& session, std::function<void(Result<assign::InGuest>)> done);

} // namespace usbroute::vmm
