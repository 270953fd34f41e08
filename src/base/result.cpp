// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/result.hpp"

#include <system_error>
#include <utility>

namespace usbroute {

std::unexpected<Error> failure(std::string message)
{
    return std::unexpected(Error(ErrorKind::failed, std::move(message)));
}

std::unexpected<Error> failure(std::string message, int errno_value)
{
    return std::unexpected(Error(ErrorKind::failed, std::move(message), errno_value));
}

Error usage_error(std::string message)
{
    return Error(ErrorKind::usage, std::move(message)).with_code("usage");
}

std::string errno_text(int errno_value)
{
    // Not strerror_r: glibc and musl disagree about its type.
    return std::generic_category().message(errno_value);
}

Error::Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

Error::Error(ErrorKind kind, std::string message, int errno_value)
    : kind_(kind), errno_value_(errno_value), message_(std::move(message))
{
    message_ += ": ";
    message_ += errno_text(errno_value);
}

Error Error::within(std::string_view context) &&
{
    message_.insert(0, ": ");
    message_.insert(0, context);
    return std::move(*this);
}

Error Error::with_code(std::string code) &&
{
    code_ = std::move(code);
    return std::move(*this);
}

} // namespace usbroute
