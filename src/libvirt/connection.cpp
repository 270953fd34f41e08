// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/connection.hpp"

#include "libvirt/domain_actions.hpp"
#include "libvirt/errors.hpp"
#include "libvirt/handles.hpp"
#include "libvirt/monitor_memory.hpp"
#include "wire/qmp.hpp"

#include <chrono>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>

namespace usbroute::libvirt {

namespace {

// Fifteen to twenty seconds without a word of libvirtd's, and the connection is given up: its calls come back then, before
// the questions' thirty seconds are over.
constexpr int keepalive_interval = 5; // s
constexpr unsigned keepalive_count = 3;
constexpr std::chrono::seconds pause_after_a_failure{1};

/// What the library has for keepalive and events; it runs for as long as the process does.
void begin_events()
{
    static std::once_flag once;
    std::call_once(once, [] {
        // What went wrong is told in answers.
        virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
        (void)virInitialize();
        (void)virEventRegisterDefaultImpl();
        std::thread([] {
            // Where it fails it fails at once, and would take a whole processor.
            for (;;)
                if (virEventRunDefaultImpl() < 0) std::this_thread::sleep_for(pause_after_a_failure);
        }).detach();
    });
}

/// Nothing: it does not say.
std::optional<State> state_after(int event)
{
    switch (event) {
    case VIR_DOMAIN_EVENT_STARTED:
    case VIR_DOMAIN_EVENT_RESUMED: return State::running;
    case VIR_DOMAIN_EVENT_SUSPENDED: return State::paused;
    case VIR_DOMAIN_EVENT_PMSUSPENDED: return State::suspended;
    default: return std::nullopt;
    }
}

Refused is_not_connected()
{
    return {.code = Code::not_connected, .message = "there is no connection to libvirt"};
}

} // namespace

struct Connection::Shared {
    Shared(std::string uri_of_it, Tell tell_of_it) : uri(std::move(uri_of_it)), tell(std::move(tell_of_it)) {}

    /// A reference of its own, so that the connection outlives the call that uses it.
    [[nodiscard]] ConnectionHandle current() const
    {
        const std::lock_guard lock(guard);
        if (!connection) return {};
        virConnectRef(connection.get());
        return ConnectionHandle(connection.get());
    }
    [[nodiscard]] ConnectionHandle exchange(ConnectionHandle made)
    {
        const std::lock_guard lock(guard);
        connection.swap(made);
        return made;
    }
    /// False: libvirt does not offer one of them.
    [[nodiscard]] bool listen(virConnectPtr made);
    void drop();

    // Called in the thread of libvirt's events; `opaque` is this.
    static Shared& of(void* opaque) { return *static_cast<Shared*>(opaque); }
    static void connection_ended(virConnectPtr of_it, int reason, void* opaque);
    static int domain_changed(virConnectPtr of_it, virDomainPtr domain, int event, int detail, void* opaque);
    static void device_added(virConnectPtr of_it, virDomainPtr domain, const char* alias, void* opaque);
    static void device_removed(virConnectPtr of_it, virDomainPtr domain, const char* alias, void* opaque);
    static void device_deleted(virConnectPtr of_it, virDomainPtr domain, const char* event, long long seconds,
                               unsigned micros, const char* details, void* opaque);

