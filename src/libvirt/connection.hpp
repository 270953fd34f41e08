// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "libvirt/hypervisor.hpp"

#include <functional>
#include <memory>
#include <string>

namespace usbroute::libvirt {

/// libvirt itself, by its library. Everything is done live: no call of it touches a persistent definition.
class Connection final : public Hypervisor {
public:
    using Tell = std::function<void(News news)>;

    /// Begins libvirt's own event loop, in a thread of its own for the rest of the process; `tell` is called there.
    Connection(std::string uri, Tell tell);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] Result<void> connect() override;
    [[nodiscard]] Answer carry_out(const Question& question, int descriptor) override;
    [[nodiscard]] std::expected<bool, Refused> has(const std::string& domain, const Alias& alias) override;
    [[nodiscard]] std::expected<State, Refused> state_of(const std::string& domain) override;

private:
    struct Shared;
    std::unique_ptr<Shared> shared_;
};

} // namespace usbroute::libvirt
