// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

namespace usbroute {

/// A pointer that cannot be null, because it is made from a reference. Copied and assigned like a pointer.
template <class T> class NotNull {
public:
    NotNull(T& target) : target_(&target) {} // NOLINT(google-explicit-constructor): a reference always fits
    NotNull(T&&) = delete;                   // a temporary would be gone

    [[nodiscard]] T& operator*() const { return *target_; }
    [[nodiscard]] T* operator->() const { return target_; }
    operator T*() const { return target_; } // NOLINT(google-explicit-constructor): so does a pointer

private:
    T* target_;
};

} // namespace usbroute
