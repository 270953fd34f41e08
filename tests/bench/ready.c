// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/* How long a daemon takes from its start until it tells its service manager that it is ready.
 *
 *   bench-ready ROUNDS SOCKET COMMAND...
 *
 * Listens on SOCKET as a service manager would (NOTIFY_SOCKET), starts the daemon, waits for "READY=1", ends
 * it with SIGTERM and waits for its end. Prints the median and the longest time in microseconds. Exit code 1
 * if a daemon is not ready in ten seconds or does not end cleanly.
 */
#include "measuring.h"

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_notify_socket(const char* path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    check(strlen(path) < sizeof address.sun_path, path);
    strcpy(address.sun_path, path);
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    check(bind(fd, (const struct sockaddr*)&address, sizeof address) == 0, path);
    const struct timeval patience = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setenv("NOTIFY_SOCKET", path, 1);
    return fd;
}

/* Datagrams of an earlier daemon ("STOPPING=1") may come first. */
static int wait_until_ready(int fd)
{
    char datagram[4096];
    for (;;) {
        const ssize_t got = recv(fd, datagram, sizeof datagram - 1, 0);
        if (got < 0) return 0;
        datagram[got] = '\0';
        if (strstr(datagram, "READY=1") != NULL) return 1;
    }
}

static int64_t start_once(int notify, char** command)
{
    pid_t child = 0;
    int status = 0;
    const int64_t start = nanoseconds();
    errno = posix_spawn(&child, command[0], NULL, NULL, command, environ);
    check(errno == 0, command[0]);
    const int is_ready = wait_until_ready(notify);
    const int64_t end = nanoseconds();
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
    if (is_ready && status == 0) return end - start;
    fprintf(stderr, "%s %s, wait status 0x%x\n", command[0],
            is_ready ? "was ready" : "was not ready in ten seconds", (unsigned)status);
    exit(1);
}

int main(int argc, char** argv)
{
    check(argc > 3, "usage: bench-ready ROUNDS SOCKET COMMAND...");
    const size_t rounds = strtoul(argv[1], NULL, 10);
    const int notify = open_notify_socket(argv[2]);
    int64_t* times = room_for(rounds);

    start_once(notify, argv + 3);
    for (size_t i = 0; i < rounds; ++i) times[i] = start_once(notify, argv + 3);

    sort_times(times, rounds);
    printf("%.1f %.1f\n", microseconds(times[rounds / 2]), microseconds(times[rounds - 1]));
    unlink(argv[2]);
    free(times);
    return 0;
}
