# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Where a run takes place: the programs, a temporary directory, and processes that end with it."""

import contextlib
import itertools
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile

# Room for the largest generated trees, a page for each of their small files.
BYTES_NEEDED = 2 << 30
PATIENCE = 10  # seconds until a service must be ready


class CannotMeasure(Exception):
    pass


@contextlib.contextmanager
def one_core():
    """Everything started inside runs on one core, one program at a time.

    Where client and server each have a core, most of a round trip on an idle machine is the time that a
    sleeping core takes to wake up, twice; a virtual one takes longest. That says nothing about the programs.
    """
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


class BenchRoom:
    def __init__(self, programs):
        self.programs = os.path.abspath(programs)
        self.setpci = _found("setpci")
        self.lsusb = _found("lsusb")
        self.folder = None
        self.logs = {}  # by process id
        self._numbers = itertools.count()

    def __enter__(self):
        # usbroute's variables would lead the programs to another machine.
        for name in [name for name in os.environ if name.startswith("USBROUTE_")]:
            del os.environ[name]
        self.folder = tempfile.mkdtemp(prefix="usbroute-bench-", dir=_roomy_folder())
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        path = os.path.join(self.programs, name)
        if not os.access(path, os.X_OK):
            raise CannotMeasure(f"{path} is not there; build it with -DUSBROUTE_BENCH=ON")
        return path

    def needs(self, name):
        path = getattr(self, name)
        if path is None:
            raise CannotMeasure(f"{name} is not installed; see tools/install-deps bench")
        return path

    def path(self, name):
        return os.path.join(self.folder, name)

    def new_folder(self, kind):
        path = self._new_path(kind)
        os.mkdir(path)
        return path

    def _new_path(self, kind):
        """One that no other process has."""
        return self.path(f"{kind}-{next(self._numbers)}")

    def output_of(self, *command):
        """What a measuring program printed, as numbers in lines."""
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            why = done.stderr.strip() or f"exit code {done.returncode}"
            raise CannotMeasure(f"{os.path.basename(command[0])}: {why}")
        return [[float(word) for word in line.split()] for line in done.stdout.splitlines()]

    @contextlib.contextmanager
    def service(self, *command):
        """A service that prints "ready" when it listens."""
        with self._process(command, stdout=subprocess.PIPE) as process:
            readable, _, _ = select.select([process.stdout], [], [], PATIENCE)
            if not readable or process.stdout.readline() != b"ready\n":
                why = self._complaint(process)
                raise CannotMeasure(f"{os.path.basename(command[0])} did not start: {why}")
            yield process

    @contextlib.contextmanager
    def daemon(self, *command, environment=None):
        """A daemon that tells its service manager when it is ready."""
        place = self._new_path("notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(place)
            notify.settimeout(PATIENCE)
            variables = os.environ | {"NOTIFY_SOCKET": place} | (environment or {})
            with self._process(command, env=variables) as process:
                self._wait_until_ready(notify, process)
                yield process
                if process.poll() is not None:
                    raise CannotMeasure(f"usbrouted ended by itself: {self._complaint(process)}")

    def _wait_until_ready(self, notify, process):
        try:
            while b"READY=1" not in notify.recv(4096):
                pass
        except TimeoutError:
            state = "ended" if process.poll() is not None else "is not ready"
            raise CannotMeasure(f"usbrouted {state}: {self._complaint(process)}") from None

    @contextlib.contextmanager
    def _process(self, command, **options):
        """What it says goes to a file: log lines are part of a daemon's work, a terminal's speed is not."""
        place = self._new_path("log")
        with open(place, "wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, **options)
        self.logs[process.pid] = place
        try:
            yield process
        finally:
            _end(process)

    def _complaint(self, process):
        with open(self.logs[process.pid], encoding="utf-8", errors="replace") as log:
            return log.read().strip()[-400:] or "it said nothing"


def _end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def _found(name):
    """setpci and lsusb may be where only root's PATH leads."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")


def _roomy_folder():
    """Memory rather than a disk, for sysfs is memory too."""
    for folder in ("/dev/shm", os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()):
        if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
            continue
        if shutil.disk_usage(folder).free > BYTES_NEEDED:
            return folder
    return tempfile.gettempdir()
