// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "live/key.hpp"
#include "report/picture.hpp"
#include "report/views.hpp"
#include "wire/answer.hpp"
#include "wire/command.hpp"
#include "wire/event.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace usbroute::live {

/// What a key, an event or an answer makes the live view want from outside.
struct Look {}; ///< ask the daemon what holds now
struct Act {
    wire::Command command;
};
struct Quit {};
using Intent = std::variant<Look, Act, Quit>;

struct Size {
    std::size_t rows = 24;
    std::size_t columns = 80;
};

/// All lines of the terminal, from the top; none is wider than the terminal, and there are no more than it has rows.
struct Screen {
    std::vector<report::Line> lines;
};

/// A place to which a socket can go, and how that reads in a list.
struct Destination {
    std::string to; ///< "host", a guest, "ehci", "xhci", "none"
    std::string words;
};

/// Owners first: the host, and guests that can have it. A side by itself comes last, or nobody.
[[nodiscard]] std::vector<Destination> destinations_of(const report::StatusView& view,
                                                       const report::ConnectorView& connector);
/// Where Enter moves a socket without asking: to the other owner, where there is just one; to the other side, where
/// no guest has a controller. Never to nobody.
[[nodiscard]] std::optional<Destination> plain_destination(const report::StatusView& view,
                                                           const report::ConnectorView& connector);

/// Whether a move is taken back unless `c` keeps it.
enum class Stay : std::uint8_t { for_good, on_trial };
/// How long a trial lasts that is begun with a key.
inline constexpr std::chrono::seconds time_of_a_trial{30};

/// The live view without terminal and daemon: takes keys and what the daemon says, tells what is to be done, and what
/// to show.
class Model {
public:
    explicit Model(report::Style style) : style_(style) {}

    void resize(Size size);

    [[nodiscard]] std::vector<Intent> press(Key key);
    /// The daemon told of something.
    [[nodiscard]] std::vector<Intent> hear(const wire::Event& event);
    /// What came back for a `Look`; so the daemon is there, if it was lost before.
    void see(report::StatusView view);
    /// What came back for an `Act`.
    [[nodiscard]] std::vector<Intent> hear(const wire::Answer& answer);
    /// Nobody answers any more; what is shown is as it was.
    void lose(const Error& error);

    [[nodiscard]] Screen screen() const;
    /// A trial is under way, or a question is open, and its seconds are on the screen.
    [[nodiscard]] bool counts_down() const
    {
        if (lost_ || !view_) return false;
        return view_->trial_seconds.value_or(0) > 0 ||
               (!view_->questions.empty() && view_->questions.front().seconds.value_or(0) > 0);
    }

private:
    struct Choosing {};
    struct Asking {            ///< where a socket shall go, or who is to have a device
        std::string connector; ///< or the device's place
        std::vector<Destination> destinations;
        std::size_t at = 0;
        Stay stay = Stay::for_good;
        std::string device =
            {}; ///< of an open question: what it is called; empty: a socket is to go somewhere
    };
    struct Confirming { ///< whether to do what was refused, and whether for good
        wire::Command command;
        std::string refusal;
        bool can_be_tried = false; ///< as a trial it would not be refused
    };
    struct Helping {};
    using Mode = std::variant<Choosing, Asking, Confirming, Helping>;

    struct Message {
        std::string text;
        report::Tone tone = report::Tone::plain;
    };

    [[nodiscard]] std::vector<Intent> press(const Choosing& choosing, Key key);
    [[nodiscard]] std::vector<Intent> press(Asking& asking, Key key);
    [[nodiscard]] std::vector<Intent> press(const Confirming& confirming, Key key);
    [[nodiscard]] std::vector<Intent> press(const Helping& helping, Key key);
    void choose_towards(Press direction);
    [[nodiscard]] std::vector<Intent> move_chosen(Stay stay);
    [[nodiscard]] std::vector<Intent> ask_where(Stay stay);
    /// Of questions the one that ends first: what is chosen then goes to this device, whatever is asked meanwhile.
    [[nodiscard]] std::vector<Intent> ask_who();
    [[nodiscard]] std::vector<Intent> answer(const std::string& place, const std::string& who);
    void leave_closed_question();
    [[nodiscard]] std::vector<Intent> act(wire::Command command);
    [[nodiscard]] std::vector<Intent> move(const std::string& connector, const std::string& to, Stay stay);

    [[nodiscard]] const report::ConnectorView* chosen() const;
    /// The chosen socket, if it can go anywhere; else says why not.
    [[nodiscard]] const report::ConnectorView* movable_one();
    void say(std::string_view text, report::Tone tone = report::Tone::plain);

    // The parts of the screen, in view.cpp.
    [[nodiscard]] report::Line title_line() const;
    [[nodiscard]] report::Line detail_line() const;
    /// Nothing: no question is open, or something else is being asked.
    [[nodiscard]] std::optional<report::Line> question_line() const;
    [[nodiscard]] report::Line keys_line() const;
    [[nodiscard]] report::Line legend_in_a_line() const;
    [[nodiscard]] std::vector<report::Line> dialogue(std::size_t most) const;
    [[nodiscard]] std::vector<report::Line> middle(std::size_t rows) const;
    [[nodiscard]] std::vector<report::Line> help_lines() const;
    [[nodiscard]] std::vector<report::Line> lines_of(const Message& message) const;
    [[nodiscard]] report::Line line_of(std::string_view text, report::Tone tone) const;

    report::Style style_; ///< its width is the terminal's
    Size size_;
    std::optional<report::StatusView> view_;
    report::Picture picture_;
    std::string chosen_; ///< a connector's name
    Mode mode_;
    std::deque<Message> messages_; ///< the newest last
    std::optional<wire::Command> under_way_;
    bool lost_ = false;
};

} // namespace usbroute::live
