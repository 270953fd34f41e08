// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/usb_node.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace usbroute::linux_ {

namespace {

constexpr unsigned usb_node_major = 189;    // Documentation/admin-guide/devices.txt
constexpr unsigned nodes_of_a_bus = 128;    // drivers/usb/core/usb.c, usb_alloc_dev and its minor numbers
constexpr std::size_t longest_number = 64U; // of the attribute `dev`

/// What the kernel says to a request, before anybody has put it into words.
struct UsbAnswer {
    int why = 0;      ///< errno; 0: done
    int returned = 0; ///< where it is done
};

/// The type that the C library takes requests as: glibc unsigned long, musl int.
template <class Request> Request request_type(int (*)(int, Request, ...));
using IoctlRequest = decltype(request_type(&::ioctl));

UsbAnswer ask_usbfs(int fd, unsigned long request, void* argument)
{
    int returned = 0;
    do returned = ::ioctl(fd, static_cast<IoctlRequest>(request), argument);
    while (returned < 0 && errno == EINTR);
    return returned < 0 ? UsbAnswer{.why = errno} : UsbAnswer{.returned = returned};
}

std::unexpected<Error> usb_error(const char* code, std::string message, int why)
{
    auto error = why == 0 ? Error(ErrorKind::failed, std::move(message))
                          : Error(kind_from(why), std::move(message), why);
    return std::unexpected(std::move(error).with_code(code));
}

std::unexpected<Error> is_gone(const std::string& subject, int why)
{
    return usb_error("device-gone",
                     format("{} is gone: it was unplugged, or its controller changed hands", subject), why);
}

unsigned minor_of(const MeantDevice& meant)
{
    return (meant.place.bus() - 1U) * nodes_of_a_bus + meant.number - 1U;
}

std::string subject_of(const MeantDevice& meant)
{
    return (meant.place.is_root_hub() ? "root hub " : "USB device ") + meant.place.text();
}

std::string path_of_node(const std::string& root, const MeantDevice& meant)
{
    return format("{}dev/bus/usb/{:03}/{:03}", root, meant.place.bus(), meant.number);
}

class OpenNode final : public UsbNode {
public:
    /// `subject`: "hub usb3" or "device 3-1.4"; `path` as a person would type it.
    OpenNode(UniqueFd fd, std::string subject, std::string path)
        : fd_(std::move(fd)), subject_(std::move(subject)), path_(std::move(path))
    {}

    Result<void> claim_port(std::uint8_t port) override
    {
        unsigned number = port;
        switch (const int why = ask_usbfs(fd_.get(), USBDEVFS_CLAIM_PORT, &number).why) {
        case 0: return {};
        case EBUSY:
            return usb_error(
                "port-claimed",
                format(
                    "port {} of {} is claimed by another program; `fuser -v {}` lists who has the hub open: end that program, or leave the port to it",
                    port, subject_, path_),
                why);
        case EINVAL: return no_such_port(port, why);
        default: return unexpected_answer(format("claim port {} of {}", port, subject_), why);
        }
    }

    Result<void> release_port(std::uint8_t port) override
    {
        unsigned number = port;
        switch (const int why = ask_usbfs(fd_.get(), USBDEVFS_RELEASE_PORT, &number).why) {
        case 0: return {};
        case ENOENT:
            return usb_error(
                "port-not-claimed",
                format("port {} of {} is not claimed from here; nothing to release", port, subject_), why);
        case EINVAL: return no_such_port(port, why);
        default: return unexpected_answer(format("release port {} of {}", port, subject_), why);
        }
    }

    Result<void> set_configuration(std::uint8_t value) override
    {
        unsigned number = value;
        switch (const int why = ask_usbfs(fd_.get(), USBDEVFS_SETCONFIGURATION, &number).why) {
        case 0: return {};
        case EBUSY:
            return usb_error(
                "interface-in-use",
                format(
                    "{} keeps its configuration: a driver or another program uses one of its interfaces; unbind it first",
                    subject_),
                why);
        case EINVAL:
            return usb_error(
                "configuration-refused",
                format("{} has no configuration {}; use a bConfigurationValue of its descriptors", subject_,
                       value),
                why);
        default: return unexpected_answer(format("set configuration {} of {}", value, subject_), why);
        }
    }

    Result<GivenBack> give_back(std::uint8_t interface_number) override
    {
        usbdevfs_ioctl command{.ifno = interface_number, .ioctl_code = USBDEVFS_CONNECT, .data = nullptr};
        const auto answer = ask_usbfs(fd_.get(), USBDEVFS_IOCTL, &command);
        switch (answer.why) {
        // device_attach() (drivers/base/dd.c): 1 where a driver has bound.
        case 0: return answer.returned == 0 ? GivenBack::without_driver : GivenBack::bound;
        case EBUSY: return GivenBack::had_one_already;
        case EHOSTUNREACH:
            return usb_error(
                "not-configured",
                format("{} has no interfaces to give back: it has no configuration; set one", subject_),
                answer.why);
        case EINVAL:
            return usb_error("no-such-interface",
                             format("{} has no interface {}", subject_, interface_number), answer.why);
        default:
            return unexpected_answer(format("give interface {} of {} back", interface_number, subject_),
                                     answer.why);
        }
    }

