// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/guest_functions.hpp"
#include "vmm/qemu_errors.hpp"
#include "vmm/questions.hpp"
#include "vmm/usb_look.hpp"

#include <array>
#include <memory>
#include <utility>

/// The host's PCI functions in a guest, by qom-list and qom-get, which are the same from QEMU 7.2 to 10.2.
namespace usbroute::vmm {

namespace {

constexpr std::string_view named_place = "/machine/peripheral";
constexpr std::array<std::string_view, 2> function_places = {named_place, "/machine/peripheral-anon"};
constexpr std::size_t most_of_a_name = 256;

/// An object that has a function of the host.
struct FunctionObject {
    std::string id; ///< empty: it was given none
    std::string path;
};

class FunctionLook : public std::enable_shared_from_this<FunctionLook> {
public:
    FunctionLook(QmpSession& session, std::function<void(Result<assign::InGuest>)> done)
        : session_(session), done_(std::move(done))
    {}

    void begin()
    {
        seen_.machine = assign::MachineState::there;
        seen_.process = session_.peer() > 0 ? static_cast<std::uint32_t>(session_.peer()) : 0;
        vmm::look(session_, [self = shared_from_this()](Result<attach::GuestUsb> usb) {
            if (!usb) return self->done_(std::unexpected(std::move(usb.error())));
            self->seen_.free_places = std::move(usb->free_root_ports);
            self->list();
        });
    }

private:
    void list()
    {
        std::vector<wire::QmpCommand> commands;
        for (const auto place : function_places) commands.push_back(qom_list(std::string(place)));
        ask_all(session_, std::move(commands),
                [self = shared_from_this()](const std::vector<QmpReply>& replies) { self->take(replies); });
    }

    void take(const std::vector<QmpReply>& replies)
    {
        std::vector<wire::QmpCommand> commands;
        for (std::size_t i = 0; i < replies.size(); ++i) {
            const auto properties = replies[i] ? wire::qmp_properties(*replies[i]) : std::nullopt;
            if (!properties) return done_(std::unexpected(failure_of(replies[i])));
            for (const auto& [name, type] : *properties) {
                // "child<vfio-pci>", and "vfio-pci-nohotplug" of those that are there from the start.
                if (!type.starts_with("child<vfio-pci") || name.size() > most_of_a_name) continue;
                objects_.push_back({.id = i == 0 ? name : std::string(),
                                    .path = std::string(function_places.at(i)) + "/" + name});
                commands.push_back(qom_get(objects_.back().path, "host"));
                commands.push_back(qom_get(objects_.back().path, "parent_bus"));
            }
        }
        if (objects_.size() > most_looked_at)
            return done_(
                std::unexpected(Error(ErrorKind::failed, "this guest has more devices than usbroute looks at")
                                    .with_code("guest-has-too-much")));
        ask_all(
            session_, std::move(commands),
            [self = shared_from_this()](const std::vector<QmpReply>& told) { self->take_properties(told); });
    }

    static Error failure_of(const QmpReply& reply)
    {
        return reply ? odd_answer("qom-list") : error_of(reply.error());
    }

    void take_properties(const std::vector<QmpReply>& replies)
    {
        for (std::size_t i = 0; i < objects_.size(); ++i) {
            const auto& host = replies[2 * i];
            const auto& bus = replies[2 * i + 1];
            const auto address = host ? PciAddress::parse(wire::qmp_text(*host).value_or("")) : std::nullopt;
            if (!address)
                continue; // gone meanwhile, or by another property: no controller that we could give
            const auto path = bus ? wire::qmp_text(*bus).value_or("") : std::string();
            seen_.held.push_back({.function = *address,
                                  .object = std::move(objects_[i].id),
                                  .place = path.substr(path.rfind('/') + 1).substr(0, most_of_a_name)});
        }
        done_(std::move(seen_));
    }

    QmpSession& session_;
    std::function<void(Result<assign::InGuest>)> done_;
    assign::InGuest seen_;
    std::vector<FunctionObject> objects_;
};

} // namespace

void look_at_functions(QmpSession& session, std::function<void(Result<assign::InGuest>)> done)
{
    std::make_shared<FunctionLook>(session, std::move(done))->begin();
}

} // namespace usbroute::vmm
