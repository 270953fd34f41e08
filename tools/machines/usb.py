# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""USB: root hubs, hubs with their ports, devices, interfaces and what hangs on them."""

import struct
import zlib

from .model import Device, Interface
from .pci import full, path_of
from .places import bus_of, parent, place_of, usb_name

HUB = Interface("090000", "hub")


def emit(tree, machine, inputs):
    """Returns socket or place -> interface paths, for the disks to hang on."""
    if not machine.buses:
        return {}
    return _Usb(tree, machine, inputs).emit()


class _Usb:
    def __init__(self, tree, machine, inputs):
        self.tree = tree
        self.machine = machine
        self.inputs = inputs
        self.paths = {}               # place -> sysfs path
        self.interfaces = {}          # key of `plugged` -> interface paths
        self.devnum = {bus.number: 1 for bus in machine.buses}
        self.hid_count = 0
        self.sound_count = self.bluetooth_count = self.video_count = 0

    def emit(self):
        for bus in self.machine.buses:
            self._root_hub(bus)
        for key, device in self.machine.plugged.items():
            self._device(key, place_of(self.machine, key, device), device)
        for driver in ("usb", "hub", "usbhid", "usb-storage"):
            for name in ("bind", "unbind"):
                self.tree.raw(f"sys/bus/usb/drivers/{driver}/{name}", b"")
        self.tree.attribute("sys/bus/usb/drivers_autoprobe", 1)
        return self.interfaces

    def _root_hub(self, bus):
        machine, function = self.machine, self.machine.function(bus.controller)
        path = f"{path_of(machine, bus.controller)}/usb{bus.number}"
        names = {"xhci_hcd": ("xHCI", "xhci-hcd"), "ehci-pci": ("EHCI", "ehci_hcd"),
                 "uhci_hcd": ("UHCI", "uhci_hcd")}
        short, hcd = names[function.driver]
        fast = bus.superspeed
        protocol = "03" if fast else "01" if short == "xHCI" else "00"
        device = Device(
            id=f"1d6b:{'0003' if fast else '0001' if bus.speed == '12' else '0002'}",
            revision="{:02d}{:02d}".format(*self.tree.kernel), speed=bus.speed,
            interfaces=(HUB,), maker=f"Linux {machine.kernel} {hcd}",
            product=f"{short} Host Controller", serial=full(bus.controller), cls=f"0900{protocol}",
            version={"12": "1.10", "480": "2.00", "5000": "3.00", "10000": "3.10"}[bus.speed],
            power=0, attributes=0xe0, ports=bus.ports, removable="unknown")
        self._show(path, f"usb{bus.number}", bus, 1, "0", device)
        self.tree.attributes(path, {"authorized_default": 1, "interface_authorized_default": 1})
        self._interfaces(f"usb{bus.number}", path, f"{bus.number}-0", device, None)
        self._hub_ports(bus, None, f"{path}/{bus.number}-0:1.0", f"usb{bus.number}", bus.ports)

    def _device(self, key, place, device):
        bus = bus_of(self.machine, place)
        above = parent(place)
        if above is None:
            folder = f"{path_of(self.machine, bus.controller)}/usb{bus.number}"
            port = f"{folder}/{bus.number}-0:1.0/usb{bus.number}-port{place.split('/')[1].removeprefix('ss')}"
        else:
            folder, hub = self.paths[above], usb_name(self.machine, above)
            port = f"{folder}/{hub}:1.0/{hub}-port{place.rpartition('.')[2]}"
        name = usb_name(self.machine, place)
        path = f"{folder}/{name}"
        assert f"{port}/connect_type" in self.tree.files, f"{self.machine.name}: no port for {place}"
        self.paths[place] = path
        self.devnum[bus.number] += 1
        self._show(path, name, bus, self.devnum[bus.number], name.partition("-")[2], device,
                   self._removable(place, device))
        self.tree.link(f"{path}/port", port)
        self.tree.link(f"{port}/device", path)
        self.interfaces[key] = self._interfaces(name, path, name, device, place)
        if device.ports:
            self._hub_ports(bus, place, f"{path}/{name}:1.0", name, device.ports)

    def _removable(self, place, device):
        known = {"hotplug": "removable", "hardwired": "fixed"}
        kind, _ = self.machine.ports.get(place, ("unknown", 0))
        return device.removable or known.get(kind, "unknown")

    def _show(self, path, name, bus, devnum, devpath, device, removable="unknown"):
        tree = self.tree
        vendor, product = device.id.split(":")
        minor = (bus.number - 1) * 128 + devnum - 1
        tree.attributes(path, {
            "busnum": bus.number, "devnum": devnum, "devpath": devpath, "dev": f"189:{minor}",
            "speed": device.speed, "rx_lanes": 1, "tx_lanes": 1, "maxchild": device.ports,
            "idVendor": vendor, "idProduct": product, "bcdDevice": device.revision,
            "bDeviceClass": device.cls[0:2], "bDeviceSubClass": device.cls[2:4],
            "bDeviceProtocol": device.cls[4:6], "bNumConfigurations": 1,
            "bNumInterfaces": f"{len(device.interfaces):2d}", "bConfigurationValue": 1,
            "bMaxPacketSize0": _packet_size(device), "bmAttributes": f"{device.attributes:2x}",
            "bMaxPower": f"{device.power}mA", "version": f"{device.version:>5}",
            "removable": removable, "authorized": 1, "quirks": "0x0", "avoid_reset_quirk": 0,
            "ltm_capable": "no",
            # A number that differs between devices and stays the same in every run.
            "urbnum": 20 + zlib.crc32(path.encode()) % 4000,
            "power/control": "auto" if device.ports else "on", "power/runtime_status": "active",
        })
        tree.raw(f"{path}/configuration", b"")
        for attribute, text in (("manufacturer", device.maker), ("product", device.product),
                                ("serial", device.serial)):
            if text is not None:
                tree.attribute(f"{path}/{attribute}", text)
        tree.raw(f"{path}/descriptors", _descriptors(device))
        tree.lines(f"{path}/uevent", [
            "MAJOR=189", f"MINOR={minor}", f"DEVNAME=bus/usb/{bus.number:03d}/{devnum:03d}",
            "DEVTYPE=usb_device", "DRIVER=usb",
            f"PRODUCT={_product(device)}", f"TYPE={_decimal(device.cls)}",
            f"BUSNUM={bus.number:03d}", f"DEVNUM={devnum:03d}",
        ])
        tree.on_bus("usb", name, path, "usb")

    def _interfaces(self, device_name, path, stem, device, place):
        made = []
        for number, interface in enumerate(device.interfaces):
            name = f"{stem}:1.{number}"
            folder = f"{path}/{name}"
            modalias = _modalias(device, interface, number)
            self.tree.attributes(folder, {
                "bInterfaceNumber": f"{number:02x}", "bAlternateSetting": " 0",
                "bNumEndpoints": f"{interface.endpoints:02x}",
                "bInterfaceClass": interface.cls[0:2], "bInterfaceSubClass": interface.cls[2:4],
                "bInterfaceProtocol": interface.cls[4:6], "authorized": 1,
                "supports_autosuspend": 1 if interface.driver in ("hub", "usbhid") else 0,
                "modalias": modalias,
            })
            driver = [f"DRIVER={interface.driver}"] if interface.driver else []
            self.tree.lines(f"{folder}/uevent", ["DEVTYPE=usb_interface"] + driver + [
                f"PRODUCT={_product(device)}", f"TYPE={_decimal(device.cls)}",
                f"INTERFACE={_decimal(interface.cls)}", f"MODALIAS={modalias}"])
            self.tree.on_bus("usb", name, folder, interface.driver)
            if interface.cls.startswith("03"):
                self._hid(folder, device, interface, place, number)
            if interface.child:
                self._child(folder, interface.child, place)
            made.append(folder)
        return made

    def _hub_ports(self, bus, place, folder, name, count):
        for number in range(1, count + 1):
            if place is None:
                here = f"{bus.controller}/{'ss' if bus.superspeed else ''}{number}"
            else:
                here = f"{place}.{number}"
            kind, location = self.machine.ports.get(here, ("unknown", 0))
            path = f"{folder}/{name}-port{number}"
            self.tree.attributes(path, {
                "connect_type": kind, "location": f"0x{location:08x}", "over_current_count": 0,
                "disable": 0,
            })
            peer = self._peer(bus, place, number, location)
            if peer:
                self.tree.link(f"{path}/peer", peer)

    def _peer(self, bus, place, number, location):
        """The kernel pairs root ports of one xHCI by location, without one by number."""
        others = [b for b in self.machine.buses
                  if b.controller == bus.controller and b.superspeed != bus.superspeed]
        if place is not None or not others:
            return None
        other = others[0]
        prefix = f"{bus.controller}/{'' if bus.superspeed else 'ss'}"
        for candidate in range(1, other.ports + 1):
            there = self.machine.ports.get(f"{prefix}{candidate}", ("unknown", 0))[1]
            if there == location and (location or candidate == number):
                root = f"{path_of(self.machine, other.controller)}/usb{other.number}"
                return f"{root}/{other.number}-0:1.0/usb{other.number}-port{candidate}"
        return None

    def _hid(self, folder, device, interface, place, number):
        self.hid_count += 1
        vendor, product = device.id.upper().split(":")
        name = f"0003:{vendor}:{product}.{self.hid_count:04X}"
        path = f"{folder}/{name}"
        phys = f"usb-{full(place.split('/')[0])}-{place.split('/')[1].removeprefix('ss')}/input{number}"
        label = _label(device)
        self.tree.attribute(f"{path}/modalias", f"hid:b0003g0001v0000{vendor}p0000{product}")
        shown = label if isinstance(label, bytes) else label.encode()
        self.tree.raw(f"{path}/uevent", b"".join((
            f"DRIVER=hid-generic\nHID_ID=0003:0000{vendor}:0000{product}\n".encode(),
            b"HID_NAME=" + shown + b"\n",
            f"HID_PHYS={phys}\nHID_UNIQ={device.serial or ''}\n"
            f"MODALIAS=hid:b0003g0001v0000{vendor}p0000{product}\n".encode(),
        )))
        self.tree.on_bus("hid", name, path, "hid-generic")
        for spec in interface.inputs:
            suffix = f" {spec.suffix}" if spec.suffix else ""
            full_name = label + suffix.encode() if isinstance(label, bytes) else label + suffix
            self.inputs.add(path, spec.kind, full_name, phys,
                            (3, int(vendor, 16), int(product, 16), 0x111), device.serial or "")

    def _child(self, folder, child, place):
        kind, *rest = child.split(",")
        tree = self.tree
        if kind == "sound":
            # Card 0 is the one on the board.
            self.sound_count += 1
            card = self.sound_count
            path = f"{folder}/sound/card{card}"
            tree.attributes(path, {"id": rest[0], "number": card})
            tree.link(f"{path}/device", folder)
            tree.in_class("sound", f"card{card}", path)
        elif kind == "bluetooth":
            path = f"{folder}/bluetooth/hci{self.bluetooth_count}"
            tree.lines(f"{path}/uevent", ["DEVTYPE=host"])
            tree.link(f"{path}/device", folder)
            tree.in_class("bluetooth", f"hci{self.bluetooth_count}", path)
            self.bluetooth_count += 1
        elif kind == "net":
            name, mac = rest
            path = f"{folder}/net/{name}"
            tree.attributes(path, {"address": mac, "operstate": "up", "ifindex": 3, "type": 1, "carrier": 1})
            tree.lines(f"{path}/uevent", [f"INTERFACE={name}", "IFINDEX=3"])
            tree.link(f"{path}/device", folder)
            tree.in_class("net", name, path)
        elif kind == "tty":
            path = f"{folder}/{rest[0]}/tty/{rest[0]}"
            minor = int(rest[0].removeprefix("ttyUSB"))
            tree.attribute(f"{path}/dev", f"188:{minor}")
            tree.lines(f"{path}/uevent", ["MAJOR=188", f"MINOR={minor}", f"DEVNAME={rest[0]}"])
            tree.on_bus("usb-serial", rest[0], f"{folder}/{rest[0]}", rest[1])
            tree.link(f"{path}/device", f"{folder}/{rest[0]}")
            tree.in_class("tty", rest[0], path)
        elif kind == "video":
            path = f"{folder}/video4linux/video{self.video_count}"
            tree.attributes(path, {"dev": f"81:{self.video_count}", "name": rest[0], "index": 0})
            tree.link(f"{path}/device", folder)
            tree.in_class("video4linux", f"video{self.video_count}", path)
            self.video_count += 1
        else:
            raise AssertionError(child)


