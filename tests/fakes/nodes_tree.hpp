// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "fakes/fake_tree.hpp"
#include "fakes/fake_usb_nodes.hpp"

#include <optional>
#include <string>

namespace usbroute::fakes {

/// sysfs of a fake usbfs, as it is at each reading: one xHCI without a mux, 0000:02:00.0, that has all its buses. What is plugged
/// in has one interface, of a class of its own vendor, so that no guard asks for it.
class NodesTree final : public observe::KernelTree {
public:
    explicit NodesTree(const FakeUsbNodes& nodes) : nodes_(nodes) {}

    [[nodiscard]] std::expected<std::vector<std::string>, observe::Errno>
    list(const std::string& directory) const override
    {
        return now().list(directory);
    }
    [[nodiscard]] std::expected<std::string, observe::Errno> read(const std::string& file,
                                                                  std::size_t limit) const override
    {
        return now().read(file, limit);
    }
    [[nodiscard]] std::expected<std::string, observe::Errno> link(const std::string& path) const override
    {
        return now().link(path);
    }

private:
    /// Made anew when something is another.
    [[nodiscard]] const FakeTree& now() const;

    const FakeUsbNodes& nodes_;
    mutable std::string what_;
    mutable std::optional<FakeTree> tree_;
};

} // namespace usbroute::fakes
