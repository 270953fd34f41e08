// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/state_directory.hpp"
#include "linux/files.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace usbroute::linux_ {
namespace {

class Folder {
public:
    [[nodiscard]] std::string file(const std::string& name) const { return directory_.path() + "/" + name; }
    [[nodiscard]] std::size_t size() const
    {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory_.path()))
            ++count;
        return count;
    }

private:
    fakes::StateDirectory directory_;
};

/// What a look at one place remembers is compared with lists that are taken later.
TEST(LiveTree, TellsTheNumberOfAnEntryAsTheListOfItsDirectoryDoes)
{
    const Folder folder;
    std::filesystem::create_directories(folder.file("sys/bus"));
    std::filesystem::create_symlink("nowhere", folder.file("sys/bus/3-1"));
    std::filesystem::create_symlink("../bus", folder.file("sys/bus/usb3"));
    const LiveTree recorded(folder.file(""));
    const LiveTree live("/");
    for (const auto& [tree, directory] :
         {std::pair(&recorded, std::string("sys/bus")), std::pair(&live, folder.file("sys/bus").substr(1)),
          std::pair(&live, std::string("sys/class/net"))}) {
        const auto entries = tree->entries(directory).value_or(std::vector<topology::Listed>{});
        for (const auto& entry : entries)
            EXPECT_EQ(tree->entry_number(directory + "/" + entry.name), entry.number) << entry.name;
        EXPECT_EQ(tree->entry_number(directory + "/3-2"), std::nullopt);
    }
    EXPECT_EQ(recorded.entries("sys/bus")->size(), 2u);
}

TEST(ReplaceFile, WritesWholeTextsAndKeepsTheMode)
{
    const Folder folder;
    const auto path = folder.file("connectors.toml");

    ASSERT_TRUE(replace_file(path, "first, and longer"));
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms{0644});
    std::filesystem::permissions(path, std::filesystem::perms{0600});
    ASSERT_TRUE(replace_file(path, "second"));

    EXPECT_EQ(read_file(path, 100), "second");
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms{0600});
    EXPECT_EQ(folder.size(), 1u);
}

TEST(ReplaceFile, LeavesEverythingAsItWasWhereItCannotWrite)
{
    const Folder folder;
    std::filesystem::create_directory(folder.file("a-folder"));

    EXPECT_FALSE(replace_file(folder.file("nowhere/file"), "text"));
    EXPECT_FALSE(replace_file(folder.file("a-folder"), "text"));

    EXPECT_EQ(folder.size(), 1u);
}

TEST(CreateFile, WritesAWholeFileAndLeavesNothingBesideIt)
{
    const Folder folder;

    ASSERT_TRUE(create_file(folder.file("new.toml"), "text"));

    EXPECT_EQ(read_file(folder.file("new.toml"), 100), "text");
    EXPECT_EQ(std::filesystem::status(folder.file("new.toml")).permissions(), std::filesystem::perms{0644});
    EXPECT_EQ(folder.size(), 1u);
}

TEST(CreateFile, LeavesWhatIsThereAsItIsALinkToNowhereToo)
{
    const Folder folder;
    ASSERT_TRUE(replace_file(folder.file("old"), "old"));
    std::filesystem::create_symlink("nowhere", folder.file("link"));

    const auto over_file = create_file(folder.file("old"), "new");
    const auto over_link = create_file(folder.file("link"), "new");

    ASSERT_FALSE(over_file);
    ASSERT_FALSE(over_link);
    EXPECT_EQ(over_file.error().errno_value(), EEXIST);
    EXPECT_EQ(over_link.error().errno_value(), EEXIST);
    EXPECT_EQ(read_file(folder.file("old"), 100), "old");
    EXPECT_EQ(folder.size(), 2u);
}

/// Renames something else on the machine all the time.
class Renamer {
public:
    explicit Renamer(const Folder& folder)
        : thread_([&folder, this] {
              std::filesystem::create_directory(folder.file("a"));
              while (!is_over_) {
                  std::filesystem::rename(folder.file("a"), folder.file("b"));
                  std::filesystem::rename(folder.file("b"), folder.file("a"));
              }
          })
    {}
    ~Renamer()
    {
        is_over_ = true;
        thread_.join();
    }
    Renamer(const Renamer&) = delete;
    Renamer& operator=(const Renamer&) = delete;

private:
    std::atomic<bool> is_over_ = false;
    std::thread thread_;
};

TEST(LiveTree, FollowsLinksUpwardsWhileANeighbourRenamesFiles)
{
    const Folder machine;
    std::filesystem::create_directories(machine.file("sys/devices/one"));
    std::filesystem::create_directories(machine.file("sys/bus/usb"));
    ASSERT_TRUE(replace_file(machine.file("sys/devices/one/speed"), "480\n"));
    std::filesystem::create_symlink("../../devices/one", machine.file("sys/bus/usb/one"));
    const Folder elsewhere;
    const Renamer neighbour(elsewhere);
    const LiveTree tree(machine.file(""));

    int failed = 0;
    for (int i = 0; i < 20'000; ++i)
        if (!tree.read("sys/bus/usb/one/speed", 64)) ++failed;

    EXPECT_EQ(failed, 0);
}

TEST(CanReplace, LeavesNothingBehind)
{
    const Folder folder;

    EXPECT_TRUE(can_replace(folder.file("connectors.toml")));
    EXPECT_FALSE(can_replace(folder.file("nowhere/connectors.toml")));
    EXPECT_FALSE(can_replace("/proc/connectors.toml"));

    EXPECT_EQ(folder.size(), 0u);
}

} // namespace
} // namespace usbroute::linux_
