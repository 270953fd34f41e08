// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/domain_actions.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "libvirt/device_xml.hpp"
#include "libvirt/domain_xml.hpp"
#include "libvirt/errors.hpp"
#include "libvirt/monitor.hpp"
#include "linux/files.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <libvirt/virterror.h>

namespace usbroute::libvirt {

void FreeText::operator()(char* text) const
{
    std::free(text);
} // NOLINT(cppcoreguidelines-no-malloc): libvirt's

Refused last_refusal()
{
    const auto* const error = virGetLastError();
    if (error == nullptr) return {.code = Code::failed, .message = "libvirt does not say why"};
    return refused_from({.code = error->code,
                         .domain = error->domain,
                         .message = error->message == nullptr ? "" : error->message});
}

namespace {

Refused refuse(Code code, std::string message) { return {.code = code, .message = std::move(message)}; }

State state_from(int state, bool is_active_now)
{
    switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
    case VIR_DOMAIN_SHUTDOWN: return State::running; // the last: it is about to end
    case VIR_DOMAIN_PAUSED: return State::paused;
    case VIR_DOMAIN_PMSUSPENDED: return State::suspended;
    default: return is_active_now ? State::paused : State::shut_off; // a crashed one may be kept
    }
}

/// Whether the host has it, by sysfs: libvirt says so in the language of its daemon.
bool has_usb_device(std::uint32_t bus, std::uint32_t device)
{
    const linux_::LiveTree tree("/");
    const auto all = tree.list("sys/bus/usb/devices");
    if (!all) return false;
    const auto number_in = [&](const std::string& one, const char* file) {
        const auto text = tree.read("sys/bus/usb/devices/" + one + "/" + file, 16);
        return text ? parse_decimal(trim(*text)) : std::nullopt;
    };
    return std::ranges::any_of(*all, [&](const auto& one) {
        return number_in(one, "busnum") == bus && number_in(one, "devnum") == device;
    });
}

bool has_pci_function(const PciAddress& address)
{
    return linux_::LiveTree("/").read("sys/bus/pci/devices/" + address.text() + "/vendor", 16).has_value();
}

const UsbController* controller_with(const Contents& has, std::uint32_t index)
{
    const auto found = std::ranges::find(has.controllers, index, &UsbController::index);
    return found == has.controllers.end() ? nullptr : &*found;
}

bool is_port_free(const Contents& has, const UsbController& controller, std::uint32_t port)
{
    if (controller.usb2_ports &&
        port > std::max(*controller.usb2_ports, controller.superspeed_ports.value_or(0)))
        return false;
    const auto text = std::to_string(port);
    const auto is_there = [&](const auto& one) {
        return one.guest_bus == controller.index && one.guest_port == text;
    };
    return std::ranges::none_of(has.devices, is_there) && std::ranges::none_of(has.others, is_there);
}

/// A domain, and what it is at this moment.
struct Found {
    State state = State::undefined;
    DomainHandle domain; ///< nothing: there is none
};

std::expected<Found, Refused> find_domain(virConnectPtr connection, const std::string& word)
{
    DomainHandle domain(virDomainLookupByName(connection, word.c_str()));
    if (!domain && last_refusal().code == Code::no_domain && word.size() == VIR_UUID_STRING_BUFLEN - 1) {
        domain.reset(virDomainLookupByUUIDString(connection, word.c_str()));
        // Such a text need not be a UUID; then it is a name that no domain has.
        if (!domain && last_refusal().code != Code::not_connected) return Found{};
    }
    int state = 0;
    if (!domain || virDomainGetState(domain.get(), &state, nullptr, 0) < 0) {
        auto refused = last_refusal();
        if (refused.code == Code::no_domain) return Found{};
        return std::unexpected(std::move(refused));
    }
    const bool is_active_now = virDomainIsActive(domain.get()) == 1;
    return Found{.state = state_from(state, is_active_now), .domain = std::move(domain)};
}

std::expected<Contents, Refused> contents_of(virDomainPtr domain)
{
    const TextHandle text(virDomainGetXMLDesc(domain, 0));
    if (!text) return std::unexpected(last_refusal());
    auto contents = read_domain_xml(text.get());
    if (!contents) return std::unexpected(refuse(Code::failed, contents.error().message()));
    return std::move(*contents);
}

std::string version_of(virConnectPtr connection)
{
    unsigned long version = 0;
    if (virConnectGetVersion(connection, &version) < 0) return {};
    return format("{}.{}.{}", version / 1'000'000, version / 1000 % 1000, version % 1000);
}

Answer attach_live(virDomainPtr domain, const std::string& xml)
{
    if (virDomainAttachDeviceFlags(domain, xml.c_str(), VIR_DOMAIN_AFFECT_LIVE) == 0) return Done{};
    return last_refusal();
}

bool is_unexplained(const Answer& answer)
{
    const auto* const refused = std::get_if<Refused>(&answer);
    return refused != nullptr && refused->code == Code::failed;
}

class Asked {
public:
    Asked(virConnectPtr connection, MonitorMemory& memory, Found found, const Question& question,
          const std::function<void(News news)>& tell)
        : connection_(connection), memory_(memory), found_(std::move(found)), question_(question), tell_(tell)
    {}

