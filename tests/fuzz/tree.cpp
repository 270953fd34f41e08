// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// sysfs and /proc as a broken device, a strange kernel or a recorded machine could show them: a real recording, with
// some of its files, links and directories replaced.

#include "base/check.hpp"
#include "linux/files.hpp"
#include "linux/locations.hpp"
#include "linux/settings_files.hpp"
#include "observe/condition.hpp"
#include "observe/scan.hpp"
#include "plan/diagnosis.hpp"
#include "plan/plan.hpp"
#include "report/diagnosis.hpp"
#include "report/json.hpp"
#include "report/text.hpp"
#include "report/views.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>

namespace usbroute {
namespace {

using observe::Errno;

/// A recorded machine, kept in memory once it has been asked for.
class KeptTree final : public observe::KernelTree {
public:
    explicit KeptTree(const std::string& root) : tree_(root) {}

    std::expected<std::vector<std::string>, Errno> list(const std::string& directory) const override
    {
        auto found = lists_.find(directory);
        if (found == lists_.end()) found = lists_.emplace(directory, tree_.list(directory)).first;
        return found->second;
    }
    std::expected<std::string, Errno> read(const std::string& file, std::size_t limit) const override
    {
        auto found = files_.find(file);
        if (found == files_.end()) found = files_.emplace(file, tree_.read(file, longest)).first;
        if (!found->second) return found->second;
        return found->second->substr(0, limit);
    }
    std::expected<std::string, Errno> link(const std::string& path) const override
    {
        auto found = links_.find(path);
        if (found == links_.end()) found = links_.emplace(path, tree_.link(path)).first;
        return found->second;
    }
    /// Every path that somebody has asked for.
    [[nodiscard]] std::vector<std::string> asked() const
    {
        std::vector<std::string> paths;
        for (const auto& [path, unused] : lists_) paths.push_back(path);
        for (const auto& [path, unused] : files_) paths.push_back(path);
        for (const auto& [path, unused] : links_) paths.push_back(path);
        return paths;
    }

private:
    static constexpr std::size_t longest = 1U << 20;

    linux_::LiveTree tree_;
    mutable std::map<std::string, std::expected<std::vector<std::string>, Errno>> lists_;
    mutable std::map<std::string, std::expected<std::string, Errno>> files_;
    mutable std::map<std::string, std::expected<std::string, Errno>> links_;
};

/// Another tree with some of its paths replaced.
class EditedTree final : public observe::KernelTree {
public:
    explicit EditedTree(const observe::KernelTree& tree) : tree_(tree) {}

    void edit(std::string path, int errno_value, std::string text)
    {
        edits_[std::move(path)] = {errno_value, std::move(text)};
    }

    std::expected<std::vector<std::string>, Errno> list(const std::string& directory) const override
    {
        const auto edit = edits_.find(directory);
        if (edit == edits_.end()) return tree_.list(directory);
        if (edit->second.errno_value != 0) return std::unexpected(Errno{edit->second.errno_value});
        auto names = tree_.list(directory);
        if (!names) return names;
        // Names that no kernel gives: a directory holds no slash and no empty name.
        auto name = edit->second.text.substr(0, edit->second.text.find_first_of(std::string_view("/\0", 2)));
        if (!name.empty()) names->push_back(std::move(name));
        return names;
    }
    std::expected<std::string, Errno> read(const std::string& file, std::size_t limit) const override
    {
        const auto edit = edits_.find(file);
        if (edit == edits_.end()) return tree_.read(file, limit);
        if (edit->second.errno_value != 0) return std::unexpected(Errno{edit->second.errno_value});
        return edit->second.text.substr(0, limit);
    }
    std::expected<std::string, Errno> link(const std::string& path) const override
    {
        const auto edit = edits_.find(path);
        if (edit == edits_.end()) return tree_.link(path);
        if (edit->second.errno_value != 0) return std::unexpected(Errno{edit->second.errno_value});
        return edit->second.text;
    }

private:
    struct Edit {
        int errno_value = 0; ///< 0: `text` stands there
        std::string text;
    };
    const observe::KernelTree& tree_;
    std::map<std::string, Edit> edits_;
};

/// Everything that reads the machine, and everything that is made of what was read.
void look_everywhere(const observe::KernelTree& tree, const config::Settings& settings,
                     const std::vector<std::string>& changed)
{
    plan::Facts facts{.snapshot = observe::scan(tree), .condition = observe::look_at_condition(tree)};
    facts.settings = settings;
    facts.recorded = true;
    const auto use = observe::look_at_host_use(tree);
    const auto again = observe::rescan(tree, facts.snapshot, changed);
    const report::Style plain{};
    (void)report::to_json(report::status_view(facts.snapshot, settings, use));
    (void)report::to_json(report::registers_view(facts.snapshot, settings));
    (void)report::status_text(report::status_view(again, settings, use), plain, report::Detail::full);
    const auto diagnosis = plan::diagnose(facts);
    USBROUTE_CHECK(!diagnosis.verdict.empty());
    (void)report::diagnosis_text(diagnosis, plain, report::Findings::all);
    for (const auto& connector : settings.connectors)
        for (const auto* where : {"host", "ehci", "xhci", "windows"}) {
            const plan::MoveRequest wish{{connector.spec.name}, config::target_from(where)};
            const auto outcome =
                plan::make_plan({facts.snapshot, settings, use, std::nullopt, std::nullopt}, {.wish = wish});
            if (const auto* plan = std::get_if<plan::Plan>(&outcome))
                for (const auto& step : plan->steps) USBROUTE_CHECK((step.value & ~step.mask) == 0);
        }
}

struct Recording {
    explicit Recording(const std::string& name)
        : where(linux_::locate(
              {.root = std::string(USBROUTE_MACHINES) + "/" + name + "/", .config = {}, .socket = {}})),
          tree(where.root)
    {
        auto loaded = linux_::load_settings(where, linux_::Reading::to_look);
        USBROUTE_CHECK(loaded.has_value());
        settings = std::move(*loaded);
        look_everywhere(tree, settings, {});
        paths = tree.asked();
    }
    linux_::Locations where;
    KeptTree tree;
    config::Settings settings;
    std::vector<std::string> paths;
};

const std::array<std::unique_ptr<Recording>, 3>& recordings()
{
    static const std::array<std::unique_ptr<Recording>, 3> kept{
        std::make_unique<Recording>("z97-guest"), std::make_unique<Recording>("gigabyte-x99-ud4"),
        std::make_unique<Recording>("dock-four-deep")};
    return kept;
}

} // namespace
} // namespace usbroute

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace usbroute;
    constexpr std::array errors{0, 0, 0, ENOENT, EACCES, EIO, ENODEV, EINVAL};
    constexpr int most_edits = 24;
    FuzzedDataProvider provider(bytes, size);
    const auto& recording = *recordings()[provider.ConsumeIntegralInRange<std::size_t>(0, 2)];
    EditedTree tree(recording.tree);
    std::vector<std::string> changed;
    for (int count = 0; count < most_edits && provider.remaining_bytes() > 0; ++count) {
        const auto which = provider.ConsumeIntegralInRange<std::size_t>(0, recording.paths.size() - 1);
        const auto error = errors[provider.ConsumeIntegralInRange<std::size_t>(0, errors.size() - 1)];
        tree.edit(recording.paths[which], error, provider.ConsumeRandomLengthString(300));
        changed.push_back(recording.paths[which]);
    }
    look_everywhere(tree, recording.settings, changed);
    return 0;
}
