// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace usbroute::topology {

/// What stands on the buses of a machine, in a list for each bus, and for a reader one after the other, buses ascending.
/// Copies share the lists. One that is replaced is replaced in one copy, so that a change on a bus costs nothing of the others.
template <class Item> class ByBus {
public:
    using List = std::vector<Item>;
    /// Never null, never empty.
    using Shared = std::shared_ptr<const List>;
    using Lists = std::vector<std::pair<std::uint16_t, Shared>>;
    using value_type = Item;

    class Iterator {
    public:
        using value_type = Item;
        using difference_type = std::ptrdiff_t;
        using reference = const Item&;
        using pointer = const Item*;
        using iterator_category = std::forward_iterator_tag;

        Iterator() = default;
        explicit Iterator(typename Lists::const_iterator list) : list_(list) {}
        reference operator*() const { return (*list_->second)[at_]; }
        pointer operator->() const { return &**this; }
        Iterator& operator++()
        {
            if (++at_ == list_->second->size()) {
                ++list_;
                at_ = 0;
            }
            return *this;
        }
        Iterator operator++(int) { return std::exchange(*this, std::next(*this)); }
        bool operator==(const Iterator&) const = default;

    private:
        typename Lists::const_iterator list_{};
        std::size_t at_ = 0;
    };
    using const_iterator = Iterator;
    using iterator = Iterator;

    ByBus() = default;
    /// Each in the list of its bus, in the order in which they come.
    template <class BusOf> ByBus(List items, BusOf bus_of)
    {
        std::map<std::uint16_t, List> lists;
        for (auto& item : items) lists[bus_of(item)].push_back(std::move(item));
        for (auto& [bus, list] : lists)
            lists_.emplace_back(bus, std::make_shared<const List>(std::move(list)));
    }

    [[nodiscard]] Iterator begin() const { return Iterator(lists_.begin()); }
    [[nodiscard]] Iterator end() const { return Iterator(lists_.end()); }
    [[nodiscard]] bool empty() const { return lists_.empty(); }
    [[nodiscard]] std::size_t size() const
    {
        std::size_t sum = 0;
        for (const auto& [bus, list] : lists_) sum += list->size();
        return sum;
    }
    /// All of them, one after the other.
    [[nodiscard]] List flat() const { return List(begin(), end()); }
    [[nodiscard]] const List& on(std::uint16_t bus) const
    {
        static const List nothing;
        const auto found = place_of(bus);
        return found != lists_.end() && found->first == bus ? *found->second : nothing;
    }
    [[nodiscard]] const Lists& lists() const { return lists_; }

    /// From now on this is what stands on that bus.
    void put(std::uint16_t bus, List list)
    {
        const auto found = lists_.begin() + (place_of(bus) - lists_.cbegin());
        const bool is_there = found != lists_.end() && found->first == bus;
        if (list.empty()) {
            if (is_there) lists_.erase(found);
            return;
        }
        auto shared = std::make_shared<const List>(std::move(list));
        if (is_there)
            found->second = std::move(shared);
        else
            lists_.emplace(found, bus, std::move(shared));
    }
    void clear() { lists_.clear(); }
    template <class Predicate> void erase_if(Predicate predicate)
    {
        for (const auto& [bus, list] : Lists(lists_)) {
            auto rest = *list;
            if (std::erase_if(rest, predicate) != 0) put(bus, std::move(rest));
        }
    }

    bool operator==(const ByBus& other) const
    {
        return std::ranges::equal(lists_, other.lists_, [](const auto& one, const auto& another) {
            return one.first == another.first &&
                   (one.second == another.second || *one.second == *another.second);
        });
    }

private:
    [[nodiscard]] typename Lists::const_iterator place_of(std::uint16_t bus) const
    {
        return std::ranges::lower_bound(lists_, bus, {}, &Lists::value_type::first);
    }

    Lists lists_;
};

/// The buses on which the two have not the same list, ascending: on all others nothing differs.
template <class Item>
[[nodiscard]] std::vector<std::uint16_t> buses_apart(const ByBus<Item>& one, const ByBus<Item>& other)
{
    std::vector<std::uint16_t> buses;
    auto left = one.lists().begin();
    auto right = other.lists().begin();
    while (left != one.lists().end() || right != other.lists().end()) {
        const bool only_left =
            right == other.lists().end() || (left != one.lists().end() && left->first < right->first);
        const bool only_right = !only_left && (left == one.lists().end() || right->first < left->first);
        const auto bus = only_right ? right->first : left->first;
        if (only_left || only_right || left->second != right->second) buses.push_back(bus);
        if (!only_right) ++left;
        if (!only_left) ++right;
    }
    return buses;
}

} // namespace usbroute::topology
