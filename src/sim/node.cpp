// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/node.hpp"

#include "base/format.hpp"

#include <array>
#include <span>

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
                              bool removable, std::span<const std::string_view> filesystems)
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
    nodes.back().attributes.push_back({"removable", removable ? "1\n" : "0\n"});
    nodes.back().attributes.push_back({"slaves/", ""});
    nodes.back().attributes.push_back({"queue/rotational", "0\n"});
    unsigned number = 1;
    for (const auto filesystem : filesystems) {
        const auto partition = format("{}{}", name, number);
        nodes.push_back(block(format("{}/{}", path, partition), partition, "partition", disk * 16 + number,
                              sectors / filesystems.size() - 2048));
        nodes.back().uevent += format("PARTN={}\n", number);
        nodes.back().attributes.push_back({"partition", format("{}\n", number)});
        nodes.back().attributes.push_back(
            {"start", format("{}\n", 2048 + (number - 1) * sectors / filesystems.size())});
        nodes.back().extra = format("ID_FS_TYPE={}\nID_FS_USAGE=filesystem\n", filesystem);
        ++number;
    }
    return nodes;
}

} // namespace

std::string_view Node::name() const { return last_part(path); }
std::string_view Node::subsystem_name() const { return last_part(subsystem); }

std::string Node::properties() const
{
    return driver.empty() ? uevent : format("{}DRIVER={}\n", uevent, driver);
}

Node pci_node(const PciFunction& function, std::string_view driver)
{
    const auto& f = function;
    Node node{.path = "devices/pci0000:00/" + f.address.text(),
              .subsystem = "bus/pci",
              .attributes = {},
              .uevent = {},
              .driver = std::string(driver),
              .number = {}};
    const auto modalias = format("pci:v{:08X}d{:08X}sv{:08X}sd{:08X}bc{:02X}sc{:02X}i{:02X}", f.vendor,
                                 f.device, f.subsystem_vendor, f.subsystem_device, f.class_code >> 16u,
                                 (f.class_code >> 8u) & 0xffu, f.class_code & 0xffu);
    node.uevent = format(
        "PCI_CLASS={:X}\nPCI_ID={:04X}:{:04X}\nPCI_SUBSYS_ID={:04X}:{:04X}\nPCI_SLOT_NAME={}\n"
        "MODALIAS={}\n",
        f.class_code, f.vendor, f.device, f.subsystem_vendor, f.subsystem_device, f.address.text(), modalias);
    const bool is_ehci = f.class_code == 0x0c0320;
    std::string resource =
        f.memory == 0 ? format("0x{:016x} 0x{:016x} 0x{:016x}\n", 0, 0, 0)
                      : format("0x{:016x} 0x{:016x} 0x{:016x}\n", f.memory,
                               f.memory + (is_ehci ? 0x3ffu : 0xffffu), is_ehci ? 0x40200 : 0x140204);
    for (int line = 1; line < 13; ++line) resource += format("0x{:016x} 0x{:016x} 0x{:016x}\n", 0, 0, 0);
    node.attributes = {
        {"vendor", format("0x{:04x}\n", f.vendor)},
        {"device", format("0x{:04x}\n", f.device)},
        {"subsystem_vendor", format("0x{:04x}\n", f.subsystem_vendor)},
        {"subsystem_device", format("0x{:04x}\n", f.subsystem_device)},
        {"class", format("0x{:06x}\n", f.class_code)},
        {"revision", format("0x{:02x}\n", f.revision)},
        {"irq", format("{}\n", f.interrupt)},
        {"enable", driver.empty() ? "0\n" : "1\n"},
        {"modalias", modalias + "\n"},
        {"resource", resource},
        {"numa_node", "-1\n"},
        {"local_cpus", "ff\n"},
        {"local_cpulist", "0-7\n"},
        {"broken_parity_status", "0\n"},
        {"consistent_dma_mask_bits", "64\n"},
        {"dma_mask_bits", "64\n"},
        {"d3cold_allowed", "1\n"},
        {"power_state", "D0\n"},
        {"msi_bus", "1\n"},
        {"ari_enabled", "0\n"},
        {"driver_override", "(null)\n"},
        {"remove", ""},
        {"rescan", ""},
        {"power/control", "on\n"},
        {"power/runtime_status", "active\n"},
        {"power/wakeup", "disabled\n"},
    };
    if (is_ehci) node.attributes.push_back({"reset_method", "af_flr pm\n"});
    return node;
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
    for (auto& node : block_nodes(unit_path, static_cast<unsigned>(letter - 'a'), model.sectors, true,
                                  std::span(&model.filesystem, 1)))
        nodes.push_back(std::move(node));
    return nodes;
}

std::vector<Node> boot_disk_nodes(std::string_view controller_path)
{
    const auto host_path = format("{}/ata1/host0", controller_path);
    const auto target_path = host_path + "/target0:0:0";
    const auto unit_path = target_path + "/0:0:0:0";
    std::vector<Node> nodes{scsi_node(host_path, "scsi_host"), scsi_node(target_path, "scsi_target"),
                            scsi_node(unit_path, "scsi_device")};
    nodes.back().driver = "sd";
    constexpr std::array<std::string_view, 2> filesystems{"vfat", "ext4"};
    for (auto& node : block_nodes(unit_path, 0, 500'118'192, false, filesystems))
        nodes.push_back(std::move(node));
    return nodes;
}

} // namespace usbroute::sim
