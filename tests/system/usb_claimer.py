#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Asks the kernel's usbfs for ports and interfaces, and keeps what it has got until it ends.

Usage: usb_claimer.py NODE < LINES      NODE is /dev/bus/usb/003/001

Lines: claim PORT, release PORT, configure VALUE, connect INTERFACE, open NODE (what follows is asked of that one). Each is
answered by a line: ok, ok VALUE for what the kernel returns, or the name of an errno. Standard input that ends ends it.
"""

import errno
import fcntl
import os
import struct
import sys

REQUESTS = {"claim": 0x80045518, "release": 0x80045519, "configure": 0x80045505}  # linux/usbdevice_fs.h
USBDEVFS_IOCTL, USBDEVFS_CONNECT = 0xC0105512, 0x5517


def ask(node, verb, number):
    if verb == "connect":
        return fcntl.ioctl(node, USBDEVFS_IOCTL, struct.pack("iiP", number, USBDEVFS_CONNECT, 0), False)
    return fcntl.ioctl(node, REQUESTS[verb], struct.pack("I", number), False)


def returned(value):
    # An ioctl with bytes gives them back instead of what the kernel returned, so whether a driver was bound is not known.
    return "ok" if isinstance(value, bytes) else f"ok {value}"


def main():
    nodes = [os.open(sys.argv[1], os.O_RDWR)]
    for line in sys.stdin:
        verb, argument = line.split()
        try:
            if verb == "open":
                nodes.append(os.open(argument, os.O_RDWR))
                answer = "ok"
            else:
                answer = returned(ask(nodes[-1], verb, int(argument)))
        except OSError as error:
            answer = errno.errorcode[error.errno]
        print(answer, flush=True)


main()
