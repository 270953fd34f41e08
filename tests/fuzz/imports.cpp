// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Other tools' files: the first byte says of which kind the rest is, or that it is for the file itself to tell. Whatever it is, what
// comes of it is a configuration.

#include "base/check.hpp"
#include "config/parse.hpp"
#include "import/limits.hpp"
#include "import/proposal.hpp"
#include "import/readers.hpp"
#include "linux/files.hpp"
#include "observe/functions.hpp"
#include "observe/scan.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute {
namespace {

import_::Here look_at(const std::string& machine)
{
    const linux_::LiveTree tree(std::string(USBROUTE_MACHINES) + "/" + machine + "/");
    return {.snapshot = observe::scan(tree, observe::Ports::read),
            .functions = observe::read_functions(tree),
            .settings = {},
            .hostname = "alpha"};
}

void import_text(std::string_view bytes)
{
    static const std::array<import_::Here, 2> machines{look_at("amd-a520m"), look_at("z97e-itx-ac")};
    if (bytes.empty()) return;
    const auto& kinds = import_::all_kinds();
    const auto which = static_cast<std::size_t>(static_cast<unsigned char>(bytes.front())) - '0';
    const auto kind = which < kinds.size() ? std::optional(kinds[which]) : std::nullopt;
    auto found = import_::read_file_of({.name = "100.conf", .text = std::string(bytes.substr(1))}, kind);
    if (!found) return;
    for (const auto& machine : machines) {
        const auto proposal = import_::propose(machine, {*found});
        const auto toml = import_::to_toml(proposal);
        const std::vector<config::SourceText> texts{{.name = "proposal", .text = toml}};
        USBROUTE_CHECK(config::parse(texts).has_value());
    }
}

} // namespace
} // namespace usbroute

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    usbroute::import_text({reinterpret_cast<const char*>(bytes), size});
    return 0;
}
