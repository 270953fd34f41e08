// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/request.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

namespace usbroute::plan {

namespace {

struct Teller {
    std::string operator()(const MoveRequest& r) const
    {
        return "move " + join(texts_of(r.connectors), " ") + " to " + config::text_of(r.to);
    }
    std::string operator()(const AnswerRequest& r) const
    {
        return format("answer {}{}", r.device ? r.device->text() + " " : std::string(),
                      config::text_of(r.to));
    }
    std::string operator()(const ApplyRequest& r) const { return "apply " + r.profile.text(); }
    std::string operator()(const ToggleRequest& r) const
    {
        return r.profiles.empty() ? std::string("toggle") : "toggle " + join(texts_of(r.profiles), " ");
    }
    std::string operator()(const UndoRequest&) const { return "undo"; }
    std::string operator()(const RestoreRequest&) const { return "restore the routes"; }
    std::string operator()(const FollowRequest&) const
    {
        return "give devices to whom their sockets are for";
    }
    std::string operator()(const StartRequest& r) const { return "start with " + r.profile.text(); }
    std::string operator()(const ReturnRequest& r) const { return "return from " + r.guest.text(); }
    std::string operator()(const RevertRequest& r) const { return "revert " + r.way.title; }
    std::string operator()(const RecoverRequest& r) const { return "recover from " + r.open.title; }
};

struct KindOf {
    ChangeKind operator()(const UndoRequest&) const { return ChangeKind::undo; }
    ChangeKind operator()(const RestoreRequest&) const { return ChangeKind::restore; }
    ChangeKind operator()(const FollowRequest&) const
    {
        return ChangeKind::restore;
    } // it is never written down
    ChangeKind operator()(const StartRequest&) const { return ChangeKind::start; }
    ChangeKind operator()(const ReturnRequest&) const { return ChangeKind::come_home; }
    ChangeKind operator()(const RevertRequest&) const { return ChangeKind::revert; }
    ChangeKind operator()(const RecoverRequest&) const { return ChangeKind::recover; }
    template <class Asked> ChangeKind operator()(const Asked&) const { return ChangeKind::move; }
};

} // namespace

ChangeKind kind_of(const Wish& wish) { return std::visit(KindOf{}, wish); }

bool goes_by_socket(const Wish& wish)
{
    return std::holds_alternative<RevertRequest>(wish) || std::holds_alternative<ReturnRequest>(wish) ||
           std::holds_alternative<RestoreRequest>(wish) || std::holds_alternative<RecoverRequest>(wish);
}

std::string text_of(const Wish& wish) { return std::visit(Teller{}, wish); }

} // namespace usbroute::plan
