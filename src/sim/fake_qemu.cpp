// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// The monitor: negotiation, commands, passed descriptors, what can be asked about objects.

#include "sim/fake_qemu.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace usbroute::sim {

namespace {

constexpr const char* qemu_version =
    R"({"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "usbroute-sim"})";
constexpr std::size_t most_passed = 16;
constexpr std::size_t most_files = 128;
constexpr std::size_t longest_opaque = 256;
constexpr std::string_view peripherals = "/machine/peripheral";
constexpr std::string_view anonymous = "/machine/peripheral-anon";

/// A command with arguments of its own; device_add takes any.
struct QmpForm {
    std::string_view name;
    std::string_view required; ///< words; those with '#' are numbers
    std::string_view optional;
};
constexpr std::array<QmpForm, 17> qmp_forms{{
    {"qmp_capabilities", "", ""},
    {"query-status", "", ""},
    {"query-version", "", ""},
    {"query-name", "", ""},
    {"query-fdsets", "", ""},
    {"qom-list", "path", ""},
    {"qom-get", "path property", ""},
    {"add-fd", "", "fdset-id# opaque"},
    {"remove-fd", "fdset-id#", "fd#"},
    {"device_add", "driver", ""},
    {"device_del", "id", ""},
    {"stop", "", ""},
    {"cont", "", ""},
    {"system_wakeup", "", ""},
    {"system_reset", "", ""},
    {"system_powerdown", "", ""},
    {"quit", "", ""},
}};

/// QEMU's words for arguments that do not fit; empty: they do.
std::string misfit(const QmpForm& form, const std::map<std::string, QmpValue>& arguments)
{
    std::set<std::string, std::less<>> known;
    for (const auto list : {form.required, form.optional})
        for (const auto word : words(list)) {
            const bool is_number = word.ends_with('#');
            const std::string name(is_number ? word.substr(0, word.size() - 1) : word);
            known.insert(name);
            const auto found = arguments.find(name);
            if (found == arguments.end()) {
                if (list == form.required) return format("Parameter '{}' is missing", name);
                continue;
            }
            if (is_number != std::holds_alternative<std::int64_t>(found->second) ||
                (!is_number && !std::holds_alternative<std::string>(found->second)))
                return format("Invalid parameter type for '{}', expected: {}", name,
                              is_number ? "integer" : "string");
        }
    if (form.name == "device_add") return {};
    for (const auto& [name, value] : arguments)
        if (!known.contains(name)) return format("Parameter '{}' is unexpected", printable(name, 64));
    return {};
}

std::string property_row(std::string_view name, std::string_view type)
{
    return format(R"({{"name": {}, "type": "{}"}})", json_text(name), type);
}

std::string text_argument(const std::map<std::string, QmpValue>& arguments, const char* name)
{
    const auto found = arguments.find(name);
    const auto* text = found == arguments.end() ? nullptr : std::get_if<std::string>(&found->second);
    return text == nullptr ? std::string() : *text;
}

std::optional<std::int64_t> number_argument(const std::map<std::string, QmpValue>& arguments,
                                            const char* name)
{
    const auto found = arguments.find(name);
    const auto* number = found == arguments.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
    return number == nullptr ? std::nullopt : std::optional(*number);
}

std::string error_line(std::string_view kind, std::string_view text, const std::string& id)
{
    return format(R"({{"error": {{"class": "{}", "desc": {}}}{}{}}})", kind, json_text(text),
                  id.empty() ? "" : ", \"id\": ", id) +
           "\r\n";
}

} // namespace

std::string HostUsbDevice::node() const { return format("/dev/bus/usb/{:03}/{:03}", bus, address); }

std::string FakeQemu::greet()
{
    has_negotiated_ = false;
    input_ = {};
    passed_.clear();
    events_.clear();
    return format(R"({{"QMP": {{"version": {}, "capabilities": ["oob"]}}}})", qemu_version) + "\r\n";
}

void FakeQemu::pass(linux_::UniqueFd descriptor)
{
    if (passed_.size() < most_passed) passed_.push_back(std::move(descriptor));
}

std::string FakeQemu::feed(std::string_view bytes, Moment now)
{
    input_.feed(bytes);
    std::string text;
    while (auto item = input_.next()) {
        if (!item->problem.empty()) {
            text += error_line("GenericError", item->problem, {});
            continue;
        }
        const auto command = read_qmp_command(item->text);
        const auto answer = command ? execute(*command, now)
                                    : error_line("GenericError", command.error().words, command.error().id);
        text += std::exchange(events_, {}) + answer;
        if (has_quit_) break;
    }
    return text;
}

