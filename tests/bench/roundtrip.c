// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/* Asks the same thing many times over one kept connection and says how long an answer took.
 *
 *   bench-roundtrip unix:PATH|tcp:PORT COUNT LINE [CONFIG]
 *
 * With CONFIG, a configuration space in memory, it says how long it took until the 4 bytes at 0xd0 (XUSB2PR) were others,
 * which is before the answer; it looks without a pause and lets others run between two looks.
 *
 * Prints p50, p99 and the longest in microseconds. A tenth as many requests go first and are not counted. An
 * answer that does not begin with "ok" ends it with exit code 1.
 */
#include "measuring.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_unix(const char* path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    check(strlen(path) < sizeof address.sun_path, path);
    strcpy(address.sun_path, path);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    check(connect(fd, (const struct sockaddr*)&address, sizeof address) == 0, path);
    return fd;
}

static int connect_tcp(const char* port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)atoi(port)),
                                        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    const int on = 1;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    check(connect(fd, (const struct sockaddr*)&address, sizeof address) == 0, port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void read_answer(int fd)
{
    char answer[8192];
    size_t length = 0;
    do {
        check(length < sizeof answer - 1, "the answer is too long");
        const ssize_t got = read(fd, answer + length, sizeof answer - 1 - length);
        check(got > 0, "read");
        length += (size_t)got;
    } while (answer[length - 1] != '\n');
    if (memcmp(answer, "ok", 2) == 0) return;
    answer[length - 1] = '\0';
    fprintf(stderr, "the answer is not ok: %s\n", answer);
    exit(1);
}

/* The register in the page that whoever writes the file writes too. */
static const volatile uint32_t* register_in(const char* path)
{
    const int fd = open(path, O_RDONLY);
    check(fd >= 0, path);
    const char* bytes = mmap(NULL, 256, PROT_READ, MAP_SHARED, fd, 0);
    check(bytes != MAP_FAILED, path);
    close(fd);
    return (const volatile uint32_t*)(const void*)(bytes + 0xd0);
}

static int64_t ask(int fd, const char* line, size_t length, const volatile uint32_t* seen)
{
    const uint32_t before = seen == NULL ? 0 : *seen;
    const int64_t start = nanoseconds();
    check(write(fd, line, length) == (ssize_t)length, "write");
    if (seen != NULL)
        while (*seen == before) {
            check(nanoseconds() - start < INT64_C(5000000000), "the register stays as it was");
            sched_yield();
        }
    const int64_t written = nanoseconds() - start;
    read_answer(fd);
    return seen == NULL ? nanoseconds() - start : written;
}

int main(int argc, char** argv)
{
    check(argc == 4 || argc == 5, "usage: bench-roundtrip unix:PATH|tcp:PORT COUNT LINE [CONFIG]");
    const int fd = strncmp(argv[1], "tcp:", 4) == 0 ? connect_tcp(argv[1] + 4) : connect_unix(argv[1] + 5);
    const size_t count = strtoul(argv[2], NULL, 10);
    char line[4096];
    const size_t length = (size_t)snprintf(line, sizeof line, "%s\n", argv[3]);
    const volatile uint32_t* seen = argc == 5 ? register_in(argv[4]) : NULL;
    int64_t* times = room_for(count);

    for (size_t i = 0; i < count / 10; ++i) ask(fd, line, length, seen);
    for (size_t i = 0; i < count; ++i) times[i] = ask(fd, line, length, seen);
    close(fd);

    sort_times(times, count);
    printf("%.2f %.2f %.2f\n", microseconds(times[count / 2]), microseconds(times[count - 1 - count / 100]),
           microseconds(times[count - 1]));
    free(times);
    return 0;
}
