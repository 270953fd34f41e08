// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "topology/connector.hpp"
#include "topology/named_hub.hpp"
#include "topology/usb_class.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace usbroute::config {

/// The file and place of a setting; for messages.
struct Origin {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    [[nodiscard]] std::string text() const; ///< "usbroute.toml:12:3"
    bool operator==(const Origin&) const = default;
};

struct ConnectorSettings {
    topology::ConnectorSpec spec;
    std::string panel;                ///< "front"; empty: not said
    std::optional<std::uint32_t> row; ///< place on the panel, for the picture; from 1
    std::optional<std::uint32_t> column;
    Origin origin;
};

/// A hub that has a name, so that its ports can be connectors wherever its cable goes.
struct HubSettings {
    topology::HubSpec spec;
    Origin origin;
};

/// What becomes of a guest's connectors while the guest does not run.
enum class WhenOff : std::uint8_t {
    host,    ///< they come home after the grace
    reserve, ///< nobody's, where devices are given; wires stay
    stay,    ///< wires stay where they are
};
/// The word in the configuration: "host", "reserve", "stay".
[[nodiscard]] std::string_view text_of(WhenOff when_off);

/// What something does to a guest that is plugged into one of its sockets while the guest does not run.
enum class OnPlug : std::uint8_t {
    nothing,
    ask,    ///< whoever watches is told what to type
    resume, ///< a paused one goes on, one that sleeps wakes up
    start,  ///< the same, and one that is off is started; for domains of libvirt's
};
/// The word in the configuration: "nothing", "ask", "resume", "start".
[[nodiscard]] std::string_view text_of(OnPlug on_plug);

/// When a guest's controllers go to vfio-pci.
enum class BindAt : std::uint8_t {
    manual,  ///< on request, before it starts
    boot,    ///< at each boot
    running, ///< on request, while it runs: it starts without them, with an empty root port for each
};
/// The word in the configuration: "manual", "boot", "running".
[[nodiscard]] std::string_view text_of(BindAt bind);

/// How a domain of libvirt's gets a device.
enum class LibvirtBy : std::uint8_t {
    number,     ///< libvirt opens it, by its bus and number
    descriptor, ///< usbrouted opens it and passes it to QEMU past libvirt, which calls the domain tainted then
};

/// A guest that libvirt runs.
struct LibvirtSettings {
    static constexpr std::string_view system_uri = "qemu:///system";
    static constexpr std::string_view session_uri = "qemu:///session";

    std::string domain; ///< its name or UUID
    std::string user;   ///< whose `session_uri` it is of; empty: it is of `system_uri`
    LibvirtBy by = LibvirtBy::number;
    bool operator==(const LibvirtSettings&) const = default;

    [[nodiscard]] std::string_view uri() const { return user.empty() ? system_uri : session_uri; }
};

/// What a person types to have the usbroute-libvirt of this guest.
[[nodiscard]] std::string command_for_helper(const LibvirtSettings& libvirt);

struct GuestSettings {
    GuestName name;
    std::vector<PciAddress> controllers; ///< what this guest was given; empty: it takes devices, one by one
    WhenOff when_off = WhenOff::host;
    /// How long a guest that is gone may take to come back before its connectors go home. A reboot inside the guest ends
    /// no process and needs none of it.
    std::chrono::milliseconds grace{500};
    std::optional<ProfileName> on_start = std::nullopt;    ///< applied once for each process of the guest
    std::string qmp = {};                                  ///< QEMU's QMP socket, a server; empty: not asked
    std::optional<LibvirtSettings> libvirt = std::nullopt; ///< in place of `qmp`
    BindAt bind = BindAt::manual;
    bool may_take_last_keyboard = false; ///< at a plug into one of its sockets
    OnPlug on_plug = OnPlug::nothing;
    Origin origin;
    /// Controllers that go to it whole and come back when a move says so, while it runs; none of `controllers`. By naming them root
    /// lets usbrouted have them bound.
    std::vector<PciAddress> on_move = {};

