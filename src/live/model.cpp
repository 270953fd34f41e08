// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "live/model.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/plugged.hpp"
#include "report/spoken.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <cstdlib>

namespace usbroute::live {

using report::ConnectorView;
using report::StatusView;
using report::Tone;

namespace {

constexpr std::size_t most_messages = 50;
constexpr std::size_t longest_message = 600;

/// What is plugged in is given one by one; nothing of it goes by a side of the mux.
bool goes_by_devices(const ConnectorView& connector) { return !connector.bit && connector.side.empty(); }

/// Those that could have a socket: by the mux a guest with a controller, otherwise one that takes devices.
std::vector<std::string> owners_for(const StatusView& view, const ConnectorView& connector)
{
    std::vector<std::string> owners{"host"};
    const auto add = [&](const std::string& owner) {
        if (std::ranges::find(owners, owner) == owners.end()) owners.push_back(owner);
    };
    if (goes_by_devices(connector)) {
        for (const auto& guest : view.device_guests) add(guest.guest);
        return owners;
    }
    for (const auto& controller : view.controllers)
        if (report::is_a_guest(controller.owner) && controller.owner != "unknown-guest")
            add(controller.owner);
    return owners;
}

std::optional<Destination> other_side(const ConnectorView& connector)
{
    if (connector.side.empty()) return std::nullopt;
    const auto* side = connector.side == "xhci" ? "ehci" : "xhci";
    return Destination{.to = side, .words = format("{}, whoever has it", report::side_words(side))};
}

std::vector<Destination> other_owners(const StatusView& view, const ConnectorView& connector)
{
    std::vector<Destination> found;
    const auto owners = owners_for(view, connector);
    if (owners.size() == 1 && connector.owner == "host") return found;
    for (const auto& owner : owners)
        if (owner != connector.owner)
            found.push_back({.to = owner, .words = owner == "host" ? "the host" : owner});
    return found;
}

/// What `yes` lifts (docs/protocol.md). A disk is forced by its name, which one key cannot say.
bool may_be_insisted_on(const wire::Answer& answer, const wire::Command& command)
{
    return answer.status == wire::Status::refused && command.request && !command.request->yes &&
           (answer.code == "last-keyboard" || answer.code == "no-driver");
}

/// A guard that a way back is enough for. An undo is no trial.
bool may_be_tried(const wire::Answer& answer, const wire::Command& command)
{
    return answer.status == wire::Status::refused && answer.code == "last-keyboard" && command.request &&
           !std::holds_alternative<plan::UndoRequest>(command.request->wish);
}

std::string words_of(const wire::Command& command)
{
    if (!command.request) return "keeping what is on trial";
    const auto& wish = command.request->wish;
    if (const auto* move = std::get_if<plan::MoveRequest>(&wish))
        return format("moving {} to {}", move->connectors.front().text(), config::text_of(move->to));
    if (const auto* answer = std::get_if<plan::AnswerRequest>(&wish))
        return format("answering {}", config::text_of(answer->to));
    return std::holds_alternative<plan::UndoRequest>(wish) ? "taking the last change back" : "toggling";
}

using wire::Owners;

/// "windows has rear-1, rear-2; rear-4 is on EHCI; profile desk".
std::string words_of(const std::optional<std::string>& profile, const Owners& owners)
{
    std::vector<std::string> parts;
    for (const auto& [owner, connectors] : owners) {
        const auto names = join(connectors, ", ");
        if (owner == "ehci" || owner == "xhci")
            parts.push_back(format("{} {} on {}", names, connectors.size() == 1 ? "is" : "are",
                                   report::side_words(owner)));
        else
            parts.push_back(format("{} has {}", owner == "host" ? "the host" : owner, names));
    }
    if (profile) parts.push_back(format("profile {}", *profile));
    return parts.empty() ? std::string("something has moved") : join(parts, "; ");
}

std::string words_of_question(const wire::Event& event, const std::string& where)
{
    const auto asks = event.asks.value_or(wire::QuestionNews{});
    const auto owner = asks.owner.empty() ? std::string("somebody") : asks.owner;
    switch (asks.turn) {
    case wire::QuestionTurn::asked:
        return format("{}: who is to have {}: {}?", where, event.text, join(asks.answers, " or "));
    case wire::QuestionTurn::answered: return format("{}: {} was answered for: {}", where, event.text, owner);
    case wire::QuestionTurn::expired:
        return format("{}: nobody answered for {}: {} has it", where, event.text, owner);
    case wire::QuestionTurn::gone: return format("{}: nobody is asked about {} any more", where, event.text);
    }
    return {};
}

std::string words_of(const wire::Event& event)
{
    using wire::EventKind;
    const auto where = event.connector.empty() ? std::string("elsewhere") : event.connector;
    switch (event.kind) {
    case EventKind::moved: return words_of(event.profile, event.owners);
    case EventKind::drift: return format("somebody else wrote {}: {}", event.word, event.text);
    case EventKind::arrived: return format("{}: {} is at {} now", where, event.text, event.word);
    case EventKind::left: return format("{}: {} has left", where, event.text);
    case EventKind::verdict: return format("{}: {}, {}", where, event.word, event.text);
    case EventKind::given: return format("{}: {} has {} now", where, event.word, event.text);
    case EventKind::kept: return format("{}: {}", where, event.text);
    case EventKind::wanted: return event.text;
    case EventKind::guest: return format("guest {} {}", event.word, event.text);
    case EventKind::trial: return format("trial {}: {}", event.word, event.text);
    case EventKind::question: return words_of_question(event, where);
    case EventKind::lost: return "some events are missing here";
    }
    return {};
}

Tone tone_of(const wire::Event& event)
{
    const bool is_bad = event.kind == wire::EventKind::drift || event.kind == wire::EventKind::lost ||
                        (event.kind == wire::EventKind::verdict && event.word == "contradicted") ||
                        (event.kind == wire::EventKind::trial && event.word == "delayed");
    return is_bad ? Tone::warning : Tone::plain;
}

/// How far `to` lies from `from` when one goes in a direction; nothing where it does not lie there. What lies
/// straight ahead is nearer than what lies beside the way.
std::optional<std::size_t> distance(const report::Box& from, const report::Box& to, Press direction)
{
    const auto middle = [](std::size_t start, std::size_t length) {
        return static_cast<std::ptrdiff_t>(2 * start + length);
    };
    const auto across = middle(to.column, to.width) - middle(from.column, from.width);
    // A row of a terminal is about as high as two columns are wide.
    const auto down = 2 * (middle(to.line, to.height) - middle(from.line, from.height));
    const bool is_vertical = direction == Press::up || direction == Press::down;
    const bool is_back = direction == Press::up || direction == Press::left;
    const auto ahead = (is_vertical ? down : across) * (is_back ? -1 : 1);
    const auto aside = std::abs(is_vertical ? across : down);
    if (ahead <= 0) return std::nullopt;
    // Left and right stay in their row; up and down may go a little sideways.
    if (!is_vertical && aside != 0) return std::nullopt;
    return static_cast<std::size_t>(ahead + 2 * aside);
}

} // namespace

std::vector<Destination> destinations_of(const StatusView& view, const ConnectorView& connector)
{
    auto found = other_owners(view, connector);
    if (auto side = other_side(connector)) found.push_back(std::move(*side));
    if (goes_by_devices(connector) && !connector.has_sign("parked"))
        found.push_back({.to = "none", .words = "nobody, until somebody moves it on"});
    return found;
}

std::optional<Destination> plain_destination(const StatusView& view, const ConnectorView& connector)
{
    auto others = other_owners(view, connector);
    if (others.size() == 1) return std::move(others.front());
    if (others.empty()) return other_side(connector);
    return std::nullopt;
}

void Model::resize(Size size)
{
    size_ = size;
    style_.width = std::max<std::size_t>(size.columns, 1);
}

void Model::say(std::string_view text, Tone tone)
{
    messages_.push_back({.text = printable(text, longest_message), .tone = tone});
    if (messages_.size() > most_messages) messages_.pop_front();
}

const ConnectorView* Model::chosen() const
{
    if (!view_) return nullptr;
    const auto found = std::ranges::find(view_->connectors, chosen_, &ConnectorView::name);
    return found == view_->connectors.end() ? nullptr : &*found;
}

const ConnectorView* Model::movable_one()
{
    const auto* connector = chosen();
    if (lost_ || connector == nullptr) {
        say(lost_ ? "not now: the daemon is not there" : "there is no socket to move", Tone::warning);
        return nullptr;
    }
    if (under_way_) {
        say(format("not yet: still {}", words_of(*under_way_)), Tone::warning);
        return nullptr;
    }
    if (connector->movable) return connector;
    say(format("{} cannot move: {}", connector->name, connector->why_not), Tone::warning);
    return nullptr;
}

void Model::see(StatusView view)
{
    if (std::exchange(lost_, false)) say("the daemon is there again");
    // What is wrong with the machine is reported once, and again when it changes.
    const auto known = view_ ? view_->notes : std::vector<std::string>();
    for (const auto& note : view.notes)
        if (std::ranges::find(known, note) == known.end()) say("note: " + note, Tone::warning);
    if (!view.unreadable.empty() && (!view_ || view_->unreadable != view.unreadable))
        say(view.unreadable, Tone::warning);
    view_ = std::move(view);
    leave_closed_question();
    picture_ = report::picture_of(*view_);
    const auto shown = report::draw(picture_, style_).boxes;
    if (std::ranges::find(shown, chosen_, &report::Box::connector) == shown.end())
        chosen_ = shown.empty() ? std::string() : shown.front().connector;
}

std::vector<Intent> Model::hear(const wire::Event& event)
{
    say(words_of(event), tone_of(event));
    return {Look{}};
}

std::vector<Intent> Model::hear(const wire::Answer& answer)
{
    if (!under_way_) return {};
    auto command = *std::exchange(under_way_, std::nullopt);
    if (answer.status == wire::Status::ok) {
        // What was done comes as an event too; only what the event does not say is said here.
        for (const auto& warning : answer.warnings)
            say("warning: " + report::as_keys(warning), Tone::warning);
        if (!answer.message.empty()) say(report::as_keys(answer.message));
    } else if (may_be_insisted_on(answer, command)) {
        const bool can_be_tried = may_be_tried(answer, command);
        mode_ = Confirming{.command = std::move(command),
                           .refusal = printable(report::as_keys(answer.message), longest_message),
                           .can_be_tried = can_be_tried};
    } else {
        say(format("{}: {}", wire::text_of(answer.status), report::as_keys(answer.message)), Tone::warning);
    }
    return {Look{}};
}

void Model::lose(const Error& error)
{
    if (!lost_) say(error.message(), Tone::warning);
    if (under_way_) say(format("not known whether it was done: {}", words_of(*under_way_)), Tone::warning);
    lost_ = true;
    under_way_.reset();
    mode_ = Choosing{};
}

std::vector<Intent> Model::press(Key key)
{
    return std::visit([&](auto& mode) { return press(mode, key); }, mode_);
}

std::vector<Intent> Model::press(const Choosing& /*choosing*/, Key key)
{
    switch (key.press) {
    case Press::up:
    case Press::down:
    case Press::left:
    case Press::right: choose_towards(key.press); return {};
    case Press::enter: return move_chosen(Stay::for_good);
    case Press::escape: return {};
    case Press::letter: break;
    }
    switch (key.letter) {
    case 'q': return {Quit{}};
    case '?': mode_ = Helping{}; return {};
    case 'm': return ask_where(Stay::for_good);
    case 'a': return ask_who();
    case 'T': return move_chosen(Stay::on_trial);
    case 't': return act(wire::command_of({.wish = plan::ToggleRequest{}}));
    case 'u': return act(wire::command_of({.wish = plan::UndoRequest{}}));
    case 'c': return act({{.verb = config::Verb::confirm}});
    case 'r': return {Look{}};
    default: return {};
    }
}

std::vector<Intent> Model::press(Asking& asking, Key key)
{
    const auto last = asking.destinations.size() - 1;
    if (key.press == Press::up)
        asking.at = asking.at == 0 ? last : asking.at - 1;
    else if (key.press == Press::down)
        asking.at = asking.at == last ? 0 : asking.at + 1;
    std::optional<std::size_t> picked;
    if (key.press == Press::enter) picked = asking.at;
    if (key.letter >= '1' && key.letter <= '9') picked = static_cast<std::size_t>(key.letter - '1');
    if (picked && *picked <= last) {
        const auto chosen_now = std::move(asking);
        mode_ = Choosing{};
        const auto& to = chosen_now.destinations[*picked].to;
        return chosen_now.device.empty() ? move(chosen_now.connector, to, chosen_now.stay)
                                         : answer(chosen_now.connector, to);
    }
    if (key.press == Press::escape || key.letter == 'q' || key.letter == 'n') mode_ = Choosing{};
    return {};
}

/// Only a letter that says so does it: what was refused must not happen by a second Enter.
std::vector<Intent> Model::press(const Confirming& confirming, Key key)
{
    const bool tries = confirming.can_be_tried && (key.letter == 't' || key.letter == 'T');
    if (key.letter == 'y' || tries) {
        auto command = confirming.command;
        if (tries)
            command.request->revert_after = time_of_a_trial;
        else
            command.request->yes = true;
        mode_ = Choosing{};
        return act(std::move(command));
    }
    if (key.press == Press::escape || key.letter == 'n' || key.letter == 'q') {
        mode_ = Choosing{};
        say("left as it is");
    }
    return {};
}

std::vector<Intent> Model::press(const Helping& /*helping*/, Key /*key*/)
{
    mode_ = Choosing{};
    return {};
}

void Model::choose_towards(Press direction)
{
    const auto boxes = report::draw(picture_, style_).boxes;
    const auto from = std::ranges::find(boxes, chosen_, &report::Box::connector);
    if (from == boxes.end()) return;
    std::optional<std::size_t> nearest;
    for (const auto& box : boxes) {
        const auto far = distance(*from, box, direction);
        if (!far || (nearest && *nearest <= *far)) continue;
        nearest = far;
        chosen_ = box.connector;
    }
}

std::vector<Intent> Model::move_chosen(Stay stay)
{
    const auto* connector = movable_one();
    if (connector == nullptr) return {};
    const auto destination = plain_destination(*view_, *connector);
    return destination ? move(connector->name, destination->to, stay) : ask_where(stay);
}

std::vector<Intent> Model::ask_where(Stay stay)
{
    const auto* connector = movable_one();
    if (connector == nullptr) return {};
    auto destinations = destinations_of(*view_, *connector);
    if (destinations.empty())
        say(format("{} has nowhere to go: no guest has a controller here", connector->name), Tone::warning);
    else
        mode_ = Asking{
            .connector = connector->name, .destinations = std::move(destinations), .at = 0, .stay = stay};
    return {};
}

std::vector<Intent> Model::ask_who()
{
    if (lost_ || !view_ || view_->questions.empty()) {
        say(lost_ ? "not now: the daemon is not there" : "no question is open", Tone::warning);
        return {};
    }
    const auto& question = view_->questions.front();
    Asking asking{.connector = question.place, .destinations = {}, .at = 0, .device = question.name};
    for (const auto& answer : question.answers)
        asking.destinations.push_back({.to = answer, .words = answer == "host" ? "the host" : answer});
    if (!asking.destinations.empty()) mode_ = std::move(asking);
    return {};
}

/// Somebody else has answered, nobody has in time, or the device is gone.
void Model::leave_closed_question()
{
    const auto* asking = std::get_if<Asking>(&mode_);
    if (asking == nullptr || asking->device.empty()) return;
    const bool is_open = std::ranges::any_of(view_->questions, [&](const report::QuestionView& question) {
        return question.place == asking->connector && question.name == asking->device;
    });
    if (is_open) return;
    say(format("the question about {} is closed", asking->device));
    mode_ = Choosing{};
}

std::vector<Intent> Model::answer(const std::string& place, const std::string& who)
{
    return act(wire::command_of(
        {.wish = plan::AnswerRequest{.device = ConnectorName(place), .to = config::target_from(who)}}));
}

std::vector<Intent> Model::move(const std::string& connector, const std::string& to, Stay stay)
{
    plan::Request request{
        .wish = plan::MoveRequest{.connectors = {ConnectorName(connector)}, .to = config::target_from(to)}};
    if (stay == Stay::on_trial) request.revert_after = time_of_a_trial;
    return act(wire::command_of(std::move(request)));
}

std::vector<Intent> Model::act(wire::Command command)
{
    if (lost_ || under_way_) {
        say(lost_ ? std::string("not now: the daemon is not there")
                  : format("not yet: still {}", words_of(*under_way_)),
            Tone::warning);
        return {};
    }
    command.form = wire::Form::json;
    under_way_ = command;
    return {Act{std::move(command)}};
}

} // namespace usbroute::live
