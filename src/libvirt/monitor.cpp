// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/monitor.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "libvirt/errors.hpp"
#include "wire/qmp.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <libvirt/libvirt-qemu.h>

namespace usbroute::libvirt {

namespace {

constexpr bool knows_files = LIBVIR_VERSION_NUMBER >= 8002000;

using Payload = std::expected<std::string, Refused>;

/// What QEMU answers. Its refusals begin with their class.
Payload read_reply(const char* text)
{
    const auto message = wire::read_qmp_line(text);
    if (const auto* const answer = std::get_if<wire::QmpReturn>(&message)) return answer->payload;
    if (const auto* const error = std::get_if<wire::QmpError>(&message))
        return std::unexpected(refused_from({.message = error->error_class + ": " + error->text}));
    return std::unexpected(Refused{.code = Code::failed, .message = "QEMU's answer makes no sense"});
}

Payload command(virDomainPtr domain, const std::string& text)
{
    char* said = nullptr;
    if (virDomainQemuMonitorCommand(domain, text.c_str(), &said, 0) < 0)
        return std::unexpected(last_refusal());
    const TextHandle held(said);
    return read_reply(held.get());
}

Payload command_with_file([[maybe_unused]] virDomainPtr domain, [[maybe_unused]] const std::string& text,
                          [[maybe_unused]] int file)
{
#if LIBVIR_VERSION_NUMBER >= 8002000
    char* said = nullptr;
    if (virDomainQemuMonitorCommandWithFiles(domain, text.c_str(), 1, &file, nullptr, nullptr, &said, 0) < 0)
        return std::unexpected(last_refusal());
    const TextHandle held(said);
    return read_reply(held.get());
#else
    return std::unexpected(
        Refused{.code = Code::unsupported,
                .message = "this libvirt cannot pass descriptors; libvirt 8.2 and newer can"});
#endif
}

bool is_absent(const Refused& refused) { return refused.message.starts_with("DeviceNotFound"); }

std::string property_of(const Alias& alias, std::string_view property)
{
    return format(
        R"({{"execute":"qom-get","arguments":{{"path":"/machine/peripheral/{}","property":"{}"}}}})",
        alias.in_libvirt(), property);
}

/// "usb" of "/machine/peripheral/usb/usb.0".
std::string controller_in(const std::string& bus)
{
    const auto name = bus.substr(bus.rfind('/') + 1);
    return alias_from_libvirt(name.substr(0, name.rfind('.')));
}

} // namespace

bool can_pass_descriptors() { return knows_files; }

std::expected<void, Refused> add_by_descriptor(virDomainPtr domain, const Question& question,
                                               const std::string& controller, int descriptor)
{
    if (!is_plain_word(controller, "-_."))
        return std::unexpected(
            Refused{.code = Code::unsupported, .message = "the guest's controller has no plain name"});
    const auto added = command_with_file(domain, R"({"execute":"add-fd"})", descriptor);
    if (!added) return std::unexpected(added.error());
    const auto set = wire::qmp_number_at(*added, "fdset-id");
    if (!set)
        return std::unexpected(
            Refused{.code = Code::failed, .message = "QEMU has not said where it put the descriptor"});
    const auto object = command(
        domain,
        format(
            R"({{"execute":"device_add","arguments":{{"driver":"usb-host","id":"{}","bus":"{}.0","port":"{}",)"
            R"("hostdevice":"/dev/fdset/{}"}}}})",
            question.alias->in_libvirt(), controller, question.guest_port, *set));
    // The object has one of its own; this one would keep the device open when the object is gone.
    (void)command(domain, format(R"({{"execute":"remove-fd","arguments":{{"fdset-id":{}}}}})", *set));
    if (!object) return std::unexpected(object.error());
    return {};
}

std::expected<bool, Refused> remove_by_monitor(virDomainPtr domain, const Alias& alias)
{
    const auto removed = command(
        domain, format(R"({{"execute":"device_del","arguments":{{"id":"{}"}}}})", alias.in_libvirt()));
    if (removed) return true;
    if (is_absent(removed.error())) return false;
    if (removed.error().code == Code::still_there) return true; // asked before
    return std::unexpected(removed.error());
}

std::expected<std::vector<GivenDevice>, Refused>
devices_by_descriptor(virDomainPtr domain, const std::vector<UsbController>& controllers)
{
    const auto listed_objects =
        command(domain, R"({"execute":"qom-list","arguments":{"path":"/machine/peripheral"}})");
    if (!listed_objects) return std::unexpected(listed_objects.error());
    const auto objects = wire::qmp_properties(*listed_objects);
    if (!objects)
        return std::unexpected(
            Refused{.code = Code::failed, .message = "QEMU's list of devices makes no sense"});
    std::vector<GivenDevice> found;
    for (const auto& object : *objects) {
        const auto alias = Alias::from(alias_from_libvirt(object.name));
        if (object.type != "child<usb-host>" || !alias) continue;
        GivenDevice device{.alias = alias->text(), .guest_bus = {}, .guest_port = {}, .by_descriptor = true};
        if (const auto port = command(domain, property_of(*alias, "port")))
            device.guest_port = wire::qmp_text(*port).value_or("");
        if (const auto bus = command(domain, property_of(*alias, "parent_bus"))) {
            const auto its = std::ranges::find(controllers, controller_in(wire::qmp_text(*bus).value_or("")),
                                               &UsbController::alias);
            if (its != controllers.end()) device.guest_bus = its->index;
        }
        found.push_back(std::move(device));
    }
    return found;
}

} // namespace usbroute::libvirt
