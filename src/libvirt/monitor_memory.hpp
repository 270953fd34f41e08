// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include <libvirt/libvirt.h>

namespace usbroute::libvirt {

/// A domain's name and UUID, which its handle has without asking.
struct Named {
    std::string name;
    std::string uuid;
};
[[nodiscard]] Named named(virDomainPtr domain);

/// What was done past libvirt, in each run of a domain: what its QEMU has is gone with it. For any thread.
class MonitorMemory {
public:
    void used(virDomainPtr domain);
    /// Its monitor was used before, by whomever: once more does no harm. Asks libvirt where we do not remember; its answer is
    /// understood in English, so another libvirtd's domains are taken for untouched after a restart of ours.
    [[nodiscard]] bool has_used(virDomainPtr domain) const;
    void added(virDomainPtr domain, const std::string& alias);
    /// False: that was none of these.
    [[nodiscard]] bool removed(virDomainPtr domain, const std::string& alias);

private:
    mutable std::mutex guard_;
    std::set<std::string> used_;  ///< runs
    std::set<std::string> added_; ///< runs, with an alias
};

} // namespace usbroute::libvirt
