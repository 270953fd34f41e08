# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""What the daemon's tests need and nc cannot do. Each command prints what the test then looks at.

  daemon_client.py SOCKET split LINE        sends LINE in two pieces, cut at every byte in turn
  daemon_client.py SOCKET slow              sends much and never reads; says whether the daemon closed it
  daemon_client.py SOCKET many COUNT        connects COUNT clients at once; says how many are served
  daemon_client.py SOCKET glued COUNT       sends COUNT toggles in one piece; says how many answers came
  daemon_client.py SOCKET flood PORT LINE COUNT   says LINE over TCP, each time over another connection; how many were ok, busy
  daemon_client.py SOCKET fair              one client floods; says whether another is answered meanwhile
  daemon_client.py SOCKET kept LINE LINE .. several lines over one connection, an answer awaited after each
  daemon_client.py activate PATH COMMAND..  runs COMMAND with PATH as an inherited socket called control
  daemon_client.py notified PATH COMMAND..  runs COMMAND with a notify socket; prints what is said, until STOPPING
"""

import os
import signal
import socket
import sys
import time

PATIENCE = 5.0


def connected(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Connected first: with a time-out, a full queue of the listener is an error and not a wait.
    client.connect(path)
    client.settimeout(PATIENCE)
    return client


def answer_of(client):
    answer = b""
    while not answer.endswith(b"\n"):
        piece = client.recv(65536)
        if not piece:
            break
        answer += piece
    return answer.decode(errors="replace").rstrip("\n")


def split(path, line):
    data = (line + "\n").encode()
    answers = set()
    with connected(path) as client:
        for cut in range(len(data) + 1):
            for piece in (data[:cut], data[cut:]):
                if piece:
                    client.sendall(piece)
                    time.sleep(0.001)
            answers.add(answer_of(client))
    print("\n".join(sorted(answers)))


def slow(path):
    with connected(path) as client:
        client.settimeout(0.5)
        sent = 0
        try:
            while sent < 64 * 1024 * 1024:
                sent += client.send(b'{"do":"status"}\n' * 256)
        except TimeoutError:
            # The daemon has stopped reading: what it keeps for us is bounded.
            print("held back" if sent < 4 * 1024 * 1024 else f"took {sent} bytes")
        except (BrokenPipeError, ConnectionResetError):
            print("closed")
        else:
            print("took everything")


def many(path, count):
    clients = []
    served = busy = 0
    for _ in range(int(count)):
        clients.append(connected(path))
        try:
            clients[-1].sendall(b"status\n")
        except BrokenPipeError:
            pass  # turned away already; why is still to be read
    for client in clients:
        try:
            answer = answer_of(client)
        except ConnectionResetError:
            answer = ""
        served += answer.startswith("ok")
        busy += answer.startswith("error busy") or answer == ""
    print(f"served {served} busy {busy}")
    for client in clients:
        client.close()


def glued(path, count):
    with connected(path) as client:
        client.sendall(b"toggle\n" * int(count))
        client.shutdown(socket.SHUT_WR)
        answers = b""
        while piece := client.recv(65536):
            answers += piece
    lines = answers.decode().splitlines()
    print(f"{len(lines)} answers, {sum(line.startswith('ok') for line in lines)} ok")


def fair(path):
    with connected(path) as flooding, connected(path) as other:
        flooding.sendall(b"status\n" * 1000)
        other.sendall(b"status\n")
        print(answer_of(other).split()[0])


def flood(_, port, line, count):
    said = []
    for _ in range(int(count)):
        with socket.create_connection(("127.0.0.1", int(port)), PATIENCE) as client:
            client.sendall(line.encode() + b"\n")
            said.append(answer_of(client))
    print(sum(answer.startswith("ok") for answer in said), sum(answer.startswith("error busy ") for answer in said))


def kept(path, *lines):
    with connected(path) as client:
        for line in lines:
            client.sendall(line.encode() + b"\n")
            print(answer_of(client))


def activate(path, *command):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen()
    os.dup2(listener.fileno(), 3)
    os.set_inheritable(3, True)  # dup2 does nothing where it is 3 already
    os.environ.update(LISTEN_FDS="1", LISTEN_FDNAMES="control", LISTEN_PID=str(os.getpid()))
    os.execvp(command[0], command)


def notified(path, *command):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    abstract = path.startswith("@")
    listener.bind("\0" + path[1:] if abstract else path)
    listener.settimeout(PATIENCE)
    os.environ["NOTIFY_SOCKET"] = path
    child = os.spawnvp(os.P_NOWAIT, command[0], command)
    try:
        for then in (signal.SIGHUP, None, signal.SIGTERM, None):
            said = listener.recv(4096).decode()
            print(" ".join(sorted(word.split("=")[0] + "=" + word.split("=")[1][:9] for word in said.split("\n")
                                  if not word.startswith(("MAINPID", "MONOTONIC")))))
            if then is not None:
                os.kill(child, then)
            elif said.startswith("READY"):
                os.kill(child, signal.SIGTERM)
            if said.startswith("STOPPING"):
                break
    finally:
        print("exit", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def main(arguments):
    if arguments[0] in ("activate", "notified"):
        return globals()[arguments[0]](*arguments[1:])
    return globals()[arguments[1]](arguments[0], *arguments[2:])


if __name__ == "__main__":
    main(sys.argv[1:])
