// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "libvirt/hypervisor.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::fakes {

/// Domains that are in memory, with aliases of devices as all they have.
class FakeHypervisor final : public libvirt::Hypervisor {
public:
    [[nodiscard]] Result<void> connect() override
    {
        asked.emplace_back("connect");
        if (!why_not.empty()) return failure(why_not);
        is_connected = true;
        return {};
    }

    [[nodiscard]] libvirt::Answer carry_out(const libvirt::Question& question, int descriptor) override
    {
        using libvirt::Code;
        using libvirt::Refused;
        using libvirt::Verb;
        asked.push_back(question.domain + (question.alias ? " " + question.alias->text() : std::string()));
        if (!is_connected) return Refused{.code = Code::not_connected, .message = "it is gone"};
        descriptors.push_back(descriptor);
        const auto domain = domains.find(question.domain);
        const auto state = domain == domains.end() ? libvirt::State::undefined : domain->second;
        switch (question.verb) {
        case Verb::watch:
        case Verb::look:
            return libvirt::Looked{
                .domain = question.domain, .state = state, .uuid = {}, .qemu = {}, .has = {}};
        case Verb::detach:
        case Verb::detach_controller:
            if (!devices.contains(question.alias->text())) return libvirt::Done{};
            if (lets_go) devices.erase(question.alias->text());
            return libvirt::Underway{};
        case Verb::start:
        case Verb::resume: return libvirt::Done{};
        default: break;
        }
        if (!libvirt::is_active(state)) return Refused{.code = Code::no_domain, .message = "it does not run"};
        if (!devices.insert(question.alias->text()).second)
            return Refused{.code = Code::alias_in_use, .message = "it is there already"};
        return libvirt::Done{};
    }

    [[nodiscard]] std::expected<bool, libvirt::Refused> has(const std::string& domain,
                                                            const libvirt::Alias& alias) override
    {
        asked.push_back("has " + domain + " " + alias.text());
        if (!is_connected)
            return std::unexpected(
                libvirt::Refused{.code = libvirt::Code::not_connected, .message = "it is gone"});
        return devices.contains(alias.text());
    }

    [[nodiscard]] std::expected<libvirt::State, libvirt::Refused> state_of(const std::string& domain) override
    {
        asked.push_back("state " + domain);
        const auto found = domains.find(domain);
        return found == domains.end() ? libvirt::State::undefined : found->second;
    }

    bool is_connected = false;
    std::string why_not; ///< not empty: it cannot be connected to
    bool lets_go = true; ///< guests give back what they are asked for
    std::map<std::string, libvirt::State> domains{{"win11", libvirt::State::running}};
    std::set<std::string> devices;
    std::vector<std::string> asked;
    std::vector<int> descriptors;
};

} // namespace usbroute::fakes