    /// Whether devices are given to it, one by one.
    [[nodiscard]] bool takes_devices() const { return !qmp.empty() || libvirt; }
};

/// Where a connector shall go: the host, plainly a side, or a guest.
struct ToHost {
    auto operator<=>(const ToHost&) const = default;
};
/// Nobody's: as if it were not plugged in.
struct ToNobody {
    auto operator<=>(const ToNobody&) const = default;
};
using Target = std::variant<ToHost, topology::Side, GuestName, ToNobody>;

/// "host", "ehci", "xhci" and "none" are reserved; any other word is a guest's name.
[[nodiscard]] Target target_from(std::string_view word);
[[nodiscard]] std::string text_of(const Target& target);

/// What a rule asks of a device. All that it says has to hold; of what it does not say, anything does.
struct RuleMatch {
    std::optional<UsbIds> id = {};
    std::string serial = {}; ///< empty: any
    std::string name =
        {}; ///< what maker and product are called, with '*' and '?' (base/glob.hpp); empty: anything
    std::optional<topology::UsbClass> device_class = {}; ///< of the device, or of one of its interfaces
    std::vector<topology::UsbClass> interfaces = {};     ///< each of one of its interfaces
    std::optional<ConnectorName> socket = {};            ///< the nearest connector that it is in
    std::optional<HubName> hub = {};                     ///< behind which it is, however deep
    std::optional<bool> removable = {};                  ///< false: the kernel calls it fixed
    bool operator==(const RuleMatch&) const = default;

    /// Of all sockets one, and of what is in it anything.
    [[nodiscard]] bool is_a_socket_alone() const;
};

/// Whom devices are for that are not named by their socket alone.
struct RuleSettings {
    RuleName name;
    RuleMatch match;
    Target to = ToHost{};
    std::vector<Target> ask = {}; ///< somebody is asked who of these is to have it, in place of `to`
    /// How long the question is open. Then it is the host's.
    std::chrono::milliseconds answer_after{60'000};
    bool always = false; ///< above all other rules, and above what somebody asks for; `to` is the host
    Origin origin;

    /// Whether both leave the same device to the same one.
    [[nodiscard]] bool says_the_same(const RuleSettings& other) const
    {
        return to == other.to && ask == other.ask;
    }
};

struct ProfileEntry {
    ConnectorName connector;
    Target target;
};

/// A named set of "connector: owner". Connectors it does not name belong to the host.
struct ProfileSettings {
    ProfileName name;
    std::vector<ProfileEntry> entries; ///< in the order of the file
    bool may_take_last_keyboard = false;
    Origin origin;
};

struct UnixAddress {
    std::string path;
    std::string group; ///< may connect besides root; empty: nobody else
    bool operator==(const UnixAddress&) const = default;
};
/// A socket on which QEMU listens (`-chardev socket,server=on`): the daemon is its client.
struct ConnectAddress {
    std::string path;
    bool operator==(const ConnectAddress&) const = default;
};
struct TcpAddress {
    std::string host; ///< a numeric loopback address: "127.0.0.1", "::1"
    std::uint16_t port = 0;
    bool operator==(const TcpAddress&) const = default;
};

/// The verbs that a listener may allow. Intake the state needs `status`, being told of changes `subscribe`; `why` and
/// `log` are ways of reading and come with `status`.
enum class Verb : std::uint8_t {
    status,
    move,
    apply,
    toggle,
    undo,
    plan,
    subscribe,
    regs,
    confirm,
    why,
    assign, ///< whole controllers of a running guest: the control socket's, and in no `allow`
    answer, ///< the open question of a rule
    log,    ///< what was moved; over no guest's line
    reload, ///< the configuration: root's over the control socket, and in no `allow`
};
[[nodiscard]] std::string_view text_of(Verb verb);
[[nodiscard]] std::optional<Verb> verb_from(std::string_view word);
/// Those allowed in `allow`.
[[nodiscard]] const std::vector<Verb>& all_verbs();

/// Guards of the host's people that a listener may be allowed to lift, by their words in `may`.
enum class Lift : std::uint8_t {
    yes,        ///< "yes": the last keyboard, a side that no driver runs; also by a trial
    force_disk, ///< "force-disk": a disk that the host uses
    no_trial,   ///< "no-trial": the trial of the first move, and the trials of others
};
[[nodiscard]] std::string_view text_of(Lift lift);
[[nodiscard]] std::optional<Lift> lift_from(std::string_view word);
[[nodiscard]] const std::vector<Lift>& all_lifts();

/// One door of the daemon, with rights of its own.
struct ListenerSettings {
    ListenerName name;
    std::variant<UnixAddress, TcpAddress, ConnectAddress> address;
    std::optional<GuestName>
        guest; ///< the guest it speaks for: its line may carry noise and gets no answer to it
    std::vector<Verb> allow;
    std::vector<Lift> may = {}; ///< never anything for a guest
    /// Changes that may come in a minute, on the average; 0: any number. `default_per_minute` says what it is unasked.
    std::uint32_t per_minute = 120;
    Origin origin;

