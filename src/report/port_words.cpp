// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/port_words.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "route/mux.hpp"

namespace usbroute::report {

std::string words_for(const std::optional<chips::EhciPort>& port)
{
    return port ? format("#{}.{}", port->controller, port->port) : std::string();
}

std::string words_for_hidden_ehcis(const route::Mux& mux)
{
    std::vector<std::string> hidden;
    for (std::size_t i = 0; i < mux.ehcis.size(); ++i) {
        const auto& function = mux.family->ehcis[i];
        if (mux.ehcis[i] == nullptr)
            hidden.push_back(format("EHCI #{} (8086:{:04x}, normally 00:{:02x}.0)", i + 1, function.device_id,
                                    function.pci_device));
    }
    if (hidden.empty()) return {};
    return format(
        "{} {} not on the bus: firmware hides {}, or there is none; set its xHCI mode to Auto, Smart Auto or Manual",
        join(hidden, " and "), hidden.size() == 1 ? "is" : "are", hidden.size() == 1 ? "it" : "them");
}

} // namespace usbroute::report
