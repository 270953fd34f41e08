// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/qemu_words.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"
#include "import/usb_host.hpp"

#include <algorithm>
#include <map>

namespace usbroute::import_ {

namespace {

constexpr const char* hmp_only =
    "its monitor speaks HMP, which is for people; add a QMP monitor with -qmp unix:PATH,server=on,wait=off";

/// Whose monitor is where.
class QemuMonitors {
public:
    /// -qmp: "unix:PATH,...", "tcp:..."
    void take_qmp(std::string_view text)
    {
        if (text.starts_with("unix:")) {
            auto path = text.substr(5);
            path = path.substr(0, path.find(','));
            if (path.starts_with('/'))
                qmp_ = std::string(path);
            else
                other_ =
                    format("its QMP socket {} is a relative path, and the directory is unknown", said(path));
        } else if (text.starts_with("tcp:")) {
            other_ =
                "its QMP monitor is on TCP, which usbroute does not use; add another with -qmp unix:PATH,server=on,wait=off";
        } else {
            other_ = format("usbroute cannot connect to its monitor {}", said(text));
        }
    }

    void take_chardev(std::string_view text)
    {
        const auto properties = qemu_properties(text);
        if (!properties.contains("id") || property_of(properties, "") != "socket") return;
        auto& path = chardevs_[property_of(properties, "id")];
        if (properties.contains("path"))
            path = property_of(properties, "path");
        else
            path = properties.contains("fd") ? "fd" : "";
    }

    void take_mon(std::string_view text)
    {
        const auto properties = qemu_properties(text);
        const auto* chardev = properties.contains("chardev") ? "chardev" : "";
        if (!properties.contains(chardev)) return;
        if (property_of(properties, "mode") == "control")
            control_ = property_of(properties, chardev);
        else
            other_ = hmp_only;
    }

    void take_monitor() { other_ = hmp_only; }
    void take_unknown(std::string_view unknown)
    {
        other_ = format("its QMP socket is known only at run time ({})", printable(unknown, 64));
    }

    /// Once all options are read: follows -mon to its -chardev.
    void join()
    {
        if (control_.empty()) return;
        const auto chardev = property_of(chardevs_, control_);
        if (chardev.empty())
            other_ =
                "its QMP monitor is not on a Unix socket; add another with -qmp unix:PATH,server=on,wait=off";
        else if (chardev == "fd")
            is_libvirts_ = true;
        else if (chardev.starts_with('/') && qmp_.empty())
            qmp_ = chardev;
    }

    [[nodiscard]] bool has_qmp() const { return !qmp_.empty(); }
    void tell(ToldGuest& told, Found& found) const
    {
        if (told.qmp.empty()) told.qmp = qmp_;
        if (is_libvirts_ && told.libvirt.empty()) {
            told.libvirt = told.name;
            found.note(
                told.origin.line,
                format(
                    "libvirt holds the monitor of {} (fd=), so it is imported as the libvirt domain of that name",
                    said(told.name)));
        }
        if (told.qmp.empty() && told.libvirt.empty() && told.no_monitor.empty()) told.no_monitor = other_;
    }

private:
    std::map<std::string, std::string> chardevs_; ///< path of a Unix socket by id, or "fd"
    std::string qmp_;
    std::string control_; ///< id of a chardev in control mode
    std::string other_;   ///< what there is instead, in words
    bool is_libvirts_ = false;
};

/// The last -name; otherwise the guest's own.
std::string name_among(std::span<const ShellWord> words, std::string guest)
{
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (!is_switch(words[i].text, "name") || !words[i + 1].unknown.empty()) continue;
        const auto& text = words[i + 1].text;
        const auto properties = qemu_properties(text);
        guest =
            properties.contains("guest") ? property_of(properties, "guest") : text.substr(0, text.find(','));
    }
    return guest;
}

/// Whether an option says what devices the guest has, or where its monitor is.
bool is_of_devices(const std::string& option, const ShellWord& value)
{
    if (is_switch(option, "usbdevice") || is_switch(option, "qmp")) return true;
    return is_switch(option, "device") && (value.text.find("usb-host") != std::string::npos ||
                                           value.text.find("vfio-pci") != std::string::npos ||
                                           (!value.unknown.empty() && value.text.empty()));
}

void take_option(const std::string& option, const ShellWord& value, const std::string& guest,
                 QemuMonitors& monitors, Found& found)
{
    const std::string_view text = value.text;
    if (!value.unknown.empty() && is_of_devices(option, value)) {
        if (is_switch(option, "qmp")) return monitors.take_unknown(value.unknown);
        return found.left(value.line, format("{} is known only at run time: {} {}",
                                             printable(value.unknown, 64), option, said(text)));
    }
    if (is_switch(option, "device")) return read_device(text, value.line, guest, found);
    if (is_switch(option, "usbdevice")) return read_usbdevice(text, value.line, guest, found);
    if (is_switch(option, "qmp") || is_switch(option, "qmp-pretty")) return monitors.take_qmp(text);
    if (is_switch(option, "chardev")) return monitors.take_chardev(text);
    if (is_switch(option, "mon")) return monitors.take_mon(text);
    if (is_switch(option, "monitor")) monitors.take_monitor();
}

} // namespace

bool is_switch(std::string_view text, std::string_view name)
{
    return text == "-" + std::string(name) || text == "--" + std::string(name);
}

void read_qemu_words(std::span<const ShellWord> words, std::string& guest, Found& found)
{
    // The name first: what is given is given to it.
    guest = name_among(words, guest);
    QemuMonitors monitors;
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
        take_option(words[i].text, words[i + 1], guest, monitors, found);
    monitors.join();
    if (guest.empty()) return;
    const bool is_known = std::ranges::find(found.guests, guest, &ToldGuest::name) != found.guests.end();
    const bool is_wanted =
        std::ranges::any_of(found.entries, [&](const Entry& entry) { return entry.guest == guest; });
    if (!is_known && !is_wanted && !monitors.has_qmp()) return;
    monitors.tell(found.guest(guest, words.empty() ? 1 : words.front().line), found);
}

} // namespace usbroute::import_
