// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cli/options.hpp"
#include "map/mapping.hpp"

namespace usbroute::wizard {

/// How the dialogue is shown: as text for a person, or as a JSON line for each thing that is told.
class Teller {
public:
    Teller(const cli::Options& options, bool typed_by_a_person)
        : json_(options.json), person_(typed_by_a_person && !options.json)
    {}

    void tell(const map::Reaction& reaction);
    void tell(const map::Line& line);
    /// Shows what is waited for, once until something else is shown or the person has typed.
    void prompt(const map::Mapping& mapping);
    void typed() { prompt_stands_ = false; }

private:
    bool json_;
    bool person_;
    bool prompt_stands_ = false;
};

} // namespace usbroute::wizard
