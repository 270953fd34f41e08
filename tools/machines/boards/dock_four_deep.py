# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""ThinkPad P50 with a dock: hubs four deep, and two devices that are the same in every string."""

from ..model import Bus, Connector, Device, Disk, Function, Input, Interface, Machine, Mount, Part, port_facts
from ..usb import HUB

HEADER = bytes.fromhex("86802fa106049002 3130030c00008000 040042c400000000 0000000000000000"
                       "0000000000000000 00000000aa172e22 0000000070000000 000000000a010000")
# Capabilities behind the recorded header: power management at 0x70, MSI at 0x80.
CONFIG = (HEADER.ljust(0x70, b"\0") + bytes.fromhex("0180c2c108000000").ljust(16, b"\0")
          + bytes.fromhex("05008700 1804e0fe")).ljust(256, b"\0")

DOCK = Device("17ef:305a", "5010", "480", (HUB,), "LENOVO", "Lenovo ThinkPad WS Dock", cls="090001", version="2.10",
              ports=4, power=0, attributes=0xe0)
DOCK_2 = Device("17ef:305b", "5010", "480", (HUB,), "LENOVO", "Lenovo ThinkPad WS Dock", cls="090001", version="2.10",
                ports=4, power=0, attributes=0xe0)
CHARGER = Device("05e3:0614", "0197", "480", (HUB,), None, "USB2.0 Hub Charger", cls="090002", ports=4,
                 attributes=0xe0)
ERGO = Device("1111:1111", "0220", "12", (
    Interface("030101", "usbhid", 1, (Input("keyboard"),)),
    Interface("030100", "usbhid", 1, (Input("media keys", "Consumer Control"),))),
    "Matias", "Ergo Pro Keyboard", attributes=0xa0)
TRACKBALL = Device("047d:2048", "0600", "1.5", (Interface("030102", "usbhid", 1, (Input("mouse"),)),),
                   "Primax", "Kensington Eagle Trackball", attributes=0xa0)
CAMERA = Device("5986:0706", "0012", "480", (
    Interface("0e0100", "uvcvideo", 1, child="video,Integrated Camera"), Interface("0e0200", "uvcvideo", 0)),
    "SunplusIT Inc", "Integrated Camera", cls="ef0201", power=500)
MONITOR_HUB = Device("0bda:5411", "0104", "480", (HUB,), "Generic", "4-Port USB 2.0 Hub", cls="090002", version="2.10",
                     ports=4, power=0, attributes=0xe0)
DESK_HUB = Device("05e3:0608", "8536", "480", (HUB,), None, "USB2.0 Hub", cls="090001", ports=4, attributes=0xe0)


def serial_adapter(tty):
    return Device("10c4:ea60", "0100", "12", (Interface("ff0000", "cp210x", 2, child=f"tty,{tty},cp210x"),),
                  "Silicon Labs", "CP2102 USB to UART Bridge Controller", "0001", version="1.10")


FLASH = Device("0781:5567", "0100", "480", (Interface("080650", "usb-storage", 2),), "SanDisk", "Cruzer Blade",
               "4C530001230456117890", power=200)

