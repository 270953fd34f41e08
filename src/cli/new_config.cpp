// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/new_config.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"

#include <cerrno>

namespace usbroute::cli {

Result<void> write_new_config(const std::string& path, const std::string& toml)
{
    auto written = linux_::create_file(path, toml);
    if (written || written.error().errno_value() != EEXIST) return written;
    return std::unexpected(
        Error(
            ErrorKind::refused,
            format(
                "{0} already exists and was not changed; write the proposal elsewhere with --config NEW.toml, compare the two, and copy what you want into {0}",
                printable(path, 200)))
            .with_code("file-exists"));
}

} // namespace usbroute::cli
