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

/// The folder of this program: the others are installed beside it.
std::string own_folder()
{
    std::array<char, PATH_MAX> path{};
    const auto length = ::readlink("/proc/self/exe", path.data(), path.size());
    const std::string_view text(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    return std::string(text.substr(0, text.rfind('/') + 1));
}

} // namespace

int hand_over(const Invocation& invocation, std::string_view program)
{
    std::string name(program);
    auto arguments = invocation.typed;
    std::vector<char*> argv{name.data()};
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const auto path = own_folder() + std::string(program);
    ::execv(path.c_str(), argv.data());
    return fail(Error(ErrorKind::failed,
                      format("cannot start {}, which does the work of `usbroute {}`", printable(path),
                             invocation.command->name),
                      errno),
                invocation.options.json);
}

} // namespace usbroute::cli
