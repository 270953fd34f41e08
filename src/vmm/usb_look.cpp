// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/usb_look.hpp"

#include "base/numbers.hpp"
#include "vmm/qemu_errors.hpp"
#include "vmm/questions.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::vmm {

namespace {

constexpr std::size_t longest_name = 256;

/// Where QEMU keeps devices with an id, those without, and those of the machine itself (-usb).
constexpr std::array<std::string_view, 3> device_places = {"/machine/peripheral", "/machine/peripheral-anon",
                                                           "/machine/unattached"};

/// "usb-host" of "child<usb-host>".
std::optional<std::string> inside(std::string_view type, std::string_view kind)
{
    if (!type.starts_with(kind) || !type.ends_with('>') || type.size() < kind.size() + 2 ||
        type[kind.size()] != '<')
        return std::nullopt;
    return std::string(type.substr(kind.size() + 1, type.size() - kind.size() - 2));
}

bool is_controller(std::string_view type)
{
    return std::ranges::any_of(
        std::array<std::string_view, 4>{"xhci", "ehci", "uhci", "ohci"},
        [&](std::string_view kind) { return type.find(kind) != std::string_view::npos; });
}

bool is_root_port(std::string_view type) { return type == "pcie-root-port" || type == "ioh3420"; }

std::optional<std::uint8_t> small_number(const QmpReply& reply)
{
    const auto number = reply ? wire::qmp_number(*reply) : std::nullopt;
    if (!number || *number > std::numeric_limits<std::uint8_t>::max()) return std::nullopt;
    return static_cast<std::uint8_t>(*number);
}

std::uint32_t number_or_zero(const QmpReply& reply)
{
    const auto number = reply ? wire::qmp_number(*reply) : std::nullopt;
    return number && *number <= std::numeric_limits<std::uint32_t>::max()
               ? static_cast<std::uint32_t>(*number)
               : 0;
}

std::string text_or_nothing(const QmpReply& reply)
{
    return reply ? wire::qmp_text(*reply).value_or("") : std::string();
}

/// A device that may have a bus of interest.
struct Candidate {
    std::string id;
    std::string path;
    std::string type;
    std::string bus; ///< its name; empty: none was found
    bool has_ports = false;
};

/// A device on a USB bus.
struct Found {
    std::string bus;
    std::string type;
    std::string path;
};

/// One look, from question to question. Held by the callbacks of what is under way.
class Look : public std::enable_shared_from_this<Look> {
public:
    Look(QmpSession& session, std::function<void(Result<attach::GuestUsb>)> done)
        : session_(session), done_(std::move(done))
    {}

    void begin()
    {
        usb_.qemu = session_.qemu();
        std::vector<wire::QmpCommand> commands = {{.name = "query-status"}};
        for (const auto place : device_places) commands.push_back(qom_list(std::string(place)));
        ask(std::move(commands), &Look::take_devices);
    }

private:
    using Replies = std::vector<QmpReply>;

    /// What QEMU refuses is gone, or was never there: that is for the next step. Anything else ends the look.
    void ask(std::vector<wire::QmpCommand> commands, void (Look::*next)(const Replies&))
    {
        ask_all(session_, std::move(commands), [self = shared_from_this(), next](const Replies& replies) {
            for (const auto& reply : replies)
                if (!reply && reply.error().kind != QmpFailure::Kind::refused)
                    return self->done_(std::unexpected(error_of(reply.error())));
            ((*self).*next)(replies);
        });
    }

    void take_devices(const Replies& replies)
    {
        const auto running = replies[0] ? wire::qmp_truth_at(*replies[0], "running") : std::nullopt;
        auto status = replies[0] ? wire::qmp_text_at(*replies[0], "status") : std::nullopt;
        if (!running || !status) return done_(std::unexpected(odd_answer("query-status")));
        usb_.is_running = *running;
        usb_.status = std::move(*status);
        for (std::size_t i = 0; i < device_places.size(); ++i)
            if (!replies[i + 1] ? !is_not_there(replies[i + 1].error())
                                : !take_place(device_places[i], *replies[i + 1]))
                return done_(std::unexpected(odd_answer("qom-list")));
        if (is_too_much(candidates_)) return;
        std::vector<wire::QmpCommand> commands;
        for (const auto& candidate : candidates_) commands.push_back(qom_list(candidate.path));
        ask(std::move(commands), &Look::take_candidates);
    }

    bool take_place(std::string_view place, const std::string& payload)
    {
        const auto properties = wire::qmp_properties(payload);
        if (!properties) return false;
        for (const auto& [name, type] : *properties) {
            auto device = inside(type, "child");
            if (!device || name.size() > longest_name || device->size() > longest_name) continue;
            const bool has_id = place == device_places[0];
            // Without an id its bus has a name that others have, too: an anonymous root port's is "pcie.0".
            if (!is_controller(*device) && !(has_id && is_root_port(*device))) continue;
            candidates_.push_back({.id = has_id ? name : "",
                                   .path = std::string(place) + "/" + name,
                                   .type = std::move(*device)});
        }
        return true;
    }

