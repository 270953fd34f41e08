// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/loop.hpp"
#include "linux/usb_node.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace usbroute::vmm {

/// Something done to nodes on the worker, since the kernel may wait there for a device's lock: seconds, where a driver is
/// probing. `done` is called on the loop, once, unless the loop ends before; it makes sure that whoever asked is still there.
template <class T>
void on_worker(linux_::Loop& loop, std::function<Result<T>()> work, std::function<void(Result<T>)> done)
{
    auto result = std::make_shared<std::optional<Result<T>>>();
    loop.errand([work = std::move(work), result] { *result = work(); },
                [done = std::move(done), result] { done(std::move(**result)); });
}

/// A hub whose node was open before there was a daemon to use it, and outlives it.
struct KeptHub {
    topology::PortPath path;
    std::uint8_t number = 0;
    std::shared_ptr<linux_::UsbNode> node;
    std::set<std::uint8_t> ports; ///< that it has claimed
};

/// Which ports a hub's node has claimed: the kernel does not tell, but lets only that node release them. Each is claimed again
/// at once; what is plugged in within those microseconds gets a driver of the host.
[[nodiscard]] std::set<std::uint8_t> claims_of(linux_::UsbNode& hub);

/// The ports that are kept from the host's drivers. A claim lasts as long as the hub's node is held open, so it ends with this
/// object, and with the process.
class ClaimedPorts {
public:
    /// Null: no node may be opened, and every claim fails.
    ClaimedPorts(linux_::Loop& loop, linux_::UsbNodes* nodes, std::vector<KeptHub> kept = {});

    /// In order.
    [[nodiscard]] std::vector<topology::PortPath> list() const;
    /// Those of a hub that has gone, or that is another one by now, are gone with it.
    void follow(const topology::Snapshot& snapshot);

    /// `hub_number`: as the kernel numbers the port's hub now. Errors: those of linux_::UsbNodes and UsbNode.
    void claim(const topology::PortPath& port, std::uint8_t hub_number,
               std::function<void(Result<void>)> done);
    /// Of a port that is not claimed: done at once.
    void release(const topology::PortPath& port, std::function<void(Result<void>)> done);

private:
    struct Hub {
        std::uint8_t number = 0;
        std::shared_ptr<linux_::UsbNode>
            node; ///< used by one errand at a time: the worker does one after the other
        std::set<std::uint8_t> ports;
        bool is_kept = false; ///< also without a claim
    };

    linux_::Loop& loop_;
    linux_::UsbNodes* nodes_;
    std::map<topology::PortPath, Hub> hubs_;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace usbroute::vmm
