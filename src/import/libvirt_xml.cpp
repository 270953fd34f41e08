// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"

#include <algorithm>
#include <vector>

#include <pugixml.hpp>

namespace usbroute::import_ {

namespace {

/// Lines of an XML text by the bytes of its nodes.
class XmlLines {
public:
    explicit XmlLines(std::string_view text)
    {
        for (std::size_t i = 0; i < text.size(); ++i)
            if (text[i] == '\n') ends_.push_back(i);
    }
    [[nodiscard]] std::uint32_t of(const pugi::xml_node& node) const
    {
        const auto at = node.offset_debug();
        if (at < 0) return 1;
        const auto before = std::ranges::lower_bound(ends_, static_cast<std::size_t>(at)) - ends_.begin();
        return static_cast<std::uint32_t>(before) + 1;
    }

private:
    std::vector<std::size_t> ends_;
};

/// Without the prefix of its namespace.
std::string_view local_name(const pugi::xml_node& node)
{
    const std::string_view name = node.name();
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child_of(const pugi::xml_node& node, std::string_view name)
{
    for (const auto& child : node.children())
        if (local_name(child) == name) return child;
    return {};
}

std::string_view value_of(const pugi::xml_node& node, const char* name)
{
    return node.attribute(name).value();
}

class DomainReader {
public:
    DomainReader(const XmlLines& lines, Found& found) : lines_(lines), found_(found) {}

    void domain(const pugi::xml_node& node)
    {
        guest_ = std::string(trim(child_of(node, "name").text().get()));
        if (guest_.empty())
            found_.left(lines_.of(node), "the domain has no name");
        else
            found_.guest(guest_, lines_.of(node)).libvirt = domain_of(node);
        below(node);
        command_line(node);
    }

    /// Those that stand alone, too, for `virsh attach-device`.
    void element(const pugi::xml_node& node)
    {
        const auto name = local_name(node);
        const auto line = lines_.of(node);
        if (name == "hostdev")
            hostdev(node);
        else if (name == "redirdev")
            found_.left(line,
                        "a redirdev is for devices of a remote viewer, not for a socket of this machine");
        else if (name == "redirfilter")
            found_.left(line,
                        "a redirfilter limits what a remote viewer can pass on; usbroute has no equivalent");
        else if (name == "hub" && value_of(node, "type") == "usb")
            found_.left(
                line,
                "this is a hub inside the guest, not a socket of this machine; usbroute does not need it");
        else if (name == "input" && value_of(node, "type") == "evdev")
            found_.left(line, "an evdev input passes the events of a keyboard or mouse, not the device");
        else if (name == "input" && value_of(node, "type") == "passthrough")
            found_.left(line, "a passthrough input passes the events of a keyboard or mouse, not the device");
        else if (name == "smartcard" && value_of(node, "mode") != "passthrough")
            found_.left(line, "a smartcard of the host is not passed as a USB device");
    }

private:
    /// Its name, or its UUID where the name is none that can be written in ASCII.
    [[nodiscard]] std::string domain_of(const pugi::xml_node& node) const
    {
        const bool is_ascii_name = std::ranges::all_of(guest_, [](char c) { return c >= ' ' && c <= '~'; });
        const auto uuid = std::string(trim(child_of(node, "uuid").text().get()));
        return is_ascii_name || uuid.size() != 36 || !is_plain_word(uuid, "-") ? guest_ : uuid;
    }

    void below(const pugi::xml_node& node)
    {
        for (const auto& child : node.children()) {
            element(child);
            const auto name = local_name(child);
            if (name == "devices")
                for (const auto& device : child.children()) element(device);
        }
    }

    std::optional<std::uint32_t> number(const pugi::xml_node& node, const char* name)
    {
        const auto text = value_of(node, name);
        if (text.empty()) return std::nullopt;
        const auto value = c_number(text);
        if (!value) {
            found_.left(lines_.of(node), format("{}={} is not a number", name, said(text)));
            return std::nullopt;
        }
        if (is_octal(text))
            found_.warn(lines_.of(node),
                        format("{}={} begins with 0, so it is octal: {}", name, said(text), *value));
        return value;
    }

    void hostdev(const pugi::xml_node& node)
    {
        const auto line = lines_.of(node);
        const auto type = value_of(node, "type");
        const auto source = child_of(node, "source");
        if (value_of(node, "mode") == "capabilities") return;
        if (type == "pci") return pci(node, source);
        if (type != "usb") return;
        if (!source) return found_.left(line, "the hostdev has no source, so it does not identify a device");
        const auto vendor = child_of(source, "vendor");
        const auto product = child_of(source, "product");
        const auto address = child_of(source, "address");
        Entry entry{.origin = found_.at(line),
                    .guest = guest_,
                    .socket = {},
                    .device = {},
                    .name = {},
                    .mapping = {},
                    .file = {},
                    .parent_hash = {}};
        if (const auto alias = child_of(node, "alias")) {
            const auto name = value_of(alias, "name");
            if (name.starts_with("ua-")) entry.name = std::string(name.substr(3));
        }
        ToldDevice device;
        bool any = false;
        if (vendor || product) {
            const auto v = number(vendor, "id");
            const auto p = number(product, "id");
            if (!v || !p || *v > 0xffff || *p > 0xffff)
                return found_.left(line,
                                   "the hostdev needs vendor and product, each with an id up to 0xffff");
            device.vendor = static_cast<std::uint16_t>(*v);
            device.product = static_cast<std::uint16_t>(*p);
            any = true;
        }
        if (address) {
            const auto bus = number(address, "bus");
            const auto port = value_of(address, "port");
            const auto one = number(address, "device");
            if (bus && !port.empty() && *bus <= 0xffff) {
                entry.socket = socket_by_bus(format("{}-{}", *bus, port));
                if (!entry.socket)
                    return found_.left(line,
                                       format("bus {} and port {} are not a valid port", *bus, said(port)));
            } else if (bus && one && *bus > 0 && *bus <= 0xffff && *one > 0 && *one <= 0xffff) {
                device.bus = static_cast<std::uint16_t>(*bus);
                device.number = static_cast<std::uint16_t>(*one);
                any = true;
            } else {
                return found_.left(line, "the address of the hostdev needs bus and device");
            }
        }
        if (!any && !entry.socket) return found_.left(line, "the hostdev does not identify a device");
        if (any) entry.device = device;
        const auto policy = value_of(source, "startupPolicy");
        if (policy == "requisite" || policy == "mandatory")
            found_.note(
                line,
                format(
                    "startupPolicy={}: libvirt does not start the guest without the device, but usbroute does not delay a start; scripts can use `usbroute wait`",
                    said(policy)));
        if (guest_.empty()) found_.warn(line, "the hostdev is not in a domain, so its guest is unknown");
        found_.warn(
            line, "remove this hostdev from the domain, or both libvirt and usbroute will claim the device");
        found_.entries.push_back(std::move(entry));
    }

    void pci(const pugi::xml_node&, const pugi::xml_node& source)
    {
        const auto address = child_of(source, "address");
        if (!address || guest_.empty()) return;
        const auto part = [&](const char* name) { return c_number(value_of(address, name)).value_or(0); };
        const auto bus = part("bus");
        const auto slot = part("slot");
        const auto function = part("function");
        if (bus > 0xff || slot > 0x1f || function > 7)
            return found_.left(lines_.of(address), "not the address of a PCI function");
        found_.guest(guest_, lines_.of(address))
            .functions.emplace_back(PciAddress{.domain = part("domain"),
                                               .bus = static_cast<std::uint8_t>(bus),
                                               .device = static_cast<std::uint8_t>(slot),
                                               .function = static_cast<std::uint8_t>(function)},
                                    found_.at(lines_.of(address)));
    }

    /// <qemu:commandline>: every <qemu:arg> is a word.
    void command_line(const pugi::xml_node& domain)
    {
        const auto line = child_of(domain, "commandline");
        std::vector<ShellWord> words;
        for (const auto& argument : line.children())
            if (local_name(argument) == "arg")
                words.push_back({.text = std::string(value_of(argument, "value")),
                                 .line = lines_.of(argument),
                                 .unknown = {}});
        auto guest = guest_;
        read_qemu_words(words, guest, found_);
    }

    const XmlLines& lines_;
    Found& found_;
    std::string guest_;
};

/// pugixml builds without recursion; what walks through the tree would not.
std::optional<std::uint32_t> too_deep_at(const pugi::xml_document& document, const XmlLines& lines)
{
    std::size_t depth = 0;
    std::size_t count = 0;
    for (auto node = document.first_child(); node;) {
        if (depth > most_depth || ++count > 10 * most_entries) return lines.of(node);
        if (node.first_child()) {
            node = node.first_child();
            ++depth;
            continue;
        }
        while (node && !node.next_sibling()) {
            node = node.parent();
            if (depth == 0 || !node) return std::nullopt;
            --depth;
        }
        node = node.next_sibling();
    }
    return std::nullopt;
}

void read_domains(const pugi::xml_node& node, const XmlLines& lines, Found& found)
{
    for (const auto& child : node.children()) {
        const auto name = local_name(child);
        DomainReader reader(lines, found);
        if (name == "domain")
            reader.domain(child);
        else if (name == "domstatus" || name == "devices")
            read_domains(child, lines, found);
        else if (name == "domainsnapshot" || name == "domaincheckpoint")
            found.left(lines.of(child),
                       "this is a snapshot, not the current domain; import the output of virsh dumpxml");
        else
            reader.element(child);
    }
}

} // namespace

Result<Found> read_libvirt(const Source& source)
{
    pugi::xml_document document;
    const auto result = document.load_buffer(source.text.data(), source.text.size(),
                                             pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
    const XmlLines lines(source.text);
    if (!result) {
        const auto before =
            std::string_view(source.text)
                .substr(0, static_cast<std::size_t>(std::max<std::ptrdiff_t>(result.offset, 0)));
        const auto line = static_cast<std::uint32_t>(std::ranges::count(before, '\n')) + 1;
        return bad_input(source, line, format("not valid XML: {}", result.description()));
    }
    for (const auto& child : document.children())
        if (child.type() == pugi::node_doctype)
            return bad_input(source, lines.of(child),
                             "the file has a DOCTYPE, which libvirt's files never have; remove it");
    if (const auto line = too_deep_at(document, lines))
        return bad_input(
            source, *line,
            format("the file is nested deeper than {} levels, or has too many elements", most_depth));
    Found found{.file = source.name,
                .kind = Kind::libvirt,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    read_domains(document, lines, found);
    const bool is_ours =
        document.first_child() && std::ranges::any_of(document.children(), [](const pugi::xml_node& node) {
            const auto name = local_name(node);
            return name == "domain" || name == "hostdev" || name == "domstatus" || name == "domainsnapshot" ||
                   name == "devices";
        });
    if (!is_ours)
        return bad_input(source, 1, "the file is XML, but neither a domain nor a hostdev of libvirt");
    return found;
}

} // namespace usbroute::import_
