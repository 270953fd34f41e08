// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace usbroute::fakes {

/// A directory of its own, gone when the test is over.
class StateDirectory {
public:
    StateDirectory()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "usbroute-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~StateDirectory()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    StateDirectory(const StateDirectory&) = delete;
    StateDirectory& operator=(const StateDirectory&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

} // namespace usbroute::fakes
