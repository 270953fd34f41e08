// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/recording_copy.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "observe/decode.hpp"

#include <string>

namespace usbroute::sim {

namespace {

/// A whole /sys has some ten thousand; a recording has what was looked at.
constexpr std::size_t most_copied = 200'000;
constexpr std::size_t deepest_folder = 48;
constexpr std::size_t largest_file = 1u << 20u;

class Copying {
public:
    Copying(const observe::KernelTree& from, const FileTree& to) : from_(from), to_(to) {}

    Result<void> folder(const std::string& path, std::size_t depth = 0)
    {
        if (depth > deepest_folder) return failure(format("{} is too deep for a recording", printable(path)));
        if (auto done = to_.write(path + "/", ""); !done) return done;
        for (const auto& name : from_.list(path).value_or(std::vector<std::string>{})) {
            if (!observe::is_entry_name(name)) continue;
            if (++count_ > most_copied)
                return failure(format("this is not a recording: it has more than {} files", most_copied));
            if (auto done = entry(format("{}/{}", path, name), depth); !done) return done;
        }
        return {};
    }

private:
    Result<void> entry(const std::string& path, std::size_t depth)
    {
        if (const auto target = from_.link(path)) return to_.link(path, observe::resolve_link(path, *target));
        if (from_.list(path)) return folder(path, depth + 1);
        // A pipe, or a file that may not be read: as if it were not there.
        if (const auto content = from_.read(path, largest_file)) return to_.write(path, *content);
        return {};
    }

    const observe::KernelTree& from_;
    const FileTree& to_;
    std::size_t count_ = 0;
};

} // namespace

Result<void> copy_recording(const observe::KernelTree& from, const FileTree& to)
{
    Copying copying(from, to);
    for (const auto* path : {"sys", "proc", "run/udev"})
        if (from.list(path))
            if (auto done = copying.folder(path); !done) return done;
    return {};
}

} // namespace usbroute::sim
