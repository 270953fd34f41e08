// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "report/table.hpp"
#include "report/views.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// What is plugged in, in the words that every view of it shares.
namespace usbroute::report {

/// Neither the host, nor nobody, nor unknown.
[[nodiscard]] bool is_a_guest(const std::string& owner);

/// The host sees what is plugged in there, whoever has it: no mux takes its wires away.
[[nodiscard]] bool is_in_sight(const ConnectorView& connector);

/// A device that does not go with the socket it is in: a rule says so, or somebody has, or it is asked about.
[[nodiscard]] bool is_away(const ConnectorView& connector, const DeviceView& device);
/// Devices that are for somebody of their own, in sockets and elsewhere.
[[nodiscard]] std::vector<const DeviceView*> devices_apart_in(const StatusView& view);
/// Those that do not go with this socket.
[[nodiscard]] std::vector<const DeviceView*> those_away_in(const ConnectorView& connector);
/// "windows has it", "nobody has it", "nobody yet: windows or host?"
[[nodiscard]] std::string who_has_it(const DeviceView& device);
/// The socket with those of its devices that go with it.
[[nodiscard]] ConnectorView without_those_away(ConnectorView connector);

/// "sdb mounted on /mnt"; empty for what is no disk.
[[nodiscard]] std::string disk_words(const DeviceView& device);

/// "Logitech USB Keyboard" of "Logitech USB Keyboard (046d:c31c)".
[[nodiscard]] std::string without_ids(const std::string& name);

/// A name and what must be said about it, in the room there is: the ids go first, then the end of the name. The
/// remark stays whole, and so does the beginning of the name, if need be beyond the room.
[[nodiscard]] std::string name_with(const std::string& name, const std::string& remark, std::size_t room,
                                    const Style& style);

/// What is in a socket, in one line; empty for nothing. Of a hub, what is plugged into it matters; a disk in use
/// matters most. What does not go with the socket comes last, with who has it.
[[nodiscard]] std::string plugged_in(const ConnectorView& connector, std::size_t room, const Style& style);

/// The same without ids and never beyond the room; the maker's name goes first, and a remark for which there is no
/// room beside a name goes altogether.
[[nodiscard]] std::string plugged_in_briefly(const ConnectorView& connector, std::size_t room,
                                             const Style& style);

/// "last seen: Logitech USB Keyboard", never beyond the room, for a socket that is out of sight. Empty: nothing is known, or the room
/// is too small to say it of anything.
[[nodiscard]] std::string last_seen_words(const ConnectorView& connector, std::size_t room,
                                          const Style& style);

} // namespace usbroute::report
