# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""ASRock Z97E-ITX/ac: the machine on which everything works."""

from ..catalog import (BLUETOOTH_7260, DAC, FLASH, GAMEPAD, HEADSET, HUB_2, KEYBOARD, MOUSE, SSD_3,
                       rate_matching_hub)
from ..model import Bus, Connector, Disk, Function, Machine, Mount, Part, Registers

FUNCTIONS = (
    Function("00:00.0", "8086:0c00", "060000", "hsw_uncore", 0, "1849:0c00", revision=6),
    Function("00:01.0", "8086:0c01", "060400", "pcieport", 1, revision=6, irq=24),
    Function("00:02.0", "8086:0412", "030000", "i915", 2, "1849:0412", revision=6, bar=0xf7400000, irq=29),
    Function("00:03.0", "8086:0c0c", "040300", "snd_hda_intel", 3, "1849:0c0c", revision=6,
             bar=0xf7a14000, irq=31),
    Function("00:14.0", "8086:8cb1", "0c0330", "xhci_hcd", 4, "1849:8cb1", bar=0xf7a00000, irq=26),
    Function("00:16.0", "8086:8cba", "078000", "mei_me", 5, "1849:8cba", bar=0xf7a1e000, irq=30),
    Function("00:19.0", "8086:15a1", "020000", "e1000e", 6, "1849:15a1", bar=0xf7900000, irq=28),
    Function("00:1a.0", "8086:8cad", "0c0320", "ehci-pci", 7, "1849:8cad", bar=0xf7a1c000, irq=16,
             reset="af_flr pm"),
    Function("00:1b.0", "8086:8ca0", "040300", "snd_hda_intel", 8, "1849:1151", bar=0xf7a10000, irq=32),
    Function("00:1c.0", "8086:8c90", "060400", "pcieport", 11, revision=0xd0, irq=25),
    Function("00:1d.0", "8086:8ca6", "0c0320", "ehci-pci", 9, "1849:8ca6", bar=0xf7a1b000, irq=23,
             reset="af_flr pm"),
    Function("00:1f.0", "8086:8cc4", "060100", "lpc_ich", 10, "1849:8cc4"),
    Function("00:1f.2", "8086:8c82", "010601", "ahci", 10, "1849:8c82", bar=0xf7a1a000, irq=27),
    Function("00:1f.3", "8086:8ca2", "0c0500", "i801_smbus", 10, "1849:8ca2", bar=0xf7a19000, irq=18),
    Function("01:00.0", "10de:13c2", "030000", "vfio-pci", 1, "3842:2974", revision=0xa1, below="00:01.0",
             bar=0xf6000000, irq=16, override="vfio-pci"),
    Function("01:00.1", "10de:0fbb", "040300", "vfio-pci", 1, "3842:2974", revision=0xa1, below="00:01.0",
             bar=0xf7080000, irq=17, override="vfio-pci"),
    Function("02:00.0", "8086:08b1", "028000", "iwlwifi", 12, "8086:4070", revision=0x73, below="00:1c.0",
             bar=0xf7800000, irq=33),
)

CONNECTORS = (
    Connector("rear-1", 2, None, panel="rear", row=1, column=1),
    Connector("rear-2", 3, None, panel="rear", row=2, column=1),
    Connector("rear-3", 8, 3, panel="rear", row=1, column=2),
    Connector("rear-4", 9, 4, panel="rear", row=2, column=2),
    Connector("rear-5", 10, 5, panel="rear", row=1, column=3),
    Connector("rear-6", 11, 6, panel="rear", row=2, column=3),
    Connector("front-1", 0, 1, panel="front", row=1, column=1),
    Connector("front-2", 1, 2, panel="front", row=1, column=2),
    Connector("internal-1", 4, panel="internal"),
    Connector("internal-2", 5, panel="internal"),
    Connector("internal-3", 6, panel="internal"),
    Connector("internal-4", 7, panel="internal"),
    Connector("internal-5", 12, panel="internal"),
    Connector("internal-6", 13, panel="internal"),
)

RATE_MATCHING_HUBS = {
    "00:1a.0/1": rate_matching_hub("8087:8009", 6),
    "00:1d.0/1": rate_matching_hub("8087:8001", 8),
}

CONFIGURATION = """
[guest.windows]
controllers = ["0000:00:1d.0", "0000:00:1a.0"]
when_off = "host"

[profile.all-host]

[profile.desk-on-ehci]
ehci = ["rear-1", "rear-2", "front-1"]

[profile.desk-in-windows]
windows = ["rear-1", "rear-2", "front-1"]

[toggle]
profiles = ["all-host", "desk-on-ehci"]

[listen.control]
unix = "/run/usbroute/control.sock"
group = "usbroute"

[listen.windows]
unix = "/run/usbroute/windows.sock"
guest = "windows"
allow = ["toggle", "status"]

[listen.netcat]
tcp = "127.0.0.1:1410"
allow = ["toggle"]
"""

