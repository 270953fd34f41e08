// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/driver_backend.hpp"
#include "base/format.hpp"
#include "base/text.hpp"

#include <map>
#include <string>

namespace usbroute::fakes {

/// A kernel's drivers and functions that react to what is written: unbind takes a driver away, bind and a probe give
/// one. Can be told that a write fails, hangs, or does nothing.
class FakeDrivers final : public apply::DriverFiles {
public:
    struct Function {
        std::string native; ///< what a probe chooses without an override
        std::string driver;
        std::string forced;
    };

    [[nodiscard]] Result<void> write(const std::string& file, std::string_view text) override
    {
        ++writes;
        log += format("{} > {}\n", text == "\n" ? "" : text, file.substr(file.find("pci/") + 4));
        if (writes == hanging_write)
            return std::unexpected(
                Error(ErrorKind::timed_out, format("writing {} to /{} hangs", text, file)));
        if (writes == failing_write || (failing_from != 0 && writes >= failing_from))
            return std::unexpected(Error(ErrorKind::failed, format("cannot write {} to /{}", text, file), 5));
        if (writes != ignored_write) react(file, text);
        return {};
    }

    [[nodiscard]] Result<std::string> override_of(const PciAddress& function) override
    {
        return functions[function.text()].forced;
    }

    [[nodiscard]] std::string driver_when(const PciAddress& function,
                                          const std::function<bool(std::string_view)>& /*is_it*/) override
    {
        return functions[function.text()].driver;
    }

    /// "0000:00:1d.0 ehci-pci, 0000:00:1a.0 vfio-pci forced vfio-pci"
    [[nodiscard]] std::string state() const
    {
        std::string text;
        for (const auto& [address, function] : functions)
            text += format("{}{} {}{}", text.empty() ? "" : ", ", address,
                           function.driver.empty() ? "none" : function.driver,
                           function.forced.empty() ? "" : " forced " + function.forced);
        return text;
    }

    std::map<std::string, Function> functions;
    std::string probed; ///< what a probe gives whatever was forced; empty: what it should
    std::string log;
    int writes = 0;
    int failing_write = 0; ///< the n-th write fails with EIO; 0: none
    int failing_from = 0;  ///< and from this one on all do
    int hanging_write = 0; ///< the n-th write hangs
    int ignored_write = 0; ///< the n-th write succeeds and does nothing

private:
    void react(const std::string& file, std::string_view text)
    {
        const auto parts = split(file, '/');
        const auto last = parts.back();
        if (last == "driver_override") {
            functions[std::string(parts[parts.size() - 2])].forced = trim(text);
            return;
        }
        auto& function = functions[std::string(text)];
        if (last == "unbind") function.driver.clear();
        if (last == "bind") function.driver = parts[parts.size() - 2];
        if (last == "drivers_probe" && function.driver.empty())
            function.driver = !probed.empty()           ? probed
                              : function.forced.empty() ? function.native
                                                        : function.forced;
    }
};

} // namespace usbroute::fakes
