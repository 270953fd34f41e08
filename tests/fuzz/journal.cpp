// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// A state file after a crash, a full disk, or somebody's editor.

#include "apply/journal.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace usbroute;
    const auto history = apply::read_history({reinterpret_cast<const char*>(bytes), size});
    USBROUTE_CHECK(history.undoable.size() <= apply::remembered);
    // The shortest journal with the same history has the same history.
    const auto shortest = apply::written(history);
    const auto again = apply::read_history(shortest);
    USBROUTE_CHECK(apply::written(again) == shortest);
    // A title that no program of ours wrote becomes printable; what can be undone stays to the bit.
    const auto same = [](plan::Change left, plan::Change right) {
        left.title.clear();
        right.title.clear();
        return left == right;
    };
    USBROUTE_CHECK(std::ranges::equal(again.undoable, history.undoable, same));
    USBROUTE_CHECK(again.standing.has_value() == history.standing.has_value());
    USBROUTE_CHECK(!again.standing || same(*again.standing, *history.standing));
    USBROUTE_CHECK(again.open.has_value() == history.open.has_value());
    USBROUTE_CHECK(!again.open || same(*again.open, *history.open));
    return 0;
}
