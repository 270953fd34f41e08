// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/executor.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <ranges>

namespace usbroute::apply {

using chips::RouteBits;
using chips::RouteRegister;
using plan::Change;
using plan::Plan;
using plan::Step;

namespace {

struct Write {
    RouteRegister target;
    std::uint32_t mask;
    std::uint32_t value;
};

/// One read-modify-write on top of what was last read, and the read back.
Result<RouteBits> write_bits(RouteRegisters& registers, const RouteBits& now, const Write& wanted)
{
    const auto value = (now.value_of(wanted.target) & ~wanted.mask) | (wanted.value & wanted.mask);
    if (auto written = registers.write(wanted.target, value); !written)
        return std::unexpected(written.error());
    auto after = registers.read();
    if (!after) return after;
    if ((after->value_of(wanted.target) & wanted.mask) != wanted.value)
        return std::unexpected(
            Error(ErrorKind::failed,
                  format("{} kept its own value: 0x{:x} was written, 0x{:x} is read back (bits 0x{:x})",
                         chips::data_sheet_name(wanted.target), value, after->value_of(wanted.target),
                         wanted.mask))
                .with_code("write-did-not-take"));
    return after;
}

/// The commands that put the registers back, for a person whose machine we could not.
std::string recovery_lines(const Plan& plan, const RouteBits& before)
{
    std::string lines;
    for (const auto& step : plan.steps | std::views::reverse) {
        if (!lines.empty()) lines += " && ";
        lines += plan::setpci_line(plan.controller, step.target, step.mask,
                                   before.value_of(step.target) & step.mask);
    }
    return lines;
}

bool is_as_before(const Plan& plan, const RouteBits& before, const RouteBits& now)
{
    return std::ranges::all_of(plan.steps, [&](const Step& step) {
        return ((now.value_of(step.target) ^ before.value_of(step.target)) & step.mask) == 0;
    });
}

/// A later step can disturb what an earlier one wrote; each was right when it was read back.
std::optional<Error> missed_expectation(const Plan& plan, const RouteBits& now)
{
    for (const auto& expected : plan.expectations)
        if ((now.value_of(expected.target) & expected.mask) != expected.value)
            return Error(ErrorKind::failed, format("{} did not stay as written: bits 0x{:x} are 0x{:x}",
                                                   chips::data_sheet_name(expected.target), expected.mask,
                                                   now.value_of(expected.target) & expected.mask))
                .with_code("write-did-not-take");
    return std::nullopt;
}

/// Takes back whatever of the plan has reached the hardware, last step first, and looks.
Error roll_back(const Plan& plan, const RouteBits& before, RouteRegisters& registers, Journal& journal,
                const Error& cause)
{
    for (const auto& step : plan.steps | std::views::reverse) {
        const auto now = registers.read();
        const auto old_bits = before.value_of(step.target) & step.mask;
        if (!now || (now->value_of(step.target) & step.mask) == old_bits) continue;
        // Whether it worked is asked of the hardware below, not of the write.
        (void)write_bits(registers, *now, {step.target, step.mask, old_bits});
    }
    const auto looked = registers.read();
    const bool back = looked && is_as_before(plan, before, *looked);
    // The journal is a help for later; that it fails now changes nothing of what has to be said.
    (void)journal.end(back ? Ending::undone : Ending::half_way);
    if (back) {
        return Error(cause.kind(), cause.message() + "; the machine is as before").with_code(cause.code());
    }
    return Error(ErrorKind::half_way, format("{}; the change could not be taken back; to recover: {}",
                                             cause.message(), recovery_lines(plan, before)))
        .with_code("half-way");
}

} // namespace

Result<Applied> execute(const Plan& plan, RouteRegisters& registers, Journal& journal,
                        const Signature& signature)
{
    const auto context = "cannot " + plan.title;
    auto before = registers.read();
    if (!before) return std::unexpected(std::move(before.error()).within(context));
    if (*before != plan.before)
        return std::unexpected(
            Error(ErrorKind::failed,
                  context + ": the registers have changed since it was planned; nothing was touched")
                .with_code(std::string(code_of_a_stale_plan)));
    Applied applied{.after = *before, .warnings = {}};
    if (plan.steps.empty()) return applied;

    if (auto begun = journal.begin(plan.change, signature); !begun)
        applied.warnings.push_back(
            "the journal could not be written, so undo may not know about this change: " +
            begun.error().message());
    for (const auto& step : plan.steps) {
        auto after = write_bits(registers, applied.after, {step.target, step.mask, step.value});
        if (!after)
            return std::unexpected(
                roll_back(plan, *before, registers, journal, std::move(after.error()).within(context)));
        applied.after = *after;
    }
    if (auto missed = missed_expectation(plan, applied.after))
        return std::unexpected(
            roll_back(plan, *before, registers, journal, std::move(*missed).within(context)));
    if (auto ended = journal.end(Ending::done); !ended && applied.warnings.empty())
        applied.warnings.push_back(
            "the journal could not be written, so undo may not know about this change: " +
            ended.error().message());
    return applied;
}

Standing standing_of(const Change& change, const RouteBits& now)
{
    const auto is = [&](RouteRegister target, const plan::BitChange& bits, std::uint32_t value) {
        return (now.value_of(target) & bits.mask) == value;
    };
    const auto& usb2 = change.usb2;
    const auto& superspeed = change.superspeed;
    const bool usb2_before = is(RouteRegister::usb2_owner, usb2, usb2.before);
    const bool usb2_after = is(RouteRegister::usb2_owner, usb2, usb2.after);
    const bool superspeed_before = is(RouteRegister::superspeed_on, superspeed, superspeed.before);
    const bool superspeed_after = is(RouteRegister::superspeed_on, superspeed, superspeed.after);
    if (usb2_after && superspeed_after) return Standing::as_planned;
    if (usb2_before && superspeed_before) return Standing::as_before;
    if ((usb2_before || usb2_after) && (superspeed_before || superspeed_after)) return Standing::in_between;
    return Standing::elsewhere;
}

namespace {

/// For the way out of a change that is open in the journal already, and stays so until it is out: whoever is killed on it
/// is found where he was.
class OpenAlready final : public Journal {
public:
    Result<void> begin(const Change&, const Signature&) override { return {}; }
    Result<void> end(Ending) override { return {}; }
    Result<void> stand(const Change&) override { return {}; }
    [[nodiscard]] History history() const override { return {}; }
};

Result<Recovered> put_back(const Change& open, RouteRegisters& registers, const Decide& decide)
{
    const auto outcome = decide({.wish = plan::RecoverRequest{open}});
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome))
        return std::unexpected(plan::error_from(*refusal));
    const auto& plan = std::get<Plan>(outcome);
    OpenAlready journal;
    if (auto applied = execute(plan, registers, journal); !applied)
        return std::unexpected(std::move(applied.error()));
    Recovered recovered{.text = "it was half done and has been taken back", .staying = plan.staying};
    if (plan.staying.empty()) return recovered;
    recovered.text = "it is half done, and cannot be taken back yet";
    for (const auto& stay : plan.staying)
        recovered.text += format("; {} stays: {}", stay.connector.text(), plan::text_of(stay.why));
    return recovered;
}

} // namespace

