// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/paste.hpp"
#include "report/views.hpp"

#include <nlohmann/json.hpp>

namespace usbroute::report {

using Json = nlohmann::ordered_json;

std::string to_json(const Paste& paste)
{
    const Json json{{"schema", schema},
                    {"guest", paste.guest.text()},
                    {"kind", paste.kind},
                    {"lines", paste.lines},
                    {"notes", paste.notes}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace usbroute::report
