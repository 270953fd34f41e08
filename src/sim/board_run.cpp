// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/board_run.hpp"

#include "base/format.hpp"
#include "linux/files.hpp"
#include "linux/signals.hpp"
#include "sim/board_folder.hpp"
#include "sim/children.hpp"
#include "sim/configuration.hpp"
#include "sim/control.hpp"
#include "sim/guests.hpp"
#include "sim/inside.hpp"
#include "sim/node_sockets.hpp"
#include "sim/recording_copy.hpp"
#include "sim/shell.hpp"
#include "sim/trace.hpp"
#include "sim/watch.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::sim {

namespace {

using Clock = Simulation::Clock;
using std::chrono::milliseconds;

constexpr int between_looks_at_guests = 10;        ///< ms, while one starts or ends
constexpr auto patience = std::chrono::seconds(2); ///< after Ctrl-C, for the command to end by itself

Result<std::string> script_text(const std::string& file)
{
    if (file.empty()) return std::string();
    const int fd = file == "-" ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return failure(format("cannot open {}", file), errno);
    std::string text;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = ::read(fd, buffer, sizeof buffer)) > 0) text.append(buffer, static_cast<std::size_t>(got));
    const int why = errno;
    if (fd != STDIN_FILENO) ::close(fd);
    if (got < 0) return failure(format("cannot read {}", file), why);
    return text;
}

void print(std::FILE* to, const std::string& text)
{
    std::fwrite(text.data(), 1, text.size(), to);
    std::fflush(to);
}

/// Nobody may take the real machine for the simulated one: a program inside writes PCI registers.
Result<void> check_inside(Children& children)
{
    const auto pid = children.start({own_directory() + "/usbroute-sim", inside_check});
    if (!pid) return std::unexpected(pid.error());
    int status = 0;
    while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return failure(
        "programs started here would see the real /sys; is libumockdev-preload.so.0 installed (Debian: umockdev)?");
}

/// Everything that runs while the board exists, and the loop that serves it.
class BoardRun {
public:
    BoardRun(const Options& options, FileTree& tree, UeventSender& events, Kernel& kernel, NodeSockets& nodes,
             Simulation& simulation, Control& control, Watch& watch, Children& children, pid_t& command)
        : options_(options),
          tree_(tree),
          events_(events),
          kernel_(kernel),
          nodes_(nodes),
          simulation_(simulation),
          control_(control),
          watch_(watch),
          children_(children),
          command_pid_(command),
          signals_(linux_::open_signals({SIGINT, SIGTERM, SIGHUP, SIGCHLD}).value_or(linux_::UniqueFd()))
    {}

    Result<int> run(const std::string& script)
    {
        script_.feed(script);
        script_.close();
        while (true) {
            const auto now = Clock::now();
            serve(now);
            if (!has_started_ && (script_.is_done() || script_.has_met_start()))
                if (auto done = start_command(); !done) return std::unexpected(done.error());
            if (is_over()) break;
            wait(now);
        }
        if (interrupt_ != 0) return 128 + interrupt_;
        const int status = status_.value_or(0);
        return status == 0 && script_.has_failed() ? 1 : status;
    }

private:
    void serve(Clock::time_point now)
    {
        are_guests_settled_ = simulation_.are_guests_settled();
        events_.adopt();
        watch_.drain();
        nodes_.serve(kernel_);
        simulation_.look(now);
        script_.run(simulation_, now);
        control_.serve(simulation_, now);
        watch_.add(tree_, simulation_.watched_directories());
        take_signals(now);
    }

    Result<void> start_command()
    {
        has_started_ = true;
        auto command = options_.command;
        if (!command.empty() && options_.wants_daemon) {
            start_daemon(children_, tree_);
            command = once_the_daemon_answers(std::move(command));
        }
        if (command.empty() && has_terminal()) {
            start_daemon(children_, tree_);
            auto shell = shell_command(tree_);
            if (!shell) return std::unexpected(shell.error());
            command = std::move(*shell);
        }
        if (command.empty()) return {};
        auto pid = children_.start(command);
        if (!pid) return std::unexpected(pid.error());
        command_pid_ = *pid;
        return {};
    }

    [[nodiscard]] bool is_over() const
    {
        if (is_ending_) return true;
        if (!has_started_) return false;
        if (command_pid_ != 0) return status_.has_value();
        return script_.is_done() && simulation_.is_settled();
    }

