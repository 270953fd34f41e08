# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Makes the initramfs that every machine of the lab boots: busybox, a real udevd, the programs under test.

The programs come from this machine with the libraries that ldd names, so that they run as here. One image serves the
host machine and the guest; the kernel's command line says which one it is.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

INSIDE = Path(__file__).resolve().parent / "inside"
CONFIGS = Path(__file__).resolve().parent / "configs"
INIT = Path(__file__).resolve().parents[2] / "init"
BOOT_SECTOR = Path(__file__).resolve().parent.parent / "system/boot_sector.py"

NESTED_LINES = ["toggle", "status"]

EARLY_MODULES = ["virtio_pci", "virtio_console"]
USB_MODULES = ["ehci_pci", "uhci_hcd", "xhci_pci", "usbhid", "hid_generic", "evdev", "usb_storage", "sd_mod"]
OTHER_MODULES = ["vfio_pci", "vfio_iommu_type1", "9p", "9pnet_virtio", "overlay", "ext4", "crc32c_generic"]
ALL_MODULES = EARLY_MODULES + USB_MODULES + OTHER_MODULES

# name inside: where it may stand here
PROGRAMS = {
    "bin/busybox": ["busybox"],
    "sbin/modprobe": ["modprobe"],  # the kernel calls it
    "bin/modprobe": ["modprobe"],  # not busybox's, which knows no softdep: vfio has one
    "sbin/udevd": ["/lib/systemd/systemd-udevd", "/usr/lib/systemd/systemd-udevd", "/sbin/udevd", "udevd", "udevadm"],
    "sbin/udevadm": ["udevadm"],
    "sbin/setpci": ["setpci"],
    "usr/bin/nc": ["nc.openbsd", "nc"],
    "usr/bin/setpriv": ["setpriv"],
    # Not busybox's: that one runs its own nc before it looks at PATH.
    "bin/sh": ["dash", "bash"],
}
# The kernel's names get their nodes, groups and properties by these; those that load modules stay out, because the
# scenarios decide when the USB modules come.
UDEV_RULES = ["50-udev-default.rules", "60-block.rules", "60-evdev.rules", "60-input-id.rules", "60-persistent-input.rules"]

# With Debian's paths: what tests/lab/inside/libvirt wants of the outer machine.
LIBVIRT = ["/usr/sbin/libvirtd", "/usr/bin/virsh", "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"]

SEARCH = os.environ.get("PATH", "") + ":/sbin:/usr/sbin:/usr/local/sbin"


class CannotBuild(Exception):
    """Something that belongs into the image is not on this machine; the message names it."""


def find_program(candidates):
    for candidate in candidates:
        path = candidate if candidate.startswith("/") else shutil.which(candidate, path=SEARCH)
        if path and os.access(path, os.X_OK):
            return Path(path).resolve()
    raise CannotBuild(f"{' or '.join(candidates)} is not installed here; run tools/install-deps lab")


def libraries_of(program):
    """The files that the dynamic loader will want, at the paths it will want them."""
    shown = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    if "not found" in shown:
        raise CannotBuild(f"{program} lacks a library here:\n{shown}")
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", shown)]


def copy(source, root, inside):
    target = root / str(inside).lstrip("/")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def add_program(root, inside, program):
    copy(program, root, inside)
    (root / inside).chmod(0o755)
    for library in libraries_of(program):
        copy(library.resolve(), root, library)


def add_modules(root, kernel):
    folder = f"lib/modules/{kernel.release}"
    for file in kernel.where_is(ALL_MODULES):
        copy(kernel.modules / file, root, f"{folder}/{file}")
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        if (kernel.modules / name).exists():
            copy(kernel.modules / name, root, f"{folder}/{name}")
    depmod = shutil.which("depmod", path=SEARCH)  # not resolved: kmod goes by the name it is called with
    if not depmod:
        raise CannotBuild("depmod is not installed here; run tools/install-deps lab")
    subprocess.run([depmod, "-b", root, kernel.release], check=True)


def write_texts(root):
    texts = {
        "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nusbroute:x:9:9:usbrouted:/run/usbroute:/bin/false\nuser:x:1000:1000:a user:/tmp:/bin/sh\n",
        "etc/group": "root:x:0:\ntty:x:5:\ndisk:x:6:\ninput:x:7:\nkvm:x:8:\nusbroute:x:9:\nuser:x:1000:\n",
        "etc/hosts": "127.0.0.1 localhost\n",
        "etc/udev/udev.conf": "udev_log=err\n",
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_for(root, source, target, directory):
    """A file of init/ with the directory in which the programs are there."""
    text = (INIT / source).read_text(encoding="utf-8")
    path = root / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("@CMAKE_INSTALL_FULL_SBINDIR@", directory), encoding="utf-8")


