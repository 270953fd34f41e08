#pragma once

#include "daemon/machine.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace usbroute::daemon {

/// Brings wires back to where usbroute had put them when somebody else has moved them: firmware and the kernel at
/// a resume, a driver that was loaded again, another program. Who does it again and again wins: two writers must
/// not fight for ever.
class Restorer {
public:
    using Tell = std::function<void(const Done&)>;

    Restorer(Machine& machine, Tell tell) : machine_(machine), tell_(std::move(tell)) {}

    /// After a look, or after the registers were read. `now` is steady time.
    void look_again(std::chrono::milliseconds now);

private:
    [[nodiscard]] bool may_write(std::chrono::milliseconds now);
    void complain(const std::string& why);

    Machine& machine_;
    Tell tell_;
    std::vector<std::chrono::milliseconds> written_; ///< when, within the last minute
    std::string complaint_;                          ///< said last; the same is not said again
};

} // namespace usbroute::daemon
