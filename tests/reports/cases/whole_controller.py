# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A laptop whose only network is a USB adapter in a dock (hub, then r8152, with the default route); the guest is to get
that whole controller. The keyboard is PS/2. (cosminmocan/vfio-single-amdgpu-passthrough 3, networkupstools/nut 2925)

Variant "ehci": the same dock on the EHCI side of a 9-series board. "ups": a UPS, a sound card that is being played and
the adapter, all on the controller that goes; who holds the UPS cannot be seen. "held": a UPS that upsd has open through
usbfs, another that apcupsd reads through hiddev, and a security key that a browser has open (hidraw).
"""

from dataclasses import replace

from machines.boards import amd_a520m, z97e_itx_ac
from machines.catalog import DAC, HUB_2, KEYBOARD, NETWORK
from machines.model import Device, Interface, Registers

UPS = Device("0764:0501", "0100", "1.5", (Interface("030000", "usbfs", 1),), "CPS", "CP1500AVRLCDa", "000000000000",
             attributes=0xa0, power=50)
SECOND_UPS = Device("051d:0002", "0106", "1.5", (Interface("030000", "usbhid", 1),), "American Power Conversion",
                    "Back-UPS ES 700G", "5B1234T00000", attributes=0xa0, power=24)
KEY = Device("1209:beee", "0100", "12", (Interface("030000", "usbhid", 2),), "SoloKeys", "Solo 4.1.5", power=100)
BITS = {"ehci": 0x3ffb, "ups": 0x3ff8, "held": 0x3fe8}
NAME = "enx0050b6a1b2c3"


def on_z97(variant):
    base = z97e_itx_ac.MACHINE
    plugged = {k: d for k, d in base.plugged.items() if k.startswith("00:")}
    plugged |= {"rear-1": HUB_2, "rear-1.2": NETWORK, "rear-3": KEYBOARD}
    if variant == "ups":
        plugged |= {"front-1": UPS, "front-2": DAC}
    if variant == "held":
        plugged |= {"front-1": UPS, "front-2": SECOND_UPS, "internal-1": KEY}
    return replace(base, name="whole-controller", registers=Registers(BITS[variant], 0x3fff, 0x3f, 0x3f), plugged=plugged,
                   disks=base.disks[:1], mounts=base.mounts[:2],
                   toml_tail='[guest.windows]\ncontrollers = ["0000:00:1d.0"]\n')


def machine(variant):
    if variant in BITS:
        return on_z97(variant)
    base = amd_a520m.MACHINE
    return replace(base, name="whole-controller", dmi={"sys_vendor": "LENOVO", "product_name": "Raven", "chassis_type": "10"},
                   ps2_keyboard=True, plugged={"rear-1": HUB_2, "rear-1.2": NETWORK}, disks=base.disks[:1],
                   mounts=base.mounts[:2], toml_tail='[guest.windows]\ncontrollers = ["0000:30:00.3"]\n')


def edit(tree, variant):
    tree.lines("proc/net/route", [
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
        f"{NAME}\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0"])
    for path in [p for p in tree.files if p.startswith("sys/class/sound")]:
        del tree.files[path]
    if variant == "ups":
        tree.raw("proc/asound/card1/id", b"DAC\n")
        tree.raw("proc/asound/card1/pcm0p/sub0/status", b"state: RUNNING\nowner_pid   : 1800\n")
    if variant == "held":
        hold(tree)


def hold(tree):
    """The node that each of three programs has open."""
    folder = {}
    for path in tree.files:
        if path.endswith("/idVendor"):
            folder[tree.files[path].decode().strip()] = path.rsplit("/", 1)[0]
    uevent = tree.files[f"{folder['0764']}/uevent"].decode()
    node = next(line.removeprefix("DEVNAME=") for line in uevent.splitlines() if line.startswith("DEVNAME="))
    for vendor, kind, name, device in (("051d", "usbmisc", "hiddev0", "usb/hiddev0"), ("1209", "hidraw", "hidraw2", "hidraw2")):
        interface = f"{folder[vendor]}/{folder[vendor].rsplit('/', 1)[1]}:1.0"
        tree.lines(f"{interface}/{kind}/{name}/uevent", ["MAJOR=180", "MINOR=96", f"DEVNAME={device}"])
        tree.in_class(kind, name, f"{interface}/{kind}/{name}")
    # Usage page Power Device, usage UPS (HID Usage Tables for Power Devices 1.1).
    hid = next(p.rsplit("/", 1)[0] for p in tree.files if "0003:051D:0002" in p and p.endswith("/uevent"))
    tree.raw(f"{hid}/report_descriptor", bytes((0x05, 0x84, 0x09, 0x04, 0xa1, 0x01, 0xc0)))
    for process, command, target in ((700, "upsd", node), (701, "apcupsd", "usb/hiddev0"), (1500, "firefox", "hidraw2")):
        tree.lines(f"proc/{process}/comm", [command])
        tree.links[f"proc/{process}/fd/7"] = f"/dev/{target}"
