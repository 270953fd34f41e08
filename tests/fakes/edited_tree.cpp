// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/edited_tree.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

namespace usbroute::fakes {

using observe::Errno;

namespace {

constexpr std::size_t longest = 1U << 20;
constexpr std::string_view usb_bus = "sys/bus/usb/devices";

std::string hub_of(const std::string& name, int bus)
{
    return format("sys/devices/platform/{}/usb{}", name, bus);
}

} // namespace

std::expected<std::vector<std::string>, Errno> KeptTree::list(const std::string& directory) const
{
    auto found = lists_.find(directory);
    if (found == lists_.end()) found = lists_.emplace(directory, tree_.list(directory)).first;
    return found->second;
}

std::expected<std::string, Errno> KeptTree::read(const std::string& file, std::size_t limit) const
{
    auto found = files_.find(file);
    if (found == files_.end()) found = files_.emplace(file, tree_.read(file, longest)).first;
    if (!found->second) return found->second;
    return found->second->substr(0, limit);
}

std::expected<std::string, Errno> KeptTree::link(const std::string& path) const
{
    auto found = links_.find(path);
    if (found == links_.end()) found = links_.emplace(path, tree_.link(path)).first;
    return found->second;
}

std::vector<std::string> KeptTree::asked() const
{
    std::vector<std::string> paths;
    for (const auto& [path, unused] : lists_) paths.push_back(path);
    for (const auto& [path, unused] : files_) paths.push_back(path);
    for (const auto& [path, unused] : links_) paths.push_back(path);
    return paths;
}

void EditedTree::edit(std::string path, int errno_value, std::string text)
{
    edits_[std::move(path)] = {errno_value, std::move(text)};
}

void EditedTree::add_controller(const std::string& name, int bus)
{
    const auto hub = hub_of(name, bus);
    const auto device = format("{}/{}-1", hub, bus);
    edit(hub + "/speed", 0, "480\n");
    edit(hub + "/maxchild", 0, "8\n");
    edit(device + "/uevent", 0, "PRODUCT=46d/c31c/6400\nTYPE=0/0/0\n");
    edit(format("{}/usb{}", usb_bus, bus), 0, "../../../../" + hub);
    edit(format("{}/{}-1", usb_bus, bus), 0, "../../../../" + device);
    added_[name] = bus;
}

bool EditedTree::is_gone(std::string_view path) const
{
    return std::ranges::any_of(gone_, [&](const std::string& address) {
        const auto at = path.find(address);
        if (at == std::string_view::npos) return false;
        const auto end = at + address.size();
        return end == path.size() || path[end] == '/';
    });
}

std::expected<std::vector<std::string>, Errno> EditedTree::list(const std::string& directory) const
{
    if (is_gone(directory)) return std::unexpected(Errno{ENOENT});
    const auto edit = edits_.find(directory);
    if (edit != edits_.end() && edit->second.errno_value != 0)
        return std::unexpected(Errno{edit->second.errno_value});
    auto names = tree_.list(directory);
    if (!names && directories_.contains(directory)) names.emplace();
    if (!names) return names;
    if (edit != edits_.end()) {
        // Names that no kernel gives: a directory holds no slash and no empty name.
        auto name = edit->second.text.substr(0, edit->second.text.find_first_of(std::string_view("/\0", 2)));
        if (!name.empty()) names->push_back(std::move(name));
    }
    if (!gone_.empty())
        std::erase_if(*names, [&](const std::string& name) {
            if (is_gone(directory + "/" + name)) return true;
            const auto target = directory == usb_bus ? tree_.link(directory + "/" + name) : std::string();
            return target && is_gone(*target);
        });
    if (directory == usb_bus)
        for (const auto& [unused, bus] : added_) {
            names->push_back(format("usb{}", bus));
            names->push_back(format("{}-1", bus));
        }
    return names;
}

std::expected<std::string, Errno> EditedTree::read(const std::string& file, std::size_t limit) const
{
    if (is_gone(file)) return std::unexpected(Errno{ENOENT});
    const auto edit = edits_.find(file);
    if (edit == edits_.end()) return tree_.read(file, limit);
    if (edit->second.errno_value != 0) return std::unexpected(Errno{edit->second.errno_value});
    return edit->second.text.substr(0, limit);
}

std::expected<std::string, Errno> EditedTree::link(const std::string& path) const
{
    if (is_gone(path)) return std::unexpected(Errno{ENOENT});
    const auto edit = edits_.find(path);
    if (edit == edits_.end()) return tree_.link(path);
    if (edit->second.errno_value != 0) return std::unexpected(Errno{edit->second.errno_value});
    return edit->second.text;
}

} // namespace usbroute::fakes
