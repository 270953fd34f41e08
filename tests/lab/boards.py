# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The machines of the lab: what QEMU is told, and where the mux of each is."""

from dataclasses import dataclass

EHCIS = ["-device", "ich9-usb-ehci2,id=ehci2,addr=1a.0", "-device", "ich9-usb-ehci1,id=ehci1,addr=1d.0"]
# Behind this bridge a function has no PCI Express capability, so that 0xd0 to 0xdf are plain storage: XUSB2PR keeps what
# is written to it.
XHCI_BEHIND_BRIDGE = ["-device", "pcie-pci-bridge,id=br,addr=1e.0",
                      "-device", "nec-usb-xhci,id=xhci,bus=br,addr=14.0,p2=15,p3=6"]
# On pcie.0 the PCI Express capability lies over them, and they read zero whatever is written.
XHCI_DIRECT = ["-device", "nec-usb-xhci,id=xhci,addr=14.0,p2=15,p3=6"]
# A network card has its MSI capability at 0xd0: the low half of 0xd0 never changes, and 0xd4 (the message's address) does.
# As XUSB2PR and XUSB2PRM these are bits that may be moved by firmware's word and do not move.
STUBBORN = ["-device", "e1000e,addr=14.0,romfile="]
STICK = ["-blockdev", "driver=file,node-name=stick-file,filename={stick},locking=off",
         "-blockdev", "driver=raw,node-name=stick,file=stick-file"]
# The whole file system of this machine, to be read only: QEMU inside the host machine comes from there.
OUTER = ["-fsdev", "local,id=outer,path=/,security_model=none,readonly=on,multidevs=remap",
         "-device", "virtio-9p-pci,fsdev=outer,mount_tag=outer,addr=04.0"]
IOMMU = ["-M", "q35,i8042=off,usb=off", "-device", "intel-iommu,caching-mode=on,intremap=on"]
IOMMU_WORDS = "intel_iommu=on iommu=pt"


@dataclass(frozen=True)
class Board:
    """A host machine. `mux` is bus and slot of the function that stands for the chipset's xHCI; none: an xHCI of no chipset."""

    arguments: tuple
    words: str
    mux: tuple | None
    wires: bool = True
    memory: int = 768
    packed: bool = False  # boots the kernel as it is installed, which takes longer

    @property
    def mux_name(self):
        return f"{self.mux[0]:02x}:{self.mux[1]:02x}.0" if self.mux else "none"


BEHIND = (1, 0x14)
DIRECT = (0, 0x14)
# As boards have been since 2016: one xHCI and nothing that could move its wires. It sleeps, so its kernel is the packed one.
MUXLESS = ("-M", "q35,i8042=off,usb=off", *XHCI_DIRECT)
BOARDS = {
    "board": Board((*IOMMU, *EHCIS, *XHCI_BEHIND_BRIDGE, *STICK, *OUTER), IOMMU_WORDS, BEHIND, memory=2560),
    "lockdown": Board((*IOMMU, *EHCIS, *XHCI_BEHIND_BRIDGE, *STICK), f"{IOMMU_WORDS} lockdown=integrity", BEHIND),
    "late": Board((*IOMMU, *EHCIS, *XHCI_BEHIND_BRIDGE, *STICK), f"{IOMMU_WORDS} lab.usb=late", BEHIND),
    # A kernel that QEMU has started as an ELF file (PVH) does not find back from S3; the packed one does.
    "sleeper": Board((*IOMMU, *EHCIS, *XHCI_BEHIND_BRIDGE, *STICK), f"{IOMMU_WORDS} no_console_suspend", BEHIND,
                     packed=True),
    "direct": Board((*IOMMU, *EHCIS, *XHCI_DIRECT, *STICK), IOMMU_WORDS, DIRECT, wires=False),
    "muxless": Board((*MUXLESS, *STICK, *OUTER), "no_console_suspend", None, wires=False, memory=2560, packed=True),
    # The same board, with a libvirtd. It does not sleep: what runs from the outer machine's file system would not come back.
    "libvirt": Board((*MUXLESS, *STICK, *OUTER), "", None, wires=False, memory=3072),
    # And with an IOMMU and a card, an xHCI that can go to a domain whole.
    "libvirt-card": Board((*IOMMU, *XHCI_DIRECT, "-device", "nec-usb-xhci,id=card,addr=05.0", *STICK, *OUTER), IOMMU_WORDS, None,
                          wires=False, memory=3072),
    "stubborn": Board((*IOMMU, *EHCIS, *XHCI_BEHIND_BRIDGE, *STUBBORN, *STICK), IOMMU_WORDS, DIRECT, wires=False),
}

# UHCI companions, which the chipsets have no more: QEMU's hub is a full-speed device, and QEMU has no rate matching hub.
GUEST = ["-M", "q35,i8042=off,usb=off",
         "-device", "ich9-usb-ehci1,id=ehci1,addr=1d.7,multifunction=on",
         "-device", "ich9-usb-uhci1,masterbus=ehci1.0,firstport=0,addr=1d.0,multifunction=on",
         "-device", "ich9-usb-uhci2,masterbus=ehci1.0,firstport=2,addr=1d.1,multifunction=on",
         "-device", "ich9-usb-uhci3,masterbus=ehci1.0,firstport=4,addr=1d.2,multifunction=on",
         "-device", "ich9-usb-ehci2,id=ehci2,addr=1a.7,multifunction=on",
         "-device", "ich9-usb-uhci4,masterbus=ehci2.0,firstport=0,addr=1a.0,multifunction=on",
         "-device", "ich9-usb-uhci5,masterbus=ehci2.0,firstport=2,addr=1a.1,multifunction=on",
         "-device", "ich9-usb-uhci6,masterbus=ehci2.0,firstport=4,addr=1a.2,multifunction=on",
         *STICK]
