#include "map/mapping.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "map/names.hpp"

#include <algorithm>
#include <array>

namespace usbroute::map {

using config::ConnectorSettings;
using Kind = Line::Kind;

namespace {

/// More than a person can plug in while a question waits; a storm of events ends here.
constexpr std::size_t most_waiting = 32;

Line line(Kind kind, std::string text, std::vector<std::pair<std::string, std::string>> fields = {})
{
    return {.kind = kind, .text = std::move(text), .fields = std::move(fields)};
}

std::expected<config::Settings, std::vector<config::Problem>> read(const Files& files)
{
    return config::parse(std::array{files.by_hand, files.by_map});
}

std::string toml_of(std::vector<ConnectorSettings> connectors)
{
    config::Settings settings;
    settings.connectors = std::move(connectors);
    return config::to_toml(settings);
}

std::optional<std::uint32_t> place_number(std::string_view word)
{
    const auto number = parse_decimal(word);
    return number && *number >= 1 && *number <= 99 ? number : std::nullopt;
}

std::vector<std::pair<std::string, std::string>> fields_of(const Sighting& sighting)
{
    std::vector<std::pair<std::string, std::string>> fields{{"device", sighting.device->shown()}};
    if (sighting.bit) fields.emplace_back("bit", format("{}", sighting.bit->value));
    if (sighting.side) fields.emplace_back("side", topology::text_of(*sighting.side));
    if (sighting.superspeed_port)
        fields.emplace_back("superspeed", format("{}", sighting.superspeed_port->value));
    if (sighting.usb2) fields.emplace_back("usb", sighting.usb2->text());
    if (sighting.superspeed) fields.emplace_back("usb_superspeed", sighting.superspeed->text());
    if (sighting.built_in) fields.emplace_back("built_in", "true");
    if (sighting.receiver) fields.emplace_back("receiver", "true");
    return fields;
}

} // namespace

std::string_view text_of(Line::Kind kind)
{
    switch (kind) {
    case Kind::seen: return "seen";
    case Kind::known: return "known";
    case Kind::question: return "question";
    case Kind::named: return "named";
    case Kind::changed: return "changed";
    case Kind::note: return "note";
    case Kind::refused: return "refused";
    }
    return "note";
}

std::expected<Mapping, std::vector<config::Problem>> Mapping::create(Files files, topology::Snapshot first)
{
    auto settings = read(files);
    if (!settings) return std::unexpected(std::move(settings.error()));
    // The file is written whole, with connectors alone.
    const auto& ours = files.by_map.name;
    const auto strange = [&](const auto& list) {
        const auto found = std::ranges::find(list, ours, [](const auto& one) { return one.origin.file; });
        return found == list.end() ? std::optional<config::Origin>() : found->origin;
    };
    for (const auto& origin :
         {strange(settings->guests), strange(settings->profiles), strange(settings->listeners)})
        if (origin)
            return std::unexpected(std::vector{config::Problem{
                .origin = *origin,
                .message =
                    "map writes this file whole and would lose what stands here; move it to usbroute.toml"}});
    const auto alone = config::parse(std::array{files.by_map});
    if (!alone) return std::unexpected(alone.error());
    if (!alone->toggle.empty())
        return std::unexpected(std::vector{
            config::Problem{.origin = {.file = ours, .line = 1, .column = 1},
                            .message = "map writes this file whole and would lose its [toggle]; move it to "
                                       "usbroute.toml"}});
    return Mapping(std::move(files), std::move(*settings), std::move(first));
}

Mapping::Mapping(Files files, config::Settings settings, topology::Snapshot first)
    : files_(std::move(files)), settings_(std::move(settings)), snapshot_(std::move(first))
{}

Reaction Mapping::present()
{
    Reaction reaction;
    for (auto& sighting : sightings(snapshot_))
        if (known(sighting) == nullptr) take(std::move(sighting), reaction);
    if (reaction.lines.empty())
        reaction.lines.push_back(
            line(Kind::note, "everything that is plugged in is in a socket with a name"));
    return reaction;
}

Reaction Mapping::look(topology::Snapshot now)
{
    Reaction reaction;
    auto seen = sightings(snapshot_, now);
    snapshot_ = std::move(now);
    for (auto& sighting : seen) take(std::move(sighting), reaction);
    return reaction;
}

/// The connector of the configuration that has this socket, by bit, SuperSpeed port or place.
const ConnectorSettings* Mapping::known(const Sighting& sighting) const
{
    const auto has = [&](const ConnectorSettings& connector) {
        const auto& spec = connector.spec;
        const auto contains = [](const auto& places, const auto& place) {
            return place && std::ranges::find(places, *place) != places.end();
        };
        if (sighting.usb2 && contains(spec.seen, sighting.usb2)) return true;
        const bool moved_away = std::ranges::any_of(spec.seen, [&](const topology::UsbPlace& place) {
            return sighting.usb2 && place.controller == sighting.usb2->controller;
        });
        if (sighting.bit) return spec.bit == sighting.bit && !moved_away;
        if (sighting.superspeed_port) return spec.superspeed == sighting.superspeed_port;
        return contains(spec.places, sighting.usb2) || contains(spec.places, sighting.superspeed);
    };
    const auto found = std::ranges::find_if(settings_.connectors, has);
    return found == settings_.connectors.end() ? nullptr : &*found;
}

void Mapping::take(Sighting sighting, Reaction& reaction)
{
    if (question_ && belong_together(question_->sighting, sighting)) {
        auto& open = question_->sighting;
        if (!open.usb2) std::swap(open, sighting);
        open.superspeed = sighting.superspeed;
        open.superspeed_port = sighting.superspeed_port;
        reaction.lines.push_back(
            line(Kind::seen, "its other half has come: " + text_of(open, snapshot_), fields_of(open)));
        return;
    }
    const bool asked_already = question_ && question_->sighting.usb2 == sighting.usb2 &&
                               question_->sighting.superspeed == sighting.superspeed;
    const bool waits_already = std::ranges::any_of(waiting_, [&](const Sighting& other) {
        return other.usb2 == sighting.usb2 && other.superspeed == sighting.superspeed;
    });
    if (asked_already || waits_already) return; // a device that connects twice, or was pulled and put back

    auto text = text_of(sighting, snapshot_);
    if (!sighting.has_a_lasting_name()) {
        reaction.lines.push_back(
            line(Kind::note, text + ": this controller is no PCI function and has no name that lasts; the "
                                    "socket cannot be named"));
        return;
    }
    if (const auto* connector = known(sighting)) {
        auto fields = fields_of(sighting);
        fields.emplace_back("connector", connector->spec.name.text());
        latest_ = connector->spec.name;
        const bool new_half = sighting.superspeed_port && sighting.bit && !connector->spec.superspeed;
        if (!new_half) {
            reaction.lines.push_back(line(Kind::known,
                                          format("{} is {} already", text, connector->spec.name.text()),
                                          std::move(fields)));
            return;
        }
    }
    reaction.lines.push_back(line(Kind::seen, std::move(text), fields_of(sighting)));
    if (!question_ && !consent_)
        ask(std::move(sighting), reaction);
    else if (waiting_.size() < most_waiting)
        waiting_.push_back(std::move(sighting));
}

void Mapping::ask(Sighting sighting, Reaction& reaction)
{
    auto offered = offer(sighting);
    if (sighting.superspeed_port && !sighting.bit) {
        const auto pair = pairing_of(snapshot_, *sighting.superspeed_port);
        std::string why = "which connector's SuperSpeed half is it?";
        if (pair && !offered.empty())
            why = pair->by_firmware
                      ? format("firmware pairs it with {}", offered)
                      : format("the kernel guesses, from equal numbers, that it is {}", offered);
        reaction.lines.push_back(line(Kind::note, why));
    }
    auto fields = fields_of(sighting);
    fields.emplace_back("offered", offered);
    question_ = Question{.sighting = std::move(sighting), .offered = std::move(offered)};
    reaction.lines.push_back(line(Kind::question, {}, std::move(fields)));
}

void Mapping::ask_next(Reaction& reaction)
{
    question_.reset();
    while (!question_ && !waiting_.empty()) {
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        if (known(next) != nullptr) continue; // named while it waited
        reaction.lines.push_back(line(Kind::seen, text_of(next, snapshot_), fields_of(next)));
        ask(std::move(next), reaction);
    }
}

std::string Mapping::offer(const Sighting& sighting) const
{
    if (const auto* connector = known(sighting)) return connector->spec.name.text();
    if (sighting.superspeed_port && !sighting.bit) {
        const auto pair = pairing_of(snapshot_, *sighting.superspeed_port);
        if (!pair) return {};
        const auto connector = std::ranges::find_if(
            settings_.connectors, [&](const ConnectorSettings& c) { return c.spec.bit == pair->bit; });
        const bool free = connector != settings_.connectors.end() && !connector->spec.superspeed;
        return free ? connector->spec.name.text() : std::string();
    }
    return free_name(sighting.built_in || sighting.receiver ? "internal" : panel_);
}

std::string Mapping::free_name(std::string_view panel) const
{
    for (unsigned number = 1;; ++number) {
        auto name = format("{}-{}", panel, number);
        if (settings_.connector(ConnectorName(name)) == nullptr) return name;
    }
}

Reaction Mapping::answer(std::string_view typed)
{
    Reaction reaction;
    const auto said = words(typed);
    if (consent_) {
        const auto connector = *std::exchange(consent_, std::nullopt);
        if (!said.empty() && (said[0] == "y" || said[0] == "yes"))
            reaction.try_move = connector;
        else
            reaction.lines.push_back(line(Kind::note, format("{} stays where it is", connector.text())));
        if (!reaction.try_move) ask_next(reaction);
        return reaction;
    }
    if (!said.empty() && is_command(said[0])) {
        obey(said, reaction);
        return reaction;
    }
    if (!question_) {
        if (!said.empty())
            reaction.lines.push_back(line(Kind::refused,
                                          "nothing waits for a name: plug something in; `help` "
                                          "shows what else can be typed"));
        return reaction;
    }
    if (!said.empty()) {
        name(said, reaction);
    } else if (question_->offered.empty()) {
        reaction.lines.push_back(line(Kind::note, "left without a name"));
        ask_next(reaction);
    } else {
        const std::string offered = question_->offered;
        name({offered}, reaction);
    }
    return reaction;
}

void Mapping::name(const std::vector<std::string_view>& said, Reaction& reaction)
{
    ConnectorSettings named;
    const std::string word = is_panel(said[0]) ? free_name(said[0]) : std::string(said[0]);
    if (const auto wrong = why_no_name(word)) {
        reaction.lines.push_back(line(Kind::refused, *wrong));
        return;
    }
    const bool same = said.size() == 2 && said[1] == "same";
    if (const auto* existing = settings_.connector(ConnectorName(word))) {
        add_to(*existing, same, reaction);
        return;
    }
    named.spec.name = ConnectorName(word);
    named.panel = said.size() > 1 ? std::string(said[1]) : std::string(panel_of(word));
    const auto at = place_of_name(word);
    named.column = at;
    if (said.size() == 4) {
        named.row = place_number(said[2]);
        named.column = place_number(said[3]);
    }
    const bool wrong_place = said.size() == 4 && (!named.row || !named.column);
    if (same || said.size() == 3 || said.size() > 4 || wrong_place) {
        reaction.lines.push_back(line(
            Kind::refused, "write a NAME, or NAME PANEL, or NAME PANEL ROW COLUMN with numbers from 1 to "
                           "99, as in: dac rear 2 3"));
        return;
    }
    name_anew(named, reaction);
}

void Mapping::name_anew(const ConnectorSettings& plain, Reaction& reaction)
{
    auto named = plain;
    const auto& sighting = question_->sighting;
    if (sighting.superspeed_port && !sighting.bit) {
        const auto pair = pairing_of(snapshot_, *sighting.superspeed_port);
        const bool taken = pair && std::ranges::any_of(settings_.connectors, [&](const ConnectorSettings& c) {
                               return c.spec.bit == pair->bit;
                           });
        if (!pair || !pair->by_firmware || taken) {
            reaction.lines.push_back(line(
                Kind::refused, "only the SuperSpeed half of this socket was seen so far: give the name of a "
                               "connector that is known, or leave it (skip), plug something that is not "
                               "SuperSpeed into the same socket, and come back to this"));
            return;
        }
        named.spec.bit = pair->bit;
    } else {
        named.spec.bit = sighting.bit;
    }
    named.spec.superspeed = sighting.superspeed_port;
    if (!named.spec.bit)
        for (const auto& half : {sighting.usb2, sighting.superspeed})
            if (half) named.spec.places.push_back(*half);

    auto connectors = own();
    connectors.push_back(named);
    if (!adopt(connectors, reaction)) return;
    if (!named.panel.empty()) panel_ = named.panel;
    ++named_;
    latest_ = named.spec.name;
    reaction.lines.push_back(line(Kind::named, format("{} it is", named.spec.name.text()),
                                  {{"connector", named.spec.name.text()}}));
    ask_next(reaction);
}

/// The other half of a socket that has its name; or the same hole at a place where the table has another one.
void Mapping::add_to(const ConnectorSettings& existing, bool same, Reaction& reaction)
{
    const auto called = existing.spec.name; // what it stands in is replaced below
    const auto& name = called.text();
    if (changeable(name, reaction) == nullptr) return;
    auto connectors = own();
    auto& spec = std::ranges::find(connectors, called, [](const auto& c) { return c.spec.name; })->spec;
    const auto& sighting = question_->sighting;
    const auto refuse = [&](std::string text) {
        reaction.lines.push_back(line(Kind::refused, std::move(text)));
    };

    if (!sighting.bit && !sighting.superspeed_port) {
        const bool half_is_new = std::ranges::none_of(spec.places, [&](const topology::UsbPlace& place) {
            return place.superspeed == sighting.superspeed.has_value();
        });
        if (spec.bit || (!half_is_new && !same))
            return refuse(format("{} is another socket already; if it is the same hole all the same, type "
                                 "`{} same`, else give another name",
                                 name, name));
        for (const auto& half : {sighting.usb2, sighting.superspeed})
            if (half) spec.places.push_back(*half);
    } else if (!spec.bit) {
        return refuse(
            format("{} has no bit of XUSB2PR; give another name, or `remove {}` first", name, name));
    } else {
        if (sighting.bit && sighting.bit != spec.bit && !same)
            return refuse(
                format("{} is bit {} so far, and by the chip's table this is bit {}. If it is the same "
                       "hole, the table is wrong for this board: type `{} same`, and what was seen is "
                       "kept in its place. Else give another name",
                       name, spec.bit->value, sighting.bit->value, name));
        if (sighting.superspeed_port && spec.superspeed && spec.superspeed != sighting.superspeed_port &&
            !same)
            return refuse(format("{} has SuperSpeed port {} so far; if it is this one, type `{} same`", name,
                                 spec.superspeed->value, name));
        if (sighting.bit && sighting.bit != spec.bit) {
            std::erase_if(spec.seen,
                          [&](const auto& p) { return p.controller == sighting.usb2->controller; });
            spec.seen.push_back(*sighting.usb2);
        }
        if (sighting.superspeed_port) spec.superspeed = sighting.superspeed_port;
    }
    if (!adopt(connectors, reaction)) return;
    latest_ = called;
    const auto half = sighting.superspeed_port && !sighting.bit
                          ? format("{} has SuperSpeed port {}", name, sighting.superspeed_port->value)
                          : format("{} has this place too", name);
    reaction.lines.push_back(line(Kind::changed, half, {{"connector", name}}));
    ask_next(reaction);
}

Mapping::Connectors Mapping::own() const
{
    Connectors connectors;
    std::ranges::copy_if(
        settings_.connectors, std::back_inserter(connectors),
        [&](const ConnectorSettings& connector) { return connector.origin.file == files_.by_map.name; });
    return connectors;
}

bool Mapping::adopt(const Connectors& connectors, Reaction& reaction)
{
    auto files = files_;
    files.by_map.text = toml_of(connectors);
    auto settings = read(files);
    if (!settings) {
        for (const auto& problem : settings.error())
            reaction.lines.push_back(line(Kind::refused, problem.message));
        return false;
    }
    files_ = std::move(files);
    settings_ = std::move(*settings);
    reaction.save = true;
    return true;
}

const ConnectorSettings* Mapping::changeable(std::string_view name, Reaction& reaction) const
{
    const auto* connector = settings_.connector(ConnectorName(std::string(name)));
    if (connector == nullptr) {
        std::vector<std::string> all;
        for (const auto& one : settings_.connectors) all.push_back(one.spec.name.text());
        const auto near = nearest(name, all);
        reaction.lines.push_back(
            line(Kind::refused, format("there is no connector {}{}", printable(name, 64),
                                       near ? format("; did you mean {}?", *near) : "")));
        return nullptr;
    }
    if (connector->origin.file == files_.by_map.name) return connector;
    reaction.lines.push_back(
        line(Kind::refused, format("{} stands in {}, which is written by hand: change it there",
                                   connector->spec.name.text(), connector->origin.text())));
    return nullptr;
}

std::string Mapping::connectors_toml() const
{
    return "# Written by `usbroute map`, whole, each time a socket gets a name. What is added here by hand "
           "and is "
           "not\n# a connector's is lost then; usbroute.toml is the place for it.\n\n" +
           files_.by_map.text;
}

std::string Mapping::prompt() const
{
    if (consent_) return format("move {} to its twin and back, now? [y/N] ", consent_->text());
    if (!question_) return "plug something in, or type done> ";
    return question_->offered.empty() ? "name? [skip] " : format("name? [{}] ", question_->offered);
}

} // namespace usbroute::map
