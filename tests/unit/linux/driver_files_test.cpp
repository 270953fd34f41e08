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
class BoundDriversTest : public testing::Test {
protected:
    BoundDriversTest()
    {
        std::string path = testing::TempDir() + "usbroute-drivers.XXXXXX";
        directory_ = ::mkdtemp(path.data());
    }
    ~BoundDriversTest() override { std::filesystem::remove_all(directory_); }
    [[nodiscard]] std::string full(const std::string& name) const { return directory_ + "/" + name; }
    [[nodiscard]] std::string below_root(const std::string& name) const { return full(name).substr(1); }
    [[nodiscard]] std::string text_of(const std::string& name) const
    {
        std::ostringstream text;
        text << std::ifstream(full(name)).rdbuf();
        return text.str();
    }

    std::string directory_;
};

TEST_F(BoundDriversTest, WriteReplacesTheWholeText)
{
    std::ofstream(full("driver_override")) << "vfio-pci and more\n";
    BoundDrivers drivers(5s);

    const auto done = drivers.write(below_root("driver_override"), "\n");

    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(text_of("driver_override"), "\n");
}

TEST_F(BoundDriversTest, WriteMakesNoFileAndSaysWhatFailed)
{
    BoundDrivers drivers(5s);

    const auto done = drivers.write(below_root("unbind"), "0000:00:1d.0");

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::failed);
    EXPECT_EQ(done.error().errno_value(), ENOENT);
    EXPECT_FALSE(std::filesystem::exists(full("unbind")));
}

TEST_F(BoundDriversTest, WriteThatHangsIsGivenUp)
{
    // To open a pipe that nobody reads waits as long as an unbind that hangs.
    ASSERT_EQ(::mkfifo(full("unbind").c_str(), 0600), 0);
    BoundDrivers drivers(50ms);

    const auto done = drivers.write(below_root("unbind"), "0000:00:1d.0");

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::timed_out);
    EXPECT_EQ(done.error().message(),
              "writing 0000:00:1d.0 to " + full("unbind") + " hangs in the kernel: no answer within 50 ms");
    // Lets the writer go.
    const int reader = ::open(full("unbind").c_str(), O_RDONLY | O_NONBLOCK);
    ASSERT_GE(reader, 0);
    ::close(reader);
}

} // namespace
} // namespace usbroute::linux_
