// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/service.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace usbroute::libvirt {

using namespace std::chrono_literals;
using linux_::UniqueFd;

namespace {

constexpr auto first_rest = 500ms;
constexpr auto longest_rest = 10s;
constexpr auto first_look_again = 250ms;
constexpr auto longest_look_again = 2000ms;
constexpr unsigned usb_device_major = 189; // Documentation/admin-guide/devices.txt, "USB devices"
constexpr unsigned devices_of_a_bus = 128; // usb_device's minor: (bus - 1) * 128 + (device - 1)

bool is_about(const std::string& word, const std::string& name, const std::string& uuid)
{
    return word == name || lower(word) == lower(uuid);
}

} // namespace

/// A question on its way through libvirt. The thread that carries it out holds it too.
struct Service::Job {
    Job(ClientId client_of_it, Question question_of_it, UniqueFd file_of_it)
        : client(client_of_it), question(std::move(question_of_it)), file(std::move(file_of_it))
    {}

    ClientId client;
    Question question;
    UniqueFd file;
    std::atomic<Stage> stage{Stage::waits};
    Answer answer = Refused{}; ///< the thread's, until it has come
};

struct Service::Open {
    Question question;
    std::shared_ptr<Job> job;
    linux_::Timer deadline;
    // While a guest is to let go of something.
    bool awaits_removal = false;
    bool is_being_looked_at = false;
    linux_::Timer look_again;
    linux_::Timer removal_deadline;
    std::chrono::milliseconds pause = first_look_again;
};

struct Service::Client {
    explicit Client(ClientId number) : id(number) {}

    ClientId id;
    std::map<std::uint64_t, Open> open;
    std::set<std::string> watched;
    std::unique_ptr<ClientLine> line;
};

Service::Service(Uses uses, std::string uri)
    : uses_(std::move(uses)),
      uri_(std::move(uri)),
      rest_(first_rest),
      next_try_(uses_.loop.timer([this] { connect(); }))
{}

Service::~Service() = default;

void Service::begin() { connect(); }

void Service::connect()
{
    link_ = Link::connecting;
    ended_meanwhile_.reset();
    const auto made = std::make_shared<Result<void>>();
    uses_.connector.put([made, &hypervisor = uses_.hypervisor] { *made = hypervisor.connect(); },
                        [this, made, alive = std::weak_ptr(alive_)] {
                            if (!alive.expired()) is_connected(*made);
                        });
}

void Service::is_connected(const Result<void>& made)
{
    if (!made) {
        if (why_not_ != made.error().message())
            uses_.log("no connection to libvirt: " + made.error().message());
        why_not_ = made.error().message();
        return rest();
    }
    if (const auto why = std::exchange(ended_meanwhile_, std::nullopt)) {
        why_not_ = *why;
        return rest();
    }
    link_ = Link::connected;
    rest_ = first_rest;
    why_not_.clear();
    uses_.log("connected to libvirt, " + uri_);
    tell_all(hypervisor_line(true, {}));
}

void Service::rest()
{
    link_ = Link::resting;
    next_try_.start(rest_);
    rest_ = std::min<std::chrono::milliseconds>(rest_ * 2, longest_rest);
}

void Service::has_ended(const std::string& why)
{
    auto words = why.empty() ? "the connection has ended" : why;
    // It may be the new one, whose result is on its way here: nothing tells of its end a second time.
    if (link_ == Link::connecting) return static_cast<void>(ended_meanwhile_ = std::move(words));
    // Else one that was given up already.
    if (link_ != Link::connected) return;
    link_ = Link::resting;
    why_not_ = std::move(words);
    uses_.log("the connection to libvirt has ended: " + why_not_);
    tell_all(hypervisor_line(false, why_not_));
    next_try_.start(rest_);
}

void Service::welcome(UniqueFd fd)
{
    if (clients_.size() >= most_clients) {
        uses_.log("one client too many has come, and was hung up on");
        return;
    }
    auto client = std::make_unique<Client>(++last_client_);
    auto line =
        ClientLine::make(uses_.loop, std::move(fd),
                         {.heard = [this, at = client.get()](std::string_view text) { take(*at, text); },
                          .ended = [this, id = client->id](std::string_view why) { forget(id, why); }});
    if (!line) return uses_.log("cannot serve a client: " + line.error().message());
    client->line = std::move(*line);
    client->line->say(greeting_line(uri_, link_ == Link::connected, why_not_));
    clients_.emplace(client->id, std::move(client));
}

void Service::forget(ClientId client, std::string_view why)
{
    const auto found = clients_.find(client);
    if (found == clients_.end()) return;
    uses_.log(format("a client is let go: {}", why));
    // Nobody wants to know any more; what has not begun does not begin.
    for (const auto& [id, open] : found->second->open) (void)abandon(open.job);
    clients_.erase(found);
}

void Service::take(Client& client, std::string_view text)
{
    auto heard = read_question(text);
    if (std::holds_alternative<NoQuestion>(heard))
        return client.line->end("it sends something that is no line");
    if (const auto* const bad = std::get_if<BadQuestion>(&heard)) {
        if (bad->has_file) (void)client.line->take_file();
        return client.line->say(
            answer_line(bad->id, Refused{.code = Code::bad_question, .message = bad->message}));
    }
    ask(client, std::move(std::get<Question>(heard)));
}

