# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A QEMU q35 guest: Intel EHCIs and an xHCI, and no mux."""

from ..model import Bus, Connector, Device, Disk, Function, Input, Interface, Machine, Mount, Part

TABLET = Device("0627:0001", "0000", "480", (Interface("030000", "usbhid", 1, (Input("tablet"),)),), "QEMU",
                "QEMU USB Tablet", "28754-0000:00:1d.7-1", attributes=0xa0)
KEYBOARD = Device("0627:0001", "0000", "12", (Interface("030101", "usbhid", 1, (Input("keyboard"),)),), "QEMU",
                  "QEMU USB Keyboard", "68284-0000:00:1d.0-2", attributes=0xa0)
STICK = Device("46f4:0001", "0000", "5000", (Interface("080650", "usb-storage", 2),), "QEMU", "QEMU USB HARDDRIVE",
               "1-0000:00:04.0-1", version="3.00", power=0, attributes=0xc0)


def ehci(address, device, irq, bar):
    return Function(address, f"8086:{device}", "0c0320", "ehci-pci", revision=3, bar=bar, irq=irq)


def uhci(address, device, irq):
    return Function(address, f"8086:{device}", "0c0300", "uhci_hcd", revision=3, irq=irq)


MACHINE = Machine(
    name="qemu-q35",
    title="QEMU q35 virtual machine, ich9 EHCIs and qemu-xhci",
    breaks="an Intel EHCI and an xHCI make a mux; 1d.0 and 1a.0 are EHCIs",
    what="""
A q35 virtual machine with both ich9 EHCI controllers, their UHCI companions and a
qemu-xhci. It looks like the real thing to a tool that only searches for an Intel EHCI
beside an xHCI, and a write to 0xd0 falls into the PCI Express capability.
""",
    recorded=(
        "Ids and addresses as QEMU gives them: 8086:293a and 293c at 1d.7 and 1a.7, UHCIs 2934 to 2939 before them,"
        " 1b36:000d at 00:04.0, subsystem 1af4:1100.",
        "The xHCI's PCI Express capability at 0xa0 covers 0xd0-0xdb; there 0xd0 and 0xd8 read 0, and zero is read"
        " back after a write: tried with QEMU 7.2.",
    ),
    reconstructed=("Number of ports and devices on the command line, bus numbers, interrupts.",
                   "Configuration bytes between the header and the capabilities."),
    shows=(
        "0000:00:1d.0 and 0000:00:1a.0 exist and are UHCIs: addresses do not tell, ids do.",
        "The xHCI is at 00:04.0 and not Intel's; at 00:14.0 is nothing.",
        "EHCIs without a rate matching hub; their companions are one controller more for every two ports.",
        "Keyboard on a UHCI, tablet on an EHCI with the same ids; the tablet's serial number differs.",
        "Subsystem 1af4:1100 and DMI name QEMU.",
    ),
    kernel="6.1.0-13-amd64",
    dmi={"sys_vendor": "QEMU", "product_name": "Standard PC (Q35 + ICH9, 2009)", "product_version": "pc-q35-7.2",
         "bios_vendor": "SeaBIOS", "bios_version": "1.16.2-debian-1.16.2-1", "bios_date": "04/01/2014",
         "chassis_type": "1"},
    subsystem="1af4:1100",
    functions=(
        Function("00:00.0", "8086:29c0", "060000"),
        Function("00:01.0", "1234:1111", "030000", "bochs-drm", revision=2, bar=0xfd000000),
        Function("00:02.0", "1af4:1041", "020000", "virtio-pci", revision=1, bar=0xfe000000, irq=22),
        Function("00:03.0", "1af4:1042", "010000", "virtio-pci", revision=1, bar=0xfe004000, irq=23),
        Function("00:04.0", "1b36:000d", "0c0330", "xhci_hcd", revision=1, bar=0xfe008000, irq=24),
        uhci("00:1a.0", "2937", 16), uhci("00:1a.1", "2938", 17), uhci("00:1a.2", "2939", 18),
        ehci("00:1a.7", "293c", 19, 0xfebf2000),
        uhci("00:1d.0", "2934", 16), uhci("00:1d.1", "2935", 17), uhci("00:1d.2", "2936", 18),
        ehci("00:1d.7", "293a", 19, 0xfebf1000),
        Function("00:1f.0", "8086:2918", "060100", "lpc_ich", revision=2),
        Function("00:1f.2", "8086:2922", "010601", "ahci", revision=2, bar=0xfebf3000, irq=25),
        Function("00:1f.3", "8086:2930", "0c0500", "i801_smbus", revision=2, irq=16),
    ),
    buses=(Bus(1, "00:1a.7", 6), Bus(2, "00:1d.7", 6), Bus(3, "00:04.0", 4), Bus(4, "00:04.0", 4, "5000"),
           Bus(5, "00:1a.0", 2, "12"), Bus(6, "00:1a.1", 2, "12"), Bus(7, "00:1a.2", 2, "12"),
           Bus(8, "00:1d.0", 2, "12"), Bus(9, "00:1d.1", 2, "12"), Bus(10, "00:1d.2", 2, "12")),
    connectors=(
        Connector("tablet", usb=("0000:00:1d.7/1",)),
        Connector("keyboard", usb=("0000:00:1d.0/2",)),
        Connector("stick", usb=("0000:00:04.0/1", "0000:00:04.0/ss1")),
    ),
    plugged={"tablet": TABLET, "stick": STICK, "keyboard": KEYBOARD},
    disks=(
        Disk("vda", "00:03.0", 41943040, (Part(41940992),), kind="virtio"),
        Disk("sda", "stick", 2097152, (), "QEMU", "QEMU HARDDISK"),
    ),
    mounts=(Mount("/dev/vda1", "/"),),
    ps2_keyboard=True,
    lockdown="[none] integrity confidentiality",
    cmdline="BOOT_IMAGE=/boot/vmlinuz-6.1.0-13-amd64 root=/dev/vda1 ro console=ttyS0",
    modules=("virtio_blk", "virtio_net", "usbhid"),
    toml_comment="A QEMU q35 guest: three places, no mux.",
    toml_tail="""
[profile.all-host]

[toggle]
profiles = ["all-host"]
""",
)