MACHINE = Machine(
    name="dock-four-deep",
    title="ThinkPad P50 class, no mux, dock with hubs four deep",
    breaks="vendor, product and serial number name one device; a hub has devices, not hubs, below it",
    what="""
A 100 series laptop: no EHCI and no mux any more. Its dock brings two hubs, a monitor and a
desk hub two more, and below the fourth are two serial adapters that both say "0001".
""",
    recorded=(
        "8086:a12f with its first 64 configuration bytes, subsystem 17aa:222e, a root hub with 16 ports; dock"
        " 17ef:305a at 1-4, 05e3:0614 at 1-4.1, keyboard 1111:1111 at 1-4.1.3, trackball 047d:2048 at 1-4.2, dock hub"
        " 17ef:305b at 1-4.4, camera 5986:0706 at 1-8, with strings, speeds, revisions and `removable`:"
        " USBGuard/usbguard src/Tests/UseCase/devices.umockdev.",
    ),
    reconstructed=(
        "Everything below 1-4.4: a monitor's hub, a hub in it, two CP2102 adapters and a stick. \"0001\" is the serial"
        " number that such adapters leave the factory with.",
        "Configuration bytes behind the first 64: capabilities as on older chips, zero at 0xd0-0xdf.",
        "10 SuperSpeed ports, other PCI functions, `location` values.",
    ),
    shows=(
        "Four hubs between socket and device: 1-4.4.1.2.1.",
        "1-4.4.1.2.1 and 1-4.4.1.2.3 agree in every string: only the path tells them apart.",
        "No mux on 100 series: bytes at 0xd0 are not routing registers, although the vendor is Intel.",
        "A mounted stick three hubs below the connector `dock`.",
        "Built-in keyboard on i8042, a USB keyboard two hubs down.",
    ),
    kernel="4.15.16-200.fc26.x86_64",
    dmi={"sys_vendor": "LENOVO", "product_name": "20EQS00000", "product_version": "ThinkPad P50",
         "board_vendor": "LENOVO", "board_name": "20EQS00000", "bios_vendor": "LENOVO",
         "bios_version": "N1EET76W (1.49 )", "bios_date": "03/14/2018", "chassis_type": "10"},
    subsystem="17aa:222e",
    functions=(
        Function("00:00.0", "8086:1910", "060000", "skl_uncore", revision=7),
        Function("00:02.0", "8086:191b", "030000", "i915", revision=6, bar=0xc3000000, irq=128),
        Function("00:14.0", "8086:a12f", "0c0330", "xhci_hcd", revision=0x31, bar=0xc4420000, irq=127, config=CONFIG),
        Function("00:16.0", "8086:a13a", "078000", "mei_me", revision=0x31, bar=0xc444a000, irq=129),
        Function("00:1c.0", "8086:a110", "060400", "pcieport", revision=0xf1, irq=122),
        Function("00:1f.0", "8086:a150", "060100", revision=0x31),
        Function("00:1f.3", "8086:a170", "040300", "snd_hda_intel", revision=0x31, bar=0xc4440000, irq=130),
        Function("00:1f.4", "8086:a123", "0c0500", "i801_smbus", revision=0x31, irq=16),
        Function("00:1f.6", "8086:15b7", "020000", "e1000e", revision=0x31, bar=0xc4400000, irq=126),
        Function("02:00.0", "144d:a802", "010802", "nvme", subsystem="144d:a801", revision=1, below="00:1c.0",
                 bar=0xc4300000, irq=16),
    ),
    buses=(Bus(1, "00:14.0", 16), Bus(2, "00:14.0", 10, "5000")),
    connectors=(
        Connector("dock", usb=("0000:00:14.0/4", "0000:00:14.0/ss4"), panel="dock"),
        Connector("left", usb=("0000:00:14.0/1", "0000:00:14.0/ss1"), panel="left"),
        Connector("right", usb=("0000:00:14.0/2", "0000:00:14.0/ss2"), panel="right"),
        Connector("camera", usb=("0000:00:14.0/8",), panel="internal"),
        Connector("console-a", usb=("0000:00:14.0/4.4.1.2.1",), panel="desk"),
        Connector("console-b", usb=("0000:00:14.0/4.4.1.2.3",), panel="desk"),
    ),
    plugged={
        "dock": DOCK,
        "camera": CAMERA,
        "dock.1": CHARGER,
        "dock.2": TRACKBALL,
        "dock.1.3": ERGO,
        "dock.4": DOCK_2,
        "dock.4.1": MONITOR_HUB,
        "dock.4.1.2": DESK_HUB,
        "dock.4.1.4": FLASH,
        "console-a": serial_adapter("ttyUSB0"),
        "console-b": serial_adapter("ttyUSB1"),
    },
    ports=port_facts("00:14.0", {
        "1": ("hotplug", 1), "ss1": ("hotplug", 1), "2": ("hotplug", 2), "ss2": ("hotplug", 2),
        "4": ("hardwired", 4), "ss4": ("hardwired", 4), "8": ("hardwired", 8)}),
    disks=(
        Disk("nvme0n1", "02:00.0", 500118192, (Part(1048576), Part(499067568)), model="SAMSUNG MZVPV256HDGL-000L7",
             kind="nvme"),
        Disk("sda", "dock.4.1.4", 30031872, (Part(30029824),), "SanDisk", "Cruzer Blade", removable=True),
    ),
    mounts=(Mount("/dev/nvme0n1p2", "/"), Mount("/dev/nvme0n1p1", "/boot", "ext4"),
            Mount("/dev/sda1", "/run/media/user/KEYS", "vfat")),
    ps2_keyboard=True,
    first_usb_scsi_host=0,
    cmdline="BOOT_IMAGE=/vmlinuz-4.15.16-200.fc26.x86_64 root=/dev/nvme0n1p2 ro rhgb quiet",
    modules=("usbhid", "usb_storage", "uvcvideo", "cp210x"),
    toml_comment="ThinkPad P50 with dock: places below hubs are connectors too.",
    toml_tail="""
[profile.all-host]

[toggle]
profiles = ["all-host"]
""",
)
