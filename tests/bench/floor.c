// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/* The least that a service for `toggle` can do: read a line, write one register, answer.
 *
 *   bench-floor unix:PATH|tcp:PORT CONFIG VALUE VALUE            reads, writes the register, answers
 *   bench-floor unix:PATH|tcp:PORT CONFIG VALUE VALUE DIRECTORY  makes every system call that usbrouted makes for it
 *
 * The second shows what of a toggle is the kernel's share: lock, journal, both registers read back, log, and no thought in
 * between. The daemon cannot be faster without doing less.
 *
 * Serves one client after the other until it is killed. Says "ready" when it listens. No parsing, no look at
 * the machine, no plan, no read back: what a real service costs is measured from here.
 */
#include "measuring.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const off_t xusb2pr = 0xd0; /* in the xHCI's configuration space */

static int listen_unix(const char* path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    check(strlen(path) < sizeof address.sun_path, path);
    strcpy(address.sun_path, path);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    check(bind(fd, (const struct sockaddr*)&address, sizeof address) == 0, path);
    return fd;
}

static int listen_tcp(const char* port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)atoi(port)),
                                        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    const int on = 1;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Connections inherit it. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    check(bind(fd, (const struct sockaddr*)&address, sizeof address) == 0, port);
    return fd;
}

/* As usbrouted keeps them in its state directory. */
struct state {
    char lock_path[4096], journal_path[4096];
    int lock, journal, log, hints, epoll;
};

static int opened(char* path, const char* directory, const char* name)
{
    check(snprintf(path, 4096, "%s/%s", directory, name) < 4096, directory);
    const int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    check(fd >= 0, path);
    return fd;
}

static void keep_state(struct state* state, const char* directory)
{
    char path[4096];
    state->lock = opened(state->lock_path, directory, "change.lock");
    state->journal = opened(state->journal_path, directory, "journal");
    state->log = opened(path, directory, "log");
    state->hints = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    state->epoll = epoll_create1(EPOLL_CLOEXEC);
    check(state->hints >= 0 && state->epoll >= 0, "inotify, epoll");
}

/* In the order and with the sizes that strace shows of a toggle of one socket with a SuperSpeed half and one without. */
static void toggle_as_usbrouted(const struct state* state, int config, const uint32_t* value)
{
    static const char line[160];
    char bytes[16384];
    struct stat seen;
    read(state->hints, bytes, sizeof bytes);
    check(flock(state->lock, LOCK_EX | LOCK_NB) == 0, "flock");
    check(lstat(state->lock_path, &seen) == 0 && lstat(state->journal_path, &seen) == 0, "lstat");
    check(pread(config, bytes, 28, xusb2pr) == 28, "pread");
    check(write(state->journal, line, 128) == 128, "journal");
    check(pwrite(config, value, sizeof *value, xusb2pr + 8) == sizeof *value, "pwrite");
    check(pread(config, bytes, 28, xusb2pr) == 28, "pread");
    check(pwrite(config, value, sizeof *value, xusb2pr) == sizeof *value, "pwrite");
    check(pread(config, bytes, 28, xusb2pr) == 28, "pread");
    check(write(state->journal, line, 9) == 9, "journal");
    check(flock(state->lock, LOCK_UN) == 0, "flock");
}

static void serve_as_usbrouted(const struct state* state, int client, int config, const uint32_t values[2])
{
    static const char line[160];
    static unsigned toggles;
    struct epoll_event event = {.events = EPOLLIN};
    check(epoll_ctl(state->epoll, EPOLL_CTL_ADD, client, &event) == 0, "epoll_ctl");
    char bytes[8192];
    for (;;) {
        check(epoll_wait(state->epoll, &event, 1, -1) == 1, "epoll_wait");
        const ssize_t got = recv(client, bytes, sizeof bytes, MSG_PEEK);
        if (got <= 0) return;
        toggle_as_usbrouted(state, config, &values[++toggles % 2]);
        if (send(client, "ok windows=front-2,rear-2\n", 26, MSG_NOSIGNAL) != 26) return;
        recv(client, bytes, (size_t)got, 0);
        check(write(state->log, line, 139) == 139, "log");
    }
}

static void serve(int client, int config, const uint32_t values[2])
{
    static unsigned toggles;
    char line[4096];
    ssize_t got;
    while ((got = read(client, line, sizeof line)) > 0) {
        if (line[got - 1] != '\n') continue;
        check(pwrite(config, &values[++toggles % 2], sizeof values[0], xusb2pr) == sizeof values[0],
              "pwrite");
        if (write(client, "ok\n", 3) != 3) break;
    }
}

int main(int argc, char** argv)
{
    check(argc == 5 || argc == 6, "usage: bench-floor unix:PATH|tcp:PORT CONFIG VALUE VALUE [DIRECTORY]");
    const int listener =
        strncmp(argv[1], "tcp:", 4) == 0 ? listen_tcp(argv[1] + 4) : listen_unix(argv[1] + 5);
    const int config = open(argv[2], O_RDWR | O_CLOEXEC);
    check(config >= 0, argv[2]);
    const uint32_t values[2] = {(uint32_t)strtoul(argv[3], NULL, 16), (uint32_t)strtoul(argv[4], NULL, 16)};

    struct state state;
    if (argc == 6) keep_state(&state, argv[5]);

    check(listen(listener, 4) == 0, "listen");
    puts("ready");
    fflush(stdout);
    for (;;) {
        const int client = accept(listener, NULL, NULL);
        check(client >= 0, "accept");
        if (argc == 6)
            serve_as_usbrouted(&state, client, config, values);
        else
            serve(client, config, values);
        close(client);
    }
}
