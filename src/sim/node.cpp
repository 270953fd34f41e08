// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/node.hpp"

#include "base/format.hpp"

namespace usbroute::sim {

namespace {

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

Node scsi_node(std::string path, std::string_view type)
{
    return {.path = std::move(path),
            .subsystem = "bus/scsi",
            .attributes = {},
            .uevent = format("DEVTYPE={}\n", type),
            .driver = {},
            .number = {}};
}

/// A disk "sdb" with one partition; `disk` is 0 for sda.
std::vector<Node> block_nodes(const std::string& unit_path, unsigned disk, std::uint64_t sectors,
                              std::string_view filesystem)
{
    const auto name = format("sd{}", static_cast<char>('a' + disk));
    const auto path = format("{}/block/{}", unit_path, name);
    const auto block = [](std::string at, std::string_view devname, std::string_view type, unsigned minor,
                          std::uint64_t size) {
        Node node{.path = std::move(at),
                  .subsystem = "class/block",
                  .attributes = {},
                  .uevent = {},
                  .driver = {},
                  .number = format("8:{}", minor)};
        node.uevent = format("MAJOR=8\nMINOR={}\nDEVNAME={}\nDEVTYPE={}\n", minor, devname, type);
        node.attributes = {{"dev", node.number + "\n"},
                           {"size", format("{}\n", size)},
                           {"ro", "0\n"},
                           {"holders/", ""},
                           {"inflight", "       0        0\n"},
                           {"stat", "       1        0        8        0        0        0        0\n"}};
        return node;
    };
    std::vector<Node> nodes;
    nodes.push_back(block(path, name, "disk", disk * 16, sectors));
    nodes.back().uevent += "DISKSEQ=9\n";
    nodes.back().attributes.push_back({"removable", "1\n"});
    nodes.back().attributes.push_back({"slaves/", ""});
    nodes.back().attributes.push_back({"queue/rotational", "0\n"});
    const auto partition = name + "1";
    nodes.push_back(
        block(format("{}/{}", path, partition), partition, "partition", disk * 16 + 1, sectors - 2048));
    nodes.back().uevent += "PARTN=1\n";
    nodes.back().attributes.push_back({"partition", "1\n"});
    nodes.back().attributes.push_back({"start", "2048\n"});
    nodes.back().extra = format("ID_FS_TYPE={}\nID_FS_USAGE=filesystem\n", filesystem);
    return nodes;
}

} // namespace

std::string_view Node::name() const { return last_part(path); }
std::string_view Node::subsystem_name() const { return last_part(subsystem); }

std::string Node::properties() const
{
    return driver.empty() ? uevent : format("{}DRIVER={}\n", uevent, driver);
}

std::vector<Node> disk_nodes(const DeviceModel& model, std::string_view interface_path, unsigned host,
                             char letter)
{
    const auto host_path = format("{}/host{}", interface_path, host);
    const auto target_path = format("{}/target{}:0:0", host_path, host);
    const auto unit_path = format("{}/{}:0:0:0", target_path, host);
    std::vector<Node> nodes{scsi_node(host_path, "scsi_host"), scsi_node(target_path, "scsi_target"),
                            scsi_node(unit_path, "scsi_device")};
    nodes.back().driver = "sd";
    nodes.back().uevent += "MODALIAS=scsi:t-0x00\n";
    nodes.back().attributes = {{"type", "0\n"},
                               {"vendor", format("{:<8.8}\n", model.manufacturer)},
                               {"model", format("{:<16.16}\n", model.product_name)},
                               {"rev", "PMAP\n"},
                               {"state", "running\n"}};
    for (auto& node :
         block_nodes(unit_path, static_cast<unsigned>(letter - 'a'), model.sectors, model.filesystem))
        nodes.push_back(std::move(node));
    return nodes;
}

} // namespace usbroute::sim
