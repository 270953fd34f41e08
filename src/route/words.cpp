// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "route/words.hpp"

#include "base/format.hpp"

namespace usbroute::route {

using chips::MuxBit;
using chips::RouteBits;
using chips::RouteRegister;
using chips::SuperSpeedPort;
using topology::Key;
using topology::Side;
using topology::Word;

namespace {

/// What a set bit means for this key: xHCI has the wires, SuperSpeed is on.
std::string_view word_of_one(const Key& key)
{
    return std::holds_alternative<MuxBit>(key) ? text_of(Side::xhci) : word_on;
}

std::string_view word_of_zero(const Key& key)
{
    return std::holds_alternative<MuxBit>(key) ? text_of(Side::ehci) : word_off;
}

} // namespace

std::optional<RouteRegister> register_of(const Key& key)
{
    if (std::holds_alternative<MuxBit>(key)) return RouteRegister::usb2_owner;
    if (std::holds_alternative<SuperSpeedPort>(key)) return RouteRegister::superspeed_on;
    return std::nullopt;
}

std::uint32_t mask_of(const Key& key)
{
    if (const auto* bit = std::get_if<MuxBit>(&key)) return bit->mask();
    if (const auto* port = std::get_if<SuperSpeedPort>(&key)) return port->mask();
    return 0;
}

Word word_of(const Key& key, const RouteBits& bits)
{
    const auto target = register_of(key);
    if (!target) return {};
    const bool is_one = (bits.value_of(*target) & mask_of(key)) != 0;
    return Word(is_one ? word_of_one(key) : word_of_zero(key));
}

bool is_word_of(const Key& key, std::string_view word)
{
    return register_of(key) && (word == word_of_one(key) || word == word_of_zero(key));
}

bool is_at(const Placed& placed, const RouteBits& bits)
{
    return register_of(placed.key) && word_of(placed.key, bits) == placed.word;
}

RouteBits with(RouteBits bits, std::span<const Placed> placed)
{
    for (const auto& write : writes_for({}, placed)) {
        auto& value = write.target == RouteRegister::usb2_owner ? bits.usb2_owner : bits.superspeed_on;
        value = (value & ~write.mask) | write.value;
    }
    return bits;
}

std::string why_undone(const WriteRegister& write, const RouteBits& bits)
{
    return format("{} did not stay as written: bits 0x{:x} are 0x{:x}", chips::data_sheet_name(write.target),
                  write.mask, bits.value_of(write.target) & write.mask);
}

std::string shell_line(const WriteRegister& write)
{
    return format("setpci -s {} {:x}.l={:x}:{:x}", write.controller.text(), chips::offset_of(write.target),
                  write.value, write.mask);
}

std::vector<WriteRegister> writes_for(const PciAddress& controller, std::span<const Placed> placed)
{
    std::vector<WriteRegister> writes;
    for (const auto target : {RouteRegister::superspeed_on, RouteRegister::usb2_owner}) {
        WriteRegister write{.controller = controller, .target = target};
        for (const auto& one : placed) {
            if (register_of(one.key) != target) continue;
            write.mask |= mask_of(one.key);
            if (one.word == word_of_one(one.key)) write.value |= mask_of(one.key);
        }
        if (write.mask != 0) writes.push_back(write);
    }
    return writes;
}

} // namespace usbroute::route
