// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"
#include "apply/journal.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::apply {

/// A plan that was carried out and read back.
struct Applied {
    plan::Reading after;
    std::vector<std::string> warnings; ///< things that did not stop it: the journal could not be written
};

inline constexpr std::string_view code_of_a_stale_plan = "stale-plan";
inline constexpr std::string_view hanging_step_code = "write-hangs";

/// A plan on its way: looks, writes the journal, acts and reads back step by step, and takes back what it has done when a
/// step fails. Decides nothing, knows no clock, and waits for whatever its backend waits for.
///
/// An error says how the machine was left. Its code is `code_of_a_stale_plan` when the machine is not what the plan was
/// made for (nothing was touched, plan again), "write-did-not-take" when the hardware kept its own value,
/// `hanging_step_code` when a step has not ended in time, which may still take effect and is left alone, and
/// "half-way" when what was done could not be taken back; then the message has the lines that do.
class Execution {
public:
    using Finished = std::function<void(Result<Applied>)>;

    /// All of them must outlive it.
    Execution(const plan::Plan& plan, Backend& backend, Journal& journal, const Signature& signature);

    /// To be called once. `finished` is called once, from within if the backend answers from within, and may destroy
    /// this.
    void begin(Finished finished);

private:
    void first_seen(Result<plan::Reading> seen);
    void act();
    void acted(Result<plan::Reading> seen);
    void take_back(Error cause);
    [[nodiscard]] bool is_to_be_taken_back(std::size_t step) const;
    [[nodiscard]] std::string recovery_lines(const Result<plan::Reading>& seen) const;
    void take_back_next();
    void took_back(const Result<plan::Reading>& seen);
    void finish(Result<Applied> applied);
    void note_unwritten(const Error& error);

    const plan::Plan& plan_;
    Backend& backend_;
    Journal& journal_;
    const Signature& signature_;
    Finished finished_;
    Applied applied_;
    std::size_t step_ = 0;       ///< the next one to act; while taking back, the last one that was taken back
    std::optional<Error> cause_; ///< of taking back
    std::optional<std::size_t> hangs_; ///< the step that has not ended
};

/// For a backend that answers from within.
[[nodiscard]] Result<Applied> execute(const plan::Plan& plan, Backend& backend, Journal& journal,
                                      const Signature& signature = {});

} // namespace usbroute::apply
