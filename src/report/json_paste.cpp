// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/json_text.hpp"
#include "report/paste.hpp"
#include "report/views.hpp"

namespace usbroute::report {

std::string to_json(const Paste& paste)
{
    const Json json{{"schema", schema},
                    {"guest", paste.guest.text()},
                    {"kind", paste.kind},
                    {"lines", paste.lines},
                    {"notes", paste.notes}};
    return written(json);
}

} // namespace usbroute::report