def _label(device):
    """Maker and product, as usbhid joins them: also when the one repeats the other."""
    parts = [p for p in (device.maker, device.product) if p is not None]
    if not parts:
        return f"HID {device.id}"
    if any(isinstance(p, bytes) for p in parts):
        return b" ".join(p if isinstance(p, bytes) else p.encode() for p in parts)
    return " ".join(parts)


def _product(device):
    return "/".join(f"{int(part, 16):x}" for part in (*device.id.split(":"), device.revision))


def _decimal(cls):
    return "/".join(str(int(cls[i:i + 2], 16)) for i in (0, 2, 4))


def _modalias(device, interface, number):
    vendor, product = device.id.upper().split(":")
    d, i = device.cls.upper(), interface.cls.upper()
    return (f"usb:v{vendor}p{product}d{device.revision.upper()}dc{d[0:2]}dsc{d[2:4]}dp{d[4:6]}"
            f"ic{i[0:2]}isc{i[2:4]}ip{i[4:6]}in{number:02X}")


def _packet_size(device):
    """bMaxPacketSize0. From SuperSpeed on it is a power of two: 9 is 512."""
    if int(float(device.speed)) >= 5000:
        return 9
    return 8 if device.speed == "1.5" or (device.speed == "12" and device.cls == "000000") else 64


