// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/routing.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::import_ {

using topology::Side;

namespace {

std::string bits_text(std::uint32_t bits)
{
    std::vector<std::string> names;
    for (unsigned bit = 0; bit < 32; ++bit)
        if (((bits >> bit) & 1U) != 0) names.push_back(format("{}", bit));
    return (names.size() == 1 ? "bit " : "bits ") + listed(names);
}

class Routing {
public:
    Routing(const Spots& spots, PlainNames& connectors, PlainNames& profiles, Proposal& proposal)
        : spots_(spots), connectors_(connectors), profiles_(profiles), proposal_(proposal)
    {}

    void file(const Found& found)
    {
        if (found.writes.empty()) return;
        if (!spots_.mux()) {
            for (const auto& write : found.writes)
                say(write.origin, Weight::left,
                    "this machine has no port mux: that register of its xHCI has another purpose, and writing to it does harm");
            return;
        }
        const auto& mux = *spots_.mux();
        const auto chip = mux.family->usb2_bits();
        const auto movable = mux.bits != nullptr ? mux.movable_bits() : chip;
        std::vector<RegisterWrite> writes;
        const UsbIds here{.vendor = mux.xhci->vendor, .product = mux.xhci->device};
        for (const auto& write : found.writes) {
            if (write.of && *write.of != here) {
                say(write.origin, Weight::left,
                    format("the script is for the xHCI {}, but this machine has {}", write.of->text(),
                           here.text()));
                continue;
            }
            const bool is_known = std::ranges::any_of(writes, [&](const RegisterWrite& one) {
                return one.value == write.value && one.mask == write.mask;
            });
            if (!is_known) writes.push_back(write);
        }
        if (writes.empty()) return;
        auto alike = chip;
        for (const auto& write : writes) alike &= write.mask & ~(write.value ^ writes.front().value);
        if (writes.size() == 1) alike = 0;
        std::uint32_t lonely = 0;
        for (const auto& route : mux.family->routes)
            if (!route.ehci) lonely |= std::uint32_t{1} << route.bit;
        for (const auto& write : writes) {
            const auto beyond = write.value & ~chip;
            if (beyond != 0)
                say(write.origin, Weight::left,
                    format("{} of the value {} beyond the ports of this chipset", bits_text(beyond),
                           (beyond & (beyond - 1)) == 0 ? "is" : "are"));
            const auto told = write.mask & chip & ~alike;
            const auto not_movable = told & ~movable;
            if (not_movable != 0)
                say(write.origin, Weight::left,
                    format("{}: the firmware does not allow switching {}", bits_text(not_movable),
                           (not_movable & (not_movable - 1)) == 0 ? "it" : "them"));
            const auto without = told & lonely & ~write.value;
            if (without != 0)
                say(write.origin, Weight::left,
                    format("{}: EHCI has no port for {}", bits_text(without),
                           (without & (without - 1)) == 0 ? "it" : "them"));
            profile(write, told & movable & ~without);
        }
        if (alike != 0)
            say(writes.front().origin, Weight::note,
                format("{}: the same in every write, so left out of the profiles", bits_text(alike)));
        if (writes.size() == 1)
            say(writes.front().origin, Weight::warning,
                "there is only one write and no way back: add a second profile, or use `usbroute undo`");
    }

private:
    void say(const Origin& origin, Weight weight, std::string text)
    {
        proposal_.remarks.push_back({.origin = origin, .weight = weight, .text = std::move(text)});
    }

    std::string connector_of(std::uint8_t bit)
    {
        for (const auto& connector : proposal_.connectors)
            if (connector.settings.spec.bit && connector.settings.spec.bit->value == bit)
                return connector.settings.spec.name.text();
        Spot spot;
        spot.bit = chips::MuxBit{bit};
        auto made = spots_.connector(spot);
        if (made.spec.name.text().empty())
            made.spec.name = ConnectorName(connectors_.free(format("bit{}", bit)));
        const auto name = made.spec.name.text();
        proposal_.connectors.push_back({.settings = std::move(made), .remarks = {}});
        return name;
    }

    void profile(const RegisterWrite& write, std::uint32_t bits)
    {
        if (bits == 0) return say(write.origin, Weight::left, "the write changes no switchable socket");
        ProposedProfile made;
        auto name = plain_name(write.name);
        if (name.empty())
            name = (write.value & bits) == bits ? "all-xhci"
                   : (write.value & bits) == 0  ? "all-ehci"
                                                : format("line-{}", write.origin.line);
        made.settings.name = ProfileName(profiles_.free(name));
        made.remark = format("line {}: XUSB2PR {:#06x}", write.origin.line, write.value);
        for (std::uint8_t bit = 0; bit < 32; ++bit) {
            if (((bits >> bit) & 1U) == 0) continue;
            const bool on_xhci = ((write.value >> bit) & 1U) != 0;
            made.settings.entries.push_back(
                {.connector = ConnectorName(connector_of(bit)), .target = on_xhci ? Side::xhci : Side::ehci});
        }
        proposal_.toggle.push_back(made.settings.name.text());
        proposal_.profiles.push_back(std::move(made));
    }

    const Spots& spots_;
    PlainNames& connectors_;
    PlainNames& profiles_;
    Proposal& proposal_;
};

} // namespace

void propose_routing(const Here&, const Spots& spots, const std::vector<Found>& found, PlainNames& connectors,
                     PlainNames& profiles, Proposal& proposal)
{
    Routing routing(spots, connectors, profiles, proposal);
    for (const auto& file : found) routing.file(file);
}

} // namespace usbroute::import_
