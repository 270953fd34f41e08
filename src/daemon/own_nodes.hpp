// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "linux/lending.hpp"
#include "linux/locations.hpp"
#include "linux/usb_node.hpp"
#include "vmm/qmp_session.hpp"

#include <optional>

namespace usbroute::daemon {

/// The nodes of USB devices, as far as this process may open them and pass them on. Settled when it starts, by the
/// configuration of then: where there is nothing to give, the filter of system calls shuts it for good. docs/decisions/0047
class OwnNodes {
public:
    /// Before the filter. A recorded machine has no nodes: what a link in it leads to is the machine's that usbrouted runs on.
    OwnNodes(const linux_::Locations& locations, const config::Settings& settings);
    ~OwnNodes() = default;
    OwnNodes(const OwnNodes&) = delete;
    OwnNodes& operator=(const OwnNodes&) = delete;

    /// What the filter has to let through; null: nothing.
    [[nodiscard]] const linux_::LendingMessage* message() const { return message_ ? &*message_ : nullptr; }
    /// There is something to give, and no message to do it with.
    [[nodiscard]] const std::optional<Error>& why_not() const { return why_not_; }
    /// From here on only what `message` was said.
    void confined() { is_confined_ = true; }

    /// Only the filter is in the way.
    [[nodiscard]] bool is_shut_by_filter() const { return opens_ && is_confined_ && !message_; }
    /// Null: this process may not open nodes.
    [[nodiscard]] linux_::UsbNodes* nodes();
    [[nodiscard]] vmm::QmpSession::Lend lend() const;

private:
    bool opens_;
    bool is_confined_ = false;
    linux_::UsbFileSystem nodes_;
    std::optional<linux_::LendingMessage> message_;
    std::optional<Error> why_not_;
};

} // namespace usbroute::daemon
