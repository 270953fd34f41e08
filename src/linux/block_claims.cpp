// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/block_claims.hpp"

#include "base/format.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/open_devices.hpp"
#include "linux/unique_fd.hpp"
#include "observe/blocks.hpp"
#include "observe/disk_use.hpp"
#include "topology/host_use.hpp"
#include "wire/claims.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <set>
#include <thread>

#include <fcntl.h>
#include <linux/loop.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::linux_ {

using topology::Claim;
using topology::Claims;
using topology::ClaimsAnswer;
using topology::ClaimState;

namespace {

using Names = std::vector<std::string>;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Another usbroute that asks at the same moment holds the disk as briefly as we do.
constexpr milliseconds until_another_has_asked{20};
constexpr int tries_a_node = 3;
constexpr std::size_t mounts_limit_for_nodes = 1U << 24;

/// The node in /dev, only if it is that of this very device.
std::expected<UniqueFd, std::string> node_of(const AskedBlock& block)
{
    auto path = "/dev/" + block.name;
    std::ranges::replace(path, '!', '/');
    UniqueFd node(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!node.is_open()) return std::unexpected(format("{}: {}", printable(path, 32), errno_text(errno)));
    struct stat status{};
    if (::fstat(node.get(), &status) != 0 || !S_ISBLK(status.st_mode) ||
        format("{}:{}", major(status.st_rdev), minor(status.st_rdev)) != block.number)
        return std::unexpected(printable(path, 32) + " is another device");
    return node;
}

/// 0, or the errno of the exclusive open.
int try_to_claim(const UniqueFd& node)
{
    const auto path = format("/proc/self/fd/{}", node.get());
    const UniqueFd device(::open(path.c_str(), O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    return device.is_open() ? 0 : errno;
}

Claim ask(const AskedBlock& block)
{
    const auto node = node_of(block);
    if (!node) return {.block = block.name, .state = ClaimState::unknown, .detail = node.error()};
    int answer = EBUSY;
    for (int i = 0; i < tries_a_node && answer == EBUSY; ++i) {
        if (i > 0) std::this_thread::sleep_for(until_another_has_asked);
        answer = try_to_claim(*node);
    }
    switch (answer) {
    case 0:
    case ENOMEDIUM: // a card reader's empty slot
    case ENXIO:     // gone just now
    case ENODEV: return {.block = block.name, .state = ClaimState::free, .detail = {}};
    case EBUSY: return {.block = block.name, .state = ClaimState::claimed, .detail = {}};
    default: return {.block = block.name, .state = ClaimState::unknown, .detail = errno_text(answer)};
    }
}

/// Numbers of the SCSI generic nodes of a disk. A program that passes commands through them needs no block device.
Names raw_nodes(const observe::KernelTree& tree, const std::string& disk)
{
    Names numbers;
    for (const char* kind : {"scsi_generic", "bsg"}) {
        const auto directory = format("sys/class/block/{}/device/{}", disk, kind);
        for (const auto& name : tree.list(directory).value_or(Names{}))
            if (const auto number = tree.read(directory + "/" + name + "/dev", 64))
                numbers.emplace_back(trim(*number));
    }
    return numbers;
}

/// The number of the block device below a loop device, which it keeps whatever becomes of the node by which it was set up.
std::optional<std::string> number_below(const topology::BlockDevice& loop)
{
    const auto node = node_of({.name = loop.name, .number = loop.number, .whole_disk = loop.name, .raw = {}});
    if (!node) return std::nullopt;
    const auto path = format("/proc/self/fd/{}", node->get());
    const UniqueFd device(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    loop_info64 info{};
    if (!device.is_open() || ::ioctl(device.get(), LOOP_GET_STATUS64, &info) != 0 || info.lo_rdevice == 0)
        return std::nullopt; // over a file
    return format("{}:{}", major(info.lo_rdevice), minor(info.lo_rdevice));
}

/// A root for each mount namespace: our own may lack what a sandbox hides, and a container has nodes of its own.
std::vector<LiveTree> roots_of_all()
{
    constexpr std::size_t most_roots = 256;
    const LiveTree tree("/");
    std::vector<LiveTree> roots;
    roots.emplace_back("/proc/self/root/");
    std::set<std::string> seen;
    for (const auto& process : tree.list("proc").value_or(Names{})) {
        if (!parse_decimal(process) || roots.size() >= most_roots) continue;
        const auto space = tree.link(format("proc/{}/ns/mnt", process));
        if (space && seen.insert(*space).second) roots.emplace_back(format("/proc/{}/root/", process));
    }
    return roots;
}

/// What a child writes until it closes its end; nothing: it takes too long.
std::optional<std::string> read_in_time(int fd, milliseconds patience)
{
    const auto end = steady_clock::now() + patience;
    std::string text;
    for (std::array<char, 4096> chunk{};;) {
        const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
        pollfd asked{.fd = fd, .events = POLLIN, .revents = 0};
        const int ready = left.count() <= 0 ? 0 : ::poll(&asked, 1, static_cast<int>(left.count()));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0 || text.size() > wire::longest_claims_answer) return std::nullopt;
        const auto got = ::read(fd, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
}

[[noreturn]] void answer_and_end(int fd)
{
    static_cast<void>(write_whole(fd, wire::to_line(ask_kernel_itself())));
    ::_exit(0);
}

Claims silent(std::string why) { return {.answer = ClaimsAnswer::silent, .why = std::move(why)}; }

} // namespace

std::vector<AskedBlock> usb_blocks_to_ask(const observe::KernelTree& tree)
{
    std::vector<AskedBlock> found;
    for (const auto& block : observe::read_usb_blocks(tree)) {
        if (!block.usb) continue;
        found.push_back({.name = block.name,
                         .number = block.number,
                         .whole_disk = block.whole_disk,
                         .raw = block.whole_disk == block.name ? raw_nodes(tree, block.name) : Names{}});
    }
    return found;
}

Claims ask_kernel(const std::vector<AskedBlock>& blocks, milliseconds budget)
{
    Claims claims{.answer = ClaimsAnswer::given};
    // A disk that is free has no partition that is claimed.
    Names free_disks;
    for (const auto& block : blocks) {
        if (block.whole_disk != block.name) continue;
        claims.claims.push_back(ask(block));
        if (claims.claims.back().state == ClaimState::free) free_disks.push_back(block.name);
    }
    for (const auto& block : blocks) {
        if (block.whole_disk == block.name) continue;
        const bool is_free = std::ranges::find(free_disks, block.whole_disk) != free_disks.end();
        claims.claims.push_back(is_free ? Claim{.block = block.name, .state = ClaimState::free, .detail = {}}
                                        : ask(block));
    }

    OpenDevices open_devices;
    for (const auto& block : blocks) {
        open_devices.watch(block.name, block.number, DeviceKind::block);
        for (const auto& number : block.raw) open_devices.watch(block.name, number, DeviceKind::character);
    }
    claims.is_cut = !open_devices.look(budget);
    for (auto& claim : claims.claims) {
        if (claim.state != ClaimState::free) continue;
        if (const auto* holder = open_devices.holder_of(claim.block)) {
            claim.state = ClaimState::open;
            claim.detail = *holder;
        }
    }
    return claims;
}

std::vector<topology::Under> under_loops_and_targets(const observe::KernelTree& tree)
{
    std::vector<topology::Under> found;
    const auto mounts = topology::parse_mountinfo(
        tree.read("proc/self/mountinfo", mounts_limit_for_nodes).value_or(std::string()));
    const auto remote = topology::remote_points(mounts);
    for (const auto& loop : observe::read_loops(tree)) {
        // The kernel asks the file system below, and a server might not answer it.
        if (!loop.block.name.starts_with("loop") || topology::is_below_any(loop.backing, remote)) continue;
        if (auto number = number_below(loop.block))
            found.push_back({.number = std::move(*number), .by = loop.block.name});
    }
    std::vector<LiveTree> roots;
    for (const auto& served : observe::read_exports(tree)) {
        std::set<std::string> numbers;
        if (!served.backing_number.empty()) numbers.insert(served.backing_number);
        if (served.backing.starts_with('/') && !topology::is_below_any(served.backing, remote)) {
            if (roots.empty()) roots = roots_of_all();
            for (const auto& root : roots)
                if (auto number = root.block_number(served.backing.substr(1)))
                    numbers.insert(std::move(*number));
        }
        for (const auto& number : numbers) found.push_back({.number = number, .by = served.by});
    }
    return found;
}

Claims ask_kernel_itself()
{
    const LiveTree tree("/");
    auto claims = ask_kernel(usb_blocks_to_ask(tree));
    claims.under = under_loops_and_targets(tree);
    return claims;
}

Claims ask_kernel_as_root(milliseconds patience)
{
    if (::geteuid() != 0) return {.answer = ClaimsAnswer::absent, .why = "only root may ask the kernel"};
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return silent(errno_text(errno));
    UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    const auto child = ::fork();
    if (child < 0) return silent(errno_text(errno));
    if (child == 0) answer_and_end(writing.get());
    writing.reset();
    const auto line = read_in_time(reading.get(), patience);
    // One that waits for a disk does not end before the disk answers; nobody waits for it.
    if (!line) ::kill(child, SIGKILL);
    while (::waitpid(child, nullptr, line ? 0 : WNOHANG) < 0 && errno == EINTR) {}
    if (!line) return silent(format("no answer within {} ms: a disk hangs", patience.count()));
    auto claims = wire::read_claims(*line);
    return claims ? std::move(*claims) : silent("the answer makes no sense");
}

} // namespace usbroute::linux_