Result<Recovered> recover(const Change& open, RouteRegisters& registers, Journal& journal,
                          const Decide& decide)
{
    const auto context = format("cannot recover from an interrupted \"{}\"", open.title);
    const auto now = registers.read();
    if (!now) return std::unexpected(Error(now.error()).within(context));
    const auto told = [&](std::string_view text) {
        return format("\"{}\" was interrupted: {}", open.title, text);
    };
    const auto finish = [&](Ending ending, std::string_view text) -> Result<Recovered> {
        Recovered recovered{.text = told(text)};
        // The wires are as told; that the next start may look at it again does no harm.
        if (auto ended = journal.end(ending); !ended) recovered.text += "; " + ended.error().message();
        return recovered;
    };
    switch (standing_of(open, *now)) {
    case Standing::as_planned: return finish(Ending::done, "it had been carried out");
    case Standing::as_before: return finish(Ending::undone, "nothing had been changed");
    case Standing::elsewhere:
        return finish(Ending::undone,
                      "the wires have been moved by somebody else since; they are left alone");
    case Standing::in_between: break;
    }
    auto recovered = put_back(open, registers, decide);
    if (!recovered) return std::unexpected(std::move(recovered.error()).within(context));
    if (recovered->staying.empty()) return finish(Ending::undone, recovered->text);
    recovered->text = told(recovered->text);
    return recovered;
}

} // namespace usbroute::apply
