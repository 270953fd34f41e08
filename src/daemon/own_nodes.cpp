// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/own_nodes.hpp"

#include "linux/syscall_filter.hpp"

#include <utility>

namespace usbroute::daemon {

OwnNodes::OwnNodes(const linux_::Locations& locations, const config::Settings& settings)
    : opens_(!locations.recorded), nodes_(locations.root)
{
    if (!opens_ || !settings.gives_devices()) return;
    const auto first_number = linux_::first_register_number();
    if (!first_number) return; // and no filter
    auto message = linux_::LendingMessage::make(linux_::lending_number(*first_number));
    if (message)
        message_.emplace(std::move(*message));
    else
        why_not_ = std::move(message.error());
}

linux_::UsbNodes* OwnNodes::nodes()
{
    if (!opens_) return nullptr;
    return is_shut_by_filter() ? nullptr : &nodes_;
}

vmm::QmpSession::Lend OwnNodes::lend() const
{
    if (!is_confined_ || !message_) return linux_::lend;
    return [this](int socket, int file) { return message_->lend(socket, file); };
}

} // namespace usbroute::daemon
