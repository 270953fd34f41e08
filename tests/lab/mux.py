# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The mux outside: what a 9-series chipset does with its wires, done to QEMU's devices.

It reads the four routing registers of the machine's xHCI through QMP. When a bit of XUSB2PR changes, whatever is plugged
into that connector is taken out of one controller and put into the other. Names, offsets and the two tables are those of
Intel's 9-series data sheet (order number 330550) as far as it tells; the order of the ports is that of the public ACPI
methods PR2S and PRTE. They are written down here once more on purpose: what the lab says must not come from usbroute.
"""

import re
import threading
import time
from dataclasses import dataclass, field

from qmp import Refused

CONFIGURATION = 0xB0000000  # q35's MMCONFIG window
XUSB2PR, XUSB2PRM, USB3_PSSEN, USB3PRM = 0xD0, 0xD4, 0xD8, 0xDC
ALL_USB2 = 0x3FFF
ALL_SUPERSPEED = 0x3F
NEC_XHCI = 0x01941033
# What firmware has to write again after S3, as slot, function and register of bus 0: the host bridge's PCIEXBAR (the
# MMCONFIG window), the LPC bridge's PMBASE and ACPI_CNTL (without them it does not sleep a second time). SeaBIOS does not.
LOST_IN_SLEEP = [(0x00, 0, 0x60), (0x1F, 0, 0x40), (0x1F, 0, 0x44)]
CONFIG_ADDRESS, CONFIG_DATA = 0xCF8, 0xCFC  # the ports by which configuration space is reached without that window

# bit of XUSB2PR: port of the xHCI, EHCI, port of that EHCI. QEMU's EHCIs have six ports each: bits 6 and 7 lead nowhere.
WIRES = {
    0: (1, "ehci1", 1), 1: (2, "ehci1", 2), 2: (3, "ehci1", 3), 3: (4, "ehci1", 4),
    4: (9, "ehci1", 5), 5: (10, "ehci1", 6),
    8: (5, "ehci2", 1), 9: (6, "ehci2", 2), 10: (7, "ehci2", 3), 11: (8, "ehci2", 4),
    12: (11, "ehci2", 5), 13: (12, "ehci2", 6),
}

# connector: bit of XUSB2PR, SuperSpeed port or none. tests/lab/configs/ says the same to usbroute.
CONNECTORS = {
    "front-1": (4, None), "front-2": (5, None), "rear-1": (0, None), "rear-2": (8, None), "rear-3": (10, None),
    "rear-4": (12, None), "blue-1": (3, 4),
}

# what can be plugged in: the devices from the socket outwards, each with its driver in QEMU and its place below the socket
DEVICES = {
    "keyboard": [("usb-kbd", "")],
    "tablet": [("usb-tablet", "")],
    "disk": [("usb-storage", "")],
    "hub": [("usb-hub", ""), ("usb-kbd", ".1"), ("usb-tablet", ".2")],
}


@dataclass
class Plugged:
    """A device in a connector, and where the wires have taken it: a machine's name and a bus, or nothing."""

    connector: str
    kind: str
    serial: str
    place: tuple | None = None


@dataclass
class Registers:
    owner: int = ALL_USB2
    superspeed: int = ALL_SUPERSPEED


@dataclass(frozen=True)
class Event:
    """One line of the mux's own log."""

    at: float
    text: str

    def __str__(self):
        return f"{self.at:.3f} {self.text}"


