// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_tree.hpp"

#include "observe/decode.hpp"

#include <cerrno>

namespace usbroute::fakes {

using observe::Errno;

Entry file(std::string name, std::string text) { return {std::move(name), std::move(text), false}; }
Entry link(std::string name, std::string target) { return {std::move(name), std::move(target), true}; }
Entry dir(std::string name, Entries entries) { return {std::move(name), std::move(entries), false}; }

FakeTree::FakeTree(const Entries& entries)
{
    for (const auto& entry : entries) put("", entry);
}

void FakeTree::put(const std::string& directory, const Entry& entry)
{
    const auto path = directory.empty() ? entry.name : directory + "/" + entry.name;
    if (const auto* entries = std::get_if<Entries>(&entry.content)) {
        directories_[path] = true;
        for (const auto& below : *entries) put(path, below);
    } else {
        (entry.is_link ? links_ : files_)[path] = std::get<std::string>(entry.content);
    }
}

void FakeTree::add(const std::string& directory, const Entry& entry)
{
    for (auto end = directory.find('/'); end != std::string::npos; end = directory.find('/', end + 1))
        directories_[directory.substr(0, end)] = true;
    if (!directory.empty()) directories_[directory] = true;
    put(directory, entry);
}

void FakeTree::remove(const std::string& path)
{
    const auto below = [&](const auto& entry) {
        return entry.first == path || entry.first.starts_with(path + "/");
    };
    std::erase_if(files_, below);
    std::erase_if(links_, below);
    std::erase_if(directories_, below);
}

int FakeTree::failure_of(const std::string& path) const
{
    for (const auto& [prefix, errno_value] : failures_)
        if (path == prefix || path.starts_with(prefix + "/")) return errno_value;
    return 0;
}

std::string FakeTree::walked(const std::string& path) const
{
    std::string at = path;
    for (int hops = 0; hops < 40; ++hops) {
        bool moved = false;
        for (auto slash = at.find('/'); !moved; slash = at.find('/', slash + 1)) {
            const auto part = at.substr(0, slash);
            if (const auto found = links_.find(part); found != links_.end()) {
                at = observe::resolve_link(part, found->second) +
                     (slash == std::string::npos ? "" : at.substr(slash));
                moved = true;
            }
            if (slash == std::string::npos) break;
        }
        if (!moved) return at;
    }
    return at;
}

std::expected<std::vector<std::string>, Errno> FakeTree::list(const std::string& directory) const
{
    if (const int failure = failure_of(directory)) return std::unexpected(Errno{failure});
    const auto path = walked(directory);
    if (!directories_.contains(path)) return std::unexpected(Errno{files_.contains(path) ? ENOTDIR : ENOENT});
    std::vector<std::string> names;
    const auto collect = [&](const auto& things) {
        for (const auto& [name, value] : things)
            if (name.starts_with(path + "/") && name.find('/', path.size() + 1) == std::string::npos)
                names.push_back(name.substr(path.size() + 1));
    };
    collect(files_);
    collect(links_);
    collect(directories_);
    return names;
}

std::expected<std::string, Errno> FakeTree::read(const std::string& name, std::size_t limit) const
{
    if (const int failure = failure_of(name)) return std::unexpected(Errno{failure});
    const auto found = files_.find(walked(name));
    if (found == files_.end()) return std::unexpected(Errno{ENOENT});
    return found->second.substr(0, limit);
}

std::optional<std::string> FakeTree::block_number(const std::string& path) const
{
    const auto found = nodes_.find(walked(path));
    return found == nodes_.end() ? std::nullopt : std::optional(found->second);
}

std::expected<std::string, Errno> FakeTree::link(const std::string& path) const
{
    if (const int failure = failure_of(path)) return std::unexpected(Errno{failure});
    const auto slash = path.rfind('/');
    const auto parent = slash == std::string::npos ? std::string() : walked(path.substr(0, slash)) + "/";
    const auto found = links_.find(parent + path.substr(slash + 1));
    if (found == links_.end()) return std::unexpected(Errno{EINVAL});
    return found->second;
}

} // namespace usbroute::fakes
