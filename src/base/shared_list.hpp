// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

namespace usbroute {

/// A list that copies share: copying one costs the same however long it is. It is read like a const vector. `edit` gives
/// the vector to change, as a copy of its own where others have the list, too; references into it do not outlive that.
template <class T> class SharedList {
public:
    using value_type = T;
    using size_type = std::size_t;
    using const_iterator = typename std::vector<T>::const_iterator;
    using iterator = const_iterator;

    SharedList() = default;
    // A vector is a list, and a list of braces is one.
    SharedList(std::vector<T> items) // NOLINT(google-explicit-constructor)
        : items_(items.empty() ? nullptr : std::make_shared<std::vector<T>>(std::move(items)))
    {}
    SharedList(std::initializer_list<T> items) : SharedList(std::vector<T>(items)) {}

    [[nodiscard]] const std::vector<T>& all() const { return items_ ? *items_ : none(); }
    [[nodiscard]] const_iterator begin() const { return all().begin(); }
    [[nodiscard]] const_iterator end() const { return all().end(); }
    [[nodiscard]] size_type size() const { return all().size(); }
    [[nodiscard]] bool empty() const { return all().empty(); }
    [[nodiscard]] const T& operator[](size_type at) const { return all()[at]; }
    [[nodiscard]] const T& front() const { return all().front(); }
    [[nodiscard]] const T& back() const { return all().back(); }

    [[nodiscard]] std::vector<T>& edit()
    {
        if (!items_)
            items_ = std::make_shared<std::vector<T>>();
        else if (items_.use_count() != 1)
            items_ = std::make_shared<std::vector<T>>(*items_);
        return *items_;
    }
    void push_back(T item) { edit().push_back(std::move(item)); }

    bool operator==(const SharedList& other) const { return items_ == other.items_ || all() == other.all(); }

private:
    static const std::vector<T>& none()
    {
        static const std::vector<T> nothing;
        return nothing;
    }

    std::shared_ptr<std::vector<T>> items_; ///< null: empty
};

} // namespace usbroute
