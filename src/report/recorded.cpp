// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/recorded.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

namespace usbroute::report {

namespace {

std::string what_was_replaced(const RecordedView& view)
{
    std::vector<std::string> what;
    if (view.serials > 0) what.push_back(counted(view.serials, "serial number", "serial numbers"));
    if (view.addresses > 0) what.push_back(counted(view.addresses, "MAC address", "MAC addresses"));
    if (view.uuids > 0) what.push_back(counted(view.uuids, "UUID", "UUIDs"));
    if (view.host_name) what.emplace_back("the host name");
    return what.empty() ? "nothing had to be replaced" : format("replaced: {}", join(what, ", "));
}

} // namespace

std::string recorded_text(const RecordedView& view)
{
    return format("recorded {} and {} into {}; {}\nread {}/README.md before you send it to anybody\n",
                  counted(view.files, "file", "files"), counted(view.links, "link", "links"),
                  printable(view.directory, 200), what_was_replaced(view), printable(view.directory, 200));
}

std::string recorded_readme(const RecordedView& view)
{
    auto text = format(R"(# A recorded machine

Made by `usbroute record`, version {}. `usbroute --root DIR status`, `doctor`, `regs`, `plan` and the others answer here
as they did on that machine.

## What is in it

{} and {}: what usbroute reads from /sys, /proc, /run/udev and /etc when it looks at a machine, and nothing else.

- PCI functions: ids, class, driver, IOMMU group; of xHCI controllers also the first 236 bytes of the configuration space,
  where the routing registers are, and power/control
- USB devices: ids, names, speed, interfaces, and how hubs tell their ports
- disks below USB devices and what is stacked on them; mounts of disks, with their mount points; swap
- from the kernel's command line and modules, from scripts and unit files only the words and lines that matter for the
  IOMMU, lockdown, power saving or the routing registers
- names of ACPI tables; the machine's maker and model
- usbroute.toml, connectors.toml and rules.toml

## What was changed

Serial numbers, what looks like a MAC address or a UUID, and the host name were replaced; equal ones stayed equal ({}).
Names of devices and volumes, mount points and the configuration stayed: read them before you send this to anybody.

## What is not in it

The daemon, who has a VFIO group open, the rights of the user, the journal of changes.
)",
                       view.version, counted(view.files, "file", "files"),
                       counted(view.links, "link", "links"), what_was_replaced(view));
    if (!view.registers)
        text +=
            "\nThe routing registers: it was not recorded as root, and the kernel showed only 64 bytes.\n";
    if (!view.notes.empty()) text += "\n## What went wrong\n\n";
    for (const auto& note : view.notes) text += format("- {}\n", printable(note, 300));
    return text;
}

} // namespace usbroute::report
