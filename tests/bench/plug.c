// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// The least that can give a plugged device to QEMU: on udev's event it opens the node, sets configuration 1, passes the
// descriptor and has a usb-host made of it; on the next one it deletes that. It checks nothing and reads no answer.
//
//     bench-plug MONITOR HUB-NODE PORT [GUEST-BUS]
//
// GUEST-BUS is "xhci.0" where it is not given. The port is claimed, so that the host's drivers keep away. Prints "ready" when
// it listens; ends when the monitor does.

#include "measuring.h"

#include <libudev.h>

#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connected_to(const char* path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    check(strlen(path) < sizeof address.sun_path, "the monitor's path is too long");
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0 && connect(fd, (struct sockaddr*)&address, sizeof address) == 0, path);
    return fd;
}

static void say(int monitor, const char* line, int descriptor)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = (void*)line, .iov_len = strlen(line)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
    }
    check(sendmsg(monitor, &message, MSG_NOSIGNAL) >= 0, "the monitor");
}

static void give(int monitor, const char* guest_bus, struct udev_device* device, unsigned round)
{
    const char* node = udev_device_get_devnode(device);
    int fd = node == NULL ? -1 : open(node, O_RDWR | O_CLOEXEC);
    check(fd >= 0, "the device's node");
    unsigned configuration = 1;
    check(ioctl(fd, USBDEVFS_SETCONFIGURATION, &configuration) >= 0, "its configuration");
    char line[256];
    snprintf(line, sizeof line, "{\"execute\":\"add-fd\",\"arguments\":{\"fdset-id\":%u}}\n", round);
    say(monitor, line, fd);
    snprintf(line, sizeof line,
             "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"usb-host\",\"id\":\"d%u\","
             "\"hostdevice\":\"/dev/fdset/%u\",\"bus\":\"%s\"}}\n",
             round, round, guest_bus);
    say(monitor, line, -1);
    close(fd);
}

static void take(int monitor, unsigned round)
{
    char line[256];
    snprintf(line, sizeof line, "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"d%u\"}}\n", round);
    say(monitor, line, -1);
    snprintf(line, sizeof line, "{\"execute\":\"remove-fd\",\"arguments\":{\"fdset-id\":%u}}\n", round);
    say(monitor, line, -1);
}

static void follow(int monitor, const char* guest_bus, struct udev_monitor* events, unsigned* round)
{
    struct udev_device* device = udev_monitor_receive_device(events);
    if (device == NULL) return;
    const char* action = udev_device_get_action(device);
    if (action != NULL && strcmp(action, "add") == 0) give(monitor, guest_bus, device, ++*round);
    if (action != NULL && strcmp(action, "remove") == 0) take(monitor, *round);
    udev_device_unref(device);
}

int main(int argc, char** argv)
{
    if (argc != 4 && argc != 5) return 2;
    const char* guest_bus = argc == 5 ? argv[4] : "xhci.0";
    check(strlen(guest_bus) < 32, "the name of the guest's bus is too long");
    int monitor = connected_to(argv[1]);
    say(monitor, "{\"execute\":\"qmp_capabilities\"}\n", -1);
    int hub = open(argv[2], O_RDWR | O_CLOEXEC);
    unsigned port = (unsigned)atoi(argv[3]);
    check(hub >= 0 && ioctl(hub, USBDEVFS_CLAIM_PORT, &port) >= 0, argv[2]);
    struct udev* context = udev_new();
    struct udev_monitor* events = udev_monitor_new_from_netlink(context, "udev");
    check(events != NULL &&
              udev_monitor_filter_add_match_subsystem_devtype(events, "usb", "usb_device") >= 0 &&
              udev_monitor_enable_receiving(events) >= 0,
          "udev");
    puts("ready");
    fflush(stdout);
    struct pollfd waiting[2] = {{.fd = monitor, .events = POLLIN},
                                {.fd = udev_monitor_get_fd(events), .events = POLLIN}};
    unsigned round = 0;
    char answers[4096];
    for (;;) {
        check(poll(waiting, 2, -1) >= 0 || errno == EINTR, "poll");
        if (waiting[1].revents != 0) follow(monitor, guest_bus, events, &round);
        if (waiting[0].revents != 0 && read(monitor, answers, sizeof answers) <= 0) return 0;
    }
}
