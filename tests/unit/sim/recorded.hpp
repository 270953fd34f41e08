// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/parse.hpp"
#include "linux/files.hpp"
#include "sim/board.hpp"

#include <memory>
#include <string>
#include <vector>

namespace usbroute::sim {

inline std::string machine_folder(const std::string& name) { return USBROUTE_MACHINES "/" + name; }

/// A recorded machine with its own configuration; null if it cannot be loaded.
inline std::shared_ptr<const Board> recorded(const std::string& name)
{
    const auto folder = machine_folder(name);
    const auto text = linux_::read_file(folder + "/etc/usbroute/usbroute.toml", 65536);
    const std::vector<config::SourceText> files{{.name = "usbroute.toml", .text = text.value_or("")}};
    const auto settings = config::parse(files);
    if (!settings) return nullptr;
    const auto board = load_board(linux_::LiveTree(folder + "/"), *settings);
    return board ? *board : nullptr;
}

} // namespace usbroute::sim