    void take_candidates(const Replies& replies)
    {
        for (std::size_t i = 0; i < replies.size(); ++i) {
            const auto properties = replies[i] ? wire::qmp_properties(*replies[i]) : std::nullopt;
            if (!properties) continue;
            for (const auto& [name, type] : *properties) {
                if (name.size() > longest_name) continue;
                if (type == "child<usb-bus>" || type == "child<PCIE>") candidates_[i].bus = name;
                if (name == "p2") candidates_[i].has_ports = true;
            }
        }
        std::erase_if(candidates_, [](const Candidate& candidate) { return candidate.bus.empty(); });
        std::ranges::sort(candidates_, {}, &Candidate::path);
        std::vector<wire::QmpCommand> commands;
        for (const auto& candidate : candidates_) {
            commands.push_back(qom_list(candidate.path + "/" + candidate.bus));
            if (is_root_port(candidate.type)) commands.push_back(qom_get(candidate.path, "hotplug"));
            if (!candidate.has_ports) continue;
            commands.push_back(qom_get(candidate.path, "p2"));
            commands.push_back(qom_get(candidate.path, "p3"));
        }
        ask(std::move(commands), &Look::take_buses);
    }

    void take_buses(const Replies& replies)
    {
        std::vector<wire::QmpCommand> commands;
        auto reply = replies.begin();
        for (const auto& candidate : candidates_) {
            const auto& list = *reply++;
            const auto properties = list ? wire::qmp_properties(*list) : std::nullopt;
            if (is_root_port(candidate.type)) {
                take_root_port(candidate, properties, *reply++);
                continue;
            }
            attach::GuestController controller{
                .id = candidate.id, .path = candidate.path, .bus = candidate.bus, .type = candidate.type};
            if (candidate.has_ports) {
                controller.usb2_ports = small_number(*reply++);
                controller.superspeed_ports = small_number(*reply++);
            }
            if (!properties) continue; // gone meanwhile
            usb_.controllers.push_back(std::move(controller));
            for (const auto& [name, type] : *properties) {
                auto device = inside(type, "link");
                if (!device || !name.starts_with("child[") || name.size() > longest_name) continue;
                found_.push_back({.bus = candidate.bus, .type = std::move(*device), .path = {}});
                commands.push_back(qom_get(candidate.path + "/" + candidate.bus, name));
            }
        }
        if (is_too_much(found_)) return;
        ask(std::move(commands), &Look::take_paths);
    }

    void take_root_port(const Candidate& port,
                        const std::optional<std::vector<wire::QmpProperty>>& properties,
                        const QmpReply& hot_plug)
    {
        const bool is_empty = properties && std::ranges::none_of(*properties, [](const auto& property) {
                                  return property.name.starts_with("child[");
                              });
        // A QEMU that does not know the property has no root port without it.
        const bool takes_one = !hot_plug || wire::qmp_truth(*hot_plug).value_or(true);
        if (is_empty && takes_one) usb_.free_root_ports.push_back(port.bus);
    }

    static constexpr std::array<const char*, 6> host_properties = {"port",     "hostbus",    "hostaddr",
                                                                   "hostport", "hostdevice", "attached"};

    [[nodiscard]] static bool is_host_object(const Found& device) { return device.type == "usb-host"; }

    void take_paths(const Replies& replies)
    {
        for (std::size_t i = 0; i < replies.size(); ++i) found_[i].path = text_or_nothing(replies[i]);
        std::erase_if(found_, [](const Found& device) { return device.path.empty(); });
        std::ranges::sort(found_, {}, &Found::path);
        std::vector<wire::QmpCommand> commands;
        for (const auto& device : found_) {
            const auto asked = is_host_object(device) ? host_properties.size() : 1;
            for (std::size_t i = 0; i < asked; ++i)
                commands.push_back(qom_get(device.path, host_properties[i]));
        }
        ask(std::move(commands), &Look::take_properties);
    }

    void take_properties(const Replies& replies)
    {
        auto reply = replies.begin();
        for (auto& device : found_) {
            const auto& port = *reply;
            if (!is_host_object(device)) {
                ++reply;
                if (port)
                    usb_.other_devices.push_back({.path = std::move(device.path),
                                                  .type = std::move(device.type),
                                                  .bus = std::move(device.bus),
                                                  .port = text_or_nothing(port)});
                continue;
            }
            if (port) usb_.host_objects.push_back(host_object(device, &*reply));
            reply += host_properties.size();
        }
        done_(std::move(usb_));
    }

    /// `replies`: as many as host_properties.
    static attach::HostObject host_object(Found& device, const QmpReply* replies)
    {
        const auto with_id = std::string(device_places[0]) + "/";
        const auto id = device.path.starts_with(with_id) ? device.path.substr(with_id.size()) : std::string();
        return {.id = id,
                .path = std::move(device.path),
                .bus = std::move(device.bus),
                .port = text_or_nothing(replies[0]),
                .host_bus = number_or_zero(replies[1]),
                .host_address = number_or_zero(replies[2]),
                .host_port = text_or_nothing(replies[3]),
                .host_device = text_or_nothing(replies[4]),
                .is_attached = replies[5] && wire::qmp_truth(*replies[5]).value_or(false)};
    }

    template <class Things> bool is_too_much(const Things& things)
    {
        if (things.size() <= most_looked_at) return false;
        done_(std::unexpected(Error(ErrorKind::failed, "this guest has more devices than usbroute looks at")
                                  .with_code("guest-has-too-much")));
        return true;
    }

    QmpSession& session_;
    std::function<void(Result<attach::GuestUsb>)> done_;
    attach::GuestUsb usb_;
    std::vector<Candidate> candidates_;
    std::vector<Found> found_;
};

} // namespace

void look(QmpSession& session, std::function<void(Result<attach::GuestUsb>)> done)
{
    std::make_shared<Look>(session, std::move(done))->begin();
}

} // namespace usbroute::vmm
