# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""MSI A520M-A PRO: two xHCI controllers, no EHCI, no mux, and a device that lies."""

from ..catalog import KEYBOARD, MOUSE, SSD_3
from ..model import Bus, Connector, Device, Disk, Function, Interface, Machine, Mount, Part

# Escape codes that would set a terminal's title and colour, a line break, a right-to-left
# override, quotes and angle brackets, and bytes that are not UTF-8.
HOSTILE = (b"\x1b[31mEvil\x1b]0;owned\x07\r\nok host=all \xe2\x80\xae\xff\xfe\xc3( \"</td>' %s $(id)")

GREMLIN = Device("1209:0001", "0100", "12", (Interface("ff0000", None, 2),), "pid.codes", HOSTILE, "x\";'`id`",
                 cls="ff0000")
LAN = Device("0bda:8153", "3000", "5000", (
    Interface("ffff00", "r8152", 3, child="net,enx00e04c680123,00:e0:4c:68:01:23"),),
    "Realtek", "USB 10/100/1000 LAN", "000001000000", version="3.00", power=288)


def socket(name, controller, port, ss, panel, row, column):
    places = [f"0000:{controller}/{port}"] + ([f"0000:{controller}/ss{ss}"] if ss else [])
    return Connector(name, usb=tuple(places), panel=panel, row=row, column=column)


MACHINE = Machine(
    name="amd-a520m",
    title="MSI A520M-A PRO (AMD), two xHCI controllers",
    breaks="the chip is Intel's; all sockets are on one xHCI; product strings can be printed",
    what="""
An AMD desktop: one xHCI in the chipset, one in the processor for the rear sockets, no EHCI
and no mux. Sockets are named by controller and port, and move only with their controller.
""",
    recorded=(
        "Buses 3 and 4 are one controller with 4 ports at 480M and 4 at 10000M (the rear sockets), buses 1 and 2 the"
        " other with 9 and 3 ports: public notes on an MSI A520M-A PRO.",
    ),
    reconstructed=(
        "Ids 1022:43ef and 1022:149c and their addresses, as such boards have them; the other PCI functions.",
        "IOMMU groups: the chipset's xHCI shares its group with SATA, bridges and the network card, as is common.",
        "All devices. The hostile product string is made up; no device known to us has it.",
        "Names of ACPI tables: IVRS, because the kernel has IOMMU groups.",
    ),
    shows=(
        "No Intel id, no EHCI: nothing here may be written. 0000:00:14.0 exists, and is the SMBus.",
        "The processor's controller is alone in its group and could be given away whole; the chipset's could not.",
        "A product string with escape codes, a line break and invalid UTF-8 on 1-2, quotes in its serial.",
        "The network connection is a USB adapter (2-1).",
        "A 10 Gbit/s bus.",
    ),
    kernel="6.1.0-13-amd64",
    dmi={"sys_vendor": "Micro-Star International Co., Ltd.", "product_name": "MS-7C96",
         "board_vendor": "Micro-Star International Co., Ltd.", "board_name": "A520M-A PRO (MS-7C96)",
         "bios_vendor": "American Megatrends International, LLC.", "bios_version": "1.80", "bios_date": "07/21/2022"},
    subsystem="1462:7c96",
    functions=(
        Function("00:00.0", "1022:1480", "060000", None, 0),
        Function("00:00.2", "1022:1481", "080600", None),
        Function("00:01.2", "1022:1483", "060400", "pcieport", 1, irq=26),
        Function("00:03.1", "1022:1483", "060400", "pcieport", 2, irq=27),
        Function("00:08.1", "1022:1484", "060400", "pcieport", 3, irq=28),
        Function("00:14.0", "1022:790b", "0c0500", "piix4_smbus", 4, revision=0x61),
        Function("00:14.3", "1022:790e", "060100", None, 4, revision=0x51),
        Function("02:00.0", "1022:43ef", "0c0330", "xhci_hcd", 5, "1b21:1142", below="00:01.2", bar=0xfcfa0000, irq=34),
        Function("02:00.1", "1022:43eb", "010601", "ahci", 5, "1b21:1062", below="00:01.2", bar=0xfcf80000, irq=35),
        Function("02:00.2", "1022:43e9", "060400", "pcieport", 5, below="00:01.2", irq=29),
        Function("03:00.0", "10ec:8168", "020000", "r8169", 5, revision=0x15, below="02:00.2", bar=0xfce04000, irq=36),
        Function("2a:00.0", "1002:67df", "030000", "amdgpu", 6, "1462:341b", revision=0xe7, below="00:03.1",
                 bar=0xfcc00000, irq=40),
        Function("30:00.3", "1022:149c", "0c0330", "xhci_hcd", 7, "1462:7c96", below="00:08.1", bar=0xfca00000, irq=37,
                 reset="flr"),
        Function("30:00.4", "1022:1487", "040300", "snd_hda_intel", 8, below="00:08.1", bar=0xfcb00000, irq=41),
    ),
    buses=(Bus(1, "02:00.0", 9), Bus(2, "02:00.0", 3, "10000"), Bus(3, "30:00.3", 4), Bus(4, "30:00.3", 4, "10000")),
    connectors=(
        socket("rear-1", "30:00.3", 1, 1, "rear", 1, 1),
        socket("rear-2", "30:00.3", 2, 2, "rear", 2, 1),
        socket("rear-3", "30:00.3", 3, 3, "rear", 1, 2),
        socket("rear-4", "30:00.3", 4, 4, "rear", 2, 2),
        socket("front-1", "02:00.0", 1, 1, "front", 1, 1),
        socket("front-2", "02:00.0", 2, 2, "front", 1, 2),
        socket("front-3", "02:00.0", 5, None, "front", 2, 1),
    ),
    plugged={
        "rear-1": KEYBOARD,
        "rear-2": MOUSE,
        "rear-3": SSD_3,
        "front-1": LAN,
        "front-2": GREMLIN,
    },
    disks=(
        Disk("sda", "02:00.1", 468862128, (Part(1048576), Part(467811504)), model="KINGSTON SA400S3", kind="ata"),
        Disk("sdb", "rear-3", 976773168, (Part(976771120),), "Samsung", "Portable SSD T5"),
    ),
    mounts=(Mount("/dev/sda2", "/"), Mount("/dev/sda1", "/boot/efi", "vfat"), Mount("/dev/sdb1", "/mnt/games")),
    iommu="amd",
    acpi_tables=("APIC", "DSDT", "FACP", "IVRS"),
    lockdown="[none] integrity confidentiality",
    cmdline="BOOT_IMAGE=/boot/vmlinuz-6.1.0-13-amd64 root=/dev/sda2 ro quiet",
    modules=("vfio_pci", "usbhid", "uas", "r8152"),
    toml_comment="MSI A520M-A PRO: no mux, so a socket is a controller and its two ports.",
    toml_tail="""
[guest.windows]
controllers = ["0000:30:00.3"]

[profile.all-host]

[toggle]
profiles = ["all-host"]
""",
)
