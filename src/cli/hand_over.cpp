// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/hand_over.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/command_table.hpp"
#include "cli/screen.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <string>
#include <vector>

#include <unistd.h>

namespace usbroute::cli {

namespace {

/// Where this program's file is; empty where the kernel does not tell.
std::string own_folder()
{
    std::array<char, PATH_MAX> path{};
    const auto length = ::readlink("/proc/self/exe", path.data(), path.size());
    const std::string_view text(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    return std::string(text.substr(0, text.rfind('/')));
}

} // namespace

int hand_over(const Invocation& invocation, std::string_view program)
{
    const auto here = own_folder();
    std::string name(program);
    auto words = invocation.typed;
    std::vector<char*> argv{name.data()};
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    int why = ENOENT;
    for (const auto& folder : {here, format("{}/{}", here, USBROUTE_LIBEXEC_FROM_BIN)}) {
        ::execv(format("{}/{}", folder, program).c_str(), argv.data());
        if (errno != ENOENT) why = errno;
    }
    return fail(
        Error(
            ErrorKind::failed,
            format(
                "cannot start {} from {} or {}/{}; it does the work of `usbroute {}` and is installed together with usbroute; from the sources, `make` builds it",
                program, printable(here), printable(here), USBROUTE_LIBEXEC_FROM_BIN,
                invocation.command->name),
            why)
            .with_code("no-program"),
        invocation.options.json);
}

} // namespace usbroute::cli
