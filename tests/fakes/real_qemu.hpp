// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::fakes {

/// A QEMU of this computer that executes nothing until it is told to, without a disk and without acceleration. It ends with
/// this object.
class RealQemu {
public:
    static constexpr const char* program = "qemu-system-x86_64";

    /// Whether it is installed, and can pass USB devices on.
    [[nodiscard]] static bool is_there()
    {
        static const bool found =
            std::system("qemu-system-x86_64 -device help 2>/dev/null | grep -q '\"usb-host\"'") == 0;
        return found;
    }

    RealQemu(const std::string& path, std::vector<std::string> devices)
    {
        std::vector<std::string> words = {program,
                                          "-S",
                                          "-machine",
                                          "q35",
                                          "-accel",
                                          "tcg",
                                          "-m",
                                          "64",
                                          "-display",
                                          "none",
                                          "-nodefaults",
                                          "-qmp",
                                          "unix:" + path + ",server=on,wait=off"};
        for (auto& device : devices) {
            words.emplace_back("-device");
            words.push_back(std::move(device));
        }
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        if (::posix_spawnp(&process_, program, nullptr, nullptr, arguments.data(), environ) != 0)
            process_ = -1;
    }
    ~RealQemu()
    {
        if (process_ <= 0) return;
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
    RealQemu(const RealQemu&) = delete;
    RealQemu& operator=(const RealQemu&) = delete;

    [[nodiscard]] pid_t process() const { return process_; }

private:
    pid_t process_ = -1;
};

} // namespace usbroute::fakes
