// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "base/text.hpp"
#include "config/settings.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What is printed to be pasted elsewhere: a guest's lines for its hypervisor, and scripts for inside it. Every name and
/// path in it is quoted for its place in the text.
namespace usbroute::report {

struct Paste {
    GuestName guest;
    std::string kind;               ///< the option that asked for it: "qemu", "powershell"
    std::vector<std::string> lines; ///< without their ends; all of them belong there
    std::vector<std::string> notes; ///< what the person should know besides; not to be pasted
};

/// {"schema":1,"guest":"windows","kind":"qemu","lines":[...],"notes":[...]}
[[nodiscard]] std::string to_json(const Paste& paste);

enum class Hypervisor : std::uint8_t { qemu, libvirt, proxmox };

struct LinesWish {
    Hypervisor hypervisor = Hypervisor::qemu;
    bool virtio = false; ///< a virtio-serial port besides the serial one
    /// QEMU counts the time between two attempts to connect in milliseconds from 9.2 on, and no longer in seconds
    /// from 10.2 on (docs/decisions/0016).
    bool reconnect_ms = false;
};

/// The guest's controllers, its serial line, and where devices are given to it a monitor and a controller of our own.
/// Errors: a guest that would have neither line nor monitor (with the lines that the configuration lacks), more
/// controllers than Proxmox can give, a virtio port where one socket has its line already.
[[nodiscard]] Result<Paste> guest_lines(const config::Settings& settings, const topology::Snapshot& snapshot,
                                        const config::GuestSettings& guest, const LinesWish& wish);

enum class Script : std::uint8_t { powershell, autohotkey, systemd, i3, shell };

struct SetupWish {
    Script script = Script::shell;
    std::string port; ///< inside the guest; empty: COM1 or /dev/ttyS0
};

/// A script or keys that toggle from inside the guest. Errors: as above, a listener that does not allow `toggle`, and a
/// port that this script cannot open.
[[nodiscard]] Result<Paste> guest_setup(const config::Settings& settings, const config::GuestSettings& guest,
                                        const SetupWish& wish);

/// The listener that speaks for the guest, the first in the order of the file, or the error with the lines that the
/// configuration lacks.
[[nodiscard]] Result<const config::ListenerSettings*> line_of(const config::Settings& settings,
                                                              const GuestName& guest);

/// The lines of a text in which some words, as @GUEST@, are replaced.
[[nodiscard]] std::vector<std::string> filled(std::string_view text, Replacements words);

/// One word for a POSIX shell; words that need no quotes get none.
[[nodiscard]] std::string shell_word(std::string_view text);
/// For a value in single quotes, and for text between tags.
[[nodiscard]] std::string xml_text(std::string_view text);

} // namespace usbroute::report
