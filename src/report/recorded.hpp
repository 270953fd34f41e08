// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "report/views.hpp"

#include <string>
#include <vector>

namespace usbroute::report {

/// What `record` took.
struct RecordedView {
    int schema = report::schema;
    std::string directory;
    std::string version; ///< of this program
    int files = 0;
    int links = 0;
    int serials = 0; ///< replaced
    int addresses = 0;
    int uuids = 0;
    bool host_name = false;
    bool registers = true;          ///< false: the configuration space ended before them
    std::vector<std::string> notes; ///< what could not be read
};

/// A line or two for the person who ran it.
[[nodiscard]] std::string recorded_text(const RecordedView& view);
/// The text beside the recording, for its reader.
[[nodiscard]] std::string recorded_readme(const RecordedView& view);
[[nodiscard]] std::string to_json(const RecordedView& view);

} // namespace usbroute::report
