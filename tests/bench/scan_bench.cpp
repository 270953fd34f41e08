// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/// What a look at a machine costs: all of it, and what one hint asks for.
///
///     bench-scan [flags of Google Benchmark] TREE...
///
/// Each tree is a folder named after the number of devices in it (tests/bench/trees.py makes them).
#include "linux/files.hpp"
#include "observe/decode.hpp"
#include "observe/scan.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace {

using namespace usbroute;

struct Tree {
    std::string root; ///< ends with a slash
    std::size_t devices = 0;
};

Tree tree_at(std::string root)
{
    while (root.ends_with('/')) root.pop_back();
    const auto name = root.substr(root.rfind('/') + 1);
    return {.root = root + "/", .devices = static_cast<std::size_t>(std::strtoul(name.c_str(), nullptr, 10))};
}

void scan_all(benchmark::State& state, const Tree& of)
{
    const linux_::LiveTree tree(of.root);
    if (observe::scan(tree).devices.size() != of.devices)
        state.SkipWithError("the scan did not find every device");
    for (auto _ : state) {
        auto snapshot = observe::scan(tree);
        benchmark::DoNotOptimize(snapshot);
    }
    state.counters["devices"] = static_cast<double>(of.devices);
}

/// The path that udev names in a hint: the kernel's own, not the link below sys/bus.
std::string hint_about(const linux_::LiveTree& tree, const topology::Device& device)
{
    const auto link_path = "sys/bus/usb/devices/" + device.path.text();
    return observe::resolve_link(link_path, tree.link(link_path).value_or(std::string()));
}

/// The first keyboard from the middle on: the same kind of device in every tree, and not the first one found.
void rescan_one(benchmark::State& state, const Tree& of)
{
    const linux_::LiveTree tree(of.root);
    const auto before = observe::scan(tree);
    const auto middle = before.devices.begin() + static_cast<std::ptrdiff_t>(before.devices.size() / 2);
    const auto keyboard =
        std::find_if(middle, before.devices.end(), [](const auto& d) { return d->is_keyboard(); });
    if (keyboard == before.devices.end()) {
        state.SkipWithError("there is no keyboard to give a hint about");
        return;
    }
    const std::vector<std::string> changed = {hint_about(tree, **keyboard)};
    if (observe::rescan(tree, before, changed).devices != before.devices)
        state.SkipWithError("the look that followed the hint does not equal the scan");
    for (auto _ : state) {
        auto after = observe::rescan(tree, before, changed);
        benchmark::DoNotOptimize(after);
    }
    state.counters["devices"] = static_cast<double>(of.devices);
}

} // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    for (int i = 1; i < argc; ++i) {
        const auto tree = tree_at(argv[i]);
        const auto size = std::to_string(tree.devices);
        benchmark::RegisterBenchmark(("scan/" + size).c_str(), scan_all, tree)->Unit(benchmark::kMicrosecond);
        benchmark::RegisterBenchmark(("hint/" + size).c_str(), rescan_one, tree)
            ->Unit(benchmark::kMicrosecond);
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
