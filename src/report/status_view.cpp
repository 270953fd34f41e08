// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/board.hpp"
#include "plan/dead_sides.hpp"
#include "plan/ownership.hpp"
#include "plan/plugged.hpp"
#include "plan/refusal.hpp"
#include "report/plugged.hpp"
#include "report/port_words.hpp"
#include "report/views.hpp"
#include "route/superspeed_halves.hpp"
#include "route/wiring.hpp"
#include "topology/halves.hpp"
#include "topology/usb_class.hpp"

#include <algorithm>
#include <iterator>

namespace usbroute::report {

using topology::Connector;
using topology::Device;
using topology::PortPath;
using topology::Side;
using topology::Snapshot;

namespace {

std::string word_of(attach::Way way)
{
    switch (way) {
    case attach::Way::descriptor: return "descriptor";
    case attach::Way::by_place: return "place";
    case attach::Way::by_libvirt: return "libvirt";
    }
    return {};
}

/// A look with what every row asks for.
struct Looked {
    const Snapshot& snapshot;
    const config::Settings& settings;
    plan::Board board;
    std::vector<topology::DiskInUse> disks;
};

std::string speed_words(const topology::Speed& speed)
{
    if (speed.kilobit == 0) return {};
    return speed.kilobit % 1000 == 0 ? format("{}", speed.kilobit / 1000)
                                     : format("{}.{}", speed.kilobit / 1000, speed.kilobit % 1000 / 100);
}

DeviceView device_view(const Looked& looked, const Device& device)
{
    DeviceView view{.place = device.path.text(),
                    .name = device.shown(),
                    .speed = speed_words(device.speed),
                    .keyboard = device.is_keyboard(),
                    .hub = device.is_hub(),
                    .kind = std::string(topology::kind_of(device)),
                    .disks = {},
                    .in_use = {}};
    for (const auto& block : looked.snapshot.blocks)
        if (block.usb == device.path && block.name == block.whole_disk)
            view.disks.push_back(printable(block.name, 32));
    std::vector<std::string> uses;
    for (const auto& disk : looked.disks)
        if (disk.usb == device.path && std::ranges::find(uses, disk.use) == uses.end())
            uses.push_back(disk.use);
    view.in_use = join(uses, ", ");
    if (const auto* apart = looked.board.apart_at(device.path)) {
        view.owner = plan::text_of(plan::owner_now(apart->connector, looked.settings));
        view.ask = texts_of(apart->asked, [](const config::Target& one) { return config::text_of(one); });
        if (apart->rule) view.rule = apart->rule->text();
    }
    return view;
}

/// A connector of its own below a hub has its devices to itself.
bool belongs_deeper(const Looked& looked, const Connector& connector, const PortPath& place,
                    const Device& device)
{
    return std::ranges::any_of(looked.board.connectors, [&](const Connector& other) {
        if (&other == &connector) return false;
        return std::ranges::any_of(other.places_now(), [&](const PortPath& deeper) {
            return deeper != place && place.contains(deeper) && deeper.contains(device.path);
        });
    });
}

std::vector<DeviceView> devices_of(const Looked& looked, const Connector& connector)
{
    std::vector<DeviceView> views;
    for (const auto& place : connector.places_now())
        for (const auto* device : looked.snapshot.devices_below(place))
            if (!belongs_deeper(looked, connector, place, *device))
                views.push_back(device_view(looked, *device));
    return views;
}

/// What is expected there would be seen, and is not.
bool misses_what_it_expects(const Looked& looked, const Connector& connector)
{
    if (!connector.spec.expect || !connector.missing.empty()) return false;
    const bool is_seen = plan::means_of(connector) == plan::Means::attach ||
                         plan::is_host(plan::owner_now(connector, looked.settings));
    const auto is_it = [&](const Device* device) {
        return UsbIds{.vendor = device->vendor, .product = device->product} == *connector.spec.expect;
    };
    return is_seen && std::ranges::none_of(topology::devices_in(looked.snapshot, connector), is_it);
}

std::vector<std::string> signs_of(const Looked& looked, const Connector& connector, const ConnectorView& view)
{
    std::vector<std::string> signs;
    const auto any = [&](const auto& holds) { return std::ranges::any_of(view.devices, holds); };
    if (connector.at && std::holds_alternative<topology::Parked>(*connector.at)) signs.emplace_back("parked");
    if (any([](const DeviceView& device) { return !device.ask.empty(); })) signs.emplace_back("question");
    if (any([&](const DeviceView& device) { return device.ask.empty() && is_away(view, device); }))
        signs.emplace_back("given-away");
    if (misses_what_it_expects(looked, connector)) signs.emplace_back("expected-missing");
    return signs;
}

ConnectorView connector_view(const Looked& looked, std::size_t index)
{
    auto connector = looked.board.connectors[index];
    if (!connector.at) connector.at = topology::seat_by_devices(looked.snapshot, connector);
    ConnectorView view;
    view.name = connector.spec.name.text();
    view.named = index < looked.board.configured;
    view.owner = plan::text_of(plan::owner_now(connector, looked.settings));
    if (const auto side = connector.side()) view.side = topology::text_of(*side);
    if (connector.spec.bit) view.bit = connector.spec.bit->value;
    if (const auto* wiring = route::wiring_of(looked.board.mux, connector.spec)) {
        view.xhci_port = wiring->xhci_port;
        view.ehci_port = words_for(wiring->ehci);
    }
    if (connector.spec.superspeed) view.superspeed = connector.spec.superspeed->value;
    view.superspeed_on = connector.superspeed_on;
    view.why_not = plan::why_not_movable(looked.snapshot, looked.board, connector);
    view.movable = view.why_not.empty();
    if (const auto* settings = looked.settings.connector(connector.spec.name); settings != nullptr) {
        view.panel = printable(settings->panel, 64);
        if (settings->row) view.row = static_cast<int>(*settings->row);
        if (settings->column) view.column = static_cast<int>(*settings->column);
    }
    if (connector.behind) view.behind = connector.behind->text();
    // As written: of the places by their way to a controller, the board has the address beside it.
    if (const auto* settings = looked.settings.connector(connector.spec.name); settings != nullptr)
        view.usb = settings->spec.places_told();
    if (connector.spec.expect) view.expect = connector.spec.expect->text();
    view.missing = connector.missing;
    if (topology::names_one_half(connector.spec))
        if (const auto half =
                topology::unknown_half(looked.snapshot, connector.spec, looked.settings.specs()))
            view.half = format("its {} is not known; `usbroute map` learns it", half->name());
    view.devices = devices_of(looked, connector);
    view.signs = signs_of(looked, connector, view);
    return view;
}

ControllerView controller_view(const topology::Controller& controller, const plan::Owner& owner)
{
    ControllerView view{.address = printable(controller.name, 64),
                        .kind = std::string(topology::text_of(controller.kind)),
                        .id = format("{:04x}:{:04x}", controller.vendor, controller.device),
                        .driver = printable(controller.driver, 32),
                        .owner = plan::text_of(owner),
                        .iommu_group = {},
                        .buses = {}};
    if (controller.iommu_group) view.iommu_group = static_cast<int>(*controller.iommu_group);
    for (const auto& bus : controller.buses) view.buses.push_back(bus.number);
    return view;
}

bool is_of_the_board(const plan::Board& board, const Device& device)
{
    return board.mux && route::is_rate_matching_hub(*board.mux, device);
}

std::vector<DeviceView> devices_elsewhere(const Looked& looked, const std::vector<ConnectorView>& connectors)
{
    std::vector<std::string> known;
    for (const auto& connector : connectors)
        for (const auto& device : connector.devices) known.push_back(device.place);
    std::ranges::sort(known);
    std::vector<DeviceView> views;
    for (const auto& device : looked.snapshot.devices)
        if (!is_of_the_board(looked.board, *device) &&
            !std::ranges::binary_search(known, device->path.text()))
            views.push_back(device_view(looked, *device));
    return views;
}

/// Devices that the kernel was told not to use: they are seen, and are of no use to anybody.
void note_unauthorized(std::vector<std::string>& notes, const Looked& looked)
{
    constexpr std::size_t most_named = 4;
    std::vector<std::string> names;
    for (const auto& device : looked.snapshot.devices)
        if (!device->authorized && !is_of_the_board(looked.board, *device))
            names.push_back(format("{} {}", device->path.text(), device->shown()));
    if (names.empty()) return;
    const auto more = names.size() > most_named ? names.size() - most_named : 0;
    names.resize(names.size() - more);
    notes.push_back(format("not authorized, so not used: {}{} (authorized is 0)", join(names, ", "),
                           more == 0 ? std::string() : format(" and {} more", more)));
}

void note_dead_sides(std::vector<std::string>& notes, const Looked& looked, const route::Mux& mux)
{
    const auto note = [&](const topology::PciController& controller) {
        if (const auto dead = plan::why_dead(looked.snapshot, controller, looked.settings))
            notes.push_back(format("{}: a socket on it is dead", dead->sentence));
        for (auto& caution : plan::cautions(controller)) notes.push_back(std::move(caution.sentence));
    };
    note(*mux.xhci);
    for (const auto* ehci : mux.ehcis)
        if (ehci != nullptr) note(*ehci);
}

/// Not worth a note where sockets are moved without one.
bool is_only_that_there_is_no_mux(const plan::Refusal& refusal, const plan::Board& board)
{
    return refusal.reason == plan::Reason::no_mux &&
           std::ranges::any_of(board.connectors, [](const Connector& connector) {
               const auto means = plan::means_of(connector);
               return means == plan::Means::attach || means == plan::Means::assign;
           });
}

void note_the_mux(StatusView& view, const Looked& looked)
{
    auto& notes = view.notes;
    if (looked.snapshot.all_controllers().empty()) {
        notes.emplace_back("this machine has no USB controller");
        return;
    }
    if (const auto refusal = plan::why_not_writable(looked.snapshot, looked.board)) {
        const bool unreadable = refusal->reason == plan::Reason::registers_unreadable;
        if (unreadable)
            view.unreadable = plan::text_of(*refusal);
        else if (!is_only_that_there_is_no_mux(*refusal, looked.board))
            notes.push_back(plan::text_of(*refusal));
    }
    if (!looked.board.mux) return;
    const auto& mux = *looked.board.mux;
    if (const auto hidden = words_for_hidden_ehcis(mux); !hidden.empty()) notes.push_back(hidden);
    if (mux.bits != nullptr && mux.movable_bits() == 0)
        notes.emplace_back(
            "firmware lets no socket move (XUSB2PRM is 0); look for an xHCI mode or USB 3 mode option in its set-up");
    if (mux.xhci->is_given_away())
        notes.push_back(format(
            "a guest has xHCI {}: it can change the routes at any time, and owners are what the registers say now",
            mux.xhci->name));
    for (const auto& loose : route::loose_superspeed(looked.snapshot, mux, looked.settings.specs()))
        if (looked.board.configured > 0)
            notes.push_back(
                format("{}: it stays with the host wherever its socket goes; `usbroute map` learns it",
                       loose.text()));
    note_dead_sides(notes, looked, mux);
}

/// Null: no such device is apart.
DeviceView* device_apart(StatusView& view, const std::string& place)
{
    const auto in = [&](std::vector<DeviceView>& devices) -> DeviceView* {
        const auto found = std::ranges::find(devices, place, &DeviceView::place);
        return found == devices.end() || found->owner.empty() ? nullptr : &*found;
    };
    for (auto& connector : view.connectors)
        if (auto* device = in(connector.devices)) return device;
    return in(view.elsewhere);
}

} // namespace

bool ConnectorView::has_sign(std::string_view sign) const
{
    return std::ranges::find(signs, sign) != signs.end();
}

void show_given(StatusView& view, const std::vector<plan::GivenSocket>& given)
{
    for (const auto& socket : given) {
        std::vector<WaitView> waits;
        for (const auto& wait : socket.waits) {
            WaitView shown{.place = wait.place ? wait.place->text() : std::string(),
                           .code = wait.code,
                           .why = printable(wait.sentence, 512),
                           .errors = {}};
            for (const auto& error : wait.errors) shown.errors.push_back(printable(error, 512));
            waits.push_back(std::move(shown));
        }
        const auto connector =
            std::ranges::find(view.connectors, socket.connector.text(), &ConnectorView::name);
        if (connector != view.connectors.end()) {
            connector->given_by = socket.goes_whole ? "whole" : word_of(socket.way);
            if (socket.is_reserved) connector->signs.insert(connector->signs.begin(), "reserved");
            std::ranges::move(waits, std::back_inserter(connector->waits));
        } else if (auto* device = device_apart(view, socket.connector.text())) {
            device->waits = std::move(waits);
        }
    }
}

void show_guests(StatusView& view, const std::vector<attach::SeenGuest>& guests)
{
    for (const auto& guest : guests) {
        const auto shown = std::ranges::find(view.device_guests, guest.name.text(), &DeviceGuestView::guest);
        if (shown != view.device_guests.end()) shown->state = plan::text_of(plan::runs(guest));
        if (guest.silence)
            view.silent.push_back(
                {.guest = guest.name.text(), .code = guest.silence->code, .why = guest.silence->why});
    }
}

StatusView status_view(const Snapshot& snapshot, const config::Settings& settings,
                       const topology::HostUse& use)
{
    const Looked looked{.snapshot = snapshot,
                        .settings = settings,
                        .board = plan::look_at_board(snapshot, settings),
                        .disks = topology::disks_in_use(snapshot, use)};
    StatusView view;
    if (looked.board.mux) view.family = looked.board.mux->family->name;
    if (const auto profile = plan::profile_in_force(snapshot, settings)) view.profile = profile->text();
    for (std::size_t i = 0; i < looked.board.connectors.size(); ++i)
        view.connectors.push_back(connector_view(looked, i));
    for (const auto& controller : snapshot.controllers)
        view.controllers.push_back(controller_view(controller, plan::owner_of(&controller, settings)));
    for (const auto& controller : snapshot.off_pci)
        view.controllers.push_back(controller_view(controller, plan::owner_of_off_pci(controller)));
    for (const auto& guest : settings.guests)
        if (guest.takes_devices()) view.device_guests.push_back({.guest = guest.name.text()});
    view.elsewhere = devices_elsewhere(looked, view.connectors);
    note_the_mux(view, looked);
    note_unauthorized(view.notes, looked);
    if (settings.connectors.empty() && looked.board.mux)
        view.notes.emplace_back(
            "no connector has a name yet; give them names in usbroute.toml: [connector.NAME] with mux_bit = 0, 1, ...");
    for (const auto& note : snapshot.notes) view.notes.push_back(printable(note, 200));
    return view;
}

} // namespace usbroute::report