std::string FakeQemu::execute(const QmpCommand& command, Moment now)
{
    const auto answer = run(command, now);
    if (!answer) return error_line(answer.error().kind, answer.error().words, command.id);
    return format(R"({{"return": {}{}{}}})", *answer, command.id.empty() ? "" : ", \"id\": ", command.id) +
           "\r\n";
}

FakeQemu::Answer FakeQemu::run(const QmpCommand& command, Moment now)
{
    const auto& name = command.execute;
    const auto& arguments = command.arguments;
    if (!has_negotiated_ && name != "qmp_capabilities")
        return std::unexpected(
            Failure{"Expecting capabilities negotiation with 'qmp_capabilities'", "CommandNotFound"});
    const auto* form = std::ranges::find(qmp_forms, name, &QmpForm::name);
    if (form == qmp_forms.end())
        return std::unexpected(
            Failure{format("The command {} has not been found", printable(name, 64)), "CommandNotFound"});
    if (name != "qmp_capabilities")
        if (auto problem = misfit(*form, arguments); !problem.empty())
            return std::unexpected(Failure{problem});
    if (name == "qmp_capabilities") return negotiate();
    if (name == "query-status")
        return format(R"({{"status": "{}", "singlestep": false, "running": {}}})",
                      runs_ ? "running" : "paused", runs_);
    if (name == "query-version") return qemu_version;
    if (name == "query-name") return format(R"({{"name": {}}})", json_text(name_));
    if (name == "query-fdsets") return list_fds();
    if (name == "qom-list") return list_objects(arguments);
    if (name == "qom-get") return get_property(arguments);
    if (name == "add-fd") return add_fd(arguments);
    if (name == "remove-fd") return remove_fd(arguments);
    if (name == "device_add") return add_device(arguments, now);
    if (name == "device_del") return remove_device(arguments, now);
    if (name == "stop" || name == "cont") return set_running(name == "cont", now);
    if (name == "system_reset") reset(now);
    if (name == "system_wakeup")
        return std::unexpected(Failure{"Unable to wake up: guest is not in suspended state"});
    if (name == "system_powerdown" || name == "quit") return quit();
    return "{}";
}

FakeQemu::Answer FakeQemu::negotiate()
{
    if (std::exchange(has_negotiated_, true))
        return std::unexpected(
            Failure{"Capabilities negotiation is already complete, command ignored", "CommandNotFound"});
    return "{}";
}

FakeQemu::Answer FakeQemu::set_running(bool runs, Moment now)
{
    if (runs == runs_) return "{}";
    runs_ = runs;
    say(runs ? "RESUME" : "STOP");
    if (runs && answers_) let_functions_go(now);
    if (runs) look(); // a machine that goes on looks at once
    return "{}";
}

/// The guest switches itself off when it is asked to, so both end here.
FakeQemu::Answer FakeQemu::quit()
{
    events_ += end("host-qmp-quit");
    return "{}";
}

std::string FakeQemu::end(std::string_view reason)
{
    say("SHUTDOWN", format(R"({{"guest": false, "reason": "{}"}})", reason));
    for (auto& object : objects_) close(object);
    has_quit_ = true;
    return std::exchange(events_, {});
}

void FakeQemu::say(std::string_view event, const std::string& data)
{
    const auto now = time_().count();
    events_ += format(R"({{"timestamp": {{"seconds": {}, "microseconds": {}}}, "event": "{}"{}{}}})",
                      now / 1'000'000, now % 1'000'000, event, data.empty() ? "" : ", \"data\": ", data) +
               "\r\n";
}

const FakeQemu::Object* FakeQemu::object_at(std::string_view path) const
{
    const auto found = std::ranges::find(objects_, path, &Object::path);
    return found == objects_.end() ? nullptr : &*found;
}

FakeQemu::Answer FakeQemu::list_objects(const Arguments& arguments) const
{
    const auto path = text_argument(arguments, "path");
    std::vector<std::string> rows{property_row("type", "string")};
    if (path == peripherals || path == anonymous) {
        if (path == peripherals) {
            for (const auto& controller : controllers_)
                rows.push_back(property_row(controller.id, "child<qemu-xhci>"));
            for (const auto* port : {"rp1", "rp2"})
                rows.push_back(property_row(port, "child<pcie-root-port>"));
            for (const auto& function : functions_)
                rows.push_back(property_row(function.id, "child<vfio-pci>"));
        }
        for (const auto& object : objects_)
            if (object.path == format("{}/{}", path, object.id))
                rows.push_back(property_row(object.id, "child<usb-host>"));
    } else if (object_at(path) != nullptr) {
        constexpr std::array<std::pair<const char*, const char*>, 11> properties{
            {{"port", "str"},
             {"hostbus", "uint32"},
             {"vendorid", "uint32"},
             {"productid", "uint32"},
             {"hostport", "str"},
             {"hostdevice", "str"},
             {"hostaddr", "uint32"},
             {"realized", "bool"},
             {"guest-resets-all", "bool"},
             {"guest-reset", "bool"},
             {"attached", "bool"}}};
        for (const auto& [name, type] : properties) rows.push_back(property_row(name, type));
    } else if (auto more = rows_of_board(path)) {
        std::ranges::move(*more, std::back_inserter(rows));
    } else if (auto of_function = rows_of_function(path)) {
        std::ranges::move(*of_function, std::back_inserter(rows));
    } else {
        return std::unexpected(
            Failure{format("Device '{}' not found", printable(path, 128)), "DeviceNotFound"});
    }
    return "[" + join(rows, ", ") + "]";
}

