# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""7-series: the mux reaches ports 1 to 4 of EHCI #1 only; a guide said to pass 00:1a.0, which is EHCI #2.

Variant "other": nothing else changed.  Variant "both": both EHCIs, as the product's own examples say."""
from dataclasses import replace
from machines.boards import gigabyte_z77

TOML = """
[guest.windows]
controllers = [%s]
when_off = "host"

[profile.all-host]

[profile.desk-in-windows]
windows = ["%s"]
may_take_last_keyboard = true

[toggle]
profiles = ["all-host", "desk-in-windows"]

[listen.windows]
unix = "/run/usbroute/windows.sock"
guest = "windows"
"""


def machine(variant):
    base = gigabyte_z77.MACHINE
    name = base.connectors[0].name
    addresses = '"0000:00:1a.0"' if variant == "other" else '"0000:00:1d.0", "0000:00:1a.0"'
    functions = tuple(replace(f, group=n, driver="vfio-pci" if f.address in ("00:1a.0",) + (("00:1d.0",) if variant == "both" else ()) else f.driver)
                      for n, f in enumerate(base.functions))
    gone = ("00:1a.0",) + (("00:1d.0",) if variant == "both" else ())
    return replace(base, name="report", functions=functions, iommu="intel", acpi_tables=("APIC", "DMAR"), cmdline="intel_iommu=on",
                   buses=tuple(b for b in base.buses if b.controller not in gone), modules=base.modules + ("vfio_pci",),
                   plugged={k: d for k, d in base.plugged.items() if not any(k.startswith(g) for g in gone) and k.split(".")[0] in
                            [c.name for c in base.connectors if c.bit is not None and base.registers.usb2 >> c.bit & 1]},
                   disks=base.disks[:1], mounts=tuple(m for m in base.mounts if m.source.startswith("/dev/sda")), swaps=(),
                   toml_tail=TOML % (addresses, name))
