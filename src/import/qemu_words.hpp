// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string_view>

namespace usbroute::import_ {

/// Whether a word is that option of QEMU, "-name" or "--name".
[[nodiscard]] bool is_switch(std::string_view text, std::string_view name);

} // namespace usbroute::import_
