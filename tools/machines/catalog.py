"""Devices that people plug in. Ids are real ones; strings are as such devices usually report.

Where a machine has a device from a published report, the machine's own file describes it.
"""

from dataclasses import replace

from .model import Device, Input, Interface
from .usb import HUB

BOOT_KEYBOARD = Interface("030101", "usbhid", 1, (Input("keyboard"),))
BOOT_MOUSE = Interface("030102", "usbhid", 1, (Input("mouse"),))
BULK_DISK = Interface("080650", "usb-storage", 2)
BLUETOOTH = (Interface("e00101", "btusb", 3, child="bluetooth"), Interface("e00101", "btusb", 2))

KEYBOARD = Device("046d:c31c", "6400", "1.5", (
    BOOT_KEYBOARD, Interface("030000", "usbhid", 1, (Input("media keys", "Consumer Control"),))),
    "Logitech", "USB Keyboard", version="1.10", power=90, attributes=0xa0)
SECOND_KEYBOARD = Device("413c:2107", "0178", "1.5", (BOOT_KEYBOARD,),
                         "DELL", "Dell USB Entry Keyboard", version="1.10", attributes=0xa0)
MOUSE = Device("046d:c077", "7200", "1.5", (BOOT_MOUSE,), "Logitech", "USB Optical Mouse",
               attributes=0xa0)
SECOND_MOUSE = Device("1bcf:0005", "0014", "1.5", (BOOT_MOUSE,), None, "USB Optical Mouse",
                      attributes=0xa0)
RECEIVER = Device("046d:c52b", "1211", "12", (
    BOOT_KEYBOARD, BOOT_MOUSE, Interface("030000", "usbhid", 1)),
    "Logitech", "USB Receiver", power=98, attributes=0xa0)
HEADSET = Device("047f:c012", "0110", "12", (
    Interface("010100", "snd-usb-audio", 0, child="sound,Headset"),
    Interface("010200", "snd-usb-audio", 0), Interface("010200", "snd-usb-audio", 0),
    Interface("030000", "usbhid", 1, (Input("media keys"),))),
    "Plantronics", "Plantronics .Audio 628 USB")
DAC = Device("08bb:2704", "0100", "12", (
    Interface("010100", "snd-usb-audio", 0, child="sound,DAC"), Interface("010200", "snd-usb-audio", 0),
    Interface("030000", "usbhid", 1, (Input("media keys"),))),
    "Burr-Brown from TI", "USB Audio DAC", version="1.10")
# Ids and names as in kernel logs of servers with MegaRAC.
BMC_KEYBOARD = Device("046b:ff10", "0100", "480", (BOOT_KEYBOARD, BOOT_MOUSE),
                      "American Megatrends Inc.", "Virtual Keyboard and Mouse", "serial")
NETWORK = Device("0bda:8153", "3000", "480", (
    Interface("ffff00", "r8152", 3, child="net,enx0050b6a1b2c3,00:50:b6:a1:b2:c3"),),
    "Realtek", "USB 10/100/1000 LAN", "000001000000", version="2.10", power=180, attributes=0xa0)
GAMEPAD = Device("045e:028e", "0114", "12", (
    Interface("ff5d01", "xpad", 2, (Input("gamepad"),)),), "Microsoft", "Controller", "1D2C3B4A",
    cls="ffffff", power=500, attributes=0xa0)
WEBCAM = Device("046d:082d", "0011", "480", (
    Interface("0e0100", "uvcvideo", 1, child="video,HD Pro Webcam C920"),
    Interface("0e0200", "uvcvideo", 0),
    Interface("010100", "snd-usb-audio", 0, child="sound,C920"), Interface("010200", "snd-usb-audio", 0)),
    None, "HD Pro Webcam C920", "0A1B2C3D", cls="ef0201", power=500)

FLASH = Device("0951:1665", "0100", "480", (BULK_DISK,), "Kingston", "DataTraveler 2.0",
               "60A44C413A8CF260B9C10123", power=100)
FLASH_3 = Device("0781:5581", "0100", "5000", (BULK_DISK,), "SanDisk", "Ultra",
                 "4C530001230456117890", version="3.00", power=896)
SSD_3 = Device("04e8:61f5", "0100", "5000", (Interface("080662", "uas", 4),),
               "Samsung", "Portable SSD T5", "1234567D4E5F", version="3.10", power=896)
DISK_3 = Device("0bc2:ab24", "0100", "5000", (BULK_DISK,), "Seagate", "BUP Slim",
                "NA7ABCDE", version="3.00", power=144)

HUB_2 = Device("05e3:0608", "8536", "480", (HUB,), None, "USB2.0 Hub", cls="090001", ports=4,
               attributes=0xe0)
HUB_VL810_2 = Device("2109:3431", "0213", "480", (HUB,), None, "USB2.0 Hub", cls="090001",
                     version="2.10", ports=4, attributes=0xe0)
HUB_VL810_3 = Device("2109:0810", "0213", "5000", (HUB,), "VIA Labs, Inc.", "4-Port USB 3.0 Hub",
                     cls="090003", version="3.00", ports=4, power=0, attributes=0xe0)

BLUETOOTH_7260 = Device("8087:07dc", "0001", "12", BLUETOOTH, cls="e00101", attributes=0xe0)


def rate_matching_hub(device_id, ports, revision="0005"):
    """Intel's hub behind each EHCI: no strings, and it draws nothing."""
    return Device(device_id, revision, "480", (HUB,), cls="090001", ports=ports, power=0,
                  attributes=0xe0, removable="fixed")


def slowed(device, speed="480"):
    """A SuperSpeed device whose SuperSpeed half found no link."""
    return replace(device, speed=speed, version="2.10", power=min(device.power, 500))
