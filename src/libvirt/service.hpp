// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "libvirt/client_line.hpp"
#include "libvirt/crew.hpp"
#include "libvirt/hypervisor.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

/// Answers the daemon's questions, in time, whatever libvirt does: docs/libvirt-line.md.
namespace usbroute::libvirt {

inline constexpr std::size_t most_open_questions = 64; ///< of one client
inline constexpr std::size_t most_clients = 4;   ///< a daemon, the one that follows it, and whoever looks
inline constexpr std::size_t most_watched = 256; ///< domains of one client
/// Thirty are promised, as counted by who asks.
inline constexpr std::chrono::seconds longest_question{28};
/// How long a guest may take to let go of something.
inline constexpr std::chrono::seconds longest_removal{15};

class Service {
public:
    struct Uses {
        linux_::Loop& loop;
        Hypervisor& hypervisor;
        Crew& crew; ///< for questions
        Crew&
            connector; ///< for connecting alone: a new connection does not wait for questions about the old one
        std::function<void(const std::string& text)> log;
    };

    Service(Uses uses, std::string uri);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Connects to libvirt, and from now on again whenever that has ended.
    void begin();
    /// Somebody who may ask. One more than there can be is hung up on.
    void welcome(linux_::UniqueFd client);
    void hear(const News& news);

    [[nodiscard]] std::size_t clients() const { return clients_.size(); }
    /// Questions that have not come back, also those that nobody waits for any more.
    [[nodiscard]] std::size_t jobs() const;

private:
    enum class Link : std::uint8_t { connecting, connected, resting };
    enum class Stage : std::uint8_t { waits, under_way, abandoned };
    struct Job;
    struct Open;
    struct Client;
    using ClientId = std::uint64_t;

    // The connection to libvirt.
    void connect();
    void is_connected(const Result<void>& made);
    void rest();
    void has_ended(const std::string& why);

    // Questions.
    void take(Client& client, std::string_view line);
    void ask(Client& client, Question question);
    [[nodiscard]] std::optional<Refused> reason_against(const Client& client, const Question& question) const;
    [[nodiscard]] static std::optional<Refused> reason_against_file(const Question& question,
                                                                    const linux_::UniqueFd& file);
    void put_next(const std::string& domain);
    [[nodiscard]] bool abandon(const std::shared_ptr<Job>& job);
    void has_come(const std::shared_ptr<Job>& job);
    void is_late(ClientId client, std::uint64_t id);
    void answer(ClientId client, std::uint64_t id, const Answer& answer);

    // What a guest has not let go of yet.
    void await_removal(Open& open);
    void look_whether_removed(ClientId client, std::uint64_t id);
    void is_removed(const DeviceRemoved& removed);

    void tell_of_domain(const DomainChanged& changed);
    void ask_for_state(const DomainChanged& changed);
    void tell_watchers(const std::string& name, const std::string& uuid,
                       const std::function<std::string(const std::string& word)>& line);
    void tell_all(const std::string& line);
    void forget(ClientId client, std::string_view why);
    [[nodiscard]] Open* find(ClientId client, std::uint64_t id);

    Uses uses_;
    std::string uri_;
    Link link_ = Link::resting;
    std::string why_not_ = "libvirt has not answered yet";
    /// A connection has ended while one was being made; which of the two, libvirt's news do not say.
    std::optional<std::string> ended_meanwhile_;
    std::chrono::milliseconds rest_;
    linux_::Timer next_try_;
    std::map<ClientId, std::unique_ptr<Client>> clients_;
    ClientId last_client_ = 0;
    /// By domain: one is carried out at a time, in the order in which they came.
    std::map<std::string, std::deque<std::shared_ptr<Job>>> jobs_;
    std::map<std::string, std::uint64_t> changes_; ///< of domains, by UUID, as far as they were told of
    /// Gone with this: what the crew brings back afterwards comes to nothing.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace usbroute::libvirt
