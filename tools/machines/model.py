"""The words in which a machine is described."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Registers:
    """XUSB2PR, XUSB2PRM, USB3_PSSEN, USB3PRM: configuration space 0xd0 to 0xdf."""
    usb2: int = 0
    usb2_mask: int = 0
    superspeed: int = 0
    superspeed_mask: int = 0


@dataclass(frozen=True)
class Function:
    """One PCI function. `address` and `below` (the bridge above it) are without domain."""
    address: str
    id: str
    cls: str
    driver: str | None = None
    group: int | None = None
    subsystem: str | None = None      # None: the machine's usual one
    revision: int = 0
    below: str | None = None
    bar: int = 0
    irq: int = 0
    reset: str | None = None
    override: str = "(null)"
    config: bytes | None = None       # None: made up from the rest


@dataclass(frozen=True)
class Bus:
    number: int
    controller: str
    ports: int
    speed: str = "480"

    @property
    def superspeed(self):
        return int(float(self.speed)) >= 5000


@dataclass(frozen=True)
class Input:
    """A HID interface's input device; `suffix` follows the product name."""
    kind: str
    suffix: str = ""


@dataclass(frozen=True)
class Interface:
    cls: str                          # class, subclass, protocol: "030101"
    driver: str | None
    endpoints: int = 1
    inputs: tuple = ()
    child: str | None = None          # "sound", "bluetooth", "net:NAME:MAC", "tty:NAME", "video"


@dataclass(frozen=True)
class Device:
    id: str
    revision: str
    speed: str
    interfaces: tuple
    maker: object = None              # str, or bytes for what is not text
    product: object = None
    serial: object = None
    cls: str = "000000"
    version: str = "2.00"
    power: int = 100
    attributes: int = 0x80
    ports: int = 0
    removable: str | None = None      # None: as the port above says


@dataclass(frozen=True)
class Connector:
    name: str
    bit: int | None = None
    superspeed: int | None = None
    usb: tuple = ()
    panel: str | None = None
    row: int | None = None
    column: int | None = None


@dataclass(frozen=True)
class Part:
    sectors: int


@dataclass(frozen=True)
class Disk:
    """`where` is a socket or place for USB, a PCI address for the others."""
    name: str
    where: str
    sectors: int
    parts: tuple = ()
    vendor: str = "ATA"
    model: str = ""
    removable: bool = False
    kind: str = "usb"                 # usb, ata, nvme, virtio


@dataclass(frozen=True)
class Stacked:
    """Device mapper or md: a block device on top of others."""
    node: str                         # dm-0, md127
    name: str
    over: tuple
    sectors: int
    uuid: str = ""


@dataclass(frozen=True)
class Mount:
    source: str
    target: str
    fstype: str = "ext4"
    options: str = "rw,relatime"
    anonymous: int | None = None      # minor of a 0:N device, as btrfs and overlay show
    root: str = "/"
    super_options: str = "rw"


@dataclass(frozen=True)
class Machine:
    name: str
    title: str
    breaks: str                       # the naive assumption, for the table of all machines
    what: str
    recorded: tuple
    reconstructed: tuple
    shows: tuple
    kernel: str
    dmi: dict
    functions: tuple
    subsystem: str = "0000:0000"
    registers: Registers | None = None
    config_0xe0: dict = field(default_factory=dict)
    buses: tuple = ()
    connectors: tuple = ()
    plugged: dict = field(default_factory=dict)
    ports: dict = field(default_factory=dict)
    disks: tuple = ()
    stacked: tuple = ()
    mounts: tuple = ()
    swaps: tuple = ()                 # (device, size in KiB, used in KiB)
    cmdline: str = ""
    modules: tuple = ()
    lockdown: str | None = None
    iommu: str | None = None          # "intel" or "amd" when groups exist
    acpi_tables: tuple = ()           # names only; the kernel shows the tables themselves to root alone
    asleep: tuple = ()                # PCI functions that the kernel may suspend: power/control is "auto"
    ps2_keyboard: bool = False
    bluetooth_keyboards: tuple = ()   # names; bluetoothd makes their input devices, so no path leads to the adapter
    first_usb_scsi_host: int = 6
    extra: dict = field(default_factory=dict)
    toml_comment: str = ""
    toml_tail: str = ""

    def function(self, address):
        return next(f for f in self.functions if f.address == address)

    @property
    def mux_chip(self):
        return self.function("00:14.0").id if self.registers else None


def port_facts(controller, rows):
    """What firmware says about ports: {"ss1": ("hotplug", 3)} becomes place -> type, location.

    The second number is the position in the group of the `_PLD`; the kernel sets bit 31
    to say that there is one. Equal numbers are one hole.
    """
    return {f"{controller}/{port}": (kind, 0x80000000 | position if position else 0)
            for port, (kind, position) in rows.items()}
