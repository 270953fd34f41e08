// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/parse.hpp"
#include "map/hub_socket.hpp"
#include "map/sighting.hpp"
#include "topology/halves.hpp"

#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::map {

/// One thing to tell the person at the keyboard, or a program.
struct Line {
    enum class Kind : std::uint8_t { seen, known, question, named, changed, note, refused };
    Kind kind = Kind::note;
    std::string text; ///< for people; what came from a device is printable already
    std::vector<std::pair<std::string, std::string>> fields; ///< for programs: "connector", "offered", ...
};
[[nodiscard]] std::string_view text_of(Line::Kind kind);

/// What follows from a look or from something typed.
struct Reaction {
    std::vector<Line> lines;
    bool save = false;                       ///< connectors.toml has to be written again
    bool done = false;                       ///< the person has had enough
    std::optional<ConnectorName> check_twin; ///< to be moved to its twin and back, with the person's consent
};

/// Where a device was when its connector was moved to the other side, and back.
struct TwinCheck {
    ConnectorName connector;
    topology::Side moved_to = topology::Side::ehci;
    std::optional<topology::UsbPlace> expected;
    std::optional<topology::UsbPlace> seen; ///< absent: it did not appear anywhere in time
};

/// The configuration as it is in its files.
struct Files {
    config::SourceText by_hand;        ///< usbroute.toml, never changed
    config::SourceText by_map;         ///< connectors.toml, ours
    config::SourceText by_answer = {}; ///< rules.toml, never changed here
};

/// The dialogue in which connectors get their names, as a value that takes looks and typed lines, in any order,
/// and says what to tell and what to write. It knows no clock and no terminal.
class Mapping {
public:
    /// `first` is the machine as it is: what is already plugged in is asked about only when it is plugged in again.
    [[nodiscard]] static std::expected<Mapping, std::vector<config::Problem>>
    create(Files files, topology::Snapshot first);

    [[nodiscard]] Reaction look(topology::Snapshot now);
    [[nodiscard]] Reaction answer(std::string_view line);
    /// A look that is no news: devices moved because we moved them.
    void settle(topology::Snapshot now) { snapshot_ = std::move(now); }
    [[nodiscard]] Reaction checked(const TwinCheck& check);

    /// The text of connectors.toml.
    [[nodiscard]] std::string connectors_toml() const;
    [[nodiscard]] const config::Settings& settings() const { return settings_; }
    [[nodiscard]] const topology::Snapshot& snapshot() const { return snapshot_; }
    /// What the cursor waits behind: "name? [front-1] ", or an invitation to plug something in.
    [[nodiscard]] std::string prompt() const;
    /// The state of things, and what can come next.
    [[nodiscard]] std::vector<Line> summary() const;
    /// What was learned, which half of which socket is not known yet, and what a move would leave behind because of that.
    [[nodiscard]] std::vector<Line> conclusion() const;

private:
    struct Question {
        enum class Asks : std::uint8_t {
            socket, ///< what the socket is called
            hub,    ///< what the hub is called of which it is a port
            apart,  ///< what tells that hub from another one of its model
        };
        Sighting sighting;
        std::string offered; ///< empty: nothing to offer
        Asks asks = Asks::socket;
        std::optional<HubSocket> on_hub = {};
        std::optional<HubToName> unnamed_hub = {}; ///< of `on_hub`, as long as the configuration has none
        /// The name it was given; written together with its first socket.
        std::optional<config::HubSettings> new_hub = {};
    };
    using Connectors = std::vector<config::ConnectorSettings>;
    using Hubs = std::vector<config::HubSettings>;

    Mapping(Files files, config::Settings settings, topology::Snapshot first);

    [[nodiscard]] Reaction present();
    void take(Sighting sighting, Reaction& reaction);
    void ask_next(Reaction& reaction);
    void ask(Sighting sighting, Reaction& reaction);
    void ask_for(Question::Asks what, std::string offered, Reaction& reaction);
    [[nodiscard]] std::string offer(const Question& question) const;
    [[nodiscard]] std::string whose_half(const Sighting& sighting, std::string_view offered) const;
    [[nodiscard]] const config::ConnectorSettings* known(const Sighting& sighting) const;

    void obey(const std::vector<std::string_view>& words, Reaction& reaction);
    void name(const std::vector<std::string_view>& words, Reaction& reaction);
    void name_hub(const std::vector<std::string_view>& words, Reaction& reaction);
    void tell_apart(const std::vector<std::string_view>& words, Reaction& reaction);
    void ask_for_the_socket(Reaction& reaction);
    void name_anew(const config::ConnectorSettings& named, Reaction& reaction);
    void add_to(const config::ConnectorSettings& existing, bool same, Reaction& reaction);
    void rename(std::string_view from, std::string_view to, Reaction& reaction);
    void remove(std::string_view name, Reaction& reaction);
    void place(const std::vector<std::string_view>& words, Reaction& reaction);
    void prepare_check(const std::vector<std::string_view>& words, Reaction& reaction);
    void pair(const std::vector<std::string_view>& words, Reaction& reaction);

    [[nodiscard]] Connectors own() const;
    [[nodiscard]] Hubs own_hubs() const;
    /// Takes `connectors` and `hubs` for ours when the whole configuration is right with them; else says what is wrong.
    bool adopt(const Connectors& connectors, const Hubs& hubs, Reaction& reaction);
    bool adopt(const Connectors& connectors, Reaction& reaction);
    void note_learned(const ConnectorName& name);
    [[nodiscard]] std::optional<topology::UnknownHalf>
    half_missing(const config::ConnectorSettings& connector) const;
    void say_what_is_missing(const ConnectorName& name, Reaction& reaction) const;
    [[nodiscard]] std::vector<Line> missing_halves() const;
    /// The halves of the socket: those that were seen, and the other one where firmware says which it is.
    [[nodiscard]] std::vector<topology::UsbPlace> halves_of(const Sighting& sighting) const;
    /// The connector that has a place.
    [[nodiscard]] const config::ConnectorSettings* holder_of(const topology::UsbPlace& place) const;
    /// The one with this name that is ours to change; says why not.
    [[nodiscard]] const config::ConnectorSettings* changeable(std::string_view name,
                                                              Reaction& reaction) const;
    [[nodiscard]] std::string free_name(std::string_view panel) const;

    Files files_;
    config::Settings settings_;
    topology::Snapshot snapshot_;
    std::optional<Question> question_;
    std::deque<Sighting> waiting_;         ///< plugged in while another question was open
    std::optional<ConnectorName> consent_; ///< asked whether this one may be moved and moved back
    std::optional<ConnectorName> latest_;
    std::vector<ConnectorName> learned_; ///< what has changed since the beginning, in that order
    std::string panel_ = "rear";         ///< the panel last named: most sockets are at the rear
};

} // namespace usbroute::map
