# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""One file a machine; the order here is the order in the table of all machines."""

from importlib import import_module

NAMES = (
    "z97e_itx_ac",
    "z97_guest",
    "z97_with_card",
    "z97_two_cards",
    "desk_in_use",
    "z97_pro_gamer",
    "macbookpro12_1",
    "hp_500_502nj",
    "thinkpad_l540",
    "gigabyte_z77",
    "lenovo_t430s",
    "haswell_lp_laptop",
    "gigabyte_x99_ud4",
    "amd_a520m",
    "qemu_q35",
    "dock_four_deep",
    "no_usb",
)

MACHINES = tuple(import_module(f"{__name__}.{name}").MACHINE for name in NAMES)