    std::string uri;
    Tell tell;
    MonitorMemory memory;
    std::vector<int> callbacks; ///< the connecting thread's
    int monitor_callback = -1;  ///< likewise
    mutable std::mutex guard;
    ConnectionHandle connection;
};

void Connection::Shared::connection_ended(virConnectPtr /*of_it*/, int reason, void* opaque)
{
    switch (reason) {
    case VIR_CONNECT_CLOSE_REASON_CLIENT: return; // by ourselves
    case VIR_CONNECT_CLOSE_REASON_EOF:
        return of(opaque).tell(ConnectionEnded{.why = "libvirt's daemon has ended"});
    case VIR_CONNECT_CLOSE_REASON_KEEPALIVE:
        return of(opaque).tell(ConnectionEnded{.why = "libvirt's daemon does not answer"});
    default: return of(opaque).tell(ConnectionEnded{.why = "the connection to libvirt has failed"});
    }
}

int Connection::Shared::domain_changed(virConnectPtr /*of_it*/, virDomainPtr domain, int event,
                                       int /*detail*/, void* opaque)
{
    if (event == VIR_DOMAIN_EVENT_SHUTDOWN) return 0; // it still runs
    auto [name, uuid] = named(domain);
    of(opaque).tell(
        DomainChanged{.name = std::move(name), .uuid = std::move(uuid), .state = state_after(event)});
    return 0;
}

void Connection::Shared::device_added(virConnectPtr /*of_it*/, virDomainPtr domain, const char* alias,
                                      void* opaque)
{
    if (alias == nullptr) return;
    auto [name, uuid] = named(domain);
    of(opaque).tell(
        DeviceAdded{.name = std::move(name), .uuid = std::move(uuid), .alias = alias_from_libvirt(alias)});
}

void Connection::Shared::device_removed(virConnectPtr /*of_it*/, virDomainPtr domain, const char* alias,
                                        void* opaque)
{
    if (alias == nullptr) return;
    auto [name, uuid] = named(domain);
    of(opaque).tell(
        DeviceRemoved{.name = std::move(name), .uuid = std::move(uuid), .alias = alias_from_libvirt(alias)});
}

/// Of what was added past it libvirt tells nothing else.
void Connection::Shared::device_deleted(virConnectPtr of_it, virDomainPtr domain, const char* /*event*/,
                                        long long /*seconds*/, unsigned /*micros*/, const char* details,
                                        void* opaque)
{
    const auto alias = details == nullptr ? std::nullopt : wire::qmp_text_at(details, "device");
    if (alias && of(opaque).memory.removed(domain, alias_from_libvirt(*alias)))
        device_removed(of_it, domain, alias->c_str(), opaque);
}

bool Connection::Shared::listen(virConnectPtr made)
{
    const auto add = [&](int event, virConnectDomainEventGenericCallback callback) {
        const int id = virConnectDomainEventRegisterAny(made, nullptr, event, callback, this, nullptr);
        if (id >= 0) callbacks.push_back(id);
        return id >= 0;
    };
    const auto generic = [](auto* callback) {
        // libvirt calls it as what the event's number says it is.
        return reinterpret_cast<virConnectDomainEventGenericCallback>(
            reinterpret_cast<void*>(callback)); // NOLINT(bugprone-casting-through-void)
    };
    if (virConnectRegisterCloseCallback(made, connection_ended, this, nullptr) < 0) return false;
    // A driver other than QEMU's has none.
    monitor_callback = virConnectDomainQemuMonitorEventRegister(made, nullptr, "DEVICE_DELETED",
                                                                device_deleted, this, nullptr, 0);
    return add(VIR_DOMAIN_EVENT_ID_LIFECYCLE, generic(domain_changed)) &&
           add(VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, generic(device_added)) &&
           add(VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, generic(device_removed));
}

void Connection::Shared::drop()
{
    const auto former = exchange({});
    if (!former) return;
    for (const int id : std::exchange(callbacks, {}))
        (void)virConnectDomainEventDeregisterAny(former.get(), id);
    if (monitor_callback >= 0)
        (void)virConnectDomainQemuMonitorEventDeregister(former.get(), monitor_callback);
    monitor_callback = -1;
    (void)virConnectUnregisterCloseCallback(former.get(), connection_ended);
}

Connection::Connection(std::string uri, Tell tell)
    : shared_(std::make_unique<Shared>(std::move(uri), std::move(tell)))
{
    begin_events();
}

Connection::~Connection() { shared_->drop(); }

Result<void> Connection::connect()
{
    shared_->drop();
    ConnectionHandle made(virConnectOpen(shared_->uri.c_str()));
    if (!made) return failure(last_refusal().message);
    if (!shared_->listen(made.get())) {
        auto why = last_refusal().message;
        (void)shared_->exchange(std::move(made));
        shared_->drop();
        return failure("libvirt tells of no events: " + why);
    }
    (void)virConnectSetKeepAlive(made.get(), keepalive_interval,
                                 keepalive_count); // -1, 1: a driver without a daemon
    (void)shared_->exchange(std::move(made));
    return {};
}

Answer Connection::carry_out(const Question& question, int descriptor)
{
    const auto connection = shared_->current();
    if (!connection) return is_not_connected();
    return carry_out_on(connection.get(), shared_->memory, question, descriptor, shared_->tell);
}

std::expected<bool, Refused> Connection::has(const std::string& domain, const Alias& alias)
{
    const auto connection = shared_->current();
    if (!connection) return std::unexpected(is_not_connected());
    return has_device(connection.get(), shared_->memory, domain, alias);
}

std::expected<State, Refused> Connection::state_of(const std::string& domain)
{
    const auto connection = shared_->current();
    if (!connection) return std::unexpected(is_not_connected());
    return state_of_domain(connection.get(), domain);
}

} // namespace usbroute::libvirt
