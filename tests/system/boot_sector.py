#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Writes a boot sector that says one line on COM1 and shows what comes back on QEMU's debug port, 0xe9.

  tests/system/boot_sector.py FILE LINE

The smallest guest there is: no driver, no firmware call, the bare 16550 at 0x3f8, as the registers of its data sheet are:
0x3fd line status (0x20: may send, 0x01: has received), 0x3f8 data.
"""

import sys
from pathlib import Path

ORIGIN = 0x7C00  # where firmware loads a boot sector


def sector(text):
    """Real mode code, a loop for each direction, then the text with a zero at its end."""
    code = bytes.fromhex(
        "fa"  # cli
        "31c0 8ed8"  # xor ax,ax; mov ds,ax
        "be 0000"  # mov si,text; filled in below
        # send:
        "ac 84c0"  # lodsb; test al,al
        "74 12"  # jz receive
        "88c4"  # mov ah,al
        "ba fd03"  # mov dx,0x3fd
        "ec a820 74fb"  # in al,dx; test al,0x20; jz to the in
        "ba f803"  # mov dx,0x3f8
        "88e0 ee"  # mov al,ah; out dx,al
        "eb e9"  # jmp send
        # receive:
        "ba fd03"  # mov dx,0x3fd
        "ec a801 74fb"  # in al,dx; test al,1; jz to the in
        "ba f803"  # mov dx,0x3f8
        "ec e6e9"  # in al,dx; out 0xe9,al
        "eb f0"  # jmp receive
    )
    text_at = ORIGIN + len(code)
    code = code.replace(b"\xbe\x00\x00", b"\xbe" + text_at.to_bytes(2, "little"), 1)
    image = code + text + b"\0"
    if len(image) > 510:
        raise SystemExit("boot_sector.py: the line is too long")
    return image.ljust(510, b"\0") + b"\x55\xaa"


def main():
    path, line = sys.argv[1:]
    Path(path).write_bytes(sector(line.encode() + b"\r\n"))


if __name__ == "__main__":
    main()
