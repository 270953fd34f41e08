// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/parse.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::config {
namespace {

/// A wrong file and everything that is said about it, without the file's name.
struct Case {
    std::string_view text;
    std::string_view problems;
};

std::string problems_in(std::string_view text)
{
    const auto parsed = parse(std::vector<SourceText>{{"f", std::string(text)}});
    std::string lines;
    if (!parsed)
        for (const auto& problem : parsed.error()) lines += problem.text().substr(2) + '\n';
    return lines;
}

template <std::size_t Count> void expect(const std::array<Case, Count>& cases)
{
    for (const auto& [text, problems] : cases) EXPECT_EQ(problems_in(text), problems) << text;
}

TEST(Problems, OfTheFileAsAWhole)
{
    constexpr std::array cases = {
        Case{"[conector.a]\nmux_bit = 1\n", "1:2: unknown table 'conector'; did you mean 'connector'?\n"},
        Case{
            "[frobnicate]\n",
            "1:2: unknown table 'frobnicate'; known: toggle, routes, connector, guest, profile, listen, hub, rule\n"},
        Case{"mux_bit = 1\n",
             "1:1: 'mux_bit' is in no table; keys belong in one, such as [connector.NAME]\n"},
        Case{"connector = 3\n",
             "1:13: connector is a whole number; it must be tables with names: [connector.NAME]\n"},
        Case{"[[guest]]\n", "1:1: guest is a list; it must be tables with names: [guest.NAME]\n"},
        Case{"[connector]\na = 3\n", "2:5: a is a whole number; it must be a table: [connector.a]\n"},
        Case{
            "[guest.'a b']\ncontrollers = ['00:1d.0']\n",
            "1:8: 'a b' cannot be a name in [guest.a b]; a name is 1 to 64 letters, digits, '-', '_' or '.', the first of them not '-' or '.'\n"},
        Case{
            "[profile.\"a\\u001b[31m\\n\\u202e\"]\n",
            "1:10: 'a\\x1b[31m\\x0a\\u{202e}' cannot be a name in [profile.a\\x1b[31m\\x0a\\u{202e}]; a name is 1 to 64 letters, digits, '-', '_' or '.', the first of them not '-' or '.'\n"},
    };
    expect(cases);
}

TEST(Problems, OfHubsAndWhatIsOnThem)
{
    constexpr std::array cases = {
        Case{
            "[hub.desk]\n",
            "1:6: [hub.desk] does not say which hub it is; give it id = \"2109:2813\", as lsusb prints it\n"},
        Case{
            "[hub.desk]\nid = \"2109\"\n",
            "2:6: id is '2109'; it must be the ids of the hub's USB 2 half, as lsusb prints them, such as \"2109:2813\"\n"},
        Case{
            "[hub.desk]\nid = \"2109:2813\"\nserial = \"\"\n",
            "3:10: serial is ''; it must be the serial number of the hub's USB 2 half, as `lsusb -v` prints it: not empty, without control characters\n"},
        Case{
            "[hub.desk]\nid = \"2109:2813\"\nat = \"0000:00:14.0/ss2\"\n",
            "3:6: at is '0000:00:14.0/ss2'; it must be where the hub is plugged in, its USB 2 half: a controller and its ports, such as \"0000:00:14.0/2\", or by device.function from the root port down, such as \"00:01.2/00.0 5\"\n"},
        Case{"[hub.desk]\nid = \"2109:2813\"\nseriel = \"A\"\n",
             "3:1: unknown key 'seriel' in [hub.desk]; did you mean 'serial'?\n"},
        Case{
            "[hub.a]\nid = \"2109:2813\"\n[hub.b]\nid = \"2109:2813\"\n",
            "3:6: [hub.b] is the same hub as [hub.a] (f:1:6); keep one, or tell them apart by serial or at\n"},
        Case{"[connector.a]\nusb = [\"dek/2\"]\n[hub.desk]\nid = \"2109:2813\"\n",
             "2:8: unknown hub 'dek' in usb; did you mean 'desk'?\n"},
        Case{
            "[connector.front]\nmux_bit = 1\n[connector.a]\nusb = [\"front/2\"]\n",
            "4:8: front in usb is a connector and not a hub; write [hub.NAME] with the id of the hub, or for a hub behind a socket of the mux behind = \"front/2\"\n"},
        Case{
            "[connector.a]\nusb = [\"desk/2\", \"0000:00:14.0/2\"]\n[hub.desk]\nid = \"2109:2813\"\n",
            "2:8: desk/2 is a port of a hub, which has both halves with it wherever the hub is; list no place of a controller beside it\n"},
        Case{
            "[connector.a]\nusb = [\"desk/2\"]\n[connector.b]\nusb = [\"desk/2\"]\n[hub.desk]\nid = \"2109:2813\"\n",
            "4:7: usb desk/2 of 'b' already belongs to 'a' (f:1:12)\n"},
        Case{
            "[connector.a]\nusb = [\"00:01.2/00.0/5\"]\n",
            "2:8: a place in usb is '00:01.2/00.0/5'; it must be a controller and its ports, such as \"0000:00:14.0/2.1\" or \"0000:00:14.0/ss3.1\", the same by device.function from the root port down, such as \"00:01.2/00.0 5\", or a port of a hub, such as \"desk/2\"\n"},
        Case{"[connector.a]\nusb = [\"00:01.2/00.0 5\"]\n[connector.b]\nusb = [\"00:01.2/00.0 5\"]\n",
             "4:7: usb 00:01.2/00.0 5 of 'b' already belongs to 'a' (f:1:12)\n"},
        Case{"[connector.a]\nusb = [\"0000:00:14.0/5\"]\n[connector.b]\nusb = [\"00:14.0 5\"]\n",
             "4:7: usb 00:14.0 5 of 'b' already belongs to 'a' (f:1:12)\n"},
        Case{
            "[connector.a]\nmux_bit = 1\nexpect = \"keyboard\"\n",
            "3:10: expect is 'keyboard'; it must be the ids of what is plugged in there, as lsusb prints them, such as \"10c4:ea60\"\n"},
        Case{
            "[connector.a]\nmux_bit = 1\n[connector.b]\nbehind = \"a/2\"\nexpect = \"10c4:ea60\"\n",
            "5:10: expect and behind exclude each other: a hole of a hub moves with a, so what may move is said there\n"},
    };
    expect(cases);
}

TEST(Problems, OfWhatOtherFormatsWriteSayWhatToWriteHere)
{
    constexpr std::array cases = {
        Case{"[connector.a]\npanel = front\n", "2:10: front is a text: put it in quotes, \"front\"\n"},
        Case{"[guest.w]\nqmp = /run/w.qmp # here\n",
             "2:7: /run/w.qmp is a text: put it in quotes, \"/run/w.qmp\"\n"},
        Case{"[guest.w]\ngrace = 5s\n", "2:10: 5s is a text: put it in quotes, \"5s\"\n"},
        Case{"[profile.x]\nhost = [\"a\", front-left]\n",
             "2:15: front-left is a text: put it in quotes, \"front-left\"\n"},
        Case{"[rule.d]\nmatch = { id = 1050:0407 }\n",
             "2:18: 1050:0407 is a text: put it in quotes, \"1050:0407\"\n"},
        Case{"[rule.d]\nmatch = { removable = yes }\n",
             "2:23: yes is no value: write true, without quotes\n"},
        Case{"[routes]\nremember = True\n", "2:12: True is no value: write true, without quotes\n"},
        Case{"[routes]\nremember = off\n", "2:12: off is no value: write false, without quotes\n"},
        Case{"[guest.w]\nqmp: \"x\"\n",
             "2:4: a key and its value are joined by =, not by a colon: qmp = ...\n"},
        Case{"[guest.w]\nqmp =\n", "2:6: qmp has no value\n"},
        // What the advice would be wrong for.
        Case{"[guest.w]\ncontrollers = [\"a\" \"b\"]\n",
             "2:20: not valid TOML, in array: expected comma or closing ']', saw '\"'\n"},
        Case{"[guest w]\n", "1:8: not valid TOML, in table header: expected ']', saw 'w'\n"},
    };
    expect(cases);
}

TEST(Problems, OfTomlItself)
{
    constexpr std::array cases = {
        Case{"[connector.a]\nmux_bit = 3\nmux_bit = 4\n",
             "3:11: 'mux_bit' is given a second time here; keep one of the two\n"},
        Case{"[connector.a]\nmux_bit = 3\n[connector.a]\nmux_bit = 4\n",
             "3:1: 'connector.a' is given a second time here; keep one of the two\n"},
        Case{"[connector.a]\nmux_bit.b = 3\nmux_bit = 4\n",
             "3:11: 'mux_bit' is given a second time here; keep one of the two\n"},
        Case{"[connector.a]\nmux_bit = 3\nmux_bit.b = 4\n",
             "3:1: a key is given a second time here; keep one of the two\n"},
        Case{"[connector.a]\nmux_bit = = 3\n",
             "2:11: not valid TOML, in value: could not determine value type\n"},
        // Inputs that are undefined behaviour in toml++ 3.3: quotes from a web page, a name, a long string.
        Case{"[connector.a]\npanel = \u201cfront\u201d\n",
             "2:9: '\u201c' cannot stand here; characters beyond ASCII are allowed only in comments\n"},
        Case{"[guest.gr\u00fcn]\n",
             "1:10: '\u00fc' cannot stand here; characters beyond ASCII are allowed only in comments\n"},
        Case{"[listen.a]\nunix = \"\"\"\\\n\u00a7\"\"\"\n",
             "3:1: '\u00a7' cannot stand here; characters beyond ASCII are allowed only in comments\n"},
        Case{"[connector.a]\nmux_bit = 3[\"\u0484\n",
             "2:14: '\u0484' cannot stand here; characters beyond ASCII are allowed only in comments\n"},
        // Inputs that end in an assertion of toml++ 3.3 where assertions are on.
        Case{
            "[[=",
            "1:3: not valid TOML, in key: expected bare key starting character or string delimiter, saw '='\n"},
        Case{
            "[.a]\n",
            "1:2: not valid TOML, in key: expected bare key starting character or string delimiter, saw '.'\n"},
        Case{"[connector.a]\nmux_bit\n", "2:8: not valid TOML, in key-value pair: expected '=', saw '\\n'\n"},
        Case{"[connector.a]\npanel = \"fro\n",
             "2:13: a string is not closed on its line, or has a control character in it\n"},
        Case{"[connector.a]\n# \xff\x1b[31m\n", "2:2: this is not UTF-8 text\n"},
        Case{"[connector.a]\npanel = \"\xff\x1b[31m\"\n",
             "2:10: '\\xff' cannot stand here; characters beyond ASCII are allowed only in comments\n"},
        Case{
            "[connector.a]\nmux_bit = 99999999999999999999\n",
            "2:31: not valid TOML, in decimal integer: '99999999999999999999' is not representable in 64 bits\n"},
    };
    expect(cases);
}

TEST(Problems, OfConnectors)
{
    constexpr std::array cases = {
        Case{"[connector.front-left]\nmux_bit = 3\nsupersped = 2\n",
             "3:1: unknown key 'supersped' in [connector.front-left]; did you mean 'superspeed'?\n"},
        Case{
            "[connector.a]\nmux_bit = 3\ncolour = 'red'\n",
            "3:1: unknown key 'colour' in [connector.a]; known: mux_bit, superspeed, usb, seen, behind, expect, panel, row, column\n"},
        Case{"[connector.a]\nmux_bit = '3'\n",
             "2:11: mux_bit is a string; it must be a whole number from 0 to 31\n"},
        Case{"[connector.a]\nmux_bit = 3.0\n",
             "2:11: mux_bit is a number with a fraction; it must be a whole number from 0 to 31\n"},
        Case{"[connector.a]\nmux_bit = true\n",
             "2:11: mux_bit is true; it must be a whole number from 0 to 31\n"},
        Case{"[connector.a]\nmux_bit = 1979-05-27\n",
             "2:11: mux_bit is a date or a time; it must be a whole number from 0 to 31\n"},
        Case{"[connector.a]\nmux_bit = 32\n",
             "2:11: mux_bit is 32; it must be a whole number from 0 to 31\n"},
        Case{"[connector.a]\nmux_bit = -1\n",
             "2:11: mux_bit is -1; it must be a whole number from 0 to 31\n"},
        Case{"[connector.a]\nmux_bit = 4294967296\n",
             "2:11: mux_bit is 4294967296; it must be a whole number from 0 to 31\n"},
        Case{
            "[connector.a]\n",
            "1:12: [connector.a] does not say which socket it is; give it mux_bit = 0 to 31, or on a board without the mux usb = [\"0000:00:14.0/2.1\"], or for a port of a hub usb = [\"desk/2\"] with [hub.desk], behind a socket of the mux behind = \"front-left/2\"\n"},
        Case{
            "[connector.a]\nmux_bit = 3\nusb = ['00:14.0/1']\n",
            "3:7: [connector.a] has mux_bit and usb; keep mux_bit where the board has the mux, usb elsewhere\n"},
        Case{
            "[connector.a]\nusb = ['00:14.0/1']\nsuperspeed = 2\n",
            "3:14: superspeed is only for mux_bit; in usb, write the SuperSpeed half as \"0000:00:14.0/ss3\"\n"},
        Case{"[connector.a]\nmux_bit = 0\nsuperspeed = 0\n",
             "3:14: superspeed is 0; it must be a whole number from 1 to 15\n"},
        Case{
            "[connector.a]\nmux_bit = 3\nseen = ['00:14.0/ss1']\n",
            "3:9: a place in seen is '00:14.0/ss1'; it must be a controller and its USB 2 ports, such as \"0000:00:14.0/9\"\n"},
        Case{"[connector.a]\nmux_bit = 3\nseen = ['00:14.0/1', '00:14.0/2']\n",
             "3:22: 0000:00:14.0 is listed twice in seen; a socket has one place on each controller\n"},
        Case{"[connector.a]\nusb = ['00:14.0/1']\nseen = ['00:14.0/1']\n",
             "3:8: seen corrects what the chip table says about a mux_bit; without mux_bit, write usb\n"},
        Case{
            "[connector.a]\nusb = '00:14.0/1'\n",
            "2:7: usb is a string; it must be a list of 1 to 4 places such as \"0000:00:14.0/2.1\" or \"0000:00:14.0/ss3.1\"\n"},
        Case{
            "[connector.a]\nusb = []\n",
            "2:7: usb is an empty list; it must be a list of 1 to 4 places such as \"0000:00:14.0/2.1\" or \"0000:00:14.0/ss3.1\"\n"},
        Case{
            "[connector.a]\nusb = ['00:14.0/1', 2, '14/2', '0000:00:14.0/1']\n",
            "2:21: an entry of usb is a whole number; it must be a place such as \"0000:00:14.0/2.1\"\n"
            "2:24: '14/2' in usb is no place of a controller, such as \"0000:00:14.0/2.1\", and there is no [hub.14] of which it could be a port\n"
            "2:32: 0000:00:14.0/1 is listed twice in usb; keep one\n"},
        Case{
            "[connector.a]\nmux_bit = 0\npanel = 'front side'\nrow = 0\ncolumn = 100\n",
            "3:9: panel is 'front side'; it must be 1 to 64 letters, digits, '-', '_' or '.', the first of them not '-' or '.'\n"
            "4:7: row is 0; it must be a whole number from 1 to 99\n"
            "5:10: column is 100; it must be a whole number from 1 to 99\n"},
        Case{"[connector.bit5]\nmux_bit = 3\n",
             "1:12: the name 'bit5' means the socket of bit 5; give it mux_bit = 5 or another name\n"},
        Case{"[connector.bit5]\nmux_bit = 5\n", ""},
    };
    expect(cases);
}

TEST(Problems, OfTwoConnectorsOnOneSocket)
{
    constexpr std::array cases = {
        Case{
            "[connector.a]\nmux_bit = 3\nsuperspeed = 2\n[connector.b]\nmux_bit = 3\nsuperspeed = 2\n",
            "5:11: mux_bit 3 of 'b' already belongs to 'a' (f:1:12); two holes behind one hub are one connector: give both the same name, or name the second by its port of the hub: behind = \"a/2\"\n"
            "6:14: superspeed 2 of 'b' already belongs to 'a' (f:1:12)\n"},
        Case{"[connector.a]\nusb = ['00:14.0/2.1']\n[connector.b]\nusb = ['00:14.0/3', '0000:00:14.0/2.1']\n",
             "4:7: usb 0000:00:14.0/2.1 of 'b' already belongs to 'a' (f:1:12)\n"},
    };
    expect(cases);
}

TEST(Problems, OfHolesBehindAHub)
{
    constexpr std::array cases = {
        Case{"[connector.b]\nbehind = 'a/2'\n[connector.a]\nmux_bit = 3\n", ""},
        Case{"[connector.b]\nbehind = 'a'\n[connector.a]\nmux_bit = 3\n", ""},
        Case{
            "[connector.b]\nbehind = 'a/'\n[connector.a]\nmux_bit = 3\n",
            "2:10: behind is 'a/'; it must be a connector and the port of the hub there, such as \"front-left/2\"\n"},
        Case{"[connector.b]\nbehind = 'a/2'\n",
             "1:12: 'b' is behind 'a', and there is no connector with that name\n"},
        Case{
            "[connector.b]\nbehind = 'b/2'\n",
            "1:12: 'b' is behind 'b', which has no mux_bit; behind is for a socket of the mux, elsewhere write usb\n"},
        Case{
            "[connector.a]\nmux_bit = 3\n[connector.b]\nbehind = 'a/2'\nmux_bit = 4\n",
            "5:11: mux_bit and behind exclude each other: a hole of a hub moves with the socket that the hub is in\n"},
        Case{"[connector.a]\nmux_bit = 3\n[connector.b]\nbehind = 'a/2'\n[connector.c]\nbehind = 'a/2'\n",
             "5:12: behind a/2 of 'c' already belongs to 'b' (f:3:12)\n"},
    };
    expect(cases);
}

TEST(Problems, OfTextThatAnotherEditorHasSaved)
{
    constexpr std::array cases = {
        Case{"\xef\xbb\xbf[connector.a]\r\nmux_bit = 3\r\n[guest.w]\r\ncontrollers = ['0000:00:1D.0']", ""},
        Case{"\xff\xfe[", "1:1: the file is UTF-16 text; save it as UTF-8\n"},
    };
    expect(cases);
}

TEST(Problems, OfGuests)
{
    constexpr std::array cases = {
        Case{
            "[guest.host]\ncontrollers = ['00:1d.0']\n",
            "1:8: 'host' is a reserved word (host, none, ehci, xhci, may_take_last_keyboard); give the guest another name\n"},
        Case{
            "[guest.a]\n",
            "1:8: [guest.a] has neither controllers nor qmp nor libvirt; name the controllers that the guest was given: controllers = [\"0000:00:1d.0\"], or through what it takes devices: qmp = \"/run/usbroute/a.qmp\", or its domain: libvirt = \"a\"\n"},
        Case{"[guest.a]\nqmp = '/run/a.qmp'\n", ""},
        Case{"[guest.a]\nqmp = '/run/a.qmp'\nbind = 'boot'\n",
             "3:8: bind is for controllers, and [guest.a] has none; name them, or remove this line\n"},
        Case{"[guest.a]\nqmp = '/run/a.qmp'\nmay_take_last_keyboard = 'yes'\n",
             "3:26: may_take_last_keyboard is a string; it must be true or false\n"},
        Case{
            "[guest.a]\ncontrollers = []\n",
            "2:15: controllers is an empty list; it must be a list of 1 to 32 PCI addresses such as \"0000:00:1d.0\"\n"},
        Case{
            "[guest.a]\ncontrollers = ['1d.0', '00:1d.0', '0000:00:1d.0', []]\nwhen_off = 'hots'\n",
            "2:16: an entry of controllers is '1d.0'; it must be a PCI address such as \"0000:00:1d.0\"\n"
            "2:35: 0000:00:1d.0 is listed twice in controllers; keep one\n"
            "2:51: an entry of controllers is a list; it must be a PCI address such as \"0000:00:1d.0\"\n"
            "3:12: when_off is 'hots'; it must be \"host\" (its sockets come home), \"reserve\" (nobody has what is in them) or \"stay\" (wires stay)\n"},
        Case{"[guest.a]\ncontrollers = ['00:1d.0']\n[guest.b]\ncontrollers = ['00:1d.0']\n", ""},
    };
    expect(cases);
}

TEST(Problems, SayWhatToWriteInPlaceOfOnExit)
{
    constexpr std::array cases = {
        Case{"[guest.a]\ncontrollers = ['00:1d.0']\non_exit = 'return'\n",
             "3:11: on_exit is when_off now: write when_off = \"host\"\n"},
        Case{"[guest.a]\ncontrollers = ['00:1d.0']\non_exit = 'keep'\n",
             "3:11: on_exit is when_off now: write when_off = \"stay\"\n"},
        Case{"[guest.a]\ncontrollers = ['00:1d.0']\non_exit = 3\n",
             "3:11: on_exit is when_off now: write when_off = \"host\", \"reserve\" or \"stay\"\n"},
        Case{"[guest.a]\ncontrollers = ['00:1d.0']\non_exit = 'keep'\nwhen_off = 'stay'\n",
             "3:11: on_exit is when_off now: remove this line\n"},
        // It is suggested to nobody.
        Case{
            "[guest.a]\ncontrollers = ['00:1d.0']\non_exti = 'keep'\n",
            "3:1: unknown key 'on_exti' in [guest.a]; known: controllers, when_off, grace, on_start, qmp, libvirt, uri, user, libvirt_by, bind, may_take_last_keyboard, on_plug, on_move\n"},
    };
    expect(cases);
}

TEST(Problems, OfWhatAPlugDoes)
{
    constexpr std::array cases = {
        Case{"[guest.a]\nlibvirt = 'win11'\non_plug = 'start'\n", ""},
        Case{"[guest.a]\nqmp = '/run/a.qmp'\non_plug = 'resume'\n", ""},
        Case{"[guest.a]\nqmp = '/run/a.qmp'\non_plug = 'ask'\n", ""},
        Case{
            "[guest.a]\nqmp = '/run/a.qmp'\non_plug = 'start'\n",
            "3:11: on_plug = \"start\" is for domains of libvirt's: usbroute cannot start the QEMU of [guest.a], which only its own unit or script does; write \"resume\", or write \"ask\" and start it from `usbroute watch --exec`, or name its domain: libvirt = \"DOMAIN\"\n"},
        Case{
            "[guest.a]\ncontrollers = ['00:1d.0']\non_plug = 'nothing'\n",
            "3:11: on_plug is for guests that take devices, and [guest.a] has neither qmp nor libvirt; remove it\n"},
        Case{
            "[guest.a]\nlibvirt = 'win11'\non_plug = 'run'\n",
            "3:11: on_plug is 'run'; it must be \"start\" (it is started or goes on), \"resume\" (it goes on if it is paused or asleep), \"ask\" (whoever watches is told) or \"nothing\"\n"},
    };
    expect(cases);
}

TEST(Problems, OfControllersThatGoByMoves)
{
    constexpr std::array cases = {
        Case{"[guest.a]\nqmp = '/run/a.qmp'\non_move = ['04:00.0']\n", ""},
        Case{"[guest.a]\nlibvirt = 'win11'\ncontrollers = ['00:1d.0']\non_move = ['04:00.0', '05:00.0']\n",
             ""},
        Case{
            "[guest.a]\ncontrollers = ['00:1d.0']\non_move = ['04:00.0']\n",
            "3:11: on_move needs a way to ask [guest.a] for its controllers; add qmp = \"/run/usbroute/a.qmp\" or "
            "libvirt = \"DOMAIN\"\n"},
        Case{
            "[guest.a]\nqmp = '/run/a.qmp'\ncontrollers = ['04:00.0']\non_move = ['04:00.0']\n",
            "4:11: 0000:04:00.0 is in controllers too; a controller that goes by moves is only in on_move\n"},
        Case{"[guest.a]\nqmp = '/run/a.qmp'\non_move = ['04:00.0', '4-0.0', '04:00.0']\n",
             "3:23: an entry of on_move is '4-0.0'; it must be a PCI address such as \"0000:00:1d.0\"\n"
             "3:32: 0000:04:00.0 is listed twice in on_move; keep one\n"},
        // Whichever of them is written first.
        Case{"[guest.a]\ncontrollers = ['04:00.0']\n[guest.b]\nqmp = '/run/b.qmp'\non_move = ['04:00.0']\n",
             "5:11: 0000:04:00.0 is [guest.a]'s too; one guest has a controller that goes by moves\n"},
        Case{"[guest.a]\nqmp = '/run/a.qmp'\non_move = ['04:00.0']\n[guest.b]\ncontrollers = ['04:00.0']\n",
             "5:15: 0000:04:00.0 is [guest.a]'s too; one guest has a controller that goes by moves\n"},
        Case{"[guest.a]\nqmp = '/run/a.qmp'\non_move = ['04:00.0']\n[guest.b]\nqmp = '/run/b.qmp'\non_move = "
             "['04:00.0']\n",
             "6:11: 0000:04:00.0 is [guest.a]'s too; one guest has a controller that goes by moves\n"},
    };
    expect(cases);
}

TEST(Problems, OfGuestsOfLibvirt)
{
    constexpr std::array cases = {
        Case{"[guest.a]\nlibvirt = 'win 11'\n", ""},
        Case{"[guest.a]\nlibvirt = '63d8e2f0-0000-4000-8000-0123456789ab'\nuri = 'qemu:///system'\n", ""},
        Case{"[guest.a]\nlibvirt = 'win11'\nuri = 'qemu:///session'\nuser = 'alice'\n", ""},
        Case{
            "[guest.a]\ncontrollers = ['00:1d.0']\nbind = 'running'\n",
            "3:8: bind = \"running\" needs a way to ask [guest.a] for it; add qmp = \"/run/usbroute/a.qmp\" or "
            "libvirt = \"DOMAIN\"\n"},
        Case{"[guest.a]\nlibvirt = 'win11'\nbind = 'running'\n",
             "3:8: bind is for controllers, and [guest.a] has none; name them, or remove this line\n"},
        Case{"[guest.a]\nlibvirt = 'win11'\nbind = 'boot'\n",
             "3:8: bind is for controllers, and [guest.a] has none; name them, or remove this line\n"},
        Case{
            "[guest.a]\nlibvirt = 'win11'\nqmp = '/run/a.qmp'\n",
            "2:11: [guest.a] has both qmp and libvirt, and is given devices through one of them; remove the other\n"},
        Case{
            "[guest.a]\nlibvirt = 'a/b'\n",
            "2:11: libvirt is 'a/b'; it must be the name or the UUID of a domain: 1 to 250 printable ASCII characters without '/'\n"},
        Case{
            "[guest.a]\nlibvirt = ''\n",
            "2:11: libvirt is ''; it must be the name or the UUID of a domain: 1 to 250 printable ASCII characters without '/'\n"},
        Case{
            "[guest.a]\nlibvirt = 'win11'\nuri = 'xen:///system'\n",
            "3:7: uri is 'xen:///system'; it must be \"qemu:///system\" or, for the domains of a user, \"qemu:///session\"\n"},
        Case{"[guest.a]\nlibvirt = 'win11'\nuri = 'qemu:///session'\n",
             "3:7: qemu:///session of [guest.a] is each user's own; say whose: user = \"alice\"\n"},
        Case{
            "[guest.a]\nlibvirt = 'win11'\nuser = 'alice'\n",
            "3:8: user is for uri = \"qemu:///session\", and [guest.a] has another; add it, or remove this line\n"},
        Case{
            "[guest.a]\nlibvirt = 'win11'\nuri = 'qemu:///session'\nuser = '../alice'\n",
            "4:8: user is '../alice'; it must be the name of a user: 1 to 32 letters, digits, '-', '_' or '.', the first of them not '-' or '.'\n"},
        Case{"[guest.a]\nlibvirt = 'w'\n[guest.b]\nlibvirt = 'w'\n",
             "4:11: 'w' is the domain of guest a already; a domain is one guest's\n"},
        Case{"[guest.a]\nlibvirt = 'w'\n[guest.b]\nlibvirt = 'w'\nuri = 'qemu:///session'\nuser = 'alice'\n",
             ""},
        Case{
            "[guest.a]\nqmp = '/run/a.qmp'\nuri = 'qemu:///system'\nuser = 'alice'\n",
            "3:7: uri is for guests of libvirt's, and [guest.a] has no libvirt = \"DOMAIN\"; remove this line\n"
            "4:8: user is for guests of libvirt's, and [guest.a] has no libvirt = \"DOMAIN\"; remove this line\n"},
    };
    expect(cases);
}

TEST(Problems, OfProfiles)
{
    constexpr std::array cases = {
        Case{"[profile.x]\nwindws = ['bit1']\n[guest.windows]\ncontrollers = ['00:1d.0']\n",
             "2:1: unknown guest 'windws' in [profile.x]; did you mean 'windows'?\n"},
        Case{"[profile.x]\nlinux = ['bit1']\n",
             "2:1: unknown guest 'linux' in [profile.x]; known: host, ehci, xhci, none\n"},
        Case{
            "[profile.x]\nmay_take_last_keybord = true\n",
            "2:1: unknown key 'may_take_last_keybord' in [profile.x]; did you mean 'may_take_last_keyboard'?\n"},
        Case{"[profile.x]\nmay_take_last_keyboard = 'yes'\n",
             "2:26: may_take_last_keyboard is a string; it must be true or false\n"},
        Case{"[profile.x]\nehci = 'bit1'\n",
             "2:8: ehci is a string; it must be a list of connectors such as [\"front-left\"]\n"},
        Case{"[profile.x]\nehci = ['frnt', 'bit32', 7]\n[connector.front]\nmux_bit = 3\n",
             "2:9: unknown connector 'frnt' in [profile.x]; did you mean 'front'?\n"
             "2:17: unknown connector 'bit32' in [profile.x]; known: front\n"
             "2:26: an entry of ehci is a whole number; it must be the name of a connector\n"},
        Case{"[profile.x]\nehci = ['bit1', 'bit1']\nxhci = ['bit1']\n",
             "2:17: 'bit1' is listed twice in ehci of [profile.x]; keep one\n"
             "3:9: 'bit1' is listed in ehci and in xhci of [profile.x]; a connector has one owner\n"},
        Case{"[profile.x]\nehci = ['front']\nxhci = ['bit3']\n[connector.front]\nmux_bit = 3\n",
             "3:9: 'bit3' is listed in ehci and in xhci of [profile.x]; a connector has one owner\n"},
    };
    expect(cases);
}

TEST(Problems, OfToggle)
{
    constexpr std::array cases = {
        Case{"toggle = 1\n", "1:10: toggle is a whole number; it must be a table: [toggle]\n"},
        Case{
            "[toggle]\n",
            "1:2: [toggle] has no profiles; give it a list of profiles (a single one takes turns with everything to the host)\n"},
        Case{"[toggle]\nprofiles = ['p']\n[profile.p]\n", ""},
        Case{"[routes]\non_drift = 'restore'\n", ""},
        Case{"routes = 1\n", "1:10: routes is a whole number; it must be a table: [routes]\n"},
        Case{
            "[routes]\non_drift = 'fight'\nondrift = 'report'\n",
            "2:12: on_drift is 'fight'; it must be \"restore\" (what was moved by somebody else is moved back) or \"report\"\n3:1: unknown key 'ondrift' in [routes]; did you mean 'on_drift'?\n"},
        Case{
            "[toggle]\nprofiles = []\n",
            "2:12: profiles is an empty list; it must be a list of profiles (a single one takes turns with everything to the host)\n"},
        Case{"[toggle]\nprofiles = ['desk', 'desk', 'dsk']\nprofile = 1\n[profile.desk]\n",
             "2:21: 'desk' is listed twice in [toggle]; keep one\n"
             "2:29: unknown profile 'dsk' in [toggle]; did you mean 'desk'?\n"
             "3:1: unknown key 'profile' in [toggle]; did you mean 'profiles'?\n"},
    };
    expect(cases);
}

TEST(Problems, OfAddresses)
{
    constexpr std::array cases = {
        Case{
            "[listen.a]\n",
            "1:9: [listen.a] has no address; give it unix = \"/run/usbroute/NAME.sock\" or tcp = \"127.0.0.1:1410\"\n"},
        Case{"[listen.a]\nunix = '/run/a'\ntcp = '127.0.0.1:1'\n",
             "3:7: [listen.a] has unix and tcp; a listener has one address\n"},
        Case{"[listen.a]\nunix = 'run/a'\n",
             "2:8: unix is 'run/a'; it must be an absolute path of at most 107 bytes in plain ASCII\n"},
        Case{
            "[listen.a]\nunix = \"/run/a\\u0000b\"\n",
            "2:8: unix is '/run/a\\x00b'; it must be an absolute path of at most 107 bytes in plain ASCII\n"},
        Case{
            "[listen.a]\ntcp = '0.0.0.0:1410'\n",
            "2:7: tcp is '0.0.0.0:1410', but usbroute listens only on loopback; addresses of other machines would need authentication, which this version does not have\n"},
        Case{
            "[listen.a]\ntcp = '[fe80::1]:1410'\n",
            "2:7: tcp is '[fe80::1]:1410', but usbroute listens only on loopback; addresses of other machines would need authentication, which this version does not have\n"},
        Case{
            "[listen.a]\ntcp = 'localhost:1410'\n",
            "2:7: tcp is 'localhost:1410'; it must be a loopback address in numbers and a port: \"127.0.0.1:1410\" or \"[::1]:1410\"\n"},
        Case{
            "[listen.a]\ntcp = \"127.0.0.1\\u0000.evil:1410\"\n",
            "2:7: tcp is '127.0.0.1\\x00.evil:1410'; it must be a loopback address in numbers and a port: \"127.0.0.1:1410\" or \"[::1]:1410\"\n"},
        Case{
            "[listen.a]\ntcp = '127.0.0.1:65536'\n",
            "2:7: tcp is '127.0.0.1:65536'; it must be a loopback address in numbers and a port: \"127.0.0.1:1410\" or \"[::1]:1410\"\n"},
        Case{
            "[listen.a]\ntcp = 1410\n",
            "2:7: tcp is a whole number; it must be a loopback address in numbers and a port: \"127.0.0.1:1410\" or \"[::1]:1410\"\n"},
        Case{"[listen.a]\nunix = '/run/x/../a'\n[listen.b]\nunix = '/run//a'\n",
             "3:9: unix /run/a of 'b' already belongs to 'a' (f:1:9)\n"},
        Case{"[listen.a]\ntcp = '[::1]:9'\n[listen.b]\ntcp = '[0::1]:9'\n",
             "3:9: tcp ::1 port 9 of 'b' already belongs to 'a' (f:1:9)\n"},
    };
    expect(cases);
}

TEST(Problems, OfLinesOnWhichQemuListens)
{
    constexpr std::array cases = {
        Case{"[guest.w]\ncontrollers = ['0000:00:1d.0']\n[listen.a]\nconnect = '/run/a'\n",
             "3:9: [listen.a] has connect but no guest; say whose line it is: guest = \"NAME\"\n"},
        Case{
            "[guest.w]\ncontrollers = ['0000:00:1d.0']\n[listen.a]\nconnect = 'run/a'\nguest = 'w'\ngroup = 'g'\n",
            "4:11: connect is 'run/a'; it must be an absolute path of at most 107 bytes in plain ASCII\n"
            "6:9: group works only with unix; with connect, the socket belongs to the program that listens there\n"},
        Case{
            "[guest.w]\ncontrollers = ['0000:00:1d.0']\n[listen.a]\nunix = '/run/a'\nconnect = '/run/b'\nguest = 'w'\n",
            "5:11: [listen.a] has connect and unix; a listener has one address\n"},
        Case{"[guest.w]\ncontrollers = ['0000:00:1d.0']\n[listen.control]\nconnect = '/run/b'\nguest = 'w'\n",
             "3:9: control is where usbroute finds the daemon: it needs unix\n"},
        Case{"[guest.w]\ncontrollers = ['0000:00:1d.0']\n[listen.a]\nunix = '/run/a'\nguest = 'w'\n"
             "[listen.b]\nconnect = '/run/a'\nguest = 'w'\nper_minute = 60\n",
             "6:9: unix /run/a of 'b' already belongs to 'a' (f:3:9)\n"},
        Case{"[listen.a]\nunix = '/run/a'\nmay = ['yess']\n",
             "3:8: unknown right 'yess' in may of [listen.a]; did you mean 'yes'?\n"},
        Case{"[listen.a]\nunix = '/run/a'\nmay = ['no-trail', 'yes', 'yes', 1]\n",
             "3:8: unknown right 'no-trail' in may of [listen.a]; did you mean 'no-trial'?\n"
             "3:27: 'yes' is listed twice in may; keep one\n"
             "3:34: an entry of may is a whole number; it must be a word such as \"yes\"\n"},
        Case{"[listen.a]\nunix = '/run/a'\nmay = 'yes'\n",
             "3:7: may is a string; it must be a list of \"yes\", \"force-disk\" and \"no-trial\"\n"},
        Case{
            "[guest.w]\ncontrollers = ['0000:00:1d.0']\n[listen.a]\nunix = '/run/a'\nguest = 'w'\nmay = ['yes']\n",
            "6:7: [listen.a] is a guest's line, and no guest may lift a guard of the host; remove may\n"},
        Case{"[listen.a]\nunix = '/run/a'\nper_minute = -1\n",
             "3:14: per_minute is -1; it must be a whole number from 0 to 1000000\n"},
    };
    expect(cases);
}

TEST(Problems, OfAGuestThatComesAndGoes)
{
    constexpr std::array cases = {
        Case{
            "[guest.w]\ncontrollers = ['0000:00:1d.0']\ngrace = '3'\nqmp = 'q'\non_start = 'dsk'\n[profile.desk]\n",
            "3:9: grace is '3'; it must be a time of at most ten minutes such as \"500ms\", \"3s\" or \"2m\"\n"
            "4:7: qmp is 'q'; it must be an absolute path of at most 107 bytes in plain ASCII\n"
            "5:12: unknown profile 'dsk' in on_start; did you mean 'desk'?\n"},
        Case{
            "[guest.w]\ncontrollers = ['0000:00:1d.0']\ngrace = '11m'\n",
            "3:9: grace is '11m'; it must be a time of at most ten minutes such as \"500ms\", \"3s\" or \"2m\"\n"},
        Case{
            "[guest.w]\ncontrollers = ['0000:00:1d.0']\ngrace = 3\n",
            "3:9: grace is a whole number; it must be a time of at most ten minutes such as \"500ms\", \"3s\" or \"2m\"\n"},
    };
    expect(cases);
}

TEST(Problems, OfRights)
{
    constexpr std::array cases = {
        Case{"[listen.a]\ntcp = '127.1.2.3:1410'\ngroup = 'wheel'\nguest = 'w'\n",
             "3:9: group works only with unix; everybody on this machine can reach a TCP port\n"
             "4:9: guest does not work with tcp; on a TCP port anybody could speak for the guest\n"},
        Case{
            "[listen.a]\nunix = '/run/a'\ngroup = 'a b'\nguest = 'windws'\n[guest.windows]\ncontrollers = ['0:1d.0']\n",
            "3:9: group is 'a b'; it must be the name of a group, or \"\" for root only\n"
            "4:9: unknown guest 'windws' in [listen.a]; did you mean 'windows'?\n"},
        Case{"[listen.a]\nunix = '/run/a'\nallow = []\n",
             "3:9: allow is an empty list; it must be a list of verbs such as [\"toggle\", \"status\"]\n"},
        Case{
            "[listen.a]\nunix = '/run/a'\nallow = ['togle', 'status', 'status', 'reboot', 1]\n",
            "3:10: unknown verb 'togle' in [listen.a]; did you mean 'toggle'?\n"
            "3:29: 'status' is listed twice in allow; keep one\n"
            "3:39: unknown verb 'reboot' in [listen.a]; known: status, move, apply, toggle, undo, plan, subscribe, regs, confirm, answer\n"
            "3:49: an entry of allow is a whole number; it must be a verb such as \"toggle\"\n"},
        Case{"[listen.a]\nunix = '/run/a'\nalow = ['toggle']\n",
             "3:1: unknown key 'alow' in [listen.a]; did you mean 'allow'?\n"},
    };
    expect(cases);
}

TEST(Problems, TheLongestSocketPathHas107Bytes)
{
    const auto file = [](std::size_t bytes) {
        return "[listen.a]\nunix = '/" + std::string(bytes - 1, 'x') + "'\n";
    };

    EXPECT_EQ(problems_in(file(107)), "");
    EXPECT_EQ(problems_in(file(108)).substr(0, 17), "2:8: unix is '/xx");
}

} // namespace
} // namespace usbroute::config
