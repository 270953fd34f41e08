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

Answer no_line_to(const GuestName& guest, bool is_known)
{
    if (!is_known)
        return {.status = Status::error,
                .code = "no-such-guest",
                .message = format("usbrouted has no guest {}", guest.text())};
    return {
        .status = Status::error,
        .code = "no-monitor",
        .message = format(
            R"({0} has neither qmp nor libvirt: nobody can ask it for a controller; add qmp = "/run/usbroute/{0}.qmp" to [guest.{0}])",
            guest.text())};
}

Answer not_answered(const Error& error)
{
    return {.status = Status::failed, .code = std::string(error.code()), .message = error.message()};
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
    Question(Guests& guests, Ask ask, Controllers::Answered answered)
        : guests_(guests), ask_(std::move(ask)), answered_(std::move(answered))
    {}

    /// Whoever could have answered is gone: the configuration names another machine for the guest.
    ~Question()
    {
        tell(not_answered(
            Error(ErrorKind::failed, "the line to the guest has ended").with_code("guest-silent")));
    }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    void begin()
    {
        auto* line = guests_.line_of(ask_.guest);
        if (line == nullptr) return tell(no_line_to(ask_.guest, guests_.knows(ask_.guest)));
        auto* functions = line->functions();
        if (functions == nullptr) return tell(as_seen(ask_.guest, unseen(*line)));
        switch (ask_.what) {
        case Ask::What::look: return look(Farewell::none);
        case Ask::What::plug_in: return plug_in(*functions);
        case Ask::What::take_out: return take_out(*functions);
        }
    }

private:
    /// Once.
    void tell(const Answer& answer)
    {
        if (const auto answered = std::exchange(answered_, {})) answered(answer);
    }

    void plug_in(vmm::FunctionAccess& functions)
    {
        functions.plug_in(
            {.guest = ask_.guest, .function = ask_.function, .place = ask_.place},
            [self = shared_from_this()](const Result<void>& done) {
                if (!done) return self->tell(not_answered(done.error()));
                log::info(format("{} has {} now", self->ask_.guest.text(), self->ask_.function.text()));
                self->look(Farewell::none);
            });
    }

    void take_out(vmm::FunctionAccess& functions)
    {
        functions.take_out({.guest = ask_.guest, .function = ask_.function, .place = {}},
                           [self = shared_from_this()](const Result<Farewell>& done) {
                               if (!done) return self->tell(not_answered(done.error()));
                               log::info(format("{}: {} {}", self->ask_.guest.text(),
                                                self->ask_.function.text(), assign::text_of(*done)));
                               self->look(*done);
                           });
    }

    /// What has been let go, or is gone with its machine, is not there any more; nothing else needs to be said of it.
    void look(Farewell farewell)
    {
        auto* line = guests_.line_of(ask_.guest);
        if (line == nullptr || farewell == Farewell::gone) return tell(as_seen(ask_.guest, InGuest{}));
        auto* functions = line->functions();
        if (functions == nullptr) return tell(as_seen(ask_.guest, unseen(*line)));
        functions->look([self = shared_from_this()](const Result<InGuest>& seen) {
            if (!seen) return self->tell(not_answered(seen.error()));
            self->tell(as_seen(self->ask_.guest, *seen));
        });
    }

    Guests& guests_;
    Ask ask_;
    Controllers::Answered answered_;
};

} // namespace

void Controllers::answer(const Ask& ask, Answered answered)
{
    std::make_shared<Question>(guests_, ask, std::move(answered))->begin();
}

} // namespace usbroute::daemon
