// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/* The least that a service for `toggle` can do: read a line, write one register, answer.
 *
 *   bench-floor unix:PATH|tcp:PORT CONFIG VALUE VALUE
 *
 * Serves one client after the other until it is killed. Says "ready" when it listens. No parsing, no look at
 * the machine, no plan, no read back: what a real service costs is measured from here.
 */
#include "measuring.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
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
    check(argc == 5, "usage: bench-floor unix:PATH|tcp:PORT CONFIG VALUE VALUE");
    const int listener =
        strncmp(argv[1], "tcp:", 4) == 0 ? listen_tcp(argv[1] + 4) : listen_unix(argv[1] + 5);
    const int config = open(argv[2], O_RDWR | O_CLOEXEC);
    check(config >= 0, argv[2]);
    const uint32_t values[2] = {(uint32_t)strtoul(argv[3], NULL, 16), (uint32_t)strtoul(argv[4], NULL, 16)};

    check(listen(listener, 4) == 0, "listen");
    puts("ready");
    fflush(stdout);
    for (;;) {
        const int client = accept(listener, NULL, NULL);
        check(client >= 0, "accept");
        serve(client, config, values);
        close(client);
    }
}