def add_libvirt(root, programs):
    """usbroute-libvirt, if it was built. Not its 55 libraries: it runs beside libvirtd, which comes from the outer machine's file
    system; where that is installed there is a file that scenarios can need."""
    if (programs / "usbroute-libvirt").exists():
        copy(programs / "usbroute-libvirt", root, "lab/bin/usbroute-libvirt")
    if all(Path(file).exists() for file in LIBVIRT):
        (root / "lab/libvirtd").write_text("\n".join(LIBVIRT) + "\n", encoding="utf-8")


def build_image(work, kernel, programs):
    """Returns the initramfs; `programs` is the folder with the programs under test."""
    root = work / "root"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for inside, candidates in PROGRAMS.items():
        add_program(root, inside, find_program(candidates))
    for name in ("usbroute", "usbrouted", "usbroute-reopen", "usbroute-claims", "usbroute-guest"):
        if not (programs / name).exists():
            raise CannotBuild(f"{programs / name} does not exist; build it first: make")
        add_program(root, f"usr/bin/{name}", programs / name)
    if (programs / "bench-plug").exists():  # one of `make bench`
        add_program(root, "usr/bin/bench-plug", programs / "bench-plug")
    add_libvirt(root, programs)
    for rules in UDEV_RULES:
        for folder in ("/lib/udev/rules.d", "/usr/lib/udev/rules.d"):
            if (Path(folder) / rules).exists():
                copy(Path(folder) / rules, root, f"lib/udev/rules.d/{rules}")
    # Behind 90-lab.rules, by which functions get their ids.
    write_for(root, "60-usbroute.rules.in", "lib/udev/rules.d/95-usbroute.rules", "/usr/bin")
    for name in ("usbrouted.service", "usbrouted.socket", "usbroute-reopen.service", "usbroute-guest-bind.service",
                 "usbroute-claims.socket", "usbroute-claims@.service"):
        write_for(root, f"{name}.in", f"lab/units/{name}", "/usr/sbin")
    add_modules(root, kernel)
    write_texts(root)
    for file in sorted(INSIDE.iterdir()):
        folder = "" if file.name == "init" else "lib/udev/rules.d/" if file.suffix == ".rules" else "lab/"
        target = folder + file.name
        copy(file, root, target)
        (root / target).chmod(0o644 if file.suffix == ".rules" else 0o755)
    # What a nested guest says on its COM1 at each of its boots.
    for line in NESTED_LINES:
        subprocess.run([sys.executable, BOOT_SECTOR, root / f"lab/{line}.img", line], check=True)
    for file in sorted(CONFIGS.glob("*.toml")):
        copy(file, root, f"lab/configs/{file.name}")
        (root / f"lab/configs/{file.name}").chmod(0o644)
    lists = f"early='{' '.join(EARLY_MODULES)}'\nusb='{' '.join(USB_MODULES)}'\n"
    (root / "lab/modules").write_text(lists, encoding="utf-8")
    image = work / "initramfs.cpio"
    write_cpio(root, image)
    return image


def write_cpio(root, image):
    """The "newc" form that the kernel unpacks; everything belongs to root there, whoever builds it here."""
    with open(image, "wb") as out:
        names = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
        for number, name in enumerate(names, 1):
            path = root / name
            content = path.read_bytes() if path.is_file() else b""
            mode = stat.S_IFDIR | 0o755 if path.is_dir() else stat.S_IFREG | stat.S_IMODE(path.stat().st_mode)
            write_entry(out, number, name, mode, content)
        # Without it init has no input and no output.
        write_entry(out, len(names) + 1, "dev", stat.S_IFDIR | 0o755, b"")
        write_entry(out, len(names) + 2, "dev/console", stat.S_IFCHR | 0o600, b"", (5, 1))
        write_entry(out, len(names) + 3, "TRAILER!!!", 0, b"")


def write_entry(out, number, name, mode, content, device=(0, 0)):
    encoded = name.encode() + b"\0"
    fields = [number, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0]
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    for part in (header + encoded, content):
        out.write(part + b"\0" * (-len(part) % 4))