    Result<void> take_away(std::uint8_t interface_number) override
    {
        usbdevfs_ioctl command{.ifno = interface_number, .ioctl_code = USBDEVFS_DISCONNECT, .data = nullptr};
        switch (const int why = ask_usbfs(fd_.get(), USBDEVFS_IOCTL, &command).why) {
        case 0:
        case ENODATA:                 // no driver has it
        case EHOSTUNREACH: return {}; // it has no configuration
        case EINVAL:
            return usb_error("no-such-interface",
                             format("{} has no interface {}", subject_, interface_number), why);
        default: return unexpected_answer(format("take interface {} of {}", interface_number, subject_), why);
        }
    }

    UniqueFd give_away() override { return std::move(fd_); }

private:
    [[nodiscard]] std::unexpected<Error> no_such_port(std::uint8_t port, int why) const
    {
        return usb_error("no-such-port",
                         format("{} has no port {}, or is a hub whose driver does not run", subject_, port),
                         why);
    }
    [[nodiscard]] std::unexpected<Error> unexpected_answer(const std::string& wish, int why) const
    {
        if (why == ENODEV || why == ESHUTDOWN || why == ENOENT) return is_gone(subject_, why);
        if (why == ENOTTY)
            return usb_error("not-a-device", format("cannot {}: {} is no node of a USB device", wish, path_),
                             why);
        return usb_error("usb-failed", format("cannot {}", wish), why);
    }

    UniqueFd fd_;
    std::string subject_;
    std::string path_;
};

} // namespace

/// sysfs is read between the opening and the node's own answer: a device that answers has been there all the time, and
/// nobody else had its number.
Result<void> UsbFileSystem::check_it_is(int fd, const MeantDevice& meant, const std::string& subject,
                                        const std::string& path) const
{
    const auto name = meant.place.text();
    const auto told = tree_.read(format("sys/bus/usb/devices/{}/dev", name), longest_number);
    usbdevfs_connectinfo connection{};
    const int why = ask_usbfs(fd, USBDEVFS_CONNECTINFO, &connection).why;
    if (why == ENOTTY) return usb_error("not-a-device", format("{} is no node of a USB device", path), why);
    if (!told || why != 0) return is_gone(subject, why == 0 ? told.error().value : why);
    if (trim(*told) == format("{}:{}", usb_node_major, minor_of(meant)) && connection.devnum == meant.number)
        return {};
    return usb_error("device-changed",
                     format("another device is at {} now than the one that was meant; look again", name), 0);
}

Result<std::unique_ptr<UsbNode>> UsbFileSystem::open(const MeantDevice& meant)
{
    auto fd = open_plain(meant);
    if (!fd) return std::unexpected(std::move(fd.error()));
    return wrap(std::move(*fd), meant);
}

std::unique_ptr<UsbNode> UsbFileSystem::wrap(UniqueFd fd, const MeantDevice& meant) const
{
    return std::make_unique<OpenNode>(std::move(fd), subject_of(meant), path_of_node(root_, meant));
}

Result<UniqueFd> UsbFileSystem::open_plain(const MeantDevice& meant) const
{
    const auto subject = subject_of(meant);
    const auto path = path_of_node(root_, meant);
    if (meant.place.bus() == 0 || meant.number == 0) return is_gone(subject, ENODEV);

    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!fd.is_open()) {
        const int why = errno;
        if (why == ENOENT || why == ENODEV || why == ENXIO) return is_gone(subject, why);
        if (why == EACCES || why == EPERM)
            return usb_error(
                "node-not-permitted",
                format(
                    "no right to open {} for writing; give this user or its group access to it, for example by a udev rule",
                    path),
                why);
        return usb_error("usb-failed", format("cannot open {}", path), why);
    }

    if (auto same = check_it_is(fd.get(), meant, subject, path); !same) return std::unexpected(same.error());
    return fd;
}

bool UsbFileSystem::is_node_of(const UniqueFd& fd, const MeantDevice& meant) const
{
    if (meant.place.bus() == 0 || meant.number == 0) return false;
    struct ::stat about{};
    // The node's own answer does not tell the bus.
    const bool is_its_node = ::fstat(fd.get(), &about) == 0 && S_ISCHR(about.st_mode) &&
                             about.st_rdev == makedev(usb_node_major, minor_of(meant));
    return is_its_node &&
           check_it_is(fd.get(), meant, subject_of(meant), path_of_node(root_, meant)).has_value();
}

} // namespace usbroute::linux_
