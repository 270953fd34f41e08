// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/unique_fd.hpp"
#include "sim/kernel.hpp"
#include "sim/usbfs.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>

namespace usbroute::sim {

/// The other end of what libumockdev-preload makes of an open node: a connection to the socket "ioctl/dev/bus/usb/003/004"
/// below the board's directory, over which each ioctl comes. It ends when the program closes the node, or dies.
///
/// The protocol is the library's own (umockdev, src/libumockdev-preload.c, remote_emulate): three `unsigned long` a
/// message, between which the server may ask for memory of the program.
class NodeSockets final : public NodeDoors {
public:
    using Announce = std::function<void(const std::string& line)>;

    NodeSockets(std::string directory, Announce announce)
        : directory_(std::move(directory)), announce_(std::move(announce))
    {}

    void open(std::uint16_t bus, std::uint8_t number) override;
    void shut(std::uint16_t bus, std::uint8_t number) override;

    void add_to(std::vector<pollfd>& waiting) const;
    /// Takes who has opened a node, and answers what they ask.
    void serve(Kernel& kernel);

private:
    using Numbers = std::pair<std::uint16_t, std::uint8_t>;

    enum class Stage : std::uint8_t { request, memory, outcome };
    struct Client {
        linux_::UniqueFd fd;
        NodeCall call;
        Stage stage = Stage::request;
        unsigned long address = 0; ///< of the argument, in the program
        std::string received;
    };

    [[nodiscard]] std::string path_of(const Numbers& numbers) const;
    void take_clients(Kernel& kernel);
    /// False: it has gone, or says what no program says.
    [[nodiscard]] bool serve(Client& client, Kernel& kernel);
    [[nodiscard]] bool step(Client& client, Kernel& kernel);
    [[nodiscard]] bool begin(Client& client, Kernel& kernel);
    [[nodiscard]] bool run(Client& client, Kernel& kernel);

    std::string directory_;
    Announce announce_;
    std::map<Numbers, linux_::UniqueFd> listeners_;
    std::deque<Numbers> idle_; ///< whose nodes are gone, the oldest first
    std::list<Client> clients_;
    std::uint64_t next_opener_ = 1;
};

} // namespace usbroute::sim
