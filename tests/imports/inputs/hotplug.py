#!/usr/bin/env python3
import libvirt

domains = [
    # both halves by hand
    ('games', ['/devices/pci0000:00/0000:00:08.1/0000:30:00.3/usb3/3-1', '/devices/pci0000:00/0000:00:08.1/0000:30:00.3/usb4/4-1']),
    ("work", ["/devices/pci0000:00/0000:00:1c.0/0000:05:00.0/usb7/7-1"]),
]
