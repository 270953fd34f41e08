// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/monitor_memory.hpp"

#include "base/format.hpp"
#include "libvirt/handles.hpp"

#include <array>
#include <cstdlib>

namespace usbroute::libvirt {

namespace {

std::string run_of(virDomainPtr domain)
{
    return format("{} {}", named(domain).uuid, virDomainGetID(domain));
}

constexpr std::string_view custom_monitor =
    "custom monitor"; // libvirt's words for VIR_DOMAIN_TAINT_CUSTOM_MONITOR

bool is_called_tainted([[maybe_unused]] virDomainPtr domain)
{
#if LIBVIR_VERSION_NUMBER >= 7001000
    char** messages = nullptr;
    const int count = virDomainGetMessages(domain, &messages, VIR_DOMAIN_MESSAGE_TAINTING);
    bool is_tainted = false;
    for (int i = 0; i < count; ++i) {
        const TextHandle message(messages[i]);
        is_tainted =
            is_tainted || std::string_view(message.get()).find(custom_monitor) != std::string_view::npos;
    }
    if (count >= 0) std::free(static_cast<void*>(messages)); // NOLINT(cppcoreguidelines-no-malloc): libvirt's
    return is_tainted;
#else
    return false;
#endif
}

} // namespace

Named named(virDomainPtr domain)
{
    std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
    virDomainGetUUIDString(domain, uuid.data());
    const auto* const name = virDomainGetName(domain);
    return {.name = name == nullptr ? "" : name, .uuid = uuid.data()};
}

void MonitorMemory::used(virDomainPtr domain)
{
    const std::lock_guard lock(guard_);
    used_.insert(run_of(domain));
}

bool MonitorMemory::has_used(virDomainPtr domain) const
{
    {
        const std::lock_guard lock(guard_);
        if (used_.contains(run_of(domain))) return true;
    }
    return is_called_tainted(domain);
}

void MonitorMemory::added(virDomainPtr domain, const std::string& alias)
{
    const std::lock_guard lock(guard_);
    added_.insert(run_of(domain) + ' ' + alias);
}

bool MonitorMemory::removed(virDomainPtr domain, const std::string& alias)
{
    const std::lock_guard lock(guard_);
    return added_.erase(run_of(domain) + ' ' + alias) != 0;
}

} // namespace usbroute::libvirt
