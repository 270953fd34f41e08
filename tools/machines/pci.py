"""PCI functions: configuration space, sysfs folders, IOMMU groups."""

import struct

PCI_ROOT = "sys/devices/pci0000:00"

# The rest of an Intel xHCI's configuration space, from the published dump of a
# MacBookPro12,1 (8086:9cb1). Other boards of the family get the same values there.
XHCI_REST = {
    0x40: "fd013680 89c60f80", 0x50: "5f2ece0f", 0x60: "3020",
    0x70: "0180c2c1 08000000", 0x80: "05008700 1804e0fe",
    0xa0: "40010400 00180000 8f200200",
    0xb0: "01000000 02000000", 0xc0: "01000000 02000000",
    0xe0: "00080000", 0xec: "d8d80800", 0xf8: "b10f0308",
}
# An Intel EHCI: power management at 0x50, debug port at 0x58, Advanced Features at 0x98
# with function-level reset. Bytes at 0x72, 0x98 and 0xd4 as a 9 series ASUS board shows.
EHCI_REST = {
    0x50: "0158c2c9", 0x58: "0a98a020", 0x60: "2020ff07", 0x68: "01000001",
    0x72: "ff3f", 0x98: "13000603", 0xd4: "00aaff00",
}
# QEMU: MSI-X at 0x90, PCI Express capability (root complex endpoint) from 0xa0 to 0xdb.
QEMU_XHCI_REST = {0x60: "30", 0x90: "11a00f80 00300000 00380000", 0xa0: "10009200 00800000"}
QEMU_EHCI_REST = {0x60: "202000", 0x68: "01000000"}


def full(address):
    return f"0000:{address}"


def path_of(machine, address):
    function = machine.function(address)
    above = path_of(machine, function.below) if function.below else PCI_ROOT
    return f"{above}/{full(address)}"


def config_space(machine, function):
    if function.config:
        return _checked(machine, function)
    vendor, device = (int(part, 16) for part in function.id.split(":"))
    subsystem = [int(part, 16) for part in (function.subsystem or machine.subsystem).split(":")]
    space = bytearray(256)
    bridge = function.cls.startswith("0604")
    rest, first = _rest(function)
    command = 0x0406 if function.driver and first in (0x70, 0x90) else 0x0006 if function.driver else 0
    status = 0x0290 if first else 0x0280
    struct.pack_into("<HHHHB", space, 0, vendor, device, command, status, function.revision)
    space[0x09:0x0c] = bytes.fromhex(function.cls)[::-1]
    space[0x0e] = 1 if bridge else 0x80 if _has_siblings(machine, function) else 0
    if bridge:
        bus = next((f.address[:2] for f in machine.functions if f.below == function.address), "00")
        space[0x18:0x1b] = bytes([0, int(bus, 16), int(bus, 16)])
    else:
        # Bit 2 of the first address register: this one is 64 bits wide.
        wide = 4 if function.cls == "0c0330" else 0
        struct.pack_into("<I", space, 0x10, function.bar | wide if function.bar else 0)
        struct.pack_into("<HH", space, 0x2c, *subsystem)
    space[0x34] = first
    space[0x3c:0x3e] = bytes([function.irq & 0xff, 1 if function.irq else 0])
    for offset, digits in rest.items():
        values = bytes.fromhex(digits)
        space[offset:offset + len(values)] = values
    if function.address == "00:14.0" and machine.registers:
        r = machine.registers
        struct.pack_into("<IIII", space, 0xd0, r.usb2, r.usb2_mask, r.superspeed, r.superspeed_mask)
        for offset, value in machine.config_0xe0.items():
            struct.pack_into("<I", space, offset, value)
    return bytes(space)


def _checked(machine, function):
    """A recorded configuration space must agree with what the table says."""
    space = function.config.ljust(256, b"\0")
    assert f"{space[1]:02x}{space[0]:02x}:{space[3]:02x}{space[2]:02x}" == function.id
    if machine.registers and function.address == "00:14.0":
        r = machine.registers
        assert struct.unpack_from("<IIII", space, 0xd0) == (
            r.usb2, r.usb2_mask, r.superspeed, r.superspeed_mask)
    return space


def _rest(function):
    """What lies behind the header, and where the first capability is."""
    vendor = function.id[:4]
    if function.cls == "0c0330":
        if vendor == "1b36":
            return QEMU_XHCI_REST, 0x90
        if vendor == "8086":
            return XHCI_REST, 0x70
        # Add-in cards and AMD: power management only, the rest is not modelled.
        return {0x50: "0100c3c9 08000000"}, 0x50
    if function.cls == "0c0320":
        return (QEMU_EHCI_REST, 0) if function.subsystem == "1af4:1100" else (EHCI_REST, 0x50)
    return {}, 0