def _descriptors(device):
    """The device descriptor and one configuration, without the class-specific ones."""
    vendor, product = (int(part, 16) for part in device.id.split(":"))
    cls = bytes.fromhex(device.cls)
    version = int(device.version.replace(".", ""), 16)
    strings = [0, 0, 0]
    for index, text in enumerate((device.maker, device.product, device.serial)):
        strings[index] = index + 1 if text is not None else 0
    head = struct.pack("<BBH3sBHHHBBBB", 18, 1, version, cls, _packet_size(device), vendor, product,
                       int(device.revision, 16), *strings, 1)
    body = b""
    for number, interface in enumerate(device.interfaces):
        body += struct.pack("<BBBBB3sB", 9, 4, number, 0, interface.endpoints, bytes.fromhex(interface.cls), 0)
        kind = 3 if interface.cls[:2] in ("03", "09") else 2
        for endpoint in range(1, interface.endpoints + 1):
            address = (0x80 if endpoint % 2 else 0) | (number * 2 + endpoint) % 16
            body += struct.pack("<BBBBHB", 7, 5, address, kind, 8 if kind == 3 else 512, 10)
    unit = 8 if int(float(device.speed)) >= 5000 else 2
    return head + struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), len(device.interfaces), 1, 0,
                              device.attributes, device.power // unit) + body
