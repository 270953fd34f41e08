"""From a description to a tree, and to the texts that go with it."""

import textwrap

from . import chips, disks, pci, system, usb
from .inputs import Inputs, emit_bluetooth_keyboards, emit_built_in
from .places import place_of, usb_name
from .tree import Tree


def build(machine):
    tree = Tree(machine.kernel)
    inputs = Inputs(tree)
    system.emit(tree, machine)
    pci.emit(tree, machine)
    emit_built_in(tree, machine, inputs)
    interfaces = usb.emit(tree, machine, inputs)
    emit_bluetooth_keyboards(tree, machine, inputs)
    disks.emit(tree, machine, interfaces)
    tree.raw("etc/usbroute/usbroute.toml", toml(machine).encode())
    tree.raw("README.md", readme(machine).encode())
    return tree


def toml(machine):
    out = [f"# {line}" for line in machine.toml_comment.splitlines()]
    for connector in machine.connectors:
        out += ["" if out else None, f"[connector.{connector.name}]"]
        if connector.bit is not None:
            out.append(f"mux_bit = {connector.bit}")
        if connector.superspeed is not None:
            out.append(f"superspeed = {connector.superspeed}")
        if connector.usb:
            out.append("usb = [" + ", ".join(f'"{place}"' for place in connector.usb) + "]")
        if connector.panel:
            out.append(f'panel = "{connector.panel}"')
        if connector.row is not None:
            out.append(f"row = {connector.row}")
        if connector.column is not None:
            out.append(f"column = {connector.column}")
    if machine.toml_tail:
        out += ["", machine.toml_tail.strip()]
    return "".join(f"{line}\n" for line in out if line is not None)


def readme(machine):
    out = [f"# {machine.name}: {machine.title}", "", "## What it is", "", machine.what.strip(), ""]
    for title, points in (("Recorded", machine.recorded), ("Reconstructed", machine.reconstructed),
                          ("What it shows", machine.shows)):
        out += [f"## {title}", ""] + [_wrapped(point) for point in points] + [""]
    out += _registers(machine) + _buses(machine) + _sockets(machine) + _disks(machine)
    return "".join(f"{line}\n" for line in out).rstrip() + "\n"


def _wrapped(point):
    return textwrap.fill(point, 110, initial_indent="- ", subsequent_indent="  ", break_long_words=False,
                         break_on_hyphens=False)


def _registers(machine):
    if not machine.registers:
        return []
    r = machine.registers
    return ["## Registers of 0000:00:14.0", "",
            "| XUSB2PR 0xd0 | XUSB2PRM 0xd4 | USB3_PSSEN 0xd8 | USB3PRM 0xdc |", "| --- | --- | --- | --- |",
            f"| {r.usb2:#06x} | {r.usb2_mask:#06x} | {r.superspeed:#04x} | {r.superspeed_mask:#04x} |", ""]


def _buses(machine):
    if not machine.buses:
        return []
    out = ["## Buses", "", "| bus | controller | id | driver | root hub |", "| --- | --- | --- | --- | --- |"]
    for bus in machine.buses:
        function = machine.function(bus.controller)
        out.append(f"| usb{bus.number} | {bus.controller} | {function.id} | {function.driver} "
                   f"| {bus.ports} ports, {bus.speed} Mbit/s |")
    return out + [""]


def _sockets(machine):
    if not machine.buses:
        return []
    found = {}
    for key, device in machine.plugged.items():
        name = usb_name(machine, place_of(machine, key, device))
        head = key.split(".")[0] if "/" not in key else None
        found.setdefault(head, []).append((name, device))
    say = lambda pairs: "<br>".join(f"`{name}` {device.id} {_plain(device)}" for name, device in pairs) or "-"
    out = ["## Sockets", "", "| connector | bit | EHCI place | xHCI place | SuperSpeed | now in it |",
           "| --- | --- | --- | --- | --- | --- |"]
    for c in machine.connectors:
        if c.bit is None:
            places = " ".join(c.usb)
            out.append(f"| {c.name} | - | {places} | | | {say(found.pop(c.name, []))} |")
            continue
        wide = f"ss{c.superspeed}" if c.superspeed else "-"
        ehci = chips.ehci_place(c.bit)
        if not any(f.address == ehci.split("/")[0] for f in machine.functions):
            ehci = "no EHCI there"
        out.append(f"| {c.name} | {c.bit} | {ehci} | {chips.xhci_place(machine.mux_chip, c.bit)} "
                   f"| {wide} | {say(found.pop(c.name, []))} |")
    rest = found.pop(None, [])
    assert not found, found
    if rest:
        out += ["", "Not in a named connector: " + ", ".join(f"`{n}` {d.id} {_plain(d)}" for n, d in rest) + "."]
    return out + [""]


def _disks(machine):
    if not any(d.kind == "usb" for d in machine.disks):
        return []
    out = ["## USB disks", ""]
    for disk in machine.disks:
        if disk.kind != "usb":
            continue
        nodes = {disk.name} | {f"{disk.name}{n}" for n in range(1, len(disk.parts) + 1)}
        for stacked in machine.stacked:
            if nodes & set(stacked.over):
                nodes |= {stacked.node, f"mapper/{stacked.name}"}
        uses = [f"{m.source} on `{m.target}`" for m in machine.mounts if m.source.removeprefix("/dev/") in nodes]
        uses += [f"{s[0]} is swap" for s in machine.swaps if s[0].removeprefix("/dev/") in nodes]
        stack = [f"{s.node} ({s.name}) on {', '.join(s.over)}" for s in machine.stacked if s.node in nodes]
        out.append(f"- {disk.name} in {disk.where}: " + ("; ".join(stack + uses) or "not in use"))
    return out + [""]


def _plain(device):
    if isinstance(device.product, bytes):
        return "(hostile product string)"
    if device.product:
        return str(device.product)
    return "hub" if device.ports else "device"


BEGIN, END = "<!-- table: written by tools/make-machines -->\n", "<!-- end of table -->\n"


def table_of_all(text, machines):
    """`text` with the table between its two marks made new."""
    rows = ["| machine | what it is | PR / PRM | SS / SSM | breaks the assumption that |",
            "| --- | --- | --- | --- | --- |"]
    for m in machines:
        r = m.registers
        usb2 = f"{r.usb2:#x} / {r.usb2_mask:#x}" if r else "no mux"
        fast = f"{r.superspeed:#x} / {r.superspeed_mask:#x}" if r else ""
        rows.append(f"| [{m.name}]({m.name}/README.md) | {m.title} | {usb2} | {fast} | {m.breaks} |")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return before + BEGIN + "\n" + "".join(f"{row}\n" for row in rows) + "\n" + END + after