MACHINE = Machine(
    name="z97e-itx-ac",
    title="ASRock Z97E-ITX/ac, everything on xHCI",
    breaks="xHCI port n is bit n-1: here HS9 is bit 4 and HS5 is bit 8",
    what="""
A 9 series desktop with both EHCI controllers visible, both rate matching hubs, and all
fourteen sockets routed to the xHCI, as Linux leaves them after boot. The good case.
""",
    recorded=(
        "Board, and values 0x3fff (all on xHCI) and 0x0000 (all on EHCI) written on it: S. Holland's HOWTO"
        " \"Pass Onboard USB Ports through to a KVM Virtual Machine\"; vfio-users, 2016-02-23, message 00110.",
        "Fourteen wired USB 2 ports, six SuperSpeed ports, and which are on the back panel"
        " (XXBBXXXXBBBBXX): coreboot src/mainboard/asrock/z97e-itx_ac. The letters are taken in the order of the"
        " routing bits, because coreboot's list is indexed like that: on the 10-port H81 it skips entries"
        " 6, 7, 12 and 13, which are the bits, not the xHCI ports, that this chip lacks.",
        "Subsystem 1849:8cb1 as ASRock's sister board Z97 Extreme9 shows it (linuxhw/LsPCI).",
        "IOMMU groups 4, 7, 9 for 14.0, 1a.0, 1d.0, and 10 for LPC, SATA and SMBus: a published listing of a"
        " Z97 board with I218-V.",
        "Rate matching hubs 8087:8009 with 6 and 8087:8001 with 8 ports, 2-port EHCI root hubs, 14 + 6 xHCI root"
        " ports: linuxsheet.com answer 755652 (H97).",
        "EHCI configuration bytes from 0x50 on (function-level reset offered): CPU-Z report of an ASUS"
        " 9 series board, ghostbsd/ghostbsd-build issue 54.",
    ),
    reconstructed=(
        "XUSB2PRM 0x3fff and USB3PRM 0x3f, as coreboot programs them for 14 and 6 ports.",
        "xHCI configuration bytes outside 0xd0-0xdf: from the dump of a MacBookPro12,1 (same family).",
        "Which bit is which hole beyond \"back\" and \"not back\", and which SuperSpeed port goes with it.",
        "The devices, their strings and serial numbers; interrupts and memory addresses.",
        "Names of ACPI tables: DMAR, because the kernel has IOMMU groups.",
    ),
    shows=(
        "The order of the bits: a device at `3-6` is in the socket of bit 9, not of bit 5.",
        "No firmware data about ports: `connect_type` unknown, `location` 0, so the kernel pairs HS n with SS n,"
        " which is wrong here: rear-3 is HS5 with SS3.",
        "The headset has keys (volume), the power button too; neither is a keyboard.",
        "The mounted disk in rear-6 is on its SuperSpeed half; the stick in rear-4 is free to move.",
        "usb1 is EHCI #2: bus numbers follow the probe order.",
    ),
    kernel="6.1.0-13-amd64",
    dmi={"sys_vendor": "To Be Filled By O.E.M.", "product_name": "To Be Filled By O.E.M.",
         "board_vendor": "ASRock", "board_name": "Z97E-ITX/ac", "bios_vendor": "American Megatrends Inc.",
         "bios_version": "P2.10", "bios_date": "05/11/2015"},
    functions=FUNCTIONS,
    registers=Registers(0x3fff, 0x3fff, 0x3f, 0x3f),
    buses=(Bus(1, "00:1a.0", 2), Bus(2, "00:1d.0", 2), Bus(3, "00:14.0", 14), Bus(4, "00:14.0", 6, "5000")),
    connectors=CONNECTORS,
    plugged=RATE_MATCHING_HUBS | {
        "front-1": HEADSET,
        "rear-1": KEYBOARD,
        "rear-2": MOUSE,
        "rear-4": FLASH,
        "internal-1": HUB_2,
        "internal-6": BLUETOOTH_7260,
        "internal-1.1": DAC,
        "internal-1.3": GAMEPAD,
        "rear-6": SSD_3,
    },
    disks=(
        Disk("sda", "00:1f.2", 488397168, (Part(1048576), Part(487344128)), model="Samsung SSD 850", kind="ata"),
        Disk("sdb", "rear-4", 15633408, (Part(15631360),), "Kingston", "DataTraveler 2.0", removable=True),
        Disk("sdc", "rear-6", 976773168, (Part(976771120),), "Samsung", "Portable SSD T5"),
    ),
    mounts=(
        Mount("/dev/sda2", "/", super_options="rw,errors=remount-ro"),
        Mount("/dev/sda1", "/boot/efi", "vfat"),
        Mount("/dev/sdc1", "/media/user/My Backup"),
    ),
    iommu="intel",
    acpi_tables=("APIC", "DMAR", "DSDT", "FACP"),
    lockdown="[none] integrity confidentiality",
    cmdline="BOOT_IMAGE=/boot/vmlinuz-6.1.0-13-amd64 root=/dev/sda2 ro quiet intel_iommu=on iommu=pt",
    modules=("vfio_pci", "vfio_iommu_type1", "usbhid", "usb_storage", "uas", "xhci_pci", "ehci_pci"),
    toml_comment="ASRock Z97E-ITX/ac. One connector for each wired USB 2 port.",
    toml_tail=CONFIGURATION,
)
