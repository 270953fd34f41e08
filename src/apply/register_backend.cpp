// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/register_backend.hpp"

#include "base/format.hpp"

namespace usbroute::apply {

void RegisterBackend::look(Seen seen)
{
    auto bits = registers_.read();
    if (!bits) return seen(std::unexpected(std::move(bits.error())));
    now_ = *bits;
    seen(plan::Reading{.routes = now_});
}

void RegisterBackend::act(const plan::Action& action, Seen seen)
{
    seen(write(std::get<route::WriteRegister>(action)));
}

Result<plan::Reading> RegisterBackend::write(const route::WriteRegister& write)
{
    const auto value = (now_.value_of(write.target) & ~write.mask) | (write.value & write.mask);
    if (auto written = registers_.write(write.target, value); !written)
        return std::unexpected(std::move(written.error()));
    auto after = registers_.read();
    if (!after) return std::unexpected(std::move(after.error()));
    now_ = *after;
    if (!write.is_done(now_))
        return std::unexpected(
            Error(ErrorKind::failed,
                  format("{} kept its own value: 0x{:x} was written, 0x{:x} is read back (bits 0x{:x})",
                         chips::data_sheet_name(write.target), value, now_.value_of(write.target),
                         write.mask))
                .with_code("write-did-not-take"));
    return plan::Reading{.routes = now_};
}

Result<Applied> execute(const plan::Plan& plan, RouteRegisters& registers, Journal& journal,
                        const Signature& signature)
{
    RegisterBackend backend(registers);
    return execute(plan, backend, journal, signature);
}

} // namespace usbroute::apply
