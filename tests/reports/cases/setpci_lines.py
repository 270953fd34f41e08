# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""setpci lines that name 0xd0..0xdf of another function than the xHCI, beside one that really is a foreign writer.

Variant "bios": a firmware flasher's helper in /usr/local/sbin writes BIOS_CNTL (0xdc of the LPC bridge 00:1f.0).
Variant "ehci": a note's three lines, of which two write 0xd0 of the EHCI functions, in rc.local.
Variant "pm": a suspend hook writes the xHCI's power management register by its capability name, CAP_PM+4.
Variant "boot": the line stands where Unraid, Alpine and NixOS keep what runs at boot, and is a real foreign writer."""
from dataclasses import replace
from machines.boards import lenovo_t430s

FLASH = """#!/bin/sh
# opens the flash chip after a sleep
systemctl suspend
sleep 5
setpci -s 00:1f.0 dc.b=09
flashrom -p internal -w "$1"
"""
EHCI = """#!/bin/sh
setpci -H1 -d 8086:1e26 d0.l=0
setpci -H1 -d 8086:1e2d d0.l=0
exit 0
"""
PM = """#!/bin/sh
# the xHCI wakes the machine at once; no PME from it
[ "$1" = pre ] && setpci -s 00:14.0 CAP_PM+4.b=08
exit 0
"""
REAL = "setpci -H1 -d 8086:1e31 d0.l=0"


def machine(variant):
    base = lenovo_t430s.MACHINE
    extra = {"bios": {"usr/local/sbin/flash-it": FLASH}, "ehci": {"etc/rc.local": EHCI},
             "pm": {"etc/systemd/system-sleep/xhci": PM},
             "boot": {"boot/config/go": "#!/bin/bash\n" + REAL + "\n/usr/local/sbin/emhttp &\n"}}[variant]
    functions = tuple(replace(f, group=n) for n, f in enumerate(base.functions))
    return replace(base, name="report", extra=extra, lockdown="[none] integrity confidentiality", asleep=(),
                   functions=functions, iommu="intel", acpi_tables=("APIC", "DMAR", "DSDT"),
                   modules=base.modules + ("vfio_pci",), cmdline="root=/dev/sda2 ro intel_iommu=on")
