// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// usbroute-libvirt: one job. Keeps a connection to libvirt, and answers usbrouted, which does not link its library: what a
// domain has, give it a device, take it back. docs/decisions/0053, docs/libvirt-line.md

#include "base/format.hpp"
#include "base/text.hpp"
#include "libvirt/connection.hpp"
#include "libvirt/crew.hpp"
#include "libvirt/doors.hpp"
#include "libvirt/service.hpp"
#include "linux/command_line.hpp"
#include "linux/notify.hpp"
#include "linux/rights.hpp"
#include "linux/uv_loop.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <unistd.h>

namespace usbroute::libvirt {
namespace {

constexpr std::string_view help_text =
    "usbroute-libvirt: gives devices to libvirt's domains and takes them back, for usbrouted\n"
    "\n"
    "It listens where its service manager does, else by itself.\n"
    "\n"
    "      --socket PATH  listen there (default: /run/usbroute-libvirt/socket,\n"
    "                     for qemu:///session /run/usbroute-libvirt-USER/socket)\n"
    "      --uri URI      which libvirt (default: qemu:///system)\n"
    "      --user NAME    serve this user too, beside root (default: usbroute)\n"
    "  -V, --version\n"
    "  -h, --help\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 usage.\n";

constexpr linux_::Program program{.name = "usbroute-libvirt", .help = help_text};

// Those of usbroute.
enum Exit : int { done = 0, failed = 1 };

constexpr std::string_view session = "qemu:///session";
/// Questions about so many domains can hang without the others waiting.
constexpr int workers = 4;

struct Options {
    std::string uri = "qemu:///system";
    std::string socket;
    std::string user = "usbroute";
};

int fail(Exit code, const std::string& text) { return linux_::say_why(program, code, text); }

/// What libvirt's library reads; before there is another thread.
void set_environment(const std::string& uri)
{
    // A libvirtd that we began would be confined as we are, and its guests with it.
    ::setenv("LIBVIRT_AUTOSTART", "0", 1); // NOLINT(concurrency-mt-unsafe)
    if (!uri.starts_with(session)) return;
    // Where a user's own libvirtd is; a unit of the system's does not say it.
    const auto usual = format("/run/user/{}", ::geteuid());
    ::setenv("XDG_RUNTIME_DIR", usual.c_str(), 0); // NOLINT(concurrency-mt-unsafe)
}

std::string usual_socket(const std::string& uri)
{
    if (!uri.starts_with(session)) return "/run/usbroute-libvirt/socket";
    const char* name = std::getenv("USER"); // NOLINT(concurrency-mt-unsafe)
    return format("/run/usbroute-libvirt-{}/socket", name == nullptr ? "" : name);
}

Result<void> open_doors(Doors& doors, linux_::Inherited inherited, const Options& options)
{
    for (auto& socket : inherited.sockets)
        if (auto opened = doors.open(std::move(socket.fd)); !opened) return opened;
    if (!inherited.sockets.empty() && options.socket.empty()) return {};
    return doors.open(options.socket.empty() ? usual_socket(options.uri) : options.socket);
}

int serve(const Options& options)
{
    auto inherited = linux_::take_inherited({});
    std::vector<int> kept;
    for (const auto& socket : inherited.sockets) kept.push_back(socket.fd.get());
    linux_::close_what_was_inherited(std::move(kept));
    linux_::ServiceManager manager;
    set_environment(options.uri);
    ::signal(SIGPIPE, SIG_IGN);

    const auto log = [](const std::string& text) {
        (void)linux_::say_why(program, done, printable(text, 400));
    };
    const auto account = linux_::account_named(options.user);
    if (!account) log(format("there is no user {}; only root is served", options.user));

    linux_::UvLoop loop;
    auto mailbox = Mailbox::make(loop);
    if (!mailbox) return fail(failed, mailbox.error().message());
    const auto crew = make_crew(**mailbox, workers);
    const auto connector = make_crew(**mailbox, 1);
    Service* told = nullptr;
    Connection libvirt(options.uri, [&](News news) {
        (*mailbox)->post([&told, news = std::move(news)] { told->hear(news); });
    });
    Service service({.loop = loop, .hypervisor = libvirt, .crew = *crew, .connector = *connector, .log = log},
                    options.uri);
    told = &service;
    Doors doors(loop, account ? std::optional(account->user) : std::nullopt,
                {.came = [&](linux_::UniqueFd client) { service.welcome(std::move(client)); }, .log = log});
    if (const auto opened = open_doors(doors, std::move(inherited), options); !opened)
        return fail(failed, opened.error().message());

    service.begin();
    for (const int end : {SIGTERM, SIGINT}) loop.on_signal(end, [&] { loop.stop(); });
    manager.ready("for " + options.uri);
    loop.run();
    manager.stopping();
    doors.close();
    // A call of libvirt's may be under way in another thread, and never come back.
    ::_exit(done);
}

int run(int argc, char** argv)
{
    Options options;
    const auto arguments = linux_::read_command_line(
        argc, argv, program,
        {{.name = "socket", .takes_word = true, .said = [&](const char* path) { options.socket = path; }},
         {.name = "uri", .takes_word = true, .said = [&](const char* uri) { options.uri = uri; }},
         {.name = "user", .takes_word = true, .said = [&](const char* name) { options.user = name; }}});
    return arguments ? serve(options) : arguments.error();
}

} // namespace
} // namespace usbroute::libvirt

int main(int argc, char** argv)
{
    using namespace usbroute;
    return linux_::run_whole(libvirt::program, [&] { return libvirt::run(argc, argv); });
}
