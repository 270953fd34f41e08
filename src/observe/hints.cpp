// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/hints.hpp"

#include "base/format.hpp"

namespace usbroute::observe {

std::string hint_at(const topology::PortPath& place) { return format("usb{}/{}", place.bus(), place.text()); }

} // namespace usbroute::observe
