# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A virtual machine without any USB controller."""

from ..model import Disk, Function, Machine, Mount, Part

MACHINE = Machine(
    name="no-usb",
    title="virtual machine without USB",
    breaks="sys/bus/usb exists",
    what="""
A small cloud machine: a handful of PCI functions, none of them a USB controller, and a
kernel that never made `sys/bus/usb`.
""",
    recorded=("PCI ids as QEMU's i440fx machine gives them.",),
    reconstructed=("Everything else.",),
    shows=("No USB is a state to report, not an error.",
           "`sys/bus/usb` is missing, `sys/bus/pci` is there.",
           "The configuration names nothing."),
    kernel="6.1.0-13-cloud-amd64",
    dmi={"sys_vendor": "QEMU", "product_name": "Standard PC (i440FX + PIIX, 1996)", "product_version": "pc-i440fx-7.2",
         "bios_vendor": "SeaBIOS", "bios_version": "1.16.2-debian-1.16.2-1", "bios_date": "04/01/2014",
         "chassis_type": "1"},
    subsystem="1af4:1100",
    functions=(
        Function("00:00.0", "8086:1237", "060000", revision=2),
        Function("00:01.0", "8086:7000", "060100"),
        Function("00:01.1", "8086:7010", "010180", "ata_piix"),
        Function("00:01.3", "8086:7113", "068000", "piix4_smbus", revision=3, irq=9),
        Function("00:02.0", "1234:1111", "030000", "bochs-drm", revision=2, bar=0xfd000000),
        Function("00:03.0", "1af4:1000", "020000", "virtio-pci", subsystem="1af4:0001", irq=10),
        Function("00:04.0", "1af4:1001", "010000", "virtio-pci", subsystem="1af4:0002", irq=11),
    ),
    disks=(Disk("vda", "00:04.0", 20971520, (Part(20969472),), kind="virtio"),),
    mounts=(Mount("/dev/vda1", "/"),),
    ps2_keyboard=True,
    lockdown="[none] integrity confidentiality",
    cmdline="BOOT_IMAGE=/boot/vmlinuz-6.1.0-13-cloud-amd64 root=/dev/vda1 ro console=ttyS0",
    modules=("virtio_blk", "virtio_net"),
    toml_comment="Nothing to name: this machine has no USB.",
)