    [[nodiscard]] bool allows(Verb verb) const;
    [[nodiscard]] bool may_lift(Lift lift) const;
    /// The Unix socket where usbroute finds the daemon: for root and a group of administrators.
    [[nodiscard]] bool is_control() const;
    bool operator==(const ListenerSettings&) const = default;
};
/// Generous for each user of the control socket; for any other listener what a person with a hot key never reaches.
[[nodiscard]] std::uint32_t default_per_minute(const ListenerSettings& listener);
/// What a listener may lift unless the configuration says otherwise: everything on the control socket, else nothing.
[[nodiscard]] std::vector<Lift> default_lifts(const ListenerSettings& listener);

/// What happens when somebody else has moved wires that usbroute had moved: sleep, a driver, another program.
enum class OnDrift : std::uint8_t { restore, report };

/// Everything the configuration says, checked in itself; whether it fits the machine is the planner's business.
struct Settings {
    std::vector<ConnectorSettings> connectors;
    std::vector<HubSettings> hubs = {};
    std::vector<GuestSettings> guests;
    std::vector<RuleSettings> rules = {};
    std::vector<ProfileSettings> profiles;
    std::vector<ProfileName> toggle; ///< empty: every profile in the order of the file
    std::vector<ListenerSettings> listeners;
    OnDrift on_drift = OnDrift::restore;
    /// What somebody has said of sockets that no mux reaches, and of devices, holds after the next boot as well.
    bool remember = false;
    std::optional<ProfileName> at_start; ///< made to hold once after a boot, when its controllers are there

    [[nodiscard]] const ConnectorSettings* connector(const ConnectorName& name) const;
    [[nodiscard]] const GuestSettings* guest(const GuestName& name) const;
    [[nodiscard]] const ProfileSettings* profile(const ProfileName& name) const;
    [[nodiscard]] std::vector<topology::ConnectorSpec> specs() const;
    /// The profiles that `toggle` goes round.
    [[nodiscard]] std::vector<ProfileName> toggle_order() const;
    /// Whether there is a socket that no mux reaches.
    [[nodiscard]] bool has_sockets_to_give() const;
    /// Whether there is such a socket, or a rule for single devices.
    [[nodiscard]] bool has_something_to_give() const { return has_sockets_to_give() || !rules.empty(); }
    /// Whether there is something to give, and a guest with a monitor that can take it.
    [[nodiscard]] bool gives_devices() const;
    [[nodiscard]] bool has_guest_for_devices() const;
    /// Whether moves bring whole controllers to some guest.
    [[nodiscard]] bool moves_controllers() const;
};

} // namespace usbroute::config
