// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/first_move.hpp"

#include "linux/private_files.hpp"

#include <utility>

#include <unistd.h>

namespace usbroute::linux_ {

namespace {

std::string path_in(const std::string& directory) { return directory + "/first-move"; }

} // namespace

FirstMove::FirstMove(const std::string& directory) : directory_(directory), is_over_(directory.empty())
{
    if (directory.empty() || ::access(directory.c_str(), F_OK) != 0) return;
    // Version 0.1 left both open to everybody.
    static_cast<void>(make_private_directory(directory));
    renew_private(path_in(directory));
    is_over_ = ::access(path_in(directory).c_str(), F_OK) == 0;
}

Result<void> FirstMove::note()
{
    if (std::exchange(is_over_, true)) return {};
    if (auto made = make_private_directory(directory_); !made) return made;
    return replace_private(path_in(directory_), "usbroute-first-move 1\n");
}

} // namespace usbroute::linux_
