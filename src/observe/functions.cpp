// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/functions.hpp"

#include "base/text.hpp"
#include "observe/decode.hpp"

#include <algorithm>

namespace usbroute::observe {

using chips::PciFunction;

namespace {

std::optional<PciFunction> read_function(const KernelTree& tree, const std::string& name)
{
    const auto address = PciAddress::parse(name);
    if (!address) return std::nullopt;
    const auto directory = "sys/bus/pci/devices/" + name;
    const auto hex = [&](const char* file) -> std::optional<std::uint32_t> {
        const auto text = tree.read(directory + "/" + file, attribute_limit);
        return text ? parse_hex(trim(*text)) : std::nullopt;
    };
    const auto vendor = hex("vendor");
    const auto device = hex("device");
    const auto class_code = hex("class");
    if (!vendor || !device || !class_code) return std::nullopt; // leaving, or not whole yet
    PciFunction function{.address = *address,
                         .vendor = static_cast<std::uint16_t>(*vendor),
                         .device = static_cast<std::uint16_t>(*device),
                         .class_code = *class_code,
                         .driver = {},
                         .iommu_group = {}};
    if (const auto driver = tree.link(directory + "/driver")) function.driver = last_part(*driver);
    if (const auto group = tree.link(directory + "/iommu_group"))
        function.iommu_group = parse_decimal(last_part(*group));
    return function;
}

} // namespace

std::vector<PciFunction> read_functions(const KernelTree& tree)
{
    auto names = tree.list("sys/bus/pci/devices").value_or(std::vector<std::string>{});
    std::ranges::sort(names);
    std::vector<PciFunction> functions;
    for (const auto& name : names)
        if (auto function = read_function(tree, name)) functions.push_back(std::move(*function));
    std::ranges::sort(functions, {}, &PciFunction::address);
    return functions;
}

} // namespace usbroute::observe