std::optional<Refused> Service::reason_against(const Client& client, const Question& question) const
{
    if (client.open.contains(question.id))
        return Refused{.code = Code::bad_question, .message = "another question with this \"id\" is open"};
    if (client.open.size() >= most_open_questions)
        return Refused{.code = Code::busy,
                       .message = format("{} questions are open already", most_open_questions)};
    if (link_ != Link::connected) return Refused{.code = Code::not_connected, .message = why_not_};
    if (question.verb == Verb::watch && !client.watched.contains(question.domain) &&
        client.watched.size() >= most_watched)
        return Refused{.code = Code::busy, .message = format("{} domains are watched already", most_watched)};
    return std::nullopt;
}

std::optional<Refused> Service::reason_against_file(const Question& question, const UniqueFd& file)
{
    const auto wrong = [](const char* message) {
        return Refused{.code = Code::bad_question, .message = message};
    };
    if (question.verb != Verb::attach_descriptor) return std::nullopt;
    if (!file.is_open()) return wrong("no descriptor has come with it");
    struct stat status{};
    if (::fstat(file.get(), &status) != 0 || !S_ISCHR(status.st_mode) ||
        major(status.st_rdev) != usb_device_major)
        return wrong("the descriptor is no USB device's");
    const auto number = minor(status.st_rdev);
    if ((question.bus != 0 && question.bus != number / devices_of_a_bus + 1) ||
        (question.device != 0 && question.device != number % devices_of_a_bus + 1))
        return wrong("the descriptor is another device's");
    return std::nullopt;
}

void Service::ask(Client& client, Question question)
{
    auto file = question.verb == Verb::attach_descriptor ? client.line->take_file() : UniqueFd();
    auto against = reason_against(client, question);
    if (!against) against = reason_against_file(question, file);
    if (against) return client.line->say(answer_line(question.id, *against));
    if (question.verb == Verb::watch) client.watched.insert(question.domain);
    auto& open = client.open[question.id];
    open.question = question;
    open.deadline = uses_.loop.timer([this, from = client.id, id = question.id] { is_late(from, id); });
    open.deadline.start(longest_question);
    open.job = std::make_shared<Job>(client.id, std::move(question), std::move(file));
    auto& queue = jobs_[open.job->question.domain];
    queue.push_back(open.job);
    if (queue.size() == 1) put_next(open.job->question.domain);
}

void Service::put_next(const std::string& domain)
{
    const auto queue = jobs_.find(domain);
    while (!queue->second.empty() && queue->second.front()->stage == Stage::abandoned)
        queue->second.pop_front();
    if (queue->second.empty()) {
        jobs_.erase(queue);
        return;
    }
    const auto job = queue->second.front();
    uses_.crew.put(
        [job, &hypervisor = uses_.hypervisor] {
            auto waits = Stage::waits;
            if (!job->stage.compare_exchange_strong(waits, Stage::under_way)) return;
            job->answer = hypervisor.carry_out(job->question, job->file.get());
        },
        [this, job, alive = std::weak_ptr(alive_)] {
            if (!alive.expired()) has_come(job);
        });
}

/// False: it has begun. What has not keeps neither its file nor its place, for as long as libvirt may hang; the first of a queue is
/// the crew's.
bool Service::abandon(const std::shared_ptr<Job>& job)
{
    auto waits = Stage::waits;
    if (!job->stage.compare_exchange_strong(waits, Stage::abandoned)) return false;
    job->file = {};
    auto& queue = jobs_.at(job->question.domain);
    if (queue.front() != job) std::erase(queue, job);
    return true;
}

std::size_t Service::jobs() const
{
    std::size_t all = 0;
    for (const auto& [domain, queue] : jobs_) all += queue.size();
    return all;
}

void Service::has_come(const std::shared_ptr<Job>& job)
{
    jobs_.at(job->question.domain).pop_front();
    put_next(job->question.domain);
    if (job->stage == Stage::abandoned) return;
    auto* const open = find(job->client, job->question.id);
    if (open == nullptr || open->job != job) {
        const auto* const refused = std::get_if<Refused>(&job->answer);
        return uses_.log(format("what was asked of {} has come too late: {}",
                                printable(job->question.domain, 64),
                                refused == nullptr ? "it was done" : printable(refused->message, 200)));
    }
    if (!std::holds_alternative<Underway>(job->answer))
        return answer(job->client, job->question.id, job->answer);
    await_removal(*open);
}

void Service::is_late(ClientId client, std::uint64_t id)
{
    auto* const open = find(client, id);
    if (open == nullptr) return;
    if (abandon(open->job))
        return answer(
            client, id,
            Refused{.code = Code::busy,
                    .message = "libvirt does not come back from what was asked before; nothing was done"});
    answer(client, id,
           Refused{.code = Code::timed_out,
                   .message = format("libvirt has not answered in {} s; what becomes of it is not known",
                                     longest_question.count())});
}

