// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/journal.hpp"
#include "apply/registers.hpp"
#include "base/format.hpp"

#include <functional>
#include <string>
#include <utility>

namespace usbroute::fakes {

/// Routing registers in memory. Bits outside the masks keep their value without complaint, as in the hardware. Every
/// access is written into `log`, so that a test compares the whole sequence.
class FakeRegisters final : public apply::RouteRegisters {
public:
    explicit FakeRegisters(chips::RouteBits at_start) : bits(at_start) {}

    [[nodiscard]] Result<chips::RouteBits> read() override
    {
        log += "read\n";
        if (on_read) on_read();
        if (read_errno != 0) return std::unexpected(Error(ErrorKind::failed, "cannot read", read_errno));
        return bits;
    }

    [[nodiscard]] Result<void> write(chips::RouteRegister target, std::uint32_t value) override
    {
        log += format("write {} {:04x}\n", chips::data_sheet_name(target), value);
        ++writes;
        if (writes == failing_write || failing_write == every_write)
            return std::unexpected(
                Error(ErrorKind::not_permitted, "cannot write", write_errno).with_code("lockdown"));
        auto& word = target == chips::RouteRegister::usb2_owner ? bits.usb2_owner : bits.superspeed_on;
        const auto movable =
            target == chips::RouteRegister::usb2_owner ? bits.usb2_movable : bits.superspeed_movable;
        const auto kept = ~movable | stuck;
        word = (word & kept) | (value & ~kept);
        if (on_write) on_write(writes);
        return {};
    }

    static constexpr int every_write = -1;
    chips::RouteBits bits;
    std::string log;
    std::uint32_t stuck = 0; ///< bits of either register that do not take
    int writes = 0;
    int failing_write = 0; ///< the n-th write fails; 0: none
    int write_errno = 1;   ///< EPERM
    int read_errno = 0;
    std::function<void(int)> on_write; ///< after the n-th write took
    std::function<void()> on_read;
};

/// Remembers what it was told, as the lines that the real journal writes.
class RecordingJournal final : public apply::Journal {
public:
    [[nodiscard]] Result<void> begin(const plan::Change& change, const apply::Signature& signature) override
    {
        if (broken) return std::unexpected(Error(ErrorKind::failed, "cannot write the journal", 28));
        if (signature.trial) text += apply::trial_line(*signature.trial);
        text += apply::begin_line(change, {.who = signature.who, .stays_out = signature.stays_out});
        return {};
    }
    [[nodiscard]] Result<void> end(apply::Ending ending) override
    {
        if (broken) return std::unexpected(Error(ErrorKind::failed, "cannot write the journal", 28));
        text += apply::end_line(ending);
        return {};
    }
    [[nodiscard]] Result<void> stand(const plan::Change& wanted) override
    {
        if (broken) return std::unexpected(Error(ErrorKind::failed, "cannot write the journal", 28));
        text += apply::standing_line(wanted);
        return {};
    }
    [[nodiscard]] apply::History history() const override { return apply::read_history(text); }
    std::string text = apply::journal_header();
    bool broken = false;
};

} // namespace usbroute::fakes