std::string FakeQemu::property_of(const Object& object, std::string_view name) const
{
    const std::array<std::pair<std::string_view, std::string>, 10> properties{
        {{"type", R"("usb-host")"},
         {"port", json_text(object.port)},
         {"hostbus", format("{}", object.hostbus)},
         {"hostaddr", format("{}", object.hostaddr)},
         {"vendorid", format("{}", object.vendor)},
         {"productid", format("{}", object.product)},
         {"hostport", json_text(object.hostport)},
         {"hostdevice", json_text(object.hostdevice)},
         {"realized", "true"},
         {"attached", object.handle ? "true" : "false"}}};
    const auto* const found =
        std::ranges::find(properties, name, &std::pair<std::string_view, std::string>::first);
    if (found != properties.end()) return found->second;
    const auto flag = object.flags.find(std::string(name));
    return flag == object.flags.end() ? std::string() : flag->second ? "true" : "false";
}

FakeQemu::Answer FakeQemu::get_property(const Arguments& arguments) const
{
    const auto path = text_argument(arguments, "path");
    const auto name = text_argument(arguments, "property");
    const auto* object = object_at(path);
    if (object == nullptr)
        if (auto value = property_of_board(path, name)) return *value;
    if (object == nullptr)
        if (auto value = property_of_function(path, name)) return *value;
    if (object == nullptr)
        return std::unexpected(
            Failure{format("Device '{}' not found", printable(path, 128)), "DeviceNotFound"});
    auto value = property_of(*object, name);
    if (value.empty())
        return std::unexpected(Failure{format("Property 'usb-host.{}' not found", printable(name, 64))});
    return value;
}

FakeQemu::Answer FakeQemu::add_fd(const Arguments& arguments)
{
    if (passed_.empty()) return std::unexpected(Failure{"No file descriptor supplied via SCM_RIGHTS"});
    auto fd = std::move(passed_.front());
    passed_.pop_front();
    auto set = number_argument(arguments, "fdset-id");
    if (set && *set < 0) return std::unexpected(Failure{"Parameter 'fdset-id' expects a non-negative value"});
    if (files_.size() >= most_files) return std::unexpected(Failure{"Too many open files"});
    if (!set) {
        set = 0;
        while (std::ranges::find(files_, *set, &PassedFile::set) != files_.end()) ++*set;
    }
    const int number = fd.get();
    files_.push_back({.set = *set,
                      .opaque = text_argument(arguments, "opaque").substr(0, longest_opaque),
                      .fd = std::move(fd)});
    return format(R"({{"fd": {}, "fdset-id": {}}})", number, *set);
}

FakeQemu::Answer FakeQemu::remove_fd(const Arguments& arguments)
{
    const auto set = *number_argument(arguments, "fdset-id");
    const auto number = number_argument(arguments, "fd");
    const auto removed = std::erase_if(files_, [&](const PassedFile& file) {
        return file.set == set && (!number || file.fd.get() == *number);
    });
    if (removed > 0) return "{}";
    const auto which = number ? format("fdset-id:{}, fd:{}", set, *number) : format("fdset-id:{}", set);
    return std::unexpected(Failure{format("File descriptor named '{}' not found", which)});
}

FakeQemu::Answer FakeQemu::list_fds() const
{
    std::map<std::int64_t, std::string> sets;
    for (const auto& file : files_) {
        auto& rows = sets[file.set];
        rows += format(
            R"({}{{"fd": {}{}{}}})", rows.empty() ? "" : ", ", file.fd.get(),
            file.opaque.empty() ? "" : ", \"opaque\": ", file.opaque.empty() ? "" : json_text(file.opaque));
    }
    std::string text;
    for (const auto& [set, rows] : sets)
        text += format(R"({}{{"fds": [{}], "fdset-id": {}}})", text.empty() ? "" : ", ", rows, set);
    return "[" + text + "]";
}

} // namespace usbroute::sim
