// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "vmm/guest_access.hpp"
#include "vmm/libvirt_line.hpp"
#include "wire/libvirt_line.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::vmm {

/// A domain of libvirt's, through the line that it shares with others. Errors have codes (vmm/libvirt_line.cpp).
///
/// libvirt finds a device by the kernel's bus and number and opens it itself, so what it gives ends with the plug. QEMU's object
/// stays behind as a shell, and has to be taken by its alias.
class LibvirtGuest final : public GuestAccess {
public:
    LibvirtGuest(std::shared_ptr<LibvirtLine> line, std::string domain);

    [[nodiscard]] const std::string& domain() const { return domain_; }

    /// What the domain has now; from then on its events come.
    void watch(Done<wire::LibvirtLook> done) { look_by("watch", std::move(done)); }
    void look(Done<wire::LibvirtLook> done) { look_by("look", std::move(done)); }

    void give(const attach::Give& action, linux_::UniqueFd node, Done<Took> done) override;
    void take(const attach::ObjectId& object, Done<void> done) override;
    void add_controller(const attach::AddController& action, Done<void> done) override;
    void resume(Done<void> done) override { ask_for("resume", std::move(done)); }
    void start(Done<void> done) override { ask_for("start", std::move(done)); }

private:
    [[nodiscard]] wire::QmpCommand question(std::string_view what,
                                            std::vector<wire::QmpArgument> arguments = {}) const;
    [[nodiscard]] std::optional<std::uint32_t> index_of(const std::string& bus) const;
    void look_by(std::string_view what, Done<wire::LibvirtLook> done);
    void ask_for(std::string_view what, Done<void> done);

    std::shared_ptr<LibvirtLine> line_;
    std::string domain_;
    std::map<std::string, std::uint32_t>
        indexes_; ///< of its controllers, by their buses, as of the last look
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace usbroute::vmm
