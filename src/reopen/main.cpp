// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// usbroute-reopen: one job. Opens, as root, the configuration space of the chipset's xHCI, and hands the descriptor to
// the running usbrouted, which has no rights left to do it itself. docs/decisions/0025

#include "base/format.hpp"
#include "base/text.hpp"
#include "chips/chips.hpp"
#include "linux/command_line.hpp"
#include "linux/files.hpp"
#include "linux/locations.hpp"
#include "linux/passing.hpp"
#include "linux/rights.hpp"
#include "observe/functions.hpp"

#include <cerrno>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace usbroute {
namespace {

constexpr std::string_view help_text =
    "usbroute-reopen: opens the routing registers as root, and hands them to the running usbrouted\n"
    "\n"
    "  usbroute-reopen                 those of this machine's chipset\n"
    "  usbroute-reopen 0000:00:14.0    those of this PCI function, if they are of a chipset that is known\n"
    "\n"
    "      --hotplug    for udev and service managers: nothing to do, or no usbrouted, is not a failure\n"
    "  -V, --version\n"
    "  -h, --help\n"
    "\n"
    "usbrouted runs without rights. When the controller was removed from the PCI bus and has come back, only root\n"
    "can open it again. Exit codes: 0 done, 1 failed, 2 usage, 3 no usbrouted, 4 no such registers, 5 not root.\n";

// Those of usbroute.
enum Exit : int { done = 0, failed = 1, usage = 2, no_daemon = 3, not_found = 4, not_permitted = 5 };

struct Options {
    std::optional<PciAddress> address;
    bool hotplug = false;
};

constexpr linux_::Program program{
    .name = "usbroute-reopen", .help = help_text, .most_arguments = 1, .too_many = "one address at most"};

Exit fail(Exit code, const std::string& text)
{
    linux_::say_why(program, code, text);
    return code;
}

std::vector<PciAddress> known_functions(const observe::KernelTree& tree,
                                        const std::optional<PciAddress>& only)
{
    std::vector<PciAddress> found;
    for (const auto& function : observe::read_functions(tree))
        if (chips::family_of(function.vendor, function.device) != nullptr &&
            (!only || *only == function.address))
            found.push_back(function.address);
    return found;
}

/// A function whose registers are open, and the way to the daemon.
struct Opened {
    PciAddress address;
    linux_::UniqueFd file;
    linux_::UniqueFd line;
};

/// Nothing in it: no daemon, which is no failure. The error has been said.
std::expected<std::optional<Opened>, Exit> open_both(const linux_::Locations& where,
                                                     const PciAddress& address, bool hotplug)
{
    const auto path = format("{}sys/bus/pci/devices/{}/config", where.root, address.text());
    linux_::UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!file.is_open())
        return std::unexpected(fail(errno == EACCES || errno == EPERM ? not_permitted : failed,
                                    format("cannot open {}: {}", path, errno_text(errno))));
    // At the end, so that whoever gets it can write registers at an offset alone, and not by any other way.
    if (::lseek(file.get(), 0, SEEK_END) < 0)
        return std::unexpected(fail(failed, format("cannot use {}: {}", path, errno_text(errno))));
    auto line = linux_::connect_for_passing(where.state + "/registers.sock");
    if (line) return Opened{.address = address, .file = std::move(file), .line = std::move(*line)};
    const int why = line.error().errno_value();
    const bool is_absent = why == ENOENT || why == ECONNREFUSED;
    if (is_absent && hotplug) return std::nullopt;
    return std::unexpected(
        fail(is_absent ? no_daemon : failed,
             is_absent ? format("usbrouted is not running, or uses another state directory than {}",
                                printable(where.state))
                       : line.error().message()));
}

Exit hand_over(const Opened& opened)
{
    const auto message = "registers " + opened.address.text();
    if (const auto passed = linux_::pass(opened.line.get(), message, opened.file.get()); !passed)
        return fail(failed, passed.error().message());
    const auto answer = linux_::receive_passed(opened.line.get());
    if (!answer) return fail(failed, "usbrouted does not answer: " + answer.error().message());
    if (answer->text == "ok") return done;
    return fail(failed, "usbrouted says: " + printable(answer->text));
}

/// All that needs rights comes first; with what the daemon answers there are none left.
Exit hand_over_all(const std::vector<PciAddress>& functions, const linux_::Locations& where, bool hotplug)
{
    Exit worst = done;
    std::vector<Opened> all;
    for (const auto& address : functions) {
        auto opened = open_both(where, address, hotplug);
        if (!opened)
            worst = opened.error();
        else if (*opened)
            all.push_back(std::move(**opened));
    }
    if (const auto given_up = linux_::give_up_capabilities(); !given_up)
        return fail(failed, given_up.error().message());
    for (const auto& opened : all)
        if (const auto code = hand_over(opened); code != done) worst = code;
    return worst;
}

int reopen(const Options& options)
{
    if (::geteuid() != 0) return fail(not_permitted, "only root can open the registers; run it with sudo");
    const auto where = linux_::locate({});
    const auto functions = known_functions(linux_::LiveTree(where.root), options.address);
    if (functions.empty() && options.hotplug) return done;
    if (functions.empty())
        return fail(
            not_found,
            options.address
                ? format("{} is not an xHCI with known routing registers; usbroute doctor says which is",
                         options.address->text())
                : std::string("this machine has no known routing registers; usbroute doctor says why"));
    return hand_over_all(functions, where, options.hotplug);
}

int run(int argc, char** argv)
{
    Options options;
    const auto arguments = linux_::read_command_line(
        argc, argv, program, {{.name = "hotplug", .said = [&](const char*) { options.hotplug = true; }}});
    if (!arguments) return arguments.error();
    if (arguments->empty()) return reopen(options);
    options.address = PciAddress::parse(arguments->front());
    if (options.address) return reopen(options);
    return fail(usage,
                format("{} is not a PCI address such as 0000:00:14.0", printable(arguments->front(), 64)));
}

} // namespace
} // namespace usbroute

int main(int argc, char** argv)
{
    return usbroute::linux_::run_whole(usbroute::program, [&] { return usbroute::run(argc, argv); });
}
