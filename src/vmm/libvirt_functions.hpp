// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "vmm/function_access.hpp"
#include "vmm/libvirt_line.hpp"

#include <memory>
#include <string>

namespace usbroute::vmm {

/// Whole controllers in a domain of libvirt's. It chooses the root port, waits 15 seconds for a guest that is to let go, and says
/// of one that has not only that: whether it said no is not known.
class LibvirtFunctions final : public FunctionAccess {
public:
    LibvirtFunctions(std::shared_ptr<LibvirtLine> line, std::string domain);

    void look(Done<assign::InGuest> done) override;
    void plug_in(const assign::PlugIn& plug, Done<void> done) override;
    void take_out(const assign::TakeOut& out, Done<assign::Farewell> done) override;

private:
    void ask(std::string_view what, std::vector<wire::QmpArgument> arguments, LibvirtLine::Done done);

    std::shared_ptr<LibvirtLine> line_;
    std::string domain_;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace usbroute::vmm
