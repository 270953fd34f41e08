// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/unique_fd.hpp"
#include "observe/kernel_tree.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <dirent.h>
#include <sys/types.h>

namespace usbroute::linux_ {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using OpenDirectory = std::unique_ptr<DIR, CloseDirectory>;

/// not_permitted where rights are missing, else failed.
[[nodiscard]] ErrorKind kind_from(int errno_value);

/// The kernel's trees below a root: "/" or a recorded machine. In a recorded machine no symbolic link leads out of
/// it: the kernel resolves absolute targets and ".." inside that root.
class LiveTree final : public observe::KernelTree {
public:
    /// `root` ends with a slash.
    explicit LiveTree(std::string root);

    [[nodiscard]] std::expected<std::vector<std::string>, observe::Errno>
    list(const std::string& directory) const override;
    [[nodiscard]] std::expected<std::vector<topology::Listed>, observe::Errno>
    entries(const std::string& directory) const override;
    [[nodiscard]] std::optional<std::uint64_t> entry_number(const std::string& path) const override;
    [[nodiscard]] std::expected<std::string, observe::Errno> read(const std::string& file,
                                                                  std::size_t limit) const override;
    [[nodiscard]] std::expected<std::string, observe::Errno> link(const std::string& path) const override;
    /// The node is not opened. With the root "/", links are followed only below /dev: the owner of a directory could
    /// put one there that leads to a file system which never answers.
    [[nodiscard]] std::optional<std::string> block_number(const std::string& path) const override;

private:
    [[nodiscard]] UniqueFd open(const std::string& path, int flags) const;

    std::string root_;
    UniqueFd inside_; ///< the root as a directory, for a recorded machine; not open for "/"
};

// Whatever interrupts: where EINTR is retried.
/// What is there, at most so many bytes.
[[nodiscard]] std::expected<std::string, observe::Errno> read_up_to(int fd, std::size_t limit);
/// 0, or an errno value.
[[nodiscard]] int write_whole(int fd, std::string_view text);
/// The same into a socket, whose other end may be gone.
[[nodiscard]] int send_whole(int fd, std::string_view text);

/// A whole file of at most `limit` bytes; larger is an error.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t limit);
/// Replaces a file as a whole: readers see the old text or the new one, also after a power failure. Without a
/// `mode` it keeps the one it has; a new one gets 0644.
[[nodiscard]] Result<void> replace_file(const std::string& path, std::string_view text,
                                        std::optional<mode_t> mode = std::nullopt);
/// The same for a file that is not there yet. The error has EEXIST where something is there, a link that leads nowhere too: it stays as
/// it is.
[[nodiscard]] Result<void> create_file(const std::string& path, std::string_view text);
/// "; make room there": what the administrator can do about a file that cannot be written, to be put behind the
/// system's words; empty where we know nothing.
[[nodiscard]] std::string_view remedy_for_writing(int errno_value);
/// Whether `replace_file` can do its work there, tried with a file that is gone again afterwards: a mode says
/// nothing of a read-only file system.
[[nodiscard]] Result<void> can_replace(const std::string& path);
/// Makes a directory and those above it.
[[nodiscard]] Result<void> make_directories(const std::string& path);

} // namespace usbroute::linux_
