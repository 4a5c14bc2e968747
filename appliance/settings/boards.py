"""Pins of the boards a configuration can name, Broadcom's numbers.

Written from hardware/pinout.toml by `python -m hardware.write_pinout`; edit that.
"""

from collections.abc import Mapping

# board -> configuration key -> GPIO, or GPIOs in order
BOARDS: Mapping[str, Mapping[str, int | list[int]]] = {
    "one_line": {
        "ring_gpio": 5,
        "hook_gpio": 6,
        "loop_gpio": 12,
        "caller_id_gpio": 13,
        "kick_gpio": 16,
    },
    "handset_adapter": {
        "hook_gpio": 4,
        "ringer_gpio": 26,
        "lamp_gpio": 27,
        "keypad_rows": [18, 19, 20, 21],
        "keypad_columns": [5, 6, 12],
    },
    "gsm_carrier": {
        "reset_gpio": 7,
        "status_gpio": 9,
        "supply_gpio": 8,
    },
    "box": {
        "lamp_gpio": 10,
        "reset_button_gpio": 11,
    },
}
