// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/actions.hpp"
#include "attach/guest_usb.hpp"
#include "base/result.hpp"
#include "linux/unique_fd.hpp"

#include <cstdint>
#include <functional>

namespace usbroute::vmm {

/// A guest that can be given devices, whoever is asked for it: its QEMU, or libvirt.
///
/// Each question is answered once, later, by its `done`. Who is called back may ask again or destroy this object, and nobody
/// is called from then on.
class GuestAccess {
public:
    template <class T> using Done = std::function<void(Result<T>)>;
    /// Whether QEMU has opened the device and put it into the guest's port.
    enum class Took : std::uint8_t { attached, waiting };

    virtual ~GuestAccess() = default;

    /// `node`: the device's, open for reading and writing, with `attach::Way::descriptor`.
    virtual void give(const attach::Give& action, linux_::UniqueFd node, Done<Took> done) = 0;
    /// Done when the guest has let go of it, or when there is no such object.
    virtual void take(const attach::ObjectId& object, Done<void> done) = 0;
    virtual void add_controller(const attach::AddController& action, Done<void> done) = 0;
    /// Lets a paused guest run, or wakes one that sleeps.
    virtual void resume(Done<void> done) = 0;
    /// Starts one that is off. Not possible where QEMU itself is asked.
    virtual void start(Done<void> done) = 0;
};

} // namespace usbroute::vmm
