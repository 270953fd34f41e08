// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/spoken.hpp"

#include "base/text.hpp"

namespace usbroute::report {

std::string as_options(std::string_view advice)
{
    return replaced(advice, {{"yes=1", "--yes"},
                             {"revert-after=", "--revert-after "},
                             {"force-disk=", "--force-disk "},
                             {say_confirm, "`usbroute confirm` keeps it"}});
}

std::string as_keys(std::string_view advice)
{
    return replaced(advice, {{"yes=1", "y"},
                             {"revert-after=30s", "t"},
                             {"force-disk=", "usbroute move --force-disk "},
                             {say_confirm, "c keeps it"}});
}

} // namespace usbroute::report
