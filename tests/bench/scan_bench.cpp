// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/// What a look at a machine costs: all of it, what one hint asks for, and whether hints were all.
///
///     bench-scan [flags of Google Benchmark] TREE...
///
/// Each tree is a folder named after the number of devices in it (tests/bench/trees.py makes them).
#include "linux/files.hpp"
#include "observe/census.hpp"
#include "observe/decode.hpp"
#include "observe/scan.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

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

/// The first keyboard from the middle on: the same kind of device in every tree, and not the first one found. Null: none.
topology::SharedDevice keyboard_of(const topology::Snapshot& snapshot)
{
    const auto middle =
        std::next(snapshot.devices.begin(), static_cast<std::ptrdiff_t>(snapshot.devices.size() / 2));
    const auto found = std::find_if(middle, snapshot.devices.end(),
                                    [](const auto& device) { return device->is_keyboard(); });
    return found == snapshot.devices.end() ? nullptr : *found;
}

/// What a hint finds: the keyboard as it was, or one that was not there before.
enum class Hinted { unchanged, arrived };

void rescan_one(benchmark::State& state, const Tree& of, Hinted hinted)
{
    const linux_::LiveTree tree(of.root);
    const auto whole = observe::scan(tree);
    const auto keyboard = keyboard_of(whole);
    if (keyboard == nullptr) {
        state.SkipWithError("there is no keyboard to give a hint about");
        return;
    }
    auto before = whole;
    if (hinted == Hinted::arrived)
        before.devices.erase_if([&](const auto& device) { return device == keyboard; });
    const std::vector<std::string> changed = {hint_about(tree, *keyboard)};
    const auto same = [](const auto& one, const auto& other) { return *one == *other; };
    if (!std::ranges::equal(observe::rescan(tree, before, changed).devices, whole.devices, same))
        state.SkipWithError("the look that followed the hint does not equal the scan");
    for (auto _ : state) {
        auto after = observe::rescan(tree, before, changed);
        benchmark::DoNotOptimize(after);
    }
    state.counters["devices"] = static_cast<double>(of.devices);
}

/// Whether hints have told of everything; asked once after a burst of them, and by a request that comes earlier.
void compare_lists(benchmark::State& state, const Tree& of)
{
    const linux_::LiveTree tree(of.root);
    const auto snapshot = observe::scan(tree);
    if (!observe::still_holds(tree, snapshot))
        state.SkipWithError("the lists differ, and nothing has changed");
    for (auto _ : state) benchmark::DoNotOptimize(observe::still_holds(tree, snapshot));
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
        benchmark::RegisterBenchmark(("hint/" + size).c_str(), rescan_one, tree, Hinted::unchanged)
            ->Unit(benchmark::kMicrosecond);
        benchmark::RegisterBenchmark(("arrival/" + size).c_str(), rescan_one, tree, Hinted::arrived)
            ->Unit(benchmark::kMicrosecond);
        benchmark::RegisterBenchmark(("lists/" + size).c_str(), compare_lists, tree)
            ->Unit(benchmark::kMicrosecond);
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
