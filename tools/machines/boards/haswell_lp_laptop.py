# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A Haswell laptop with the LP chipset: one EHCI, and its keyboard is behind it."""

from ..catalog import MOUSE, FLASH_3, BLUETOOTH_7260, rate_matching_hub
from ..model import (Bus, Connector, Device, Disk, Function, Input, Interface,
                     Machine, Mount, Part, Registers, port_facts)

KEYBOARD = Device("048d:8386", "0003", "12", (
    Interface("030101", "usbhid", 1, (Input("keyboard"),)),
    Interface("030000", "usbhid", 1, (Input("media keys", "Consumer Control"),))),
    "ITE Tech. Inc.", "ITE Device(8386)", attributes=0xa0)
TOUCHPAD = Device("06cb:2819", "0001", "12", (Interface("030102", "usbhid", 1, (Input("mouse"),)),),
                  "SYNAPTICS", "Synaptics Touch Pad", attributes=0xa0)
CAMERA = Device("04f2:b40a", "0100", "480", (
    Interface("0e0100", "uvcvideo", 1, child="video,USB2.0 HD UVC WebCam"), Interface("0e0200", "uvcvideo", 0)),
    "Chicony Electronics Co.,Ltd.", "USB2.0 HD UVC WebCam", "0x0001", cls="ef0201", power=500)