    [[nodiscard]] Answer answer(int descriptor)
    {
        switch (question_.verb) {
        case Verb::watch:
        case Verb::look: return look();
        case Verb::start: return start();
        case Verb::resume: return resume();
        case Verb::detach:
        case Verb::detach_controller: return detach();
        default: return add(descriptor);
        }
    }

private:
    [[nodiscard]] virDomainPtr domain() const { return found_.domain.get(); }
    [[nodiscard]] const Alias& alias() const { return *question_.alias; }
    [[nodiscard]] Refused is_not_there() const
    {
        return refuse(Code::no_domain, found_.domain ? "the domain does not run"
                                                     : "libvirt has no domain of that name or UUID");
    }

    /// Of a domain that does not run libvirt gives the definition for the next start; so the state is asked for once more, behind
    /// what was read.
    [[nodiscard]] Answer look()
    {
        auto looked = look_once();
        const auto* const told = std::get_if<Looked>(&looked);
        if (told != nullptr && !is_active(told->state)) return looked;
        auto again = find_domain(connection_, question_.domain);
        if (!again) return std::move(again.error());
        if (is_active(again->state)) return looked;
        found_ = std::move(*again);
        return look_once();
    }

    [[nodiscard]] Answer look_once()
    {
        Looked looked{.domain = question_.domain, .state = found_.state, .uuid = {}, .qemu = {}, .has = {}};
        if (!found_.domain) return looked;
        looked.uuid = named(domain()).uuid;
        if (!is_active(looked.state)) return looked;
        looked.qemu = version_of(connection_);
        auto has = contents_of(domain());
        if (!has) return std::move(has.error());
        looked.has = std::move(*has);
        if (!memory_.has_used(domain())) return looked;
        auto past_libvirt = devices_by_descriptor(domain(), looked.has.controllers);
        if (!past_libvirt) return std::move(past_libvirt.error());
        for (auto& device : *past_libvirt) {
            if (std::ranges::find(looked.has.aliases, device.alias) != looked.has.aliases.end()) continue;
            memory_.added(domain(), device.alias);
            looked.has.devices.push_back(std::move(device));
        }
        return looked;
    }

    [[nodiscard]] Answer add(int descriptor)
    {
        if (!is_active(found_.state)) return is_not_there();
        const auto has = contents_of(domain());
        if (!has) return has.error();
        if (std::ranges::find(has->aliases, alias().text()) != has->aliases.end())
            return refuse(Code::alias_in_use,
                          format("the domain has a device with the alias {} already", alias().text()));
        switch (question_.verb) {
        case Verb::attach: return attach(*has);
        case Verb::attach_descriptor: return attach_descriptor(*has, descriptor);
        case Verb::attach_controller: return attach_controller(*has);
        default: return add_usb_controller();
        }
    }

    [[nodiscard]] std::optional<Refused> reason_against_port(const Contents& has) const
    {
        const auto* const controller = controller_with(has, question_.guest_bus);
        if (controller == nullptr)
            return refuse(Code::port_in_use,
                          format("the domain has no USB controller {}", question_.guest_bus));
        if (!is_port_free(has, *controller, question_.guest_port))
            return refuse(Code::port_in_use,
                          format("port {} of the domain's USB controller {} is taken, or there is none",
                                 question_.guest_port, question_.guest_bus));
        return std::nullopt;
    }

    [[nodiscard]] Answer attach(const Contents& has)
    {
        if (auto against = reason_against_port(has)) return std::move(*against);
        auto attached = attach_live(domain(), usb_device_xml(question_));
        if (is_unexplained(attached) && !has_usb_device(question_.bus, question_.device))
            std::get<Refused>(attached).code = Code::no_device;
        return attached;
    }

    [[nodiscard]] Answer attach_descriptor(const Contents& has, int descriptor)
    {
        if (!can_pass_descriptors())
            return refuse(Code::unsupported,
                          "this libvirt cannot pass descriptors; libvirt 8.2 and newer can");
        if (auto against = reason_against_port(has)) return std::move(*against);
        memory_.used(domain());
        memory_.added(domain(), alias().text());
        auto added =
            add_by_descriptor(domain(), question_,
                              alias_to_libvirt(controller_with(has, question_.guest_bus)->alias), descriptor);
        if (added) {
            auto [name, uuid] = named(domain());
            tell_(DeviceAdded{.name = std::move(name), .uuid = std::move(uuid), .alias = alias().text()});
            return Done{};
        }
        (void)memory_.removed(domain(), alias().text());
        return std::move(added.error());
    }

