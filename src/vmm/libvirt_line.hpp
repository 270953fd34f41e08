// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/loop.hpp"
#include "vmm/line_session.hpp"
#include "wire/libvirt_line.hpp"
#include "wire/qmp.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace usbroute::vmm {

/// One kept connection to a usbroute-libvirt, for all guests of its libvirt: docs/libvirt-line.md.
///
/// Events of a domain reach whoever has subscribed to it; that usbroute-libvirt is there or gone, and that it has lost its libvirt
/// or found it again, reaches all. Nobody is called back from within their own call.
class LibvirtLine {
public:
    /// The helper answers within 30 seconds, if only that it took too long.
    static constexpr std::chrono::milliseconds longest_answer = std::chrono::seconds(32);
    static constexpr std::chrono::milliseconds longest_greeting = std::chrono::seconds(5);
    static constexpr std::size_t most_questions = 64;

    /// How far the line goes.
    enum class Reach : std::uint8_t {
        nowhere,     ///< no usbroute-libvirt
        the_helper,  ///< usbroute-libvirt answers, libvirt does not
        the_domains, ///< libvirt answers
    };
    struct Subscriber {
        std::string domain;
        /// The reach is another now, or the same anew: what was watched is not watched any more unless asked again.
        std::function<void()> reached;
        /// "domain", "added" or "removed", with the whole line.
        std::function<void(const wire::QmpEvent&)> event;
    };
    /// Ends with the last copy.
    using Subscription = std::shared_ptr<const Subscriber>;
    using Done = std::function<void(LineReply)>;

    LibvirtLine(linux_::Loop& loop, std::string path, LineSession::Lend lend = linux_::lend);

    void begin() { session_.begin(); }
    [[nodiscard]] const std::string& path() const { return session_.path(); }
    [[nodiscard]] Reach reach() const;
    /// Why libvirt does not answer, in its words, not made safe to print; empty: it does, or has not said.
    [[nodiscard]] const std::string& why() const { return why_; }

    [[nodiscard]] Subscription subscribe(Subscriber subscriber);
    /// `file`: goes along.
    void ask(wire::QmpCommand question, Done done, linux_::UniqueFd file = {});
    /// As LineSession's.
    void later(std::function<void()> done) { session_.later(std::move(done)); }

private:
    void greeted(const wire::LibvirtGreeting& greeting);
    void hear(const wire::QmpEvent& event);
    void tell_reach();
    template <class Tell> void each(const Tell& tell);

    bool has_libvirt_ = false;
    std::string why_;
    std::list<std::weak_ptr<const Subscriber>> subscribers_;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
    LineSession session_; // last: its callbacks use the rest
};

/// A failure in words for people, with a stable code; libvirt's own words, made safe to print, at the end. The codes stand in the
/// table of the source.
[[nodiscard]] Error error_of_libvirt(const LineFailure& failure);

} // namespace usbroute::vmm
