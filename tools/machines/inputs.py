"""Input devices: what says whether a thing can be typed on."""


def bitmap(*codes):
    """As the kernel prints it: 64-bit words in hexadecimal, the highest first."""
    words = [0] * (max(codes) // 64 + 1)
    for code in codes:
        words[code // 64] |= 1 << code % 64
    return " ".join(f"{word:x}" for word in reversed(words))


KEYBOARD_KEYS = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"
NOTHING = {name: "0" for name in ("ev", "key", "rel", "abs", "msc", "led", "snd", "ff", "sw")}
KINDS = {
    "keyboard": {"ev": "120013", "key": KEYBOARD_KEYS, "msc": "10", "led": "1f"},
    "mouse": {"ev": "17", "key": bitmap(*range(0x110, 0x115)), "rel": "903", "msc": "10"},
    # Volume and mute keys: keys, yet nobody can log in with them.
    "media keys": {"ev": "13", "key": bitmap(113, 114, 115, 164, 248), "msc": "10"},
    "gamepad": {"ev": "20000b", "key": bitmap(*range(0x130, 0x13f)), "abs": "3003f"},
    "touchpad": {"ev": "b", "key": bitmap(0x110, 0x145, 0x14a, 0x14d), "abs": "260800000000003"},
    "tablet": {"ev": "1f", "key": bitmap(0x110, 0x111, 0x112), "rel": "900", "abs": "3", "msc": "10"},
    "power": {"ev": "3", "key": bitmap(116)},
    "camera": {"ev": "3", "key": bitmap(212)},
}


class Inputs:
    """Numbers input devices in the order in which they are found, as the kernel does."""

    def __init__(self, tree):
        self.tree = tree
        self.count = 0
        self.mice = 0

    def add(self, device, kind, name, phys, ids, uniq=""):
        number, self.count = self.count, self.count + 1
        path = f"{device}/input/input{number}"
        bus, vendor, product, version = ids
        capabilities = NOTHING | KINDS[kind]
        modalias = f"input:b{bus:04X}v{vendor:04X}p{product:04X}e{version:04X}-e{capabilities['ev']}"
        tree = self.tree
        tree.attributes(path, {
            "name": name, "phys": phys, "uniq": uniq, "properties": "0", "inhibited": "0",
            "modalias": modalias,
            "id/bustype": f"{bus:04x}", "id/vendor": f"{vendor:04x}",
            "id/product": f"{product:04x}", "id/version": f"{version:04x}",
        })
        tree.attributes(f"{path}/capabilities", capabilities)
        shown = name if isinstance(name, bytes) else name.encode()
        tree.raw(f"{path}/uevent", b"".join((
            f"PRODUCT={bus:x}/{vendor:x}/{product:x}/{version:x}\n".encode(),
            b'NAME="' + shown + b'"\n',
            f'PHYS="{phys}"\nUNIQ="{uniq}"\nPROP=0\nEV={capabilities["ev"]}\n'
            f'KEY={capabilities["key"]}\nMODALIAS={modalias}\n'.encode(),
        )))
        tree.link(f"{path}/device", device)
        tree.in_class("input", f"input{number}", path)
        self._node(path, f"event{number}", 64 + number)
        if kind in ("mouse", "tablet", "touchpad"):
            self._node(path, f"mouse{self.mice}", 32 + self.mice)
            self.mice += 1

    def _node(self, path, name, minor):
        tree = self.tree
        tree.attribute(f"{path}/{name}/dev", f"13:{minor}")
        tree.lines(f"{path}/{name}/uevent", ["MAJOR=13", f"MINOR={minor}", f"DEVNAME=input/{name}"])
        tree.link(f"{path}/{name}/device", path)
        tree.in_class("input", name, f"{path}/{name}")


def emit_built_in(tree, machine, inputs):
    """The power button, and a laptop's keyboard, which is not on USB."""
    button = "sys/devices/LNXSYSTM:00/LNXPWRBN:00"
    tree.on_bus("acpi", "LNXPWRBN:00", button, "button")
    tree.lines(f"{button}/uevent", ["DRIVER=button", "MODALIAS=acpi:LNXPWRBN:"])
    inputs.add(button, "power", "Power Button", "LNXPWRBN/button/input0", (0x19, 0, 1, 0))
    if machine.ps2_keyboard:
        port = "sys/devices/platform/i8042/serio0"
        tree.on_bus("serio", "serio0", port, "atkbd")
        tree.attribute(f"{port}/description", "i8042 KBD port")
        tree.lines(f"{port}/uevent", ["DRIVER=atkbd", "SERIO_TYPE=06", "SERIO_PROTO=00"])
        inputs.add(port, "keyboard", "AT Translated Set 2 keyboard", "isa0060/serio0/input0",
                   (0x11, 1, 1, 0xab41))


def emit_bluetooth_keyboards(tree, machine, inputs):
    for number, name in enumerate(machine.bluetooth_keyboards, 1):
        path = f"sys/devices/virtual/misc/uhid/0005:046D:B342.{number:04X}"
        tree.on_bus("hid", f"0005:046D:B342.{number:04X}", path, "hid-generic")
        inputs.add(path, "keyboard", name, "02:00:00:00:00:01", (5, 0x046d, 0xb342, 0x11), "02:00:00:00:00:02")
