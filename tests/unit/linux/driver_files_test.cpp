// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/state_directory.hpp"
#include "linux/driver_files.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::linux_ {
namespace {

using namespace std::chrono_literals;

/// A temporary directory; its path has no leading slash, as the files of sysfs are named.
class Directory {
public:
    [[nodiscard]] std::string full(const std::string& name) const { return directory_.path() + "/" + name; }
    [[nodiscard]] std::string below_root(const std::string& name) const { return full(name).substr(1); }
    [[nodiscard]] std::string text_of(const std::string& name) const
    {
        std::ostringstream text;
        text << std::ifstream(full(name)).rdbuf();
        return text.str();
    }

private:
    fakes::StateDirectory directory_;
};

TEST(BoundDrivers, WriteReplacesTheWholeText)
{
    const Directory directory;
    std::ofstream(directory.full("driver_override")) << "vfio-pci and more\n";
    BoundDrivers drivers(5s);

    const auto done = drivers.write(directory.below_root("driver_override"), "\n");

    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(directory.text_of("driver_override"), "\n");
}

TEST(BoundDrivers, WriteMakesNoFileAndSaysWhatFailed)
{
    const Directory directory;
    BoundDrivers drivers(5s);

    const auto done = drivers.write(directory.below_root("unbind"), "0000:00:1d.0");

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::failed);
    EXPECT_EQ(done.error().errno_value(), ENOENT);
    EXPECT_FALSE(std::filesystem::exists(directory.full("unbind")));
}

TEST(BoundDrivers, WriteThatHangsIsGivenUp)
{
    const Directory directory;
    // To open a pipe that nobody reads waits as long as an unbind that hangs.
    ASSERT_EQ(::mkfifo(directory.full("unbind").c_str(), 0600), 0);
    BoundDrivers drivers(50ms);

    const auto done = drivers.write(directory.below_root("unbind"), "0000:00:1d.0");

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::timed_out);
    EXPECT_EQ(done.error().message(), "writing 0000:00:1d.0 to " + directory.full("unbind") +
                                          " hangs in the kernel: no answer within 50 ms");
    // Lets the writer go.
    const int reader = ::open(directory.full("unbind").c_str(), O_RDONLY | O_NONBLOCK);
    ASSERT_GE(reader, 0);
    ::close(reader);
}

} // namespace
} // namespace usbroute::linux_
