// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/files.hpp"
#include "linux/unique_fd.hpp"
#include "sim/fake_qemu.hpp"

#include <map>
#include <string>
#include <vector>

namespace usbroute::sim {

/// sysfs and usbfs as libusb uses them, for a process that lives inside the board.
class NodeUsbHost final : public UsbHost {
public:
    [[nodiscard]] std::vector<HostUsbDevice> list() override;
    [[nodiscard]] std::expected<int, int> open(const std::string& node) override;
    [[nodiscard]] std::string node_of(int descriptor) override;
    void take(int handle) override;
    [[nodiscard]] bool is_there(int handle) override;
    void give_back(int handle) override;

private:
    struct Interface {
        unsigned number = 0;
        bool was_driven = false; ///< by the host, which gets it back
    };
    struct Taken {
        linux_::UniqueFd fd;
        std::string place; ///< "3-1", in sysfs
        std::vector<Interface> interfaces;
    };

    linux_::LiveTree tree_{"/"};
    std::map<int, Taken> taken_;
    int next_handle_ = 1;
};

} // namespace usbroute::sim
