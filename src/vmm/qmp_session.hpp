// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/guest_usb.hpp"
#include "vmm/line_session.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace usbroute::vmm {

using QmpFailure = LineFailure;
using QmpReply = LineReply;

/// One kept connection to the monitor of a guest's QEMU.
///
/// A greeting is waited for without a deadline, because a monitor that serves somebody else says nothing until that one has
/// left.
class QmpSession : public LineSession {
public:
    static constexpr std::size_t most_commands = 256;

    struct Tell {
        /// QEMU has greeted, and takes commands from now on.
        std::function<void(const attach::QemuVersion&)> ready;
        // As in LineSession.
        std::function<void(const wire::QmpEvent&)> event;
        std::function<void(std::string_view why)> ended;
        std::function<void(std::string_view why)> did_not_begin = {};
    };

    QmpSession(linux_::Loop& loop, std::string path, Tell tell, Lend lend = linux_::lend);

    [[nodiscard]] const attach::QemuVersion& qemu() const { return *qemu_; }

private:
    using Version = std::shared_ptr<attach::QemuVersion>;
    QmpSession(linux_::Loop& loop, std::string path, Tell tell, Lend lend, const Version& qemu);

    Version qemu_; ///< as of the last greeting
};

} // namespace usbroute::vmm
