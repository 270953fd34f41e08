// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/questions.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace usbroute::vmm {

namespace {

constexpr std::size_t questions_at_a_time = 32;

/// Held by the callbacks of what is under way, and gone with the last of them.
struct Questions : std::enable_shared_from_this<Questions> {
    Questions(QmpSession& asked, std::vector<wire::QmpCommand> all,
              std::function<void(std::vector<QmpReply>)> told)
        : session(asked), commands(std::move(all)), replies(commands.size()), done(std::move(told))
    {}

    void ask_next()
    {
        const auto index = next++;
        session.ask({.command = std::move(commands[index])},
                    [self = shared_from_this(), index](QmpReply reply) {
                        self->replies[index] = std::move(reply);
                        self->answered();
                    });
    }

    void answered()
    {
        ++answers;
        if (next < commands.size()) return ask_next();
        if (answers == commands.size()) done(std::move(replies));
    }

    QmpSession& session;
    std::vector<wire::QmpCommand> commands;
    std::vector<QmpReply> replies;
    std::function<void(std::vector<QmpReply>)> done;
    std::size_t next = 0;
    std::size_t answers = 0;
};

} // namespace

wire::QmpCommand qom_list(std::string path)
{
    return {.name = "qom-list", .arguments = {{.name = "path", .value = std::move(path)}}};
}

wire::QmpCommand qom_get(std::string path, std::string property)
{
    return {.name = "qom-get",
            .arguments = {{.name = "path", .value = std::move(path)},
                          {.name = "property", .value = std::move(property)}}};
}

void ask_all(QmpSession& session, std::vector<wire::QmpCommand> commands,
             std::function<void(std::vector<QmpReply>)> done)
{
    if (commands.empty()) return done({});
    const auto questions = std::make_shared<Questions>(session, std::move(commands), std::move(done));
    const auto first = std::min(questions_at_a_time, questions->commands.size());
    for (std::size_t i = 0; i < first; ++i) questions->ask_next();
}

} // namespace usbroute::vmm
