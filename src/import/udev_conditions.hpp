// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "import/found.hpp"
#include "import/udev_lines.hpp"

namespace usbroute::import_ {

/// The conditions of one rule of udev, as sockets and as a device.
class UdevConditions {
public:
    /// Remarks go to `found`.
    UdevConditions(Found& found, std::uint32_t line) : found_(found), line_(line) {}

    /// `acts`: something is run by then.
    void add(const UdevItem& item, bool acts);
    /// The rule cannot be taken over.
    void no(std::string why) { not_taken_.push_back(std::move(why)); }
    [[nodiscard]] const std::vector<std::string>& not_taken() const { return not_taken_; }
    /// What they mean, once for each of their alternatives.
    [[nodiscard]] std::vector<Entry> entries(const std::string& guest);

private:
    void not_equal(const UdevItem& item, bool acts);
    void subsystem(const std::string& value);
    void socket(const std::string& value, bool by_kernel);
    [[nodiscard]] std::optional<ToldSocket> part_of_socket(const std::string& part, bool by_kernel);
    void id_path(const std::string& value);
    void hex_id(std::optional<std::uint16_t>& id, const std::string& value);
    void text(std::string& where, const std::string& value);
    void environment(const UdevItem& item);
    void product(const std::string& value);
    void products(const std::string& value);
    void attribute(const UdevItem& item);
    [[nodiscard]] std::vector<Entry> devices(const Entry& base) const;
    [[nodiscard]] std::vector<ToldSocket> sockets();

    Found& found_;
    std::uint32_t line_;
    std::vector<ToldSocket> sockets_;
    std::vector<UsbIds> products_;
    ToldDevice device_;
    bool has_device_ = false;
    std::optional<std::uint16_t> bus_;
    std::string devpath_;
    std::vector<std::string> not_taken_;
    bool warned_parent_ = false;
    bool warned_gone_ = false;
};

} // namespace usbroute::import_
