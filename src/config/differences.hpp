// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"

#include <string>

namespace usbroute::config {

/// Which tables a new configuration has, lacks or says otherwise: "new: [connector.rear-3]; changed: [guest.windows]; gone: [profile.desk]". Empty:
/// both say the same, in whatever words and order.
[[nodiscard]] std::string differences(const Settings& before, const Settings& after);

} // namespace usbroute::config
