// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/controllers.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "daemon/guests.hpp"
#include "daemon/log.hpp"
#include "report/in_guest.hpp"

#include <memory>
#include <utility>

namespace usbroute::daemon {

using assign::Ask;
using assign::Farewell;
using assign::InGuest;
using assign::MachineState;
using wire::Answer;
using wire::Status;

namespace {

Error no_line_to(const GuestName& guest, bool is_known)
{
    if (!is_known)
        return Error(ErrorKind::not_found, format("usbrouted has no guest {}", guest.text()))
            .with_code("no-such-guest");
    return Error(
               ErrorKind::refused,
               format(
                   R"({0} has neither qmp nor libvirt: nobody can ask it for a controller; add qmp = "/run/usbroute/{0}.qmp" to [guest.{0}])",
                   guest.text()))
        .with_code("no-monitor");
}

Answer not_answered(const Error& error)
{
    const bool is_the_wish = error.kind() == ErrorKind::not_found || error.kind() == ErrorKind::refused;
    return {.status = is_the_wish ? Status::error : Status::failed,
            .code = std::string(error.code()),
            .message = error.message()};
}

Answer as_seen(const GuestName& guest, const InGuest& seen)
{
    return {.message = report::in_guest_in_words(guest, seen),
            .document_name = report::in_guest_key,
            .document = report::to_json(report::in_guest_view(guest, seen))};
}

InGuest unseen(const MachineLine& line)
{
    const auto silence = line.silence();
    return {.machine = line.may_be_there() ? MachineState::silent : MachineState::away,
            .why = silence ? silence->why : std::string()};
}

/// One question on its way. It finds the guest's line anew each time: what answers may be another one by then.
class Question : public std::enable_shared_from_this<Question> {
public:
    Question(Guests& guests, Ask ask, Controllers::Told told)
        : guests_(guests), ask_(std::move(ask)), told_(std::move(told))
    {}

    /// Whoever could have answered is gone: the configuration names another machine for the guest.
    ~Question()
    {
        tell(std::unexpected(
            Error(ErrorKind::failed, "the line to the guest has ended").with_code("guest-silent")));
    }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    void begin()
    {
        auto* line = guests_.line_of(ask_.guest);
        if (line == nullptr) return tell(std::unexpected(no_line_to(ask_.guest, guests_.knows(ask_.guest))));
        auto* functions = line->functions();
        if (functions == nullptr) return tell(unseen(*line));
        switch (ask_.what) {
        case Ask::What::look: return look(Farewell::none);
        case Ask::What::plug_in: return plug_in(*functions);
        case Ask::What::take_out: return take_out(*functions);
        }
    }

private:
    /// Once.
    void tell(const Result<InGuest>& seen)
    {
        if (const auto told = std::exchange(told_, {})) told(seen);
    }

    void plug_in(vmm::FunctionAccess& functions)
    {
        functions.plug_in(
            {.guest = ask_.guest, .function = ask_.function, .place = ask_.place},
            [self = shared_from_this()](const Result<void>& done) {
                if (!done) return self->tell(std::unexpected(done.error()));
                log::info(format("{} has {} now", self->ask_.guest.text(), self->ask_.function.text()));
                self->look(Farewell::none);
            });
    }

    void take_out(vmm::FunctionAccess& functions)
    {
        functions.take_out({.guest = ask_.guest, .function = ask_.function, .place = {}},
                           [self = shared_from_this()](const Result<Farewell>& done) {
                               if (!done) return self->tell(std::unexpected(done.error()));
                               log::info(format("{}: {} {}", self->ask_.guest.text(),
                                                self->ask_.function.text(), assign::text_of(*done)));
                               self->look(*done);
                           });
    }

    /// What has been let go, or is gone with its machine, is not there any more; nothing else needs to be said of it.
    void look(Farewell farewell)
    {
        auto* line = guests_.line_of(ask_.guest);
        if (line == nullptr || farewell == Farewell::gone) return tell(InGuest{});
        auto* functions = line->functions();
        if (functions == nullptr) return tell(unseen(*line));
        functions->look([self = shared_from_this()](const Result<InGuest>& seen) { self->tell(seen); });
    }

    Guests& guests_;
    Ask ask_;
    Controllers::Told told_;
};

} // namespace

void Controllers::answer(const Ask& ask, Answered answered)
{
    this->ask(ask, [guest = ask.guest, answered = std::move(answered)](const Result<InGuest>& seen) {
        answered(seen ? as_seen(guest, *seen) : not_answered(seen.error()));
    });
}

void Controllers::ask(const Ask& ask, Told told)
{
    std::make_shared<Question>(guests_, ask, std::move(told))->begin();
}

} // namespace usbroute::daemon
