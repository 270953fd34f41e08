// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/seen.hpp"

#include <vector>

namespace usbroute::attach {

/// Objects that are not ours and are for a device, by bus and number, that has been unplugged: the guest keeps a dead device until
/// whoever has made them takes them away.
[[nodiscard]] std::vector<Having> shells_of_others(const Seen& seen);

} // namespace usbroute::attach
