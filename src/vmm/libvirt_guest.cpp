// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/libvirt_guest.hpp"

#include "attach/domain.hpp"
#include "base/format.hpp"
#include "base/text.hpp"

#include <utility>

namespace usbroute::vmm {

namespace {

Error odd_answer_to(std::string_view what)
{
    return Error(ErrorKind::failed, format("usbroute-libvirt's answer to {} is not what it should be", what))
        .with_code("libvirt-odd-answer");
}

} // namespace

LibvirtGuest::LibvirtGuest(std::shared_ptr<LibvirtLine> line, std::string domain)
    : line_(std::move(line)), domain_(std::move(domain))
{}

wire::QmpCommand LibvirtGuest::question(std::string_view what, std::vector<wire::QmpArgument> arguments) const
{
    arguments.insert(arguments.begin(), {.name = "domain", .value = domain_});
    return {.name = std::string(what), .arguments = std::move(arguments)};
}

void LibvirtGuest::look_by(std::string_view what, Done<wire::LibvirtLook> done)
{
    line_->ask(question(what),
               [this, alive = std::weak_ptr(alive_), what, done = std::move(done)](const LineReply& reply) {
                   if (alive.expired()) return;
                   if (!reply) return done(std::unexpected(error_of_libvirt(reply.error())));
                   auto look = wire::libvirt_look(*reply);
                   if (!look) return done(std::unexpected(odd_answer_to(what)));
                   indexes_ = look->indexes;
                   done(std::move(*look));
               });
}

std::optional<std::uint32_t> LibvirtGuest::index_of(const std::string& bus) const
{
    const auto found = indexes_.find(bus);
    if (found == indexes_.end()) return std::nullopt;
    return found->second;
}

/// With an open node it is handed over past libvirt.
void LibvirtGuest::give(const attach::Give& action, linux_::UniqueFd node, Done<Took> done)
{
    const auto index = index_of(action.to.bus);
    if (!index)
        return line_->later([bus = action.to.bus, done = std::move(done)] {
            done(std::unexpected(
                Error(ErrorKind::not_found, format("the guest has no controller {}", printable(bus)))
                    .with_code("guest-bus-not-found")));
        });
    std::vector<wire::QmpArgument> arguments{{.name = "alias", .value = alias_of(action.object())},
                                             {.name = "guest-bus", .value = std::uint64_t{*index}},
                                             {.name = "guest-port", .value = std::uint64_t{action.to.port}}};
    const bool is_open = node.is_open();
    if (!is_open) {
        arguments.push_back({.name = "bus", .value = std::uint64_t{action.device.path.bus()}});
        arguments.push_back({.name = "device", .value = std::uint64_t{action.device.number}});
    }
    line_->ask(
        question(is_open ? "attach-descriptor" : "attach", std::move(arguments)),
        [alive = std::weak_ptr(alive_), done = std::move(done)](const LineReply& reply) {
            if (alive.expired()) return;
            if (!reply) return done(std::unexpected(error_of_libvirt(reply.error())));
            done(Took::attached);
        },
        std::move(node));
}

/// With the domain its devices are gone.
void LibvirtGuest::take(const attach::ObjectId& object, Done<void> done)
{
    line_->ask(question("detach", {{.name = "alias", .value = alias_of(object)}}),
               [alive = std::weak_ptr(alive_), done = std::move(done)](const LineReply& reply) {
                   if (alive.expired()) return;
                   const bool is_gone = !reply && reply.error().kind == LineFailure::Kind::refused &&
                                        reply.error().error_class == "no-domain";
                   if (!reply && !is_gone) return done(std::unexpected(error_of_libvirt(reply.error())));
                   done({});
               });
}

/// `SeenGuest::can_be_given_a_controller` says so before.
void LibvirtGuest::add_controller(const attach::AddController& /*action*/, Done<void> done)
{
    line_->later([done = std::move(done)] {
        done(std::unexpected(
            Error(ErrorKind::failed, "libvirt cannot plug a USB controller into a domain that runs")
                .with_code("libvirt-cannot")));
    });
}

void LibvirtGuest::ask_for(std::string_view what, Done<void> done)
{
    line_->ask(question(what),
               [alive = std::weak_ptr(alive_), done = std::move(done)](const LineReply& reply) {
                   if (alive.expired()) return;
                   if (!reply) return done(std::unexpected(error_of_libvirt(reply.error())));
                   done({});
               });
}

} // namespace usbroute::vmm
