// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "map/mapping.hpp"

#include <string>
#include <utility>
#include <vector>

/// What the files of Mapping share.
namespace usbroute::map {

[[nodiscard]] Line line(Line::Kind kind, std::string text,
                        std::vector<std::pair<std::string, std::string>> fields = {});
[[nodiscard]] std::vector<std::pair<std::string, std::string>> fields_of(const Sighting& sighting);

} // namespace usbroute::map
