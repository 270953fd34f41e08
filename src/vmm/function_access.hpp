// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "assign/in_guest.hpp"
#include "base/result.hpp"

#include <chrono>
#include <functional>

namespace usbroute::vmm {

/// The whole controllers in a guest that runs, whoever is asked for them: its QEMU, or libvirt.
///
/// Each question is answered once, later, by its `done`. Who is called back may ask again or destroy this object, and nobody is
/// called from then on.
class FunctionAccess {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    /// A guest that has not let go so long after it was asked is called silent. PCI Express makes a guest wait five seconds in
    /// case somebody presses the button again (pciehp).
    static constexpr std::chrono::milliseconds usual_answer = std::chrono::seconds(8);

    /// QEMU maps all of the guest's memory for the first controller: seconds, where there is much of it.
    static constexpr std::chrono::milliseconds longest_plug = std::chrono::seconds(30);

    virtual ~FunctionAccess() = default;

    /// What the machine has; of those that were asked to go, how far that is.
    virtual void look(Done<assign::InGuest> done) = 0;
    /// A function that is on vfio-pci already.
    virtual void plug_in(const assign::PlugIn& plug, Done<void> done) = 0;
    /// Asks the guest to let go, unless it was asked and has not answered. Done when it has let go or said no, when its machine has
    /// ended, or when it is silent; never `none` or `asked`.
    virtual void take_out(const assign::TakeOut& out, Done<assign::Farewell> done) = 0;
};

} // namespace usbroute::vmm