@dataclass
class Mux:
    """Runs in a thread of its own from start() to stop(). `guest` gets what EHCI has while one is there."""

    host: object
    bus_slot: tuple | None  # none: no registers
    log_file: object
    wires: bool = True
    guest: object = None
    plugged: dict = field(default_factory=dict)
    log: list = field(default_factory=list)
    seen: Registers = field(default_factory=Registers)
    blind: bool = False
    look_every: float = 0.010

    def __post_init__(self):
        self.address = None
        if self.bus_slot:
            bus, slot = self.bus_slot
            self.address = CONFIGURATION + (bus << 20) + (slot << 15)
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.hands = {"host": self.host.monitor()}
        self.ending = threading.Event()
        self.kept = []
        self.gave_back = 0.0
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.failed = None

    def start(self):
        """Where there are no wires to move, nobody watches; firmware's part can be played all the same."""
        if self.wires:
            self.thread.start()

    def stop(self):
        self.ending.set()
        if self.thread.is_alive():
            self.thread.join(5)

    def say(self, text):
        event = Event(time.monotonic(), text)
        self.log.append(event)
        self.log_file.write(f"{event}\n")
        self.changed.notify_all()

    def note(self, text):
        with self.lock:
            self.say(text)

    # What a person does.

    def plug(self, kind, connector):
        with self.lock:
            if connector in self.plugged:
                raise Refused(f"{connector} holds a {self.plugged[connector].kind} already")
            self.plugged[connector] = Plugged(connector, kind, serial=f"{kind}-{connector}")
            self.say(f"plug {kind} into {connector}")
            self.settle(self.plugged[connector])

    def unplug(self, connector):
        with self.lock:
            plugged = self.plugged.pop(connector, None)
            if plugged is None:
                raise Refused(f"nothing is plugged into {connector}")
            self.say(f"unplug {plugged.kind} from {connector}")
            self.take_out(plugged)

    def unplug_everything(self):
        with self.lock:
            for connector in list(self.plugged):
                self.unplug(connector)

    # What firmware and the chip do.

    def write(self, offset, value):
        if self.address is None:
            raise Refused("this machine has no routing registers")
        self.host.bus.write(self.address + offset, value)

    def power_on(self):
        """As firmware leaves it with its xHCI mode on Auto: all may be moved, and all is the xHCI's."""
        if self.address is None:
            return
        with self.lock:
            self.write(XUSB2PRM, ALL_USB2)
            self.write(USB3PRM, ALL_SUPERSPEED)
            self.reset_routes()

    def reset_routes(self):
        """What firmware and the kernel's quirk do at a resume: every bit that may be moved goes to the xHCI."""
        with self.lock:
            self.write(USB3_PSSEN, ALL_SUPERSPEED)
            self.write(XUSB2PR, ALL_USB2)
            self.say("firmware: all routes to xhci")
            if self.wires:
                self.look()

    def wake(self):
        """Wakes the machine from S3, with what its firmware would have to do and does not."""
        with self.lock:
            self.say("wake")
            self.kept = [self.bridge(place) for place in LOST_IN_SLEEP]
            hands = self.hands["host"]
            hands.forget_events()
            hands.ask("system_wakeup")
            if hands.wait_for("WAKEUP", 20) is None:
                raise Refused("the machine does not wake")
            self.give_back()

    def give_back(self):
        """The processors use these ports too, so they stand still and find them as they were."""
        self.gave_back = time.monotonic()
        hands = self.hands["host"]
        hands.ask("stop")
        address = self.host.bus.port_read(CONFIG_ADDRESS)
        found = [self.bridge(place) for place in LOST_IN_SLEEP]
        for place, value in zip(LOST_IN_SLEEP, self.kept):
            self.bridge(place, value)
        self.host.bus.port_write(CONFIG_ADDRESS, address)
        hands.ask("cont")
        self.say("firmware: host bridge and LPC bridge as before the sleep; they were "
                 + " ".join(f"{value:08x}" for value in found))

    def bridge(self, place, value=None):
        """Reads a register of bus 0, or writes it."""
        slot, function, register = place
        bus = self.host.bus
        bus.port_write(CONFIG_ADDRESS, 0x80000000 | slot << 11 | function << 8 | register)
        if value is None:
            return bus.port_read(CONFIG_DATA)
        return bus.port_write(CONFIG_DATA, value)

    # What the wires do.

    def read(self):
        """The registers, or nothing while the function cannot be reached."""
        text = self.hands["host"].monitor(f"xp /64xw 0x{self.address:x}")
        values = "".join(line.partition(":")[2] for line in text.splitlines())
        words = [int(word, 16) for word in re.findall(r"0x([0-9a-f]{8})", values)]
        if len(words) != 64 or words[0] != NEC_XHCI:
            return None
        return Registers(words[XUSB2PR // 4] & ALL_USB2, words[USB3_PSSEN // 4] & ALL_SUPERSPEED)

    def watch(self):
        try:
            while not self.ending.is_set():
                self.look()
                time.sleep(self.look_every)
        except Refused as error:
            if not self.ending.is_set():
                self.failed = str(error)
                with self.lock:
                    self.say(f"the mux has ended: {error}")

    def look(self):
        with self.lock:
            now = self.read()
            # A processor that resumes may have come in between.
            if now is None and self.kept and time.monotonic() - self.gave_back > 0.5:
                self.give_back()
                now = self.read()
            if (now is None) != self.blind:
                self.blind = now is None
                self.say("the registers cannot be reached" if self.blind else "the registers can be reached")
            if now is None or now == self.seen:
                return
            if now.owner != self.seen.owner:
                self.say(f"XUSB2PR 0x{self.seen.owner:04x} -> 0x{now.owner:04x}")
            if now.superspeed != self.seen.superspeed:
                self.say(f"USB3_PSSEN 0x{self.seen.superspeed:02x} -> 0x{now.superspeed:02x}")
            self.seen = now
            for plugged in list(self.plugged.values()):
                self.settle(plugged)

    def look_at(self, connector):
        """Where its wires are, by a look of now; nothing while that cannot be known."""
        with self.lock:
            self.look()
            return None if self.blind else self.side(connector)

    def side(self, connector):
        return "xhci" if self.seen.owner & (1 << CONNECTORS[connector][0]) else "ehci"

    def place_of(self, plugged):
        """Where the wires lead: machine, bus and port."""
        bit, superspeed = CONNECTORS[plugged.connector]
        xhci_port, ehci, ehci_port = WIRES[bit]
        if self.side(plugged.connector) == "ehci":
            if self.guest is not None:
                return ("guest", f"{ehci}.0", ehci_port)
            return ("host", f"{ehci}.0", ehci_port)
        if plugged.kind == "disk" and superspeed and not self.seen.superspeed & (1 << (superspeed - 1)):
            # QEMU would train a SuperSpeed link all the same: on the board it would be found on the USB 2 wires.
            return None
        return ("host", "xhci.0", xhci_port)

    def settle(self, plugged):
        place = self.place_of(plugged)
        if place == plugged.place:
            return
        self.take_out(plugged)
        if place is not None:
            self.put_in(plugged, place)

    def take_out(self, plugged):
        if plugged.place is None:
            return
        machine, bus, port = plugged.place
        for number in reversed(range(len(DEVICES[plugged.kind]))):
            try:
                self.monitor_of(machine).ask("device_del", id=f"{plugged.serial}-{number}")
            except Refused as error:
                # Children of a hub go with it; a machine that has ended has lost everything.
                if number == 0:
                    self.say(f"{plugged.kind} of {plugged.connector}: {error}")
        plugged.place = None
        self.say(f"{plugged.kind} of {plugged.connector} leaves {machine} {bus} port {port}")

    def put_in(self, plugged, place):
        machine, bus, port = place
        for number, (driver, below) in enumerate(DEVICES[plugged.kind]):
            arguments = {"driver": driver, "id": f"{plugged.serial}-{number}", "bus": bus, "port": f"{port}{below}",
                         "serial": f"{plugged.serial}-{number}"}
            if driver == "usb-storage":
                arguments |= {"drive": "stick", "share_rw": True}  # QEMU lets go of the old one a moment later
            try:
                self.monitor_of(machine).ask("device_add", **arguments)
            except Refused as error:
                self.say(f"{plugged.kind} of {plugged.connector} finds no place on {machine} {bus} port {port}: {error}")
                return
        plugged.place = place
        self.say(f"{plugged.kind} of {plugged.connector} arrives at {machine} {bus} port {port}")

    def monitor_of(self, machine):
        if machine == "guest" and "guest" not in self.hands:
            self.hands["guest"] = self.guest.monitor()
        return self.hands[machine]

    # What scenarios ask.

    def wait_until(self, holds, seconds):
        """Whether holds() became true in time; asked anew whenever something is logged."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not holds():
                left = deadline - time.monotonic()
                if left <= 0 or not self.changed.wait(min(left, 0.2)) and time.monotonic() > deadline:
                    return holds()
            return True

    def attach_guest(self, guest):
        with self.lock:
            self.take_home()
            self.guest = guest
            self.hands.pop("guest", None)
            for plugged in self.plugged.values():
                self.settle(plugged)

    def detach_guest(self):
        with self.lock:
            if self.guest is None:
                return
            if self.guest.is_alive():
                self.take_home()
            else:
                self.forget_places()
            self.guest = None
            for plugged in self.plugged.values():
                self.settle(plugged)

    def forget_places(self):
        for plugged in self.plugged.values():
            if plugged.place and plugged.place[0] == "guest":
                plugged.place = None

    def take_home(self):
        """Out of the guest with everything, before it goes or changes."""
        for plugged in self.plugged.values():
            if plugged.place and plugged.place[0] == "guest":
                self.take_out(plugged)
