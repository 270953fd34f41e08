// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The means that gives a whole controller away: its function changes the driver.
namespace usbroute::assign {

// The files behind it (Documentation/ABI/testing/sysfs-bus-pci), below the root.
[[nodiscard]] std::string override_file(const PciAddress& function);
[[nodiscard]] std::string unbind_file(std::string_view driver);
[[nodiscard]] std::string bind_file(std::string_view driver);
inline constexpr std::string_view probe_file = "sys/bus/pci/drivers_probe";

/// The driver from which a guest's QEMU takes a function.
inline constexpr std::string_view vfio = "vfio-pci";

/// Said of drivers that leave DMA to whoever opens the group, of the one of PCI Express ports, and of none.
[[nodiscard]] bool leaves_dma_to_guests(std::string_view driver);

/// A function, and what it is bound to.
struct Binding {
    PciAddress function;
    std::string driver; ///< empty: none
    std::string forced; ///< what its driver_override holds; empty: nothing
    bool operator==(const Binding&) const = default;
};
using Bindings = std::vector<Binding>;

enum class WriteKind : std::uint8_t {
    force,  ///< driver_override: which driver alone may take the function, or any again
    unbind, ///< from the driver that has it
    probe,  ///< the kernel looks for a driver
};

/// One write to a file of sysfs.
struct FileWrite {
    WriteKind kind = WriteKind::probe;
    std::string file; ///< below the root, without a leading slash
    std::string text; ///< what is written
    std::string reason;
    bool operator==(const FileWrite&) const = default;
};

/// The command that does the same as a write, for people: "echo vfio-pci > /sys/...".
[[nodiscard]] std::string shell_line(const FileWrite& write);

/// One function that changes its driver.
struct Rebind {
    Binding before;
    std::string forced_after; ///< empty: nothing
    std::string driver_after; ///< empty: any of the host's
    std::vector<FileWrite> writes;

    [[nodiscard]] const PciAddress& function() const { return before.function; }
    /// Whether `driver` is what this was to come to.
    [[nodiscard]] bool is_done_with(std::string_view driver) const;
    bool operator==(const Rebind&) const = default;
};

/// The way back of a `Rebind`, by the name of the driver and not by a probe: what had it need not be what the kernel would
/// choose.
struct PutBack {
    Binding wanted;
    bool operator==(const PutBack&) const = default;
};

[[nodiscard]] Rebind give(const Binding& now);
/// `is_driven_by_host`: it was only held for the next probe, and keeps its driver.
[[nodiscard]] Rebind take(const Binding& now, bool is_driven_by_host);

/// Whether what is seen of the function shows that it is done.
[[nodiscard]] bool is_done(const Rebind& rebind, const Bindings& seen);
[[nodiscard]] bool is_done(const PutBack& back, const Bindings& seen);
/// The driver of a function as the word of its key.
[[nodiscard]] std::string word_of(const PciAddress& function, const Bindings& seen);

/// The commands that do the same, for people and for recovery.
[[nodiscard]] std::string shell_line(const Rebind& rebind);
[[nodiscard]] std::string shell_line(const PutBack& back);

} // namespace usbroute::assign