    void take_signals(Clock::time_point now)
    {
        signalfd_siginfo signal{};
        while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
            if (signal.ssi_signo == SIGCHLD) continue;
            interrupt_ = static_cast<int>(signal.ssi_signo);
            // Ctrl-C reached the command too, which may have its own way to end.
            const bool may_wait = interrupt_ == SIGINT && command_pid_ != 0;
            if (!may_wait)
                is_ending_ = true;
            else if (!give_up_)
                give_up_ = now + patience;
        }
        if (give_up_ && now >= *give_up_) is_ending_ = true;
        if (const auto status = children_.collect(command_pid_)) {
            status_ = status;
            interrupt_ = 0;
        }
    }

    void wait(Clock::time_point now)
    {
        std::vector<pollfd> waiting{{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                                    {.fd = watch_.fd(), .events = POLLIN, .revents = 0}};
        control_.add_to(waiting);
        nodes_.add_to(waiting);
        auto until = simulation_.next_arrival();
        for (const auto& other : {script_.deadline(), control_.deadline(), give_up_})
            if (other && (!until || *other < *until)) until = other;
        int timeout = -1;
        // Also if they have settled since those were asked that wait for it.
        if (!are_guests_settled_ || !simulation_.are_guests_settled()) {
            timeout = between_looks_at_guests;
        } else if (until) {
            const auto left = std::chrono::ceil<milliseconds>(*until - now).count();
            timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
        }
        (void)::poll(waiting.data(), waiting.size(), timeout);
    }

    const Options& options_;
    FileTree& tree_;
    UeventSender& events_;
    Kernel& kernel_;
    NodeSockets& nodes_;
    Simulation& simulation_;
    Control& control_;
    Watch& watch_;
    Children& children_;
    pid_t& command_pid_; ///< 0: none
    Session script_{Session::Answers::failures, [](const std::string& text) { print(stdout, text); }};
    linux_::UniqueFd signals_;       ///< children get them back unblocked
    bool are_guests_settled_ = true; ///< before everything was served that waits for it
    bool has_started_ = false;
    bool is_ending_ = false;
    std::optional<int> status_;
    int interrupt_ = 0;
    std::optional<Clock::time_point> give_up_;
};

} // namespace

Result<int> run_board(const Options& options)
{
    if (is_inside())
        return std::unexpected(Error(
            ErrorKind::usage, "this is inside a simulated board already; `usbroute-sim do` acts on it"));
    const auto script = script_text(options.script);
    if (!script) return std::unexpected(script.error());
    auto folder = options.board.empty() ? usual_board_folder() : Result<std::string>(options.board);
    if (!folder) return std::unexpected(folder.error());
    const auto board = board_in(*folder);
    if (!board) return std::unexpected(board.error());
    const auto directory = BoardDirectory::make(options.directory);
    if (!directory) return std::unexpected(directory.error());

    if (!options.trace.empty()) ::setenv(trace_variable, std::filesystem::absolute(options.trace).c_str(), 1);
    FileTree tree(directory->path());
    UeventSender events(directory->path());
    pid_t command = 0;
    const auto announce = [&options, &command](const std::string& line) {
        if (!options.is_quiet && !is_screen_taken(command)) print(stderr, line + "\n");
    };
    NodeSockets nodes(directory->path(), announce);
    Kernel kernel(tree, events, &nodes);
    if (auto done = copy_recording(linux_::LiveTree(*folder + "/"), tree); !done)
        return std::unexpected(done.error());
    Children children;
    GuestProcesses guests(children, tree);
    Simulation simulation(*board, tree, kernel, options.delay, announce, &guests);
    if (auto done = simulation.start(); !done) return std::unexpected(done.error());
    const auto port = free_port();
    for (const auto& [path, content] :
         {std::pair<std::string, std::string>{inside_mark, (*board)->title + "\n"},
          {"etc/usbroute/usbroute.toml", configuration_text(**board, tree.root(), port)},
          {"run/", ""},
          {"state/", ""},
          // A first move would be a trial, which makes no sense on a board that is made anew each time.
          {"lasting/first-move", "usbroute-first-move 1\n"}})
        if (auto done = tree.write(path, content); !done) return std::unexpected(done.error());

    const auto control = Control::listen_at(control_path(tree.root()));
    if (!control) return std::unexpected(control.error());
    const auto watch = Watch::make(tree);
    if (!watch) return std::unexpected(watch.error());
    set_environment(tree.root(), port);
    if (auto done = check_inside(children); !done) return std::unexpected(done.error());

    auto status =
        BoardRun(options, tree, events, kernel, nodes, simulation, **control, **watch, children, command)
            .run(*script);
    children.end_all();
    return status;
}

} // namespace usbroute::sim