    [[nodiscard]] Answer attach_controller(const Contents& has)
    {
        if (has.is_pci_express && has.free_root_ports == 0)
            return refuse(Code::no_room, "the domain has no free pcie-root-port");
        auto attached = attach_live(domain(), pci_device_xml(alias(), *question_.pci));
        if (is_unexplained(attached) && !has_pci_function(*question_.pci))
            std::get<Refused>(attached).code = Code::no_device;
        return attached;
    }

    [[nodiscard]] Answer add_usb_controller()
    {
        auto attached = attach_live(domain(), usb_controller_xml(alias()));
        if (!std::holds_alternative<Done>(attached)) return attached;
        const auto has = contents_of(domain());
        if (!has) return has.error();
        const auto its = std::ranges::find(has->controllers, alias().text(), &UsbController::alias);
        if (its == has->controllers.end())
            return refuse(Code::failed, "libvirt does not say which number the controller has");
        return Done{.index = its->index};
    }

    [[nodiscard]] Answer detach()
    {
        if (!is_active(found_.state)) return Done{};
        const auto has = contents_of(domain());
        if (!has) return has.error();
        if (std::ranges::find(has->aliases, alias().text()) == has->aliases.end())
            return detach_past_libvirt();
        if (virDomainDetachDeviceAlias(domain(), alias().in_libvirt().c_str(), VIR_DOMAIN_AFFECT_LIVE) == 0)
            return Underway{};
        auto refused = last_refusal();
        if (refused.code == Code::still_there) return Underway{}; // asked before
        // It may have gone meanwhile.
        const auto now = contents_of(domain());
        if (now && std::ranges::find(now->aliases, alias().text()) == now->aliases.end()) return Done{};
        return refused;
    }

    [[nodiscard]] Answer detach_past_libvirt()
    {
        if (!memory_.has_used(domain())) return Done{};
        const auto removed = remove_by_monitor(domain(), alias());
        if (!removed) return removed.error();
        return *removed ? Answer(Underway{}) : Answer(Done{});
    }

    [[nodiscard]] Answer start()
    {
        if (!found_.domain) return is_not_there();
        if (is_active(found_.state) || virDomainCreate(domain()) == 0) return Done{};
        auto refused = last_refusal();
        // Somebody else was faster.
        if (virDomainIsActive(domain()) == 1) return Done{};
        return refused;
    }

    [[nodiscard]] Answer resume()
    {
        if (!is_active(found_.state)) return is_not_there();
        if (found_.state == State::running) return Done{};
        const int result =
            found_.state == State::suspended ? virDomainPMWakeup(domain(), 0) : virDomainResume(domain());
        return result == 0 ? Answer(Done{}) : Answer(last_refusal());
    }

    virConnectPtr connection_;
    MonitorMemory& memory_;
    Found found_;
    const Question& question_;
    const std::function<void(News news)>& tell_;
};

} // namespace

Answer carry_out_on(virConnectPtr connection, MonitorMemory& memory, const Question& question, int descriptor,
                    const std::function<void(News news)>& tell)
{
    auto found = find_domain(connection, question.domain);
    if (!found) return std::move(found.error());
    return Asked(connection, memory, std::move(*found), question, tell).answer(descriptor);
}

std::expected<bool, Refused> has_device(virConnectPtr connection, MonitorMemory& memory,
                                        const std::string& domain, const Alias& alias)
{
    const auto found = find_domain(connection, domain);
    if (!found) return std::unexpected(found.error());
    if (!is_active(found->state)) return false;
    const auto has = contents_of(found->domain.get());
    if (!has) return std::unexpected(has.error());
    if (std::ranges::find(has->aliases, alias.text()) != has->aliases.end()) return true;
    if (!memory.has_used(found->domain.get())) return false;
    const auto past_libvirt = devices_by_descriptor(found->domain.get(), {});
    if (!past_libvirt) return std::unexpected(past_libvirt.error());
    return std::ranges::find(*past_libvirt, alias.text(), &GivenDevice::alias) != past_libvirt->end();
}

std::expected<State, Refused> state_of_domain(virConnectPtr connection, const std::string& domain)
{
    const auto found = find_domain(connection, domain);
    if (!found) return std::unexpected(found.error());
    return found->state;
}

} // namespace usbroute::libvirt
