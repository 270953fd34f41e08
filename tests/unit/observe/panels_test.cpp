// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "fakes/edited_tree.hpp"
#include "linux/files.hpp"
#include "observe/panels.hpp"
#include "observe/scan.hpp"

#include <gtest/gtest.h>

namespace usbroute::observe {
namespace {

TEST(Panels, AreThoseThatTheKernelTellsOfTheRootHubsPorts)
{
    const linux_::LiveTree board(fakes::machine_root("z97e-itx-ac"));
    fakes::EditedTree tree(board);
    tree.edit("sys/bus/usb/devices/usb3/3-0:1.0/usb3-port1/physical_location/panel", 0, "front\n");
    tree.edit("sys/bus/usb/devices/usb3/3-0:1.0/usb3-port2/physical_location/panel", 0, "back\n");
    tree.edit("sys/bus/usb/devices/usb3/3-0:1.0/usb3-port3/physical_location/panel", 0, "unknown\n");
    tree.edit("sys/bus/usb/devices/usb3/3-0:1.0/usb3-port4/physical_location/panel", 0, "../../evil\n");

    const auto panels = read_panels(tree, scan(tree, Ports::read));

    EXPECT_EQ(panels, (std::map<topology::PortPath, std::string>{{topology::PortPath(3, {1}), "front"},
                                                                 {topology::PortPath(3, {2}), "back"}}));
}

} // namespace
} // namespace usbroute::observe