def _has_siblings(machine, function):
    slot = function.address[:5]
    return sum(f.address[:5] == slot for f in machine.functions) > 1


def emit(tree, machine):
    for function in machine.functions:
        _emit_function(tree, machine, function)
    drivers = {f.driver for f in machine.functions if f.driver}
    if "vfio_pci" in machine.modules:
        drivers.add("vfio-pci")
    for driver in sorted(drivers):
        for name in ("bind", "unbind", "new_id", "remove_id"):
            tree.raw(f"sys/bus/pci/drivers/{driver}/{name}", b"")
    tree.attribute("sys/bus/pci/drivers_autoprobe", 1)
    for name in ("drivers_probe", "rescan"):
        tree.raw(f"sys/bus/pci/{name}", b"")
    if machine.iommu:
        _emit_iommu(tree, machine)


def _emit_function(tree, machine, function):
    path = path_of(machine, function.address)
    vendor, device = function.id.split(":")
    sub_vendor, sub_device = (function.subsystem or machine.subsystem).split(":")
    if function.cls.startswith("0604"):
        sub_vendor = sub_device = "0000"
    base, sub, interface = (function.cls[i:i + 2].upper() for i in (0, 2, 4))
    modalias = (f"pci:v{vendor.upper():0>8}d{device.upper():0>8}"
                f"sv{sub_vendor.upper():0>8}sd{sub_device.upper():0>8}"
                f"bc{base}sc{sub}i{interface}")
    tree.attributes(path, {
        "vendor": f"0x{vendor}", "device": f"0x{device}", "class": f"0x{function.cls}",
        "revision": f"0x{function.revision:02x}",
        "subsystem_vendor": f"0x{sub_vendor}", "subsystem_device": f"0x{sub_device}",
        "irq": function.irq, "enable": 1 if function.driver else 0, "numa_node": -1,
        "modalias": modalias, "driver_override": function.override,
        "power_state": "D0", "power/control": "auto" if function.address in machine.asleep else "on", "power/runtime_status": "active",
    })
    if function.reset:
        tree.attribute(f"{path}/reset_method", function.reset)
    tree.raw(f"{path}/config", config_space(machine, function))
    tree.lines(f"{path}/resource", _resources(function))
    uevent = [f"DRIVER={function.driver}"] if function.driver else []
    tree.lines(f"{path}/uevent", uevent + [
        f"PCI_CLASS={int(function.cls, 16):04X}",
        f"PCI_ID={function.id.upper()}",
        f"PCI_SUBSYS_ID={sub_vendor}:{sub_device}".upper(),
        f"PCI_SLOT_NAME={full(function.address)}",
        f"MODALIAS={modalias}",
    ])
    tree.on_bus("pci", full(function.address), path, function.driver)
    if machine.iommu and function.group is not None:
        group = f"sys/kernel/iommu_groups/{function.group}"
        tree.link(f"{path}/iommu_group", group)
        tree.link(f"{group}/devices/{full(function.address)}", path)


def _resources(function):
    """First, last and flags of each address range. Only the first register is modelled."""
    size = {"0c0330": 0x10000, "0c0320": 0x400}.get(function.cls, 0x4000)
    flags = 0x140204 if function.cls == "0c0330" else 0x40200
    first = [function.bar, function.bar + size - 1, flags] if function.bar else [0, 0, 0]
    return [" ".join(f"0x{value:016x}" for value in first)] + [" ".join(["0x" + "0" * 16] * 3)] * 12


def _emit_iommu(tree, machine):
    units = ("dmar0", "dmar1") if machine.iommu == "intel" else ("ivhd0",)
    for unit in units:
        path = f"sys/devices/virtual/iommu/{unit}"
        if machine.iommu == "intel":
            tree.attribute(f"{path}/intel-iommu/version", "1:0")
        else:
            tree.attribute(f"{path}/amd-iommu/features", "58f77ef22294ade")
        tree.in_class("iommu", unit, path)
    groups = {f.group: f for f in machine.functions if f.group is not None}
    for number, function in groups.items():
        # Firmware reserves memory for its own USB keyboard driver (RMRR); the kernel
        # calls that relaxable, so it does not stand in the way of a guest.
        reserved = []
        if machine.iommu == "intel" and function.cls in ("0c0320", "0c0330"):
            reserved.append("0x00000000dd800000 0x00000000dd812fff direct-relaxable")
        reserved.append("0x00000000fee00000 0x00000000feefffff msi")
        tree.lines(f"sys/kernel/iommu_groups/{number}/reserved_regions", reserved)
        # The group's own domain, which stays the same while a guest has the group.
        lazy = "DMA-FQ" if tree.kernel >= (5, 15) else "DMA"
        tree.attribute(f"sys/kernel/iommu_groups/{number}/type",
                       "identity" if "iommu=pt" in machine.cmdline else lazy)
