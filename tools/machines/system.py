"""The rest of /sys and /proc that says what machine and kernel this is."""


def emit(tree, machine):
    dmi = "sys/devices/virtual/dmi/id"
    tree.attributes(dmi, machine.dmi)
    tree.in_class("dmi", "id", dmi)
    tree.attribute("proc/cmdline", machine.cmdline)
    tree.attribute("proc/version", f"Linux version {machine.kernel} (builder@example.org) "
                                   f"(gcc 12.2.0, GNU ld 2.40) #1 SMP PREEMPT_DYNAMIC")
    sizes = {"vfio_pci": 16384, "xhci_pci": 24576, "ehci_pci": 20480, "usb_storage": 81920}
    tree.lines("proc/modules", [f"{name} {sizes.get(name, 32768)} 0 - Live 0x0000000000000000"
                                for name in machine.modules])
    if machine.lockdown:
        tree.attribute("sys/kernel/security/lockdown", machine.lockdown)
    for name in machine.acpi_tables:
        tree.raw(f"sys/firmware/acpi/tables/{name}", b"")
    for path, value in machine.extra.items():
        tree.attribute(path, value)