void Service::answer(ClientId client, std::uint64_t id, const Answer& answer)
{
    const auto asked_by = clients_.find(client);
    if (asked_by == clients_.end()) return;
    asked_by->second->open.erase(id);
    asked_by->second->line->say(answer_line(id, answer));
}

void Service::await_removal(Open& open)
{
    const auto client = open.job->client;
    const auto id = open.question.id;
    open.awaits_removal = true;
    open.look_again = uses_.loop.timer([this, client, id] { look_whether_removed(client, id); });
    open.removal_deadline = uses_.loop.timer([this, client, id] {
        answer(client, id,
               Refused{.code = Code::still_there,
                       .message = format("the guest has not let go of it in {} s", longest_removal.count())});
    });
    open.removal_deadline.start(longest_removal);
    // It may have gone before libvirt's answer was here.
    look_whether_removed(client, id);
}

void Service::look_whether_removed(ClientId client, std::uint64_t id)
{
    auto* const open = find(client, id);
    if (open == nullptr || !open->awaits_removal || open->is_being_looked_at) return;
    open->is_being_looked_at = true;
    const auto has = std::make_shared<std::expected<bool, Refused>>(true);
    uses_.crew.put([has, &hypervisor = uses_.hypervisor, domain = open->question.domain,
                    alias = *open->question.alias] { *has = hypervisor.has(domain, alias); },
                   [this, has, client, id, job = open->job, alive = std::weak_ptr(alive_)] {
                       if (alive.expired()) return;
                       auto* const still = find(client, id);
                       if (still == nullptr || still->job != job) return;
                       if (!*has) return answer(client, id, has->error());
                       if (!**has) return answer(client, id, Done{});
                       still->is_being_looked_at = false;
                       still->look_again.start(still->pause);
                       still->pause =
                           std::min<std::chrono::milliseconds>(still->pause * 2, longest_look_again);
                   });
}

void Service::is_removed(const DeviceRemoved& removed)
{
    std::vector<std::pair<ClientId, std::uint64_t>> over;
    for (const auto& [client, one] : clients_)
        for (const auto& [id, open] : one->open)
            if (open.awaits_removal && open.question.alias->text() == removed.alias &&
                is_about(open.question.domain, removed.name, removed.uuid))
                over.emplace_back(client, id);
    for (const auto& [client, id] : over) answer(client, id, Done{});
}

void Service::hear(const News& news)
{
    if (const auto* const ended = std::get_if<ConnectionEnded>(&news)) return has_ended(ended->why);
    if (const auto* const changed = std::get_if<DomainChanged>(&news)) return tell_of_domain(*changed);
    if (const auto* const added = std::get_if<DeviceAdded>(&news))
        return tell_watchers(added->name, added->uuid,
                             [&](const std::string& word) { return added_line(word, added->alias); });
    if (const auto* const removed = std::get_if<DeviceRemoved>(&news)) {
        is_removed(*removed);
        tell_watchers(removed->name, removed->uuid,
                      [&](const std::string& word) { return removed_line(word, removed->alias); });
    }
}

void Service::tell_of_domain(const DomainChanged& changed)
{
    ++changes_[changed.uuid];
    if (!changed.state) return ask_for_state(changed);
    tell_watchers(changed.name, changed.uuid,
                  [&](const std::string& word) { return domain_line(word, *changed.state); });
}

/// By the word that each watcher has for it: of a domain that was given another name libvirt tells under both.
void Service::ask_for_state(const DomainChanged& changed)
{
    std::set<std::string> words;
    for (const auto& [id, client] : clients_)
        for (const auto& word : client->watched)
            if (is_about(word, changed.name, changed.uuid)) words.insert(word);
    if (words.empty()) {
        changes_.erase(changed.uuid);
        return;
    }
    for (const auto& word : words) {
        const auto state = std::make_shared<std::expected<State, Refused>>(State::undefined);
        uses_.crew.put([state, &hypervisor = uses_.hypervisor, word] { *state = hypervisor.state_of(word); },
                       [this, state, word, uuid = changed.uuid, as_of = changes_[changed.uuid],
                        alive = std::weak_ptr(alive_)] {
                           // No answer: the connection is about to end. A later change: that has told, or will.
                           if (alive.expired() || !*state || changes_[uuid] != as_of) return;
                           for (const auto& [id, client] : clients_)
                               if (client->watched.contains(word))
                                   client->line->say(domain_line(word, **state));
                       });
    }
}

void Service::tell_watchers(const std::string& name, const std::string& uuid,
                            const std::function<std::string(const std::string& word)>& line)
{
    for (const auto& [id, client] : clients_)
        for (const auto& word : client->watched)
            if (is_about(word, name, uuid)) client->line->say(line(word));
}

void Service::tell_all(const std::string& line)
{
    for (const auto& [id, client] : clients_) client->line->say(line);
}

Service::Open* Service::find(ClientId client, std::uint64_t id)
{
    const auto asked_by = clients_.find(client);
    if (asked_by == clients_.end()) return nullptr;
    const auto open = asked_by->second->open.find(id);
    return open == asked_by->second->open.end() ? nullptr : &open->second;
}

} // namespace usbroute::libvirt
