# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Finds a Linux kernel with its modules, or fetches Debian's.

An installed kernel is taken where it can be read with the modules the lab needs. Else Debian's package is downloaded
and unpacked below the lab's own folder: nothing is installed, no boot loader hears of it, and no root is needed.
"""

import lzma
import os
import re
import shutil
import struct
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path


class NoKernel(Exception):
    """There is none, and the message says what to do."""


@dataclass(frozen=True)
class Kernel:
    """A kernel image and the folder with its modules."""

    image: Path
    modules: Path

    @property
    def release(self):
        return self.modules.name

    def where_is(self, wanted):
        """The files of these modules and of all they need, in the order to load; built-in ones need none."""
        needs = {}
        for line in (self.modules / "modules.dep").read_text(encoding="utf-8").splitlines():
            path, _, others = line.partition(":")
            needs[module_name(path)] = [path, others.split()]
        built_in = {module_name(line) for line in (self.modules / "modules.builtin").read_text("utf-8").splitlines()}
        files = []
        for name in wanted:
            if name in built_in:
                continue
            if name not in needs:
                raise NoKernel(f"the kernel {self.release} has no module {name}")
            path, others = needs[name]
            files += [file for file in [*reversed(others), path] if file not in files]
        return files


def module_name(path):
    return re.sub(r"\.ko(\.\w+)?$", "", os.path.basename(path)).replace("-", "_")


def kernels_below(root):
    """All that have an image and modules, the newest first."""
    found = []
    for modules in sorted((root / "lib/modules").glob("*"), key=version_key, reverse=True):
        for image in (root / f"boot/vmlinuz-{modules.name}", modules / "vmlinuz"):
            if os.access(image, os.R_OK) and (modules / "modules.dep").exists():
                found.append(Kernel(image, modules))
                break
    return found


def unpacked(kernel, work):
    """The kernel as an ELF file where Python can unpack it: a virtual machine needs many seconds to do it itself.

    Offsets: the Linux/x86 boot protocol, setup_sects, payload_offset and payload_length.
    """
    packed = kernel.image.read_bytes()
    if packed[0x202:0x206] != b"HdrS":
        return kernel
    offset, length = struct.unpack_from("<II", packed, 0x248)
    start = ((packed[0x1F1] or 4) + 1) * 512 + offset
    payload = packed[start:start + length]
    if payload.startswith(b"\xfd7zXZ"):
        content = lzma.LZMADecompressor().decompress(payload)
    elif payload.startswith(b"\x1f\x8b"):
        content = zlib.decompressobj(31).decompress(payload)
    else:
        return kernel  # zstd and the like boot as they are
    elf = work / f"vmlinux-{kernel.release}"
    elf.write_bytes(content)
    return Kernel(elf, kernel.modules)


def version_key(path):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]


def find_kernel(work, modules):
    """The one of $USBROUTE_LAB_KERNEL, the one fetched before, an installed one, or one that is fetched now."""
    named = os.environ.get("USBROUTE_LAB_KERNEL")
    fetched = work / "kernel"
    places = [Path(named)] if named else [fetched, Path("/")]
    why_not = []
    for place in places:
        for kernel in kernels_below(place):
            try:
                kernel.where_is(modules)
                return kernel
            except NoKernel as reason:
                why_not.append(str(reason))
    if named:
        raise NoKernel("; ".join(why_not) or f"{named} has no boot/vmlinuz-X with lib/modules/X and its modules.dep")
    fetch_debian_kernel(fetched)
    for kernel in kernels_below(fetched):
        kernel.where_is(modules)
        return kernel
    raise NoKernel(f"the downloaded package left no kernel in {fetched}")


def fetch_debian_kernel(target):
    """Downloads the package that linux-image-amd64 stands for and unpacks it."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise NoKernel("no kernel with its modules can be read here; install your distribution's kernel package, or name a "
                       "folder with boot/vmlinuz-X and lib/modules/X in USBROUTE_LAB_KERNEL")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    package = package_behind("linux-image-amd64")
    print(f"lab: fetching {package}", flush=True)
    download = ["apt-get", "-q", "download", package]
    if subprocess.run(download, cwd=target, capture_output=True, check=False).returncode != 0:
        if os.geteuid() == 0:  # the lists may be older than the mirror
            subprocess.run(["apt-get", "-q", "update"], check=False, capture_output=True)
        got = subprocess.run(download, cwd=target, capture_output=True, text=True, check=False)
        if got.returncode != 0:
            raise NoKernel(f"cannot download {package}: {got.stderr.strip()}; try `apt-get update` as root")
    (archive,) = target.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", archive, target], check=True)
    archive.unlink()
    for modules in (target / "lib/modules").glob("*"):
        subprocess.run([shutil.which("depmod", path=os.environ["PATH"] + ":/sbin:/usr/sbin") or "depmod", "-b", target,
                        modules.name], check=True)


def package_behind(name):
    command = ["apt-cache", "depends", "--no-recommends", "--no-suggests", name]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"Depends: (linux-image-\S+)", shown)
    if not found:
        raise NoKernel(f"apt does not know {name}; try `apt-get update` as root")
    return found.group(1)
