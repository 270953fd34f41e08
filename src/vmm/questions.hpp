// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "vmm/qmp_session.hpp"

#include <functional>
#include <vector>

namespace usbroute::vmm {

[[nodiscard]] wire::QmpCommand qom_list(std::string path);
[[nodiscard]] wire::QmpCommand qom_get(std::string path, std::string property);

/// Asks all of them, a few at a time so that others get their turn, and gives the answers in the same order. `done` is called
/// once, also where there is nothing to ask; never from within where there is.
void ask_all(QmpSession& session, std::vector<wire::QmpCommand> commands,
             std::function<void(std::vector<QmpReply>)> done);

} // namespace usbroute::vmm
