// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/board_folder.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"
#include "linux/files.hpp"
#include "sim/inside.hpp"

#include <array>
#include <filesystem>
#include <vector>

namespace usbroute::sim {

namespace fs = std::filesystem;

namespace {

constexpr const char* own_configuration = "etc/usbroute/usbroute.toml";
constexpr std::size_t largest_configuration = 1u << 20u;

std::unexpected<Error> cannot_play(const std::string& folder, const std::string& why)
{
    return std::unexpected(
        Error(ErrorKind::usage, format("cannot play {}: {}", printable(folder, 200), why)));
}

} // namespace

Result<std::string> usual_board_folder()
{
    // A build has what is installed below the folder of its programs.
    const std::array<std::string, 2> places{
        format("{}/{}/usbroute/machines/{}", own_directory(), USBROUTE_SHARE_FROM_BIN, usual_board),
        format("{}/../share/usbroute/machines/{}", own_directory(), usual_board)};
    std::error_code error;
    for (const auto& place : places)
        if (fs::is_directory(place + "/sys", error)) return fs::path(place).lexically_normal().string();
    return std::unexpected(Error(
        ErrorKind::not_found,
        format("the board {} that comes with usbroute-sim is not at {}; name a recorded machine with --board",
               usual_board, fs::path(places[0]).lexically_normal().string())));
}

Result<std::shared_ptr<const Board>> board_in(const std::string& folder)
{
    std::error_code error;
    if (!fs::is_directory(folder, error)) return cannot_play(folder, "there is no such folder");
    // Its /sys has more than anybody has looked at, and reading some of it changes something.
    if (fs::equivalent(folder, "/", error))
        return cannot_play(folder,
                           "this is the running machine; `usbroute record DIR` makes a recording of it");
    const linux_::LiveTree tree(folder + "/");
    config::Settings settings;
    if (auto text = tree.read(own_configuration, largest_configuration)) {
        const std::vector<config::SourceText> files{{.name = own_configuration, .text = std::move(*text)}};
        auto parsed = config::parse(files);
        if (!parsed) return cannot_play(folder, parsed.error().front().text());
        settings = std::move(*parsed);
    }
    auto board = load_board(tree, settings);
    if (!board) return cannot_play(folder, board.error().message());
    return board;
}

} // namespace usbroute::sim