MACHINE = Machine(
    name="haswell-lp-laptop",
    title="Haswell laptop with 8 series LP chipset, one EHCI",
    breaks="there are two EHCIs, bus 1 is an EHCI, and bits are permuted",
    what="""
A laptop with the 8 series LP chipset: eight movable ports in straight order, one EHCI, and
the built-in keyboard and touchpad behind its rate matching hub.
""",
    recorded=(
        "Topology: bus 1 xHCI with 9 ports (2, 5 and 6 used), bus 2 EHCI with 2 ports and an 8-port hub 8087:8000 with"
        " the inner keyboard and mouse, bus 3 xHCI with 4 ports at 5000M: `lsusb -t` of a Haswell LP laptop.",
        "Ids 9c31 and 9c26: coreboot src/southbridge/intel/lynxpoint and src/include/device/pci_ids.h.",
    ),
    reconstructed=(
        "All four registers. Linux sets every bit of the mask at boot, so the mask must lack the bits of the keyboard"
        " and the touchpad, else they would be on xHCI: XUSB2PRM 0x13f (ports 1-6 and the redirect port, bit 8).",
        "That keyboard and touchpad are ports 7 and 8; every device's id; the other PCI functions; `location` values.",
        "USBGuard's settings file.",
        "Names of ACPI tables: DMAR, because the kernel has IOMMU groups.",
    ),
    shows=(
        "HS n is bit n-1 here, unlike the desktop parts with nearly the same ids.",
        "There is no EHCI #2: bits 8 and above have nothing to route to. Bit 8 is the redirect port.",
        "usb1 is the xHCI.",
        "The only keyboard is at 2-1.7 on EHCI and its bit is outside the mask.",
        "00:1d.0 is the only EHCI: giving it to a guest takes the keyboard.",
    ),
    kernel="6.1.0-13-amd64",
    dmi={"sys_vendor": "Example Laptops", "product_name": "Haswell LP laptop", "board_vendor": "Example Laptops",
         "chassis_type": "10"},
    subsystem="17aa:3978",
    functions=(
        Function("00:00.0", "8086:0a04", "060000", "hsw_uncore", 0, revision=9),
        Function("00:02.0", "8086:0a16", "030000", "i915", 1, revision=9, bar=0xb0000000, irq=45),
        Function("00:03.0", "8086:0a0c", "040300", "snd_hda_intel", 2, revision=9, bar=0xb0614000, irq=46),
        Function("00:14.0", "8086:9c31", "0c0330", "xhci_hcd", 3, revision=4, bar=0xb0600000, irq=43),
        Function("00:16.0", "8086:9c3a", "078000", "mei_me", 4, revision=4, bar=0xb0619000, irq=47),
        Function("00:1b.0", "8086:9c20", "040300", "snd_hda_intel", 5, revision=4, bar=0xb0610000, irq=48),
        Function("00:1c.0", "8086:9c10", "060400", "pcieport", 6, revision=0xe4, irq=40),
        Function("00:1d.0", "8086:9c26", "0c0320", "ehci-pci", 7, revision=4, bar=0xb061d000, irq=23,
                 reset="af_flr pm"),
        Function("00:1f.0", "8086:9c43", "060100", "lpc_ich", 8, revision=4),
        Function("00:1f.2", "8086:9c03", "010601", "ahci", 8, revision=4, bar=0xb061c000, irq=44),
        Function("00:1f.3", "8086:9c22", "0c0500", "i801_smbus", 8, revision=4, bar=0xb0618000, irq=18),
        Function("01:00.0", "8086:08b3", "028000", "iwlwifi", 9, "8086:0070", revision=0x83, below="00:1c.0",
                 bar=0xb0500000, irq=49),
    ),
    registers=Registers(0x13f, 0x13f, 0xf, 0xf),
    buses=(Bus(1, "00:14.0", 9), Bus(2, "00:1d.0", 2), Bus(3, "00:14.0", 4, "5000")),
    connectors=(
        Connector("left", 0, 1, panel="left", row=1, column=1),
        Connector("right-1", 1, 2, panel="right", row=1, column=1),
        Connector("right-2", 2, panel="right", row=1, column=2),
        Connector("camera", 4, panel="internal"),
        Connector("bluetooth", 5, panel="internal"),
        Connector("keyboard", 6, panel="internal"),
        Connector("touchpad", 7, panel="internal"),
    ),
    plugged={
        "right-1": MOUSE,
        "camera": CAMERA,
        "bluetooth": BLUETOOTH_7260,
        "00:1d.0/1": rate_matching_hub("8087:8000", 8),
        "keyboard": KEYBOARD,
        "touchpad": TOUCHPAD,
        "left": FLASH_3,
    },
    ports=port_facts("00:14.0", {
        "1": ("hotplug", 1), "2": ("hotplug", 2), "3": ("hotplug", 3), "4": ("not used", 0), "5": ("hardwired", 5),
        "6": ("hardwired", 6), "7": ("not used", 0), "8": ("not used", 0), "9": ("not used", 0),
        "ss1": ("hotplug", 1), "ss2": ("hotplug", 2), "ss3": ("not used", 0), "ss4": ("not used", 0)})
    | port_facts("00:1d.0", {"1": ("hardwired", 0), "1.7": ("hardwired", 0), "1.8": ("hardwired", 0)}),
    disks=(
        Disk("sda", "00:1f.2", 250069680, (Part(1048576), Part(249019056)), model="SAMSUNG MZMTD128", kind="ata"),
        Disk("sdb", "left", 60062500, (Part(60060452),), "SanDisk", "Ultra", removable=True),
    ),
    mounts=(Mount("/dev/sda2", "/"), Mount("/dev/sda1", "/boot/efi", "vfat"),
            Mount("/dev/sdb1", "/media/user/STICK", "vfat")),
    iommu="intel",
    extra={"etc/usbguard/usbguard-daemon.conf": "RuleFile=/etc/usbguard/rules.conf"},
    acpi_tables=("APIC", "DMAR", "DSDT", "FACP"),
    lockdown="[none] integrity confidentiality",
    cmdline="BOOT_IMAGE=/boot/vmlinuz-6.1.0-13-amd64 root=/dev/sda2 ro quiet intel_iommu=on",
    modules=("usbhid", "usb_storage", "uvcvideo", "btusb"),
    toml_comment="Haswell LP laptop: three sockets and four built-in devices.",
    toml_tail="""
[guest.windows]
controllers = ["0000:00:1d.0"]

[profile.all-host]

[profile.mouse-on-ehci]
ehci = ["right-1"]

[toggle]
profiles = ["all-host", "mouse-on-ehci"]
""",
)
