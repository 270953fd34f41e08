#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Plays a service manager for one start of usbrouted: the socket, the notifications and the watchdog of systemd.

Usage: service_side.py sockets PATH NAME COMMAND...     listens on PATH and passes it on as NAME (LISTEN_FDS)
       service_side.py notify WATCHDOG_MS COMMAND...    prints what the command tells, a line each, with a step of its own:
                                                        after READY=1 and four pings it is stopped, and it is counted how
                                                        many pings come within four periods; then it goes on, and ends
       service_side.py kept FILE COMMAND...             writes to FILE what the command leaves with it, a line each: the name, and
                                                        how many files came; and `ready`; until the command ends
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time


def sockets(path, name, command):
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()
    os.dup2(listening.fileno(), 3)
    os.set_inheritable(3, True)  # also where it was 3 already
    os.environ.update(LISTEN_FDS="1", LISTEN_FDNAMES=name, LISTEN_PID=str(os.getpid()))
    os.execvp(command[0], command)


def notify(period, command):
    with tempfile.TemporaryDirectory() as directory:
        heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        heard.bind(f"{directory}/notify")
        os.chmod(directory, 0o755)
        os.chmod(f"{directory}/notify", 0o666)
        environment = dict(os.environ, NOTIFY_SOCKET=f"{directory}/notify", WATCHDOG_USEC=str(period * 1000))
        with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL) as daemon:
            watch(heard, period / 1000, daemon)
            print("exit", daemon.returncode)


def kept(file, command):
    with tempfile.TemporaryDirectory() as directory, open(file, "w", encoding="utf-8") as told:
        heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        heard.bind(f"{directory}/notify")
        heard.settimeout(0.1)
        environment = dict(os.environ, NOTIFY_SOCKET=f"{directory}/notify")
        with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL) as daemon:
            signal.signal(signal.SIGTERM, lambda *_: daemon.terminate())
            while daemon.poll() is None:
                try:
                    text, files, _, _ = socket.recv_fds(heard, 4096, 4)
                except TimeoutError:
                    continue
                said = dict(line.split("=", 1) for line in text.decode().split("\n") if "=" in line)
                if "FDSTORE" in said:
                    print(said["FDNAME"], len(files), file=told, flush=True)
                if "READY" in said:
                    print("ready", file=told, flush=True)
                for number in files:
                    os.close(number)
        sys.exit(daemon.returncode)


def next_told(heard, patience):
    heard.settimeout(patience)
    try:
        return heard.recv(4096).decode().split("\n")
    except TimeoutError:
        return []


def count_pings(heard, seconds):
    end = time.monotonic() + seconds
    pings = 0
    while (left := end - time.monotonic()) > 0:
        pings += next_told(heard, left).count("WATCHDOG=1")
    return pings


def watch(heard, period, daemon):
    is_ready, pings = False, 0
    end = time.monotonic() + 20
    while time.monotonic() < end and not (is_ready and pings >= 4):
        told = next_told(heard, 5)
        is_ready = is_ready or "READY=1" in told
        pings += told.count("WATCHDOG=1")
        if "READY=1" in told:
            print(f"ready, main pid is right: {'MAINPID=' + str(daemon.pid) in told}")
    print("pings:", "four" if pings >= 4 else pings)
    daemon.send_signal(signal.SIGSTOP)
    time.sleep(0.05)
    count_pings(heard, 0.01)  # what was under way
    print("pings while stopped:", count_pings(heard, 4 * period))
    daemon.send_signal(signal.SIGCONT)
    print("goes on:", count_pings(heard, 4 * period) > 0)
    daemon.terminate()
    while told := next_told(heard, 5):
        if "STOPPING=1" in told:
            print("stopping")
            break
    daemon.wait(timeout=10)


if __name__ == "__main__":
    if sys.argv[1] == "sockets":
        sockets(sys.argv[2], sys.argv[3], sys.argv[4:])
    elif sys.argv[1] == "kept":
        kept(sys.argv[2], sys.argv[3:])
    else:
        notify(int(sys.argv[2]), sys.argv[3:])
