// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// sysfs and /proc as a broken device, a strange kernel or a recorded machine could show them: a real recording, with
// some of its files, links and directories replaced, and a daemon that lives through such changes between its looks.

#include "base/check.hpp"
#include "diagnose/diagnosis.hpp"
#include "fakes/edited_tree.hpp"
#include "fakes/tree_life.hpp"
#include "observe/condition.hpp"
#include "observe/scan.hpp"
#include "plan/plan.hpp"
#include "report/diagnosis.hpp"
#include "report/json.hpp"
#include "report/text.hpp"
#include "report/views.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>

namespace usbroute {
namespace {

using fakes::EditedTree;
using fakes::RecordedTree;

/// Everything that reads the machine, and everything that is made of what was read.
void look_everywhere(const observe::KernelTree& tree, const config::Settings& settings,
                     const std::vector<std::string>& changed)
{
    diagnose::Facts facts{.snapshot = observe::scan(tree), .condition = observe::look_at_condition(tree)};
    facts.settings = settings;
    facts.recorded = true;
    const auto use = observe::look_at_host_use(tree);
    const auto again = observe::rescan(tree, facts.snapshot, changed);
    const report::Style plain{};
    (void)report::to_json(report::status_view(facts.snapshot, settings, use));
    (void)report::to_json(report::registers_view(facts.snapshot, settings));
    (void)report::status_text(report::status_view(again, settings, use), plain, report::Detail::full);
    const auto diagnosis = diagnose::diagnose(facts);
    USBROUTE_CHECK(!diagnosis.verdict.empty());
    (void)report::diagnosis_text(diagnosis, plain, report::WhichFindings::all);
    for (const auto& connector : settings.connectors)
        for (const auto* where : {"host", "ehci", "xhci", "windows"}) {
            const plan::MoveRequest wish{{connector.spec.name}, config::target_from(where)};
            const auto outcome =
                plan::make_plan({facts.snapshot, settings, use, std::nullopt, std::nullopt}, {.wish = wish});
            if (const auto* plan = std::get_if<plan::Plan>(&outcome))
                for (const auto& step : plan->steps) {
                    const auto& write = std::get<route::WriteRegister>(step.action);
                    USBROUTE_CHECK((write.value & ~write.mask) == 0);
                }
        }
}

/// With all that anybody asks of it among its paths.
struct Recording : RecordedTree {
    explicit Recording(const std::string& name) : RecordedTree(name)
    {
        look_everywhere(tree, settings, {});
        paths = tree.asked();
    }
};

const Recording& recording(std::size_t which)
{
    static const std::array<std::unique_ptr<Recording>, 3> kept{
        std::make_unique<Recording>("z97-guest"), std::make_unique<Recording>("gigabyte-x99-ud4"),
        std::make_unique<Recording>("dock-four-deep")};
    return *kept[which % kept.size()];
}

/// One look at a tree that nobody could have made up.
void look_once(const std::uint8_t* bytes, std::size_t size)
{
    constexpr std::array errors{0, 0, 0, ENOENT, EACCES, EIO, ENODEV, EINVAL};
    constexpr int most_edits = 24;
    FuzzedDataProvider provider(bytes, size);
    const auto& recorded = recording(provider.ConsumeIntegralInRange<std::size_t>(0, 2));
    EditedTree tree(recorded.tree);
    std::vector<std::string> changed;
    for (int count = 0; count < most_edits && provider.remaining_bytes() > 0; ++count) {
        const auto which = provider.ConsumeIntegralInRange<std::size_t>(0, recorded.paths.size() - 1);
        const auto error = errors[provider.ConsumeIntegralInRange<std::size_t>(0, errors.size() - 1)];
        tree.edit(recorded.paths[which], error, provider.ConsumeRandomLengthString(300));
        changed.push_back(recorded.paths[which]);
    }
    look_everywhere(tree, recorded.settings, changed);
}

} // namespace
} // namespace usbroute

/// "!0vlxl...": a daemon's life on recording 0; everything else is for one look.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace usbroute;
    if (size < 2 || bytes[0] != '!') {
        look_once(bytes, size);
        return 0;
    }
    const std::string script(bytes + 2, bytes + size);
    fakes::TreeLife(recording(bytes[1] - std::size_t{'0'})).play(script);
    return 0;
}
