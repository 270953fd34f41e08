# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""ThinkPad T430s: the USB 2 mask and the SuperSpeed mask differ."""

from ..catalog import BLUETOOTH, DISK_3, FLASH, MOUSE, SECOND_KEYBOARD, rate_matching_hub
from ..model import Bus, Connector, Device, Disk, Function, Interface, Machine, Mount, Part, Registers, port_facts

FINGERPRINT = Device("147e:2020", "0001", "12", (Interface("ff0000", None, 2),), "Auth", "Biometric Coprocessor",
                     cls="ff0000", attributes=0xa0, version="1.10")
BLUETOOTH_20702 = Device("0a5c:21e6", "0112", "12", BLUETOOTH, "Broadcom Corp", "BCM20702A0", "689423A1B2C3",
                         cls="ff0101", power=0, attributes=0xe0)
CAMERA = Device("04f2:b2da", "1030", "480", (
    Interface("0e0100", "uvcvideo", 1, child="video,Integrated Camera"), Interface("0e0200", "uvcvideo", 0)),
    "Chicony Electronics Co., Ltd.", "Integrated Camera", cls="ef0201", power=500)

MACHINE = Machine(
    name="lenovo-t430s",
    title="ThinkPad T430s (7 series), XUSB2PRM 0x7 and USB3PRM 0xf",
    breaks="USB 2 and SuperSpeed masks are the same; a 7 series machine has four movable ports",
    what="""
A 7 series laptop on which firmware lets only three USB 2 ports move, but four SuperSpeed
ports. In the fourth socket a USB 2 device is on EHCI and a SuperSpeed device on xHCI.
""",
    recorded=(
        "XUSB2PRM 0x7 and USB3PRM 0xf: coreboot src/mainboard/lenovo/t430s.",
        "Ids 1e31, 1e26, 1e2d, hubs 8087:0024, 4 + 4 root ports: as for other 7 series machines.",
    ),
    reconstructed=(
        "XUSB2PR and USB3_PSSEN equal to their masks, as Linux leaves them; which socket is which bit.",
        "Built-in devices and their ports, with ids that such laptops have; `location` values.",
        "The xHCI's power/control and TLP's setting that made it so, as such laptops have them.",
    ),
    shows=(
        "Bit 3 is valid for the chip and not in the mask: the second keyboard in dock-1 stays at 2-1.4.",
        "SuperSpeed port 4 is on for the same socket: its two halves obey different masks.",
        "The disk in right runs at SuperSpeed and nothing of it is mounted: it may move.",
        "The built-in keyboard is on i8042, so moving the USB keyboard strands nobody.",
        "Built-in devices sit behind EHCI #2 for good: no bit names their ports.",
        "Kernel lockdown is at integrity.",
    ),
    kernel="6.5.0-14-generic",
    dmi={"sys_vendor": "LENOVO", "product_name": "2352CTO", "product_version": "ThinkPad T430s",
         "board_vendor": "LENOVO", "board_name": "2352CTO", "bios_vendor": "LENOVO",
         "bios_version": "G7ETB2WW (2.72 )", "bios_date": "03/26/2018", "chassis_type": "10"},
    subsystem="17aa:21fb",
    functions=(
        Function("00:00.0", "8086:0154", "060000", "ivb_uncore", revision=9),
        Function("00:02.0", "8086:0166", "030000", "i915", revision=9, bar=0xf0000000, irq=29),
        Function("00:14.0", "8086:1e31", "0c0330", "xhci_hcd", revision=4, bar=0xf2520000, irq=26),
        Function("00:16.0", "8086:1e3a", "078000", "mei_me", revision=4, bar=0xf2535000, irq=30),
        Function("00:19.0", "8086:1502", "020000", "e1000e", subsystem="17aa:21f3", revision=4, bar=0xf2500000, irq=28),
        Function("00:1a.0", "8086:1e2d", "0c0320", "ehci-pci", revision=4, bar=0xf253a000, irq=16, reset="af_flr pm"),
        Function("00:1b.0", "8086:1e20", "040300", "snd_hda_intel", revision=4, bar=0xf2530000, irq=31),
        Function("00:1c.0", "8086:1e10", "060400", "pcieport", revision=0xc4, irq=24),
        Function("00:1d.0", "8086:1e26", "0c0320", "ehci-pci", revision=4, bar=0xf2539000, irq=23, reset="af_flr pm"),
        Function("00:1f.0", "8086:1e55", "060100", "lpc_ich", revision=4),
        Function("00:1f.2", "8086:1e03", "010601", "ahci", revision=4, bar=0xf2538000, irq=27),
        Function("00:1f.3", "8086:1e22", "0c0500", "i801_smbus", revision=4, bar=0xf2534000, irq=18),
        Function("03:00.0", "8086:0085", "028000", "iwlwifi", subsystem="8086:1311", revision=0x34, below="00:1c.0",
                 bar=0xf1c00000, irq=32),
    ),
    registers=Registers(0x7, 0x7, 0xf, 0xf),
    config_0xe0={0xe0: 0},
    buses=(Bus(1, "00:1a.0", 3), Bus(2, "00:1d.0", 3), Bus(3, "00:14.0", 4), Bus(4, "00:14.0", 4, "5000")),
    connectors=(
        Connector("left", 0, 1, panel="left", row=1, column=1),
        Connector("rear", 1, 2, panel="rear", row=1, column=1),
        Connector("right", 2, 3, panel="right", row=1, column=1),
        Connector("dock-1", 3, 4, panel="dock", row=1, column=1),
    ),
    plugged={
        "00:1a.0/1": rate_matching_hub("8087:0024", 6, "0000"),
        "00:1d.0/1": rate_matching_hub("8087:0024", 8, "0000"),
        "00:1a.0/1.3": FINGERPRINT,
        "00:1a.0/1.4": BLUETOOTH_20702,
        "00:1a.0/1.6": CAMERA,
        "dock-1": SECOND_KEYBOARD,
        "left": FLASH,
        "rear": MOUSE,
        "right": DISK_3,
    },
    ports=port_facts("00:14.0", {f"{half}{n}": ("hotplug", n) for n in (1, 2, 3) for half in ("", "ss")}
                     | {"4": ("not used", 0), "ss4": ("hotplug", 4)})
    | port_facts("00:1a.0", {"1": ("hardwired", 0), "1.3": ("hardwired", 0), "1.4": ("hardwired", 0),
                             "1.6": ("hardwired", 0)})
    | port_facts("00:1d.0", {"1": ("hardwired", 0), "1.4": ("hotplug", 0)}),
    disks=(
        Disk("sda", "00:1f.2", 500118192, (Part(1048576), Part(499067568)), model="Samsung SSD 840", kind="ata"),
        Disk("sdb", "left", 15633408, (Part(15631360),), "Kingston", "DataTraveler 2.0", removable=True),
        Disk("sdc", "right", 976773164, (Part(976771116),), "Seagate", "BUP Slim"),
    ),
    mounts=(Mount("/dev/sda2", "/"), Mount("/dev/sda1", "/boot/efi", "vfat")),
    ps2_keyboard=True,
    lockdown="none [integrity] confidentiality",
    asleep=("00:14.0",),
    extra={"etc/tlp.conf": "RUNTIME_PM_ON_AC=auto\nRUNTIME_PM_ON_BAT=auto"},
    cmdline="BOOT_IMAGE=/boot/vmlinuz-6.5.0-14-generic root=/dev/sda2 ro quiet splash",
    modules=("usbhid", "usb_storage", "uvcvideo", "btusb"),
    toml_comment="ThinkPad T430s: three sockets that can move, one in the dock that cannot.",
    toml_tail="""
[profile.all-host]

[profile.left-on-ehci]
ehci = ["left"]

[profile.dock-on-xhci]
xhci = ["dock-1"]

[toggle]
profiles = ["all-host", "left-on-ehci"]
""",
)
