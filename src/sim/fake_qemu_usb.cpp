// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Objects: usb-host and qemu-xhci, as they come, find their devices and go (hw/usb/host-libusb.c, hw/usb/bus.c).

#include "base/format.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "sim/fake_qemu.hpp"
#include "sim/qemu_arguments.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <utility>

namespace usbroute::sim {

using namespace std::chrono_literals;

namespace {

constexpr auto between_qemu_looks = 2000ms; ///< usb_host_auto_check
constexpr auto until_deleted = 60ms;        ///< an RCU grace period, as measured on an idle machine
constexpr int most_failures = 3;            ///< then an object is given up until its device was absent once
constexpr unsigned most_ports = 15;         ///< of a kind (hw/usb/hcd-xhci.h, XHCI_MAXPORTS_2 and _3)
constexpr std::size_t most_objects = 256;
constexpr std::uint8_t hub_class = 9;
constexpr std::string_view fdset_prefix = "/dev/fdset/";

constexpr std::array<std::string_view, 4> usb_host_numbers{"hostbus", "hostaddr", "vendorid", "productid"};
/// Taken, and of no effect here.
constexpr std::array<std::string_view, 10> usb_host_others{
    "guest-reset", "guest-resets-all", "pipeline", "suppress-remote-wake",
    "isobufs",     "isobsize",         "loglevel", "bootindex",
    "pcap",        "msos-desc"};

bool is_identifier(std::string_view id)
{
    // util/id.c, id_wellformed
    const auto is_inside = [](char byte) {
        return std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '-' || byte == '.' ||
               byte == '_';
    };
    return !id.empty() && id.size() <= 128 && std::isalpha(static_cast<unsigned char>(id.front())) != 0 &&
           std::ranges::all_of(id, is_inside);
}

/// QEMU 7.2 makes text of every value, and then of the text what the property is.
std::string as_qemu_text(const QmpValue& value)
{
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return format("{}", *number);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "on" : "off";
    return {};
}

/// Decimal, or hexadecimal with 0x; `problem` is what QEMU says instead.
std::optional<std::int64_t> property_number(std::string_view text, std::string_view& problem)
{
    const bool is_negative = text.starts_with('-') && parse_decimal(text.substr(1)).has_value();
    problem = is_negative ? "uint32_t" : "integer";
    const auto number = text.starts_with("0x") ? parse_hex(text) : parse_decimal(text);
    return number ? std::optional(std::int64_t{*number}) : std::nullopt;
}

} // namespace

std::string device_text(const std::map<std::string, QmpValue>& arguments, const char* name)
{
    const auto found = arguments.find(name);
    return found == arguments.end() ? std::string() : as_qemu_text(found->second);
}

/// hostbus with hostaddr alone, and a node, are opened once; all else is looked for (usb_host_realize).
bool FakeQemu::Object::is_filter() const
{
    if (!hostdevice.empty()) return false;
    return !(hostbus != 0 && hostaddr != 0 && vendor == 0 && product == 0 && hostport.empty());
}

bool FakeQemu::Object::matches(const HostUsbDevice& device) const
{
    return device.device_class != hub_class && (hostbus == 0 || hostbus == device.bus) &&
           (hostaddr == 0 || hostaddr == device.address) && (hostport.empty() || hostport == device.port) &&
           (vendor == 0 || vendor == device.vendor) && (product == 0 || product == device.product);
}

bool FakeQemu::is_id_used(std::string_view id) const
{
    return id == "rp1" || id == "rp2" ||
           std::ranges::find(controllers_, id, &Controller::id) != controllers_.end() ||
           std::ranges::find(functions_, id, &Function::id) != functions_.end() ||
           std::ranges::find(leaving_, id, &Leaving::id) != leaving_.end() ||
           std::ranges::find(objects_, id, &Object::id) != objects_.end();
}

FakeQemu::Answer FakeQemu::add_device(const Arguments& arguments, Moment now)
{
    const auto driver = device_text(arguments, "driver");
    const auto id = device_text(arguments, "id");
    if (arguments.contains("id") && !is_identifier(id))
        return std::unexpected(Failure{"Parameter 'id' expects an identifier"});
    if (driver != "usb-host" && driver != "qemu-xhci" && driver != "vfio-pci")
        return std::unexpected(
            Failure{format("'{}' is not a valid device model name", printable(driver, 64))});
    if (!id.empty() && is_id_used(id))
        return std::unexpected(Failure{format("Duplicate device ID '{}'", id)});
    if (objects_.size() + controllers_.size() + functions_.size() >= most_objects)
        return std::unexpected(Failure{"Too many devices"});
    if (driver == "qemu-xhci") return add_controller(arguments);
    if (driver == "vfio-pci") return add_function(arguments);
    if (!next_look_) next_look_ = now + between_qemu_looks;
    return add_usb_host(arguments);
}

FakeQemu::Answer FakeQemu::add_controller(const Arguments& arguments)
{
    Controller controller{
        .id = device_text(arguments, "id"), .place = device_text(arguments, "bus"), .leaves = {}};
    if (controller.place.empty() || controller.place == "pcie.0")
        return std::unexpected(Failure{"Bus 'pcie.0' does not support hotplugging"});
    if (controller.place != "rp1" && controller.place != "rp2")
        return std::unexpected(Failure{format("Bus '{}' not found", printable(controller.place, 64))});
    if (is_occupied(controller.place))
        return std::unexpected(
            Failure{format("PCI: slot 0 function 0 already occupied, new func qemu-xhci cannot be "
                           "exposed to guest.")});
    if (controller.id.empty()) controller.id = format("device[{}]", next_anonymous_++);
    for (const auto& [name, value] : arguments) {
        if (name == "driver" || name == "id" || name == "bus" || name == "addr") continue;
        if (name != "p2" && name != "p3")
            return std::unexpected(Failure{format("Property 'qemu-xhci.{}' not found", printable(name, 64))});
        std::string_view problem;
        const auto number = property_number(as_qemu_text(value), problem);
        if (!number) return std::unexpected(Failure{format("Parameter '{}' expects {}", name, problem)});
        const auto ports = static_cast<unsigned>(std::min<std::int64_t>(*number, most_ports));
        (name == "p2" ? controller.usb2_ports : controller.superspeed_ports) = ports;
    }
    controllers_.push_back(std::move(controller));
    return "{}";
}

std::expected<void, FakeQemu::Failure> FakeQemu::read_properties(Object& object,
                                                                 const Arguments& arguments) const
{
    const std::array<std::int64_t*, 4> numbers{&object.hostbus, &object.hostaddr, &object.vendor,
                                               &object.product};
    for (const auto& [name, value] : arguments) {
        if (name == "driver" || name == "id" || name == "bus") continue;
        const auto text = as_qemu_text(value);
        const auto* number = std::ranges::find(usb_host_numbers, name);
        if (number != usb_host_numbers.end()) {
            std::string_view problem;
            const auto parsed = property_number(text, problem);
            if (!parsed) return std::unexpected(Failure{format("Parameter '{}' expects {}", name, problem)});
            *numbers.at(static_cast<std::size_t>(number - usb_host_numbers.begin())) = *parsed;
        } else if (name == "port") {
            object.port = text;
        } else if (name == "hostport") {
            object.hostport = text;
        } else if (name == "hostdevice") {
            object.hostdevice = text;
        } else if (std::ranges::find(usb_host_others, name) == usb_host_others.end()) {
            return std::unexpected(Failure{format("Property 'usb-host.{}' not found", printable(name, 64))});
        } else if (name.starts_with("guest-reset")) {
            object.flags[name] = text == "on";
        }
    }
    return {};
}

/// usb_claim_port
std::expected<void, FakeQemu::Failure> FakeQemu::choose_port(Object& object) const
{
    const auto controller = std::ranges::find_if(
        controllers_, [&object](const Controller& each) { return each.id + ".0" == object.bus; });
    const auto is_free = [&](const std::string& port) {
        return std::ranges::none_of(
            objects_, [&](const Object& other) { return other.bus == object.bus && other.port == port; });
    };
    if (!object.port.empty()) {
        const auto number = parse_decimal(object.port);
        if (number && *number >= 1 && *number <= controller->ports() && is_free(object.port)) return {};
        return std::unexpected(Failure{
            format("usb port {} (bus {}) not found (in use?)", printable(object.port, 32), object.bus)});
    }
    for (unsigned port = 1; port <= controller->ports() && object.port.empty(); ++port)
        if (is_free(format("{}", port))) object.port = format("{}", port);
    if (!object.port.empty()) return {};
    return std::unexpected(
        Failure{format("tried to attach usb device USB Host Device to a bus with no free ports")});
}

/// An address or a node is opened now or never.
std::expected<void, FakeQemu::Failure> FakeQemu::open_once(Object& object)
{
    std::string node = object.hostdevice;
    if (node.empty()) {
        const auto devices = host_.list();
        const auto found = std::ranges::find_if(devices, [&object](const HostUsbDevice& device) {
            return device.bus == object.hostbus && device.address == object.hostaddr;
        });
        if (found == devices.end())
            return std::unexpected(
                Failure{format("failed to find host usb device {}:{}", object.hostbus, object.hostaddr)});
        node = found->node();
    } else if (node.starts_with(fdset_prefix)) {
        const auto set = parse_decimal(std::string_view(node).substr(fdset_prefix.size()));
        const auto file = std::ranges::find_if(
            files_, [&set](const PassedFile& each) { return set && each.set == std::int64_t{*set}; });
        if (file == files_.end())
            return std::unexpected(
                Failure{format("failed to open {}: No such file or directory", printable(node, 64))});
        node = host_.node_of(file->fd.get());
    }
    const auto opened = node.empty() ? std::unexpected(ENODEV) : host_.open(node);
    if (opened) {
        object.handle = *opened;
        host_.take(*opened);
        return {};
    }
    if (node == object.hostdevice)
        return std::unexpected(
            Failure{format("failed to open {}: {}", printable(node, 64), errno_text(opened.error()))});
    const auto shown = object.hostdevice.empty() ? format("{}:{}", object.hostbus, object.hostaddr)
                                                 : printable(object.hostdevice, 64);
    return std::unexpected(Failure{format("failed to open host usb device {}", shown)});
}

FakeQemu::Answer FakeQemu::add_usb_host(const Arguments& arguments)
{
    Object object;
    object.flags = {{"guest-reset", true}, {"guest-resets-all", false}};
    object.bus = arguments.contains("bus") ? device_text(arguments, "bus") : controllers_.front().id + ".0";
    if (std::ranges::none_of(controllers_,
                             [&](const Controller& each) { return each.id + ".0" == object.bus; }))
        return std::unexpected(Failure{format("Bus '{}' not found", printable(object.bus, 64))});
    if (auto read = read_properties(object, arguments); !read) return std::unexpected(read.error());
    if (auto chosen = choose_port(object); !chosen) return std::unexpected(chosen.error());
    object.id = device_text(arguments, "id");
    const bool is_named = !object.id.empty();
    if (!is_named) object.id = format("device[{}]", next_anonymous_++);
    object.path = format("/machine/{}/{}", is_named ? "peripheral" : "peripheral-anon", object.id);
    const bool is_filter = object.is_filter();
    if (!is_filter)
        if (auto opened = open_once(object); !opened) return std::unexpected(opened.error());
    objects_.push_back(std::move(object));
    if (is_filter) look();
    return "{}";
}

void FakeQemu::close(Object& object)
{
    if (object.handle) host_.give_back(*object.handle);
    object.handle.reset();
}

void FakeQemu::remove_object(const Object& object, Moment now)
{
    leaving_.push_back({.id = object.id, .path = object.path, .when = now + until_deleted});
}

FakeQemu::Answer FakeQemu::remove_device(const Arguments& arguments, Moment now)
{
    const auto id = device_text(arguments, "id");
    const auto object = std::ranges::find_if(
        objects_, [&id](const Object& each) { return each.id == id || each.path == id; });
    if (object != objects_.end()) {
        close(*object);
        remove_object(*object, now);
        objects_.erase(object);
        look();
        return "{}";
    }
    if (const auto function = std::ranges::find(functions_, id, &Function::id); function != functions_.end())
        return remove_function(*function, now);
    const auto controller = std::ranges::find(controllers_, id, &Controller::id);
    if (controller == controllers_.end())
        return std::unexpected(Failure{format("Device '{}' not found", printable(id, 64)), "DeviceNotFound"});
    if (controller->place == "pcie.0")
        return std::unexpected(Failure{"Bus 'pcie.0' does not support hotplugging"});
    if (controller->leaves)
        return std::unexpected(Failure{format("Device {} is already in the process of unplug", id)});
    controller->leaves = now + until_deleted; // the guest agrees
    return "{}";
}

/// usb_host_auto_check: the first of the filters that have nothing gets a device that fits.
void FakeQemu::look()
{
    if (!runs_) return;
    // QEMU learns of what has gone by it not being in the list.
    const auto devices = host_.list();
    for (auto& object : objects_) object.is_seen = object.handle && host_.is_there(*object.handle);
    for (const auto& device : devices) {
        for (auto& object : objects_) {
            if (!object.is_filter() || !object.matches(device)) continue;
            if (!object.handle) object.is_seen = true;
            if (object.handle || object.failures >= most_failures) continue;
            const auto opened = host_.open(device.node());
            if (!opened) {
                ++object.failures;
                continue;
            }
            object.handle = *opened;
            host_.take(*opened);
            break;
        }
    }
    for (auto& object : objects_) {
        if (!object.is_filter() || object.is_seen) continue;
        close(object);
        object.failures = 0;
    }
}

std::string FakeQemu::advance(Moment now)
{
    for (auto controller = controllers_.begin(); controller != controllers_.end();) {
        if (!controller->leaves || *controller->leaves > now) {
            ++controller;
            continue;
        }
        const auto bus = controller->id + ".0";
        for (auto& object : objects_) {
            if (object.bus != bus) continue;
            close(object);
            remove_object(object, now);
        }
        std::erase_if(objects_, [&bus](const Object& object) { return object.bus == bus; });
        leaving_.push_back(
            {.id = controller->id, .path = "/machine/peripheral/" + controller->id, .when = now});
        controller = controllers_.erase(controller);
    }
    for (const auto& function : functions_)
        if (function.leaves && *function.leaves <= now)
            leaving_.push_back(
                {.id = function.id, .path = "/machine/peripheral/" + function.id, .when = now});
    std::erase_if(functions_,
                  [now](const Function& function) { return function.leaves && *function.leaves <= now; });
    std::erase_if(leaving_, [&](const Leaving& gone) {
        if (gone.when > now) return false;
        const bool is_named = !gone.id.starts_with("device[");
        say("DEVICE_DELETED",
            is_named ? format(R"({{"device": {}, "path": {}}})", json_text(gone.id), json_text(gone.path))
                     : format(R"({{"path": {}}})", json_text(gone.path)));
        return true;
    });
    if (next_look_ && *next_look_ <= now) {
        next_look_ = now + between_qemu_looks;
        look();
    }
    if (!has_negotiated_) events_.clear();
    return std::exchange(events_, {});
}

std::optional<FakeQemu::Moment> FakeQemu::next_due() const
{
    auto due = next_look_;
    const auto sooner = [&due](Moment moment) {
        if (!due || moment < *due) due = moment;
    };
    for (const auto& gone : leaving_) sooner(gone.when);
    for (const auto& controller : controllers_)
        if (controller.leaves) sooner(*controller.leaves);
    for (const auto& function : functions_)
        if (function.leaves) sooner(*function.leaves);
    return due;
}

} // namespace usbroute::sim
