// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/qmp.hpp"

#include "wire/json_forms.hpp"

namespace usbroute::wire {

QmpSaid read_qmp_line(std::string_view line)
{
    const auto keys = read_json_texts(line);
    if (!keys) return QmpSaid::otherwise;
    for (const auto& [key, value] : *keys) {
        if (key == "QMP") return QmpSaid::greeting;
        if (key != "event") continue;
        if (value == "SHUTDOWN") return QmpSaid::shut_down;
        if (value == "RESUME") return QmpSaid::running;
    }
    return QmpSaid::otherwise;
}

} // namespace usbroute::wire
