"""Block devices from the controller to the mount table, so that disk guards can be tried."""

from .pci import path_of

SD_MAJOR, VIRTIO_MAJOR, DM_MAJOR, MD_MAJOR, NVME_MAJOR = 8, 254, 253, 9, 259
ROOT_MOUNT = 27


def emit(tree, machine, interfaces):
    numbers = _Disks(tree, machine, interfaces).emit()
    _emit_mounts(tree, machine, numbers)


class _Disks:
    def __init__(self, tree, machine, interfaces):
        self.tree = tree
        self.machine = machine
        self.interfaces = interfaces
        self.paths = {}               # block device -> sysfs path
        self.numbers = {}             # block device -> "8:17"
        self.usb_host = machine.first_usb_scsi_host

    def emit(self):
        for index, disk in enumerate(self.machine.disks):
            self._disk(index, disk)
        for index, stacked in enumerate(self.machine.stacked):
            self._stacked(index, stacked)
        return self.numbers

    def _disk(self, index, disk):
        if disk.kind == "nvme":
            controller = path_of(self.machine, disk.where)
            above, parent = f"{controller}/nvme/nvme0/{disk.name}", f"{controller}/nvme/nvme0"
            self.tree.attributes(parent, {"model": f"{disk.model:<40}", "transport": "pcie", "state": "live"})
            self.tree.link(f"{parent}/device", controller)
            self.tree.in_class("nvme", "nvme0", parent)
            major, first, infix = NVME_MAJOR, 0, "p"
        elif disk.kind == "virtio":
            parent = f"{path_of(self.machine, disk.where)}/virtio0"
            self.tree.on_bus("virtio", "virtio0", parent, "virtio_blk")
            above, major, first, infix = f"{parent}/block/{disk.name}", VIRTIO_MAJOR, 0, ""
        else:
            parent = self._scsi(disk)
            above, major, infix = f"{parent}/block/{disk.name}", SD_MAJOR, ""
            first = 16 * (ord(disk.name[2]) - ord("a"))
        self._block(above, disk.name, major, first, disk.sectors, "disk", removable=disk.removable, above=parent)
        start = 2048
        for number, part in enumerate(disk.parts, 1):
            self._block(f"{above}/{disk.name}{infix}{number}", f"{disk.name}{infix}{number}", major,
                        first + number, part.sectors, "partition", number=number, start=start)
            start += part.sectors

    def _scsi(self, disk):
        if disk.kind == "usb":
            host, self.usb_host = self.usb_host, self.usb_host + 1
            above = self.interfaces[disk.where][0]
        else:
            host = 0
            above = f"{path_of(self.machine, disk.where)}/ata1"
        name = f"{host}:0:0:0"
        path = f"{above}/host{host}/target{host}:0:0/{name}"
        self.tree.attributes(path, {
            "vendor": f"{disk.vendor:<8}", "model": f"{disk.model:<16}", "rev": "1.00",
            "type": 0, "state": "running", "scsi_level": 7,
        })
        self.tree.on_bus("scsi", name, path, "sd")
        return path

    def _block(self, path, name, major, minor, sectors, kind, number=None, start=None, removable=False, above=None):
        tree = self.tree
        self.paths[name], self.numbers[name] = path, f"{major}:{minor}"
        tree.attributes(path, {"dev": f"{major}:{minor}", "size": sectors, "ro": 0})
        uevent = [f"MAJOR={major}", f"MINOR={minor}", f"DEVNAME={name}", f"DEVTYPE={kind}"]
        if kind == "partition":
            tree.attributes(path, {"partition": number, "start": start})
            uevent += [f"PARTN={number}"]
        else:
            tree.attributes(path, {"removable": int(removable), "queue/rotational": 0,
                                   "queue/logical_block_size": 512})
            if above:
                tree.link(f"{path}/device", above)
            tree.link(f"sys/block/{name}", path)
        tree.lines(f"{path}/uevent", uevent)
        tree.in_class("block", name, path)
        tree.link(f"sys/dev/block/{major}:{minor}", path)

    def _stacked(self, index, stacked):
        md = stacked.node.startswith("md")
        path = f"sys/devices/virtual/block/{stacked.node}"
        minor = int(stacked.node.removeprefix("md")) if md else index
        self._block(path, stacked.node, MD_MAJOR if md else DM_MAJOR, minor, stacked.sectors, "disk")
        if md:
            self.tree.attributes(f"{path}/md", {"level": "raid1", "array_state": "clean",
                                                "raid_disks": len(stacked.over)})
        else:
            self.tree.attributes(f"{path}/dm", {"name": stacked.name, "uuid": stacked.uuid, "suspended": 0})
            self.numbers[f"mapper/{stacked.name}"] = self.numbers[stacked.node]
        for below in stacked.over:
            self.tree.link(f"{path}/slaves/{below}", self.paths[below])
            self.tree.link(f"{self.paths[below]}/holders/{stacked.node}", path)


def _emit_mounts(tree, machine, numbers):
    rows = [("0:21", "/", "/sys", "rw,nosuid,nodev,noexec,relatime", "sysfs", "sysfs", "rw"),
            ("0:22", "/", "/proc", "rw,nosuid,nodev,noexec,relatime", "proc", "proc", "rw"),
            ("0:5", "/", "/dev", "rw,nosuid,relatime", "devtmpfs", "udev", "rw,mode=755"),
            ("0:24", "/", "/run", "rw,nosuid,nodev,noexec,relatime", "tmpfs", "tmpfs", "rw,mode=755")]
    for mount in machine.mounts:
        number = (f"0:{mount.anonymous}" if mount.anonymous is not None
                  else numbers[mount.source.removeprefix("/dev/")])
        rows.append((number, mount.root, mount.target, mount.options, mount.fstype, mount.source,
                     mount.super_options))
    escape = {" ": "\\040", "\t": "\\011", "\n": "\\012", "\\": "\\134"}
    safe = lambda text: "".join(escape.get(c, c) for c in text)
    info, mounts = [], []
    for index, (number, root, target, options, fstype, source, more) in enumerate(rows):
        above = 1 if target == "/" else ROOT_MOUNT
        ident = ROOT_MOUNT if target == "/" else ROOT_MOUNT + 1 + index
        info.append(f"{ident} {above} {number} {safe(root)} {safe(target)} {options} shared:{index + 1}"
                    f" - {fstype} {safe(source)} {more}")
        mounts.append(f"{safe(source)} {safe(target)} {fstype} {options} 0 0")
    tree.lines("proc/self/mountinfo", info)
    tree.lines("proc/self/mounts", mounts)
    tree.link("proc/mounts", "proc/self/mounts")
    swaps = ["Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority"]
    for number, (device, size, used) in enumerate(machine.swaps):
        tab = "\t" if size < 10000000 else ""
        swaps.append(f"{device:<40}partition\t{size}{tab}\t{used}\t\t{-2 - number}")
    tree.lines("proc/swaps", swaps)
