// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "libvirt/answer.hpp"
#include "libvirt/handles.hpp"
#include "libvirt/hypervisor.hpp"
#include "libvirt/monitor_memory.hpp"
#include "libvirt/question.hpp"

#include <expected>
#include <functional>

/// What is asked about one domain, by the calls of libvirt's library. Each may wait as long as libvirt does.
namespace usbroute::libvirt {

/// `tell`: of what libvirt itself tells nothing.
[[nodiscard]] Answer carry_out_on(virConnectPtr connection, MonitorMemory& memory, const Question& question,
                                  int descriptor, const std::function<void(News news)>& tell);
[[nodiscard]] std::expected<bool, Refused> has_device(virConnectPtr connection, MonitorMemory& memory,
                                                      const std::string& domain, const Alias& alias);
[[nodiscard]] std::expected<State, Refused> state_of_domain(virConnectPtr connection,
                                                            const std::string& domain);

} // namespace usbroute::libvirt
