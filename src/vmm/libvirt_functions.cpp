// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/libvirt_functions.hpp"

#include "base/format.hpp"

#include <utility>
#include <vector>

namespace usbroute::vmm {

using assign::Farewell;

namespace {

std::string alias_of_function(const PciAddress& function) { return "ua-" + assign::object_of(function); }

bool is_refused_for(const LineReply& reply, std::string_view code)
{
    return !reply && reply.error().kind == LineFailure::Kind::refused && reply.error().error_class == code;
}

} // namespace

LibvirtFunctions::LibvirtFunctions(std::shared_ptr<LibvirtLine> line, std::string domain)
    : line_(std::move(line)), domain_(std::move(domain))
{}

void LibvirtFunctions::ask(std::string_view what, std::vector<wire::QmpArgument> arguments,
                           LibvirtLine::Done done)
{
    arguments.insert(arguments.begin(), {.name = "domain", .value = domain_});
    line_->ask({.name = std::string(what), .arguments = std::move(arguments)},
               [alive = std::weak_ptr(alive_), done = std::move(done)](LineReply reply) {
                   if (!alive.expired()) done(std::move(reply));
               });
}

void LibvirtFunctions::look(Done<assign::InGuest> done)
{
    ask("look", {}, [done = std::move(done)](const LineReply& reply) {
        if (!reply) return done(std::unexpected(error_of_libvirt(reply.error())));
        auto seen = wire::libvirt_functions(*reply);
        if (!seen)
            return done(std::unexpected(
                Error(ErrorKind::failed, "usbroute-libvirt's answer to look is not what it should be")
                    .with_code("libvirt-odd-answer")));
        done(std::move(*seen));
    });
}

void LibvirtFunctions::plug_in(const assign::PlugIn& plug, Done<void> done)
{
    ask("attach-controller",
        {{.name = "alias", .value = alias_of_function(plug.function)},
         {.name = "pci", .value = plug.function.text()}},
        [done = std::move(done)](const LineReply& reply) {
            if (!reply) return done(std::unexpected(error_of_libvirt(reply.error())));
            done({});
        });
}

/// With the domain what it had is gone.
void LibvirtFunctions::take_out(const assign::TakeOut& out, Done<Farewell> done)
{
    ask("detach-controller", {{.name = "alias", .value = alias_of_function(out.function)}},
        [done = std::move(done)](const LineReply& reply) {
            if (reply) return done(Farewell::let_go);
            if (is_refused_for(reply, "no-domain")) return done(Farewell::gone);
            if (is_refused_for(reply, "still-there")) return done(Farewell::silent);
            done(std::unexpected(error_of_libvirt(reply.error())));
        });
}

} // namespace usbroute::vmm
