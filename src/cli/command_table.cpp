// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/command_table.hpp"

#include "base/check.hpp"
#include "cli/commands.hpp"
#include "cli/guest_verbs.hpp"

#include <algorithm>
#include <array>

namespace usbroute::cli {

namespace {

using enum OptionId;

constexpr std::array<OptionRow, 39> options{{
    {help, "--help", "-h", "", "show this help"},
    {json, "--json", "", "", "one JSON document instead of text; errors as JSON on stderr"},
    {verbose, "--verbose", "-v", "", "print more; actions report what they did"},
    {quiet, "--quiet", "-q", "", "errors only"},
    {root, "--root", "", "DIR", "read a recorded machine instead of /"},
    {socket, "--socket", "", "PATH", "the daemon's socket"},
    {config, "--config", "", "FILE", "instead of /etc/usbroute/usbroute.toml"},
    {direct, "--direct", "", "", "act alone, without the daemon (as root)"},
    {timeout, "--timeout", "", "TIME", "how long to wait for the daemon: 500ms, 5s (default), 1m"},
    {color, "--color", "", "WHEN", "auto, always or never"},
    {to, "--to", "", "WHERE", "host, a guest's name, or a side: ehci, xhci"},
    {dry_run, "--dry-run", "", "", "only show what would be done"},
    {yes, "--yes", "-y", "", "move even the last keyboard, or to a side without a driver"},
    {force_disk, "--force-disk", "", "DISK",
     "move this disk, such as sdb, although the host uses it; repeatable"},
    {revert_after, "--revert-after", "", "TIME",
     "make it a trial: take it back after 30s, 2m, ... unless confirmed; 0: no trial"},
    {exec, "--exec", "", "CMD", "run CMD with sh for each line, with USBROUTE_EVENT in its environment"},
    {OptionId::format, "--format", "", "FORMAT",
     "a line for a status bar: waybar, i3blocks, polybar, or a template such as '{text}'"},
    {try_write, "--try-write", "", "", "write XUSB2PR back unchanged, to see whether the kernel allows it"},
    {svg, "--svg", "", "FILE", "write the picture as SVG; - is standard output"},
    {move_first, "--move-first", "", "", "move the connectors on that controller to the other side first"},
    {boot, "--boot", "", "", "every guest with bind = \"boot\"; waits up to --timeout for its controllers"},
    {qemu, "--qemu", "", "", "options for qemu-system-x86_64"},
    {libvirt, "--libvirt", "", "", "XML for <devices> of a libvirt domain"},
    {proxmox, "--proxmox", "", "", "lines for /etc/pve/qemu-server/ID.conf"},
    {virtio, "--virtio", "", "", "also a virtio-serial port, in addition to the serial one"},
    {reconnect_ms, "--reconnect-ms", "", "", "for QEMU 9.2 and later; 10.2 accepts nothing else"},
    {powershell, "--powershell", "", "", "Windows: toggle over the COM port, then lock"},
    {autohotkey, "--autohotkey", "", "", "Windows: the same on a hot key, AutoHotkey 2"},
    {systemd, "--systemd", "", "", "Linux: a user unit, and what it needs"},
    {i3, "--i3", "", "", "keys for i3 and sway, on the host and in the guest"},
    {shell, "--shell", "", "", "a client in POSIX shell"},
    {port, "--port", "", "PORT", "the port inside the guest; default: COM1, /dev/ttyS0"},
    {kind, "--kind", "", "KIND", "of which tool the files are, where their content does not tell it"},
    {OptionId::write, "--write", "", "",
     "write the proposal to the file of --config, if that is not there yet"},
    {start_of, "--start-of", "", "GUEST", "wait for what this guest needs before it starts"},
    {wait_for, "--for", "", "TIME", "how long at most: 500ms, 30s (default), 2m"},
    {always, "--always", "", "", "write the rule that says so for this device from now on (as root)"},
    {since, "--since", "", "MOMENT", "from then on: 10m, 2h or 3d ago, 16:00, yesterday, 2026-11-22"},
    {newest, "--lines", "-n", "NUMBER", "this many at most, the newest ones"},
}};

constexpr std::array common{help, json, verbose, quiet, root, socket, config, direct, timeout, color};
constexpr std::array action_options{dry_run, yes, force_disk, revert_after};
constexpr std::array move_options{to, dry_run, yes, force_disk, revert_after};
constexpr std::array answer_options{always, dry_run, yes, force_disk, revert_after};
constexpr std::array plan_options{to, yes, force_disk, revert_after};
constexpr std::array log_options{since, newest};
constexpr std::array wait_options{start_of, wait_for};
constexpr std::array watch_options{exec, OptionId::format};
constexpr std::array doctor_options{try_write};
constexpr std::array picture_options{svg};
constexpr std::array bind_options{move_first, yes, dry_run, boot};
constexpr std::array release_options{dry_run};
constexpr std::array assign_options{move_first, yes, dry_run};
constexpr std::array config_options{OptionId::write};
constexpr std::array import_options{kind, OptionId::write};
constexpr std::array lines_options{qemu, libvirt, proxmox, virtio, reconnect_ms};
constexpr std::array setup_options{powershell, autohotkey, systemd, i3, shell, port};
constexpr std::array guest_options{move_first, yes,     dry_run, boot,         qemu,
                                   libvirt,    proxmox, virtio,  reconnect_ms, powershell,
                                   autohotkey, systemd, i3,      shell,        port};

constexpr std::array<Example, 3> status_examples{{
    {"usbroute", "what belongs to whom"},
    {"usbroute status -v", "with bits, ports, controllers and every device"},
    {"usbroute --json | jq -r '.connectors[] | select(.owner != \"host\") | .name'",
     "what the host does not have"},
}};
constexpr std::array<Example, 2> picture_examples{{
    {"usbroute picture", "the sockets in their places: panel, row and column from the configuration"},
    {"usbroute picture --svg desk.svg", "the same, for a document"},
}};
constexpr std::array<Example, 4> move_examples{{
    {"usbroute move front-left --to windows", "give a socket to a guest"},
    {"usbroute move front-left rear-1 --to host", "and back"},
    {"usbroute move front-left --to windows --revert-after 30s",
     "goes back after 30 s unless `usbroute confirm` comes first"},
    {"usbroute move dac --to ehci", "to a side: for a DAC that crackles on xHCI"},
}};
constexpr std::array<Example, 4> answer_examples{{
    {"usbroute answer", "the questions that are open"},
    {"usbroute answer windows", "the only one: windows is to have the device"},
    {"usbroute answer 3-2.1 host", "of several, the one about the device there"},
    {"sudo usbroute answer 3-2.1 windows --always", "and never ask about this device again"},
}};
constexpr std::array<Example, 2> apply_examples{{
    {"usbroute apply desk-in-windows", "connectors as the profile says, the rest to the host"},
    {"usbroute apply desk-in-windows --dry-run", "only show it"},
}};
constexpr std::array<Example, 2> toggle_examples{{
    {"usbroute toggle", "the next profile of [toggle]"},
    {"usbroute toggle all-host desk-in-windows", "between these two"},
}};
constexpr std::array<Example, 1> undo_examples{{{"usbroute undo", "take the last change back"}}};
constexpr std::array<Example, 1> confirm_examples{{{"usbroute confirm", "keep what is on trial"}}};
constexpr std::array<Example, 2> why_examples{{
    {"usbroute why front-left", "who has it, since when, and what would stop a move"},
    {"usbroute why front-left --json", "the same as one document"},
}};
constexpr std::array<Example, 3> log_examples{{
    {"usbroute log", "what was moved, by whom and when, newest last"},
    {"usbroute log --since 2h", "in the last two hours; also 16:00, yesterday, 2026-11-22"},
    {"usbroute log -n 1", "the last change"},
}};
constexpr std::array<Example, 2> plan_examples{{
    {"usbroute plan move front-left --to windows", "each step, why, and the setpci line that does the same"},
    {"usbroute plan toggle", "where the next toggle would go"},
}};
constexpr std::array<Example, 3> wait_examples{{
    {"usbroute wait rear-1 --for 10s", "until what is in rear-1 is with whom rear-1 is for"},
    {"usbroute wait --start-of windows", "before a guest starts: in a unit or a hook"},
    {"usbroute wait", "until everything is where it belongs"},
}};
constexpr std::array<Example, 5> watch_examples{{
    {"usbroute watch", "one line for each change, until Ctrl-C"},
    {"usbroute watch --json", "the same as JSON lines"},
    {"usbroute watch --exec 'notify-send \"$USBROUTE_EVENT\"'", "do something at each change"},
    {"usbroute watch --format waybar", "a status bar's line, now and whenever it changes"},
    {"usbroute watch --format 'USB: {text} {owners}'", "the same for any other bar"},
}};
constexpr std::array<Example, 1> live_examples{
    {{"usbroute live", "watch, and move sockets with keys, until q"}}};
constexpr std::array<Example, 2> mask_examples{{
    {"usbroute mask 0x00ff", "what this value of XUSB2PR means"},
    {"usbroute mask front-left rear-1",
     "the bits of these connectors, and the values with them on either side"},
}};
constexpr std::array<Example, 3> map_examples{{
    {"sudo usbroute map", "plug something into each socket in turn, and type its name"},
    {"usbroute map --config ./usbroute.toml", "keep the names in ./connectors.toml"},
    {"usbroute map --json", "for programs: one event per line, answers on stdin"},
}};
constexpr std::array<Example, 2> regs_examples{{
    {"usbroute regs", "the routing registers as they are now"},
    {"usbroute regs --root recorded/", "of a recorded machine"},
}};
constexpr std::array<Example, 4> doctor_examples{{
    {"sudo usbroute doctor", "can sockets be moved here, and the one next step"},
    {"sudo usbroute doctor --try-write", "also whether the kernel allows writing the register"},
    {"usbroute doctor -v", "every finding with what was seen"},
    {"usbroute doctor --json | jq .mux", "chipset family and state for a bug report"},
}};
constexpr std::array<Example, 2> record_examples{{
    {"sudo usbroute record my-board", "then `usbroute --root my-board doctor` answers as on this machine"},
    {"sudo usbroute record my-board --json", "list what was recorded and replaced, as JSON"},
}};
constexpr std::array<Example, 6> config_examples{{
    {"usbroute config init", "a start for this machine, with its controllers and sockets, to read"},
    {"sudo usbroute config init --write",
     "the same into /etc/usbroute/usbroute.toml, if that is not there yet"},
    {"usbroute config check", "read the configuration and compare it with this machine"},
    {"usbroute config check --config new.toml", "before it is put in place"},
    {"usbroute config show", "what is in force, defaults included"},
    {"usbroute config udev | sudo tee /etc/udev/rules.d/72-usbroute.rules",
     "let usbrouted open the devices that it gives to guests one by one"},
}};
constexpr std::array<Example, 1> reload_examples{
    {{"sudo usbroute reload", "after usbroute.toml or connectors.toml was edited"}}};
constexpr std::array<Example, 4> import_examples{{
    {"usbroute import /opt/hotplugger/config.yaml", "what it says, as a configuration for this machine"},
    {"usbroute import 100.conf usb.cfg > proposed.toml",
     "a machine of Proxmox, and the mappings that it uses"},
    {"usbroute import win11.xml", "a domain of libvirt, as virsh dumpxml prints it; - is standard input"},
    {"usbroute import run-vm.sh --write --config new.toml", "keep the proposal in a new file"},
}};
constexpr std::array<Example, 8> guest_examples{{
    {"usbroute guest", "the guests of the configuration, and who has their controllers"},
    {"usbroute guest show windows", "its controllers: group, reset, driver, and what it can receive"},
    {"sudo usbroute guest bind windows", "hand its controllers to vfio-pci, before the guest starts"},
    {"sudo usbroute guest release windows", "and back to the host"},
    {"sudo usbroute guest assign windows", "the same while it runs, through its monitor"},
    {"sudo usbroute guest unassign windows", "and out of it again, as soon as its system lets go"},
    {"usbroute guest lines windows --libvirt", "what to paste into `virsh edit`"},
    {"usbroute guest setup windows --powershell", "a script to run inside it"},
}};
constexpr std::array<Example, 3> completion_examples{{
    {"usbroute completion bash > ~/.usbroute-completion", "then `. ~/.usbroute-completion` in ~/.bashrc"},
    {"usbroute completion zsh > ~/.zfunc/_usbroute", "with ~/.zfunc in $fpath"},
    {"usbroute completion fish > ~/.config/fish/completions/usbroute.fish", "for fish"},
}};
constexpr std::array<Example, 1> version_examples{{{"usbroute version", "this program's version"}}};

constexpr std::array<VerbRow, 8> guest_verbs{{
    {"list", "", "the configured guests, one per line", {}, GuestNeeded::no, run_guest_list},
    {"show",
     "[NAME]",
     "what a guest has, can have and can receive",
     {},
     GuestNeeded::unless_only_one,
     run_guest_show},
    {"bind", "NAME | --boot", "hand its controllers to vfio-pci", bind_options, GuestNeeded::yes,
     run_guest_bind},
    {"release", "NAME", "hand its controllers back to the host", release_options, GuestNeeded::yes,
     run_guest_release},
    {"assign", "NAME", "give its controllers to it while it runs", assign_options, GuestNeeded::yes,
     run_guest_assign},
    {"unassign", "NAME", "take them out of it while it runs, for the host", release_options, GuestNeeded::yes,
     run_guest_unassign},
    {"lines", "NAME --qemu|--libvirt|--proxmox", "the lines to paste into its hypervisor's configuration",
     lines_options, GuestNeeded::yes, run_guest_lines},
    {"setup", "NAME --powershell|...", "a script or key bindings that toggle from inside it", setup_options,
     GuestNeeded::yes, run_guest_setup},
}};

constexpr std::array<CommandRow, 25> commands{{
    {"status",
     "",
     "what belongs to whom now",
     {},
     status_examples,
     0,
     0,
     run_status,
     "The picture is shown above the table if connectors have a panel and the terminal has room for both; not with -v."},
    {"picture", "", "the sockets as they are on the case", picture_options, picture_examples, 0, 0,
     run_picture, "With --json: the same document as status."},
    {"move", "NAME... --to WHERE", "give connectors to the host, a guest or a side", move_options,
     move_examples, 1, any_number, run_move},
    {"answer", "[DEVICE] WHO", "say who is to have a device that a rule asks about", answer_options,
     answer_examples, 0, 2, run_answer,
     "Without words it lists the questions that are open; --json: as one document. WHO is one of the answers of the rule. --always writes rules.toml beside the configuration; who may not write there still answers, gets the rule printed, and exit code 5. docs/rules.md says more."},
    {"apply", "PROFILE", "put a profile in force", action_options, apply_examples, 1, 1, run_apply},
    {"toggle", "[PROFILE...]", "go to the next profile", action_options, toggle_examples, 0, any_number,
     run_toggle},
    {"undo", "", "take the last change back", action_options, undo_examples, 0, 0, run_undo},
    {"confirm",
     "",
     "keep what is on trial",
     {},
     confirm_examples,
     0,
     0,
     run_confirm,
     "If there is no trial, it does nothing and says so."},
    {"why",
     "NAME",
     "who has a connector, since when, and what would stop a move",
     {},
     why_examples,
     1,
     1,
     run_why},
    {"log", "", "what was moved, by whom and when", log_options, log_examples, 0, 0, run_log,
     "Times are those of your clock; with --json they are UTC. It knows the last 20 changes since the machine started, and of each socket the last one; `journalctl -u usbrouted` has older ones."},
    {"plan", "move|answer|apply|toggle|undo ...", "what would be done, step by step; nothing is touched",
     plan_options, plan_examples, 1, any_number, run_plan},
    {"wait", "[NAME...]", "until sockets' devices are where they belong, or a guest can start", wait_options,
     wait_examples, 0, any_number, run_wait,
     "Asks the daemon, also one that is still starting, and never libvirt or a guest, so that whatever starts a guest can wait for it. Exit code 7: not in time, and why; 3: no daemon answered."},
    {"watch", "", "one line for each change", watch_options, watch_examples, 0, 0, run_watch,
     "A template can use {text}, {state} (host, guest, trial, question, unknown, offline), {profile} and {owners}; write {{ for a brace. With --format it waits for a daemon that is not running, and ends when the bar ends."},
    {"map",
     "",
     "name the sockets by plugging something into each",
     {},
     map_examples,
     0,
     0,
     run_map,
     "On a board without the mux it learns both halves of a socket where firmware says which they are, else by a USB 2 and a USB 3 stick in the same socket."},
    {"live",
     "",
     "the picture, redrawn as it changes; keys move sockets",
     {},
     live_examples,
     0,
     0,
     run_live,
     "Arrow keys choose, Enter moves, t toggles, u undoes, ? shows all keys. Needs the daemon."},
    {"mask",
     "VALUE | NAME...",
     "masks to names and names to masks",
     {},
     mask_examples,
     1,
     any_number,
     run_mask},
    {"regs", "", "the routing registers as read now, decoded", {}, regs_examples, 0, 0, run_regs},
    {"doctor", "", "can sockets be moved here, and the one next step", doctor_options, doctor_examples, 0, 0,
     run_doctor},
    {"record",
     "DIR",
     "save this machine as a folder for a bug report, with serial numbers replaced",
     {},
     record_examples,
     1,
     1,
     run_record},
    {"config", "init|check|show|udev", "begin, check or show the configuration; print the udev rules for it",
     config_options, config_examples, 1, 1, run_config},
    {"reload",
     "",
     "have the daemon read its configuration again",
     {},
     reload_examples,
     0,
     0,
     run_reload,
     "Prints what is new, or why the old configuration stays in force. Only root can do it; `usbroute config check` tells anybody what would be wrong."},
    {"import", "FILE...", "propose a configuration from other tools' files", import_options, import_examples,
     1, any_number, run_import,
     "Runs nothing and changes nothing: the proposal is on stdout, and on stderr a line for everything that was added, is in doubt or was not imported. Exit code 1: something was not imported; 6: a file cannot be read as what it is. docs/import.md says what is read of each tool."},
    {"guest", "[list] | VERB NAME", "give controllers to a guest, take them back, print the lines it needs",
     guest_options, guest_examples, 0, 2, run_guest,
     "bind, release, assign and unassign need root; of these assign, unassign and --move-first need the daemon. A write that hangs in the kernel, and a guest that does not let go, is given up after --timeout, by default 20 s. docs/guest.md says what is refused, and how to bind at boot.",
     guest_verbs},
    {"completion",
     "bash|zsh|fish",
     "print the script that completes this command line in a shell",
     {},
     completion_examples,
     1,
     any_number,
     run_completion,
     "The scripts ask `usbroute completion words -- WORD...`, which prints what the last word can become, one per line."},
    {"version", "", "show the version", {}, version_examples, 0, 0, run_version},
}};

} // namespace

std::span<const CommandRow> command_table() { return commands; }
std::span<const OptionRow> option_table() { return options; }
std::span<const OptionId> common_options() { return common; }

const CommandRow* find_command(std::string_view name)
{
    const auto found = std::ranges::find(commands, name, &CommandRow::name);
    return found == commands.end() ? nullptr : &*found;
}

const OptionRow& row_of(OptionId id)
{
    const auto found = std::ranges::find(options, id, &OptionRow::id);
    USBROUTE_CHECK(found != options.end());
    return *found;
}

const OptionRow* find_option(std::string_view name)
{
    const auto found = std::ranges::find_if(options, [name](const OptionRow& row) {
        return !name.empty() && (row.long_name == name || row.short_name == name);
    });
    return found == options.end() ? nullptr : &*found;
}

bool takes(const CommandRow& command, OptionId option)
{
    return std::ranges::find(common, option) != common.end() ||
           std::ranges::find(command.options, option) != command.options.end();
}

} // namespace usbroute::cli
