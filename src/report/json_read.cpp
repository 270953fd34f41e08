// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/json.hpp"
#include "report/json_views.hpp"
#include "wire/answer.hpp"

#include <nlohmann/json.hpp>

#include <limits>

namespace usbroute::report {

namespace {

using Document = nlohmann::json;

// A document of a machine with 2,000 devices is below 1 MiB. The depth is that of our own documents and some to
// spare: the library's destructor and writer recurse.
constexpr std::size_t longest = 8U << 20;
constexpr int deepest = 17;

/// Takes what has the right type; the first key that has not is remembered.
class Reader {
public:
    explicit Reader(const Document& json) : json_(json) {}
    [[nodiscard]] const std::string& wrong_key() const { return wrong_; }

    template <class T> void operator()(const char* key, T& value)
    {
        const auto found = json_.find(key);
        if (found == json_.end() || found->is_null()) return;
        if (!take(*found, value) && wrong_.empty()) wrong_ = key;
    }
    template <class T> void if_any(const char* key, T& value) { (*this)(key, value); }

private:
    static bool take(const Document& json, std::string& value)
    {
        const auto* text = json.get_ptr<const std::string*>();
        if (text != nullptr) value = printable(*text, 1024);
        return text != nullptr;
    }
    static bool take(const Document& json, bool& value)
    {
        if (json.is_boolean()) value = json.get<bool>();
        return json.is_boolean();
    }
    template <std::integral T> static bool take(const Document& json, T& value)
    {
        if (!json.is_number_integer()) return false;
        const bool too_large =
            json.is_number_unsigned() && json.get<std::uint64_t>() > std::numeric_limits<T>::max();
        const bool too_small = !json.is_number_unsigned() &&
                               json.get<std::int64_t>() < std::int64_t{std::numeric_limits<T>::min()};
        if (too_large || too_small) return false;
        value = json.get<T>();
        return true;
    }
    template <class T> static bool take(const Document& json, std::optional<T>& value)
    {
        return take(json, value.emplace());
    }
    template <class T> static bool take(const Document& json, std::vector<T>& values)
    {
        if (!json.is_array()) return false;
        for (const auto& entry : json)
            if (!take(entry, values.emplace_back())) return false;
        return true;
    }
    template <class T>
        requires std::is_class_v<T>
    static bool take(const Document& json, T& value)
    {
        if (!json.is_object()) return false;
        Reader reader(json);
        describe(value, reader);
        return reader.wrong_key().empty();
    }

    const Document& json_;
    std::string wrong_;
};

Error not_a_document(std::string_view what, std::string_view why)
{
    return Error(ErrorKind::failed, format("this is not a {} document: {}", what, why))
        .with_code("not-an-answer");
}

/// What stands in an answer as `key`.
template <class View> Result<View> view_from(std::string_view line, const char* key)
{
    if (line.size() > longest)
        return std::unexpected(not_a_document(key, format("longer than {} bytes", longest)));
    const auto shallow = [](int depth, Document::parse_event_t, Document&) { return depth <= deepest; };
    const auto answer = Document::parse(line, shallow, false);
    const auto ok = answer.find("ok");
    if (!answer.is_object() || ok == answer.end() || *ok != Document(true)) {
        const auto said = wire::read_answer(line);
        return std::unexpected(said.status == wire::Status::ok ? not_a_document(key, "not JSON")
                                                               : wire::error_of(said));
    }
    const auto document = answer.find(key);
    if (document == answer.end() || !document->is_object())
        return std::unexpected(not_a_document(key, "not an object"));
    View view;
    view.schema = 0;
    Reader reader(*document);
    describe(view, reader);
    if (!reader.wrong_key().empty())
        return std::unexpected(not_a_document(key, format("{} has the wrong type", reader.wrong_key())));
    if (view.schema != schema)
        return std::unexpected(not_a_document(
            key,
            format(
                "its schema is {}, and this program knows {}; usbroute and usbrouted must be of one version",
                view.schema, schema)));
    return view;
}

} // namespace

Result<StatusView> status_in(std::string_view answer) { return view_from<StatusView>(answer, "status"); }
Result<RegistersView> registers_in(std::string_view answer)
{
    return view_from<RegistersView>(answer, "registers");
}
Result<LogView> log_in(std::string_view answer) { return view_from<LogView>(answer, "log"); }
Result<WhyView> why_in(std::string_view answer) { return view_from<WhyView>(answer, "why"); }
Result<PlanView> plan_in(std::string_view answer) { return view_from<PlanView>(answer, "plan"); }
Result<InGuestView> in_guest_in(std::string_view answer)
{
    return view_from<InGuestView>(answer, in_guest_key);
}

} // namespace usbroute::report
