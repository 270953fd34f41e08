// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/processes.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::observe {

namespace {

constexpr std::size_t comm_limit = 64; // include/linux/sched.h: TASK_COMM_LEN is 16

} // namespace

std::vector<std::uint32_t> processes_in(const KernelTree& tree)
{
    constexpr std::size_t most_processes = 8192;
    std::vector<std::uint32_t> processes;
    for (const auto& name : tree.list("proc").value_or(std::vector<std::string>{}))
        if (const auto process = parse_decimal(name)) processes.push_back(*process);
    std::ranges::sort(processes);
    if (processes.size() > most_processes) processes.resize(most_processes);
    return processes;
}

std::string shown_process(const KernelTree& tree, std::uint32_t process)
{
    const auto command = tree.read(format("proc/{}/comm", process), comm_limit);
    const auto name = command ? printable(trim(*command), 32) : std::string();
    return name.empty() ? format("process {}", process) : format("process {} ({})", process, name);
}

} // namespace usbroute::observe
