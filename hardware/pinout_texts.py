"""The texts that are generated from the pin table, each of one kind of reader."""

from collections.abc import Callable, Iterable, Mapping

from hardware.pinout import ChipPin, Pinout, PiPin

_EDIT = "Written from hardware/pinout.toml by `python -m hardware.write_pinout`; edit that."
# The FSEL field of the BCM2835 peripherals' manual, table 6-2.
FSEL = {
    "input": 0,
    "output": 1,
    "alt5": 2,
    "alt4": 3,
    "alt0": 4,
    "alt1": 5,
    "alt2": 6,
    "alt3": 7,
}
BCM_PULL = {"none": 0, "down": 1, "up": 2}  # brcm,pull of the pin controller's binding
# The appliance's names of a board's pins are its configuration's keys.
_SETTINGS_KEYS = {
    "one_line": ("ring_gpio", "hook_gpio", "loop_gpio", "caller_id_gpio", "kick_gpio"),
    "handset_adapter": ("hook_gpio", "ringer_gpio", "lamp_gpio"),
    # not power_gpio: what it pulls on an EC25 card is no power key, but its radio switch
    "gsm_carrier": ("reset_gpio", "status_gpio", "supply_gpio"),
    "box": ("lamp_gpio", "reset_button_gpio"),
}


def header(pinout: Pinout) -> str:
    """For the firmware: GPIO numbers, bits of the shift register, and the levels of rest."""
    lines = [
        "/* SPDX-License-Identifier: Apache-2.0 */",
        f"/* The line card's pins. {_EDIT} */",
        "#ifndef LINECARD_PINOUT_H",
        "#define LINECARD_PINOUT_H",
        "",
        "/* GPIO numbers of the RP2040 */",
        *(f"#define PIN_{name.upper()} {pin.gpio}" for name, pin in pinout.chip.items()),
        "",
        "/* Which of them the firmware drives; the others are inputs. */",
        f"#define PINS_OUT 0x{_mask(pinout, lambda pin: pin.is_output):08x}u",
        "/* High by the board's own resistors while no firmware runs. */",
        f"#define PINS_REST_HIGH 0x{_mask(pinout, lambda pin: pin.rests_high):08x}u",
        "",
        "/* Bits of the shift register: 0 is QA of the first 74HC595. */",
        *(f"#define PIN_OUT_{name.upper()} {bit}" for name, bit in pinout.shift_register.items()),
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def _mask(pinout: Pinout, wanted: Callable[[ChipPin], bool]) -> int:
    return sum(1 << pin.gpio for pin in pinout.chip.values() if wanted(pin))


def _cells(numbers: Iterable[int]) -> str:
    return " ".join(str(number) for number in numbers)


def overlay(pinout: Pinout) -> str:
    """Device-tree source: the PL011 UART on the header, with flow control; no Bluetooth."""
    pins = [pin for name, pin in pinout.boards["line_card"].items() if name.startswith("uart_")]
    return f"""\
// SPDX-License-Identifier: Apache-2.0
// The line card's link: the PL011 UART on the header, with RTS/CTS.
// Bluetooth is off, as it owned that UART.
// {_EDIT}
/dts-v1/;
/plugin/;

/ {{
\tcompatible = "brcm,bcm2835";

\tfragment@0 {{
\t\ttarget = <&gpio>;
\t\t__overlay__ {{
\t\t\tlinecard_uart_pins: linecard-uart-pins {{
\t\t\t\tbrcm,pins = <{_cells(pin.gpio for pin in pins)}>;
\t\t\t\tbrcm,function = <{_cells(FSEL[pin.function] for pin in pins)}>;
\t\t\t\tbrcm,pull = <{_cells(BCM_PULL[pin.pull] for pin in pins)}>;
\t\t\t}};
\t\t}};
\t}};

\tfragment@1 {{
\t\ttarget = <&uart0>;
\t\t__overlay__ {{
\t\t\tpinctrl-names = "default";
\t\t\tpinctrl-0 = <&linecard_uart_pins>;
\t\t\tuart-has-rtscts;
\t\t\tstatus = "okay";

\t\t\tbluetooth {{
\t\t\t\tstatus = "disabled";
\t\t\t}};
\t\t}};
\t}};

\t// the small UART had the header's pins 8 and 10
\tfragment@2 {{
\t\ttarget = <&uart1>;
\t\t__overlay__ {{
\t\t\tstatus = "disabled";
\t\t}};
\t}};

\t// a console on it would drive the card's link
\tfragment@3 {{
\t\ttarget-path = "/chosen";
\t\t__overlay__ {{
\t\t\tstdout-path = "";
\t\t}};
\t}};
}};
"""


def eeprom_settings(pinout: Pinout) -> str:
    """The ID EEPROM in the words of Raspberry Pi's own maker of such images."""
    pulls = {"up": "UP", "down": "DOWN", "none": "NONE"}
    lines = [
        f"# The line card's ID EEPROM. {_EDIT}",
        "# A board's own product_uuid is drawn when its image is made.",
        "product_uuid 00000000-0000-0000-0000-000000000000",
        "product_id 0x0001",
        "product_ver 0x0001",
        'vendor "Counterbell"',
        'product "Line card 2 FXO 4 FXS"',
        "gpio_drive 0",
        "gpio_slew 0",
        "gpio_hysteresis 0",
        "back_power 0",
        *(
            f"setgpio {pin.gpio} {pin.function.upper()} {pulls[pin.pull]}"
            for pin in pinout.boards["line_card"].values()
        ),
    ]
    return "\n".join(lines) + "\n"


def settings(pinout: Pinout) -> str:
    """Python for the appliance: which pins a named board uses, by configuration key."""
    lines = [
        '"""Pins of the boards a configuration can name, Broadcom\'s numbers.',
        "",
        _EDIT,
        '"""',
        "",
        "from collections.abc import Mapping",
        "",
        "# board -> configuration key -> GPIO, or GPIOs in order",
        "BOARDS: Mapping[str, Mapping[str, int | list[int]]] = {",
    ]
    for board, keys in _SETTINGS_KEYS.items():
        pins = pinout.boards[board]
        lines.append(f'    "{board}": {{')
        lines += [f'        "{key}": {pins[key].gpio},' for key in keys]
        lines += [
            f'        "keypad_{name}s": {numbers},'
            for name in ("row", "column")
            if (numbers := _numbered(pins, f"keypad_{name}_"))
        ]
        lines.append("    },")
    lines.append("}")
    return "\n".join(lines) + "\n"


def _numbered(pins: Mapping[str, PiPin], prefix: str) -> list[int]:
    names = sorted(name for name in pins if name.startswith(prefix))
    return [pins[name].gpio for name in names]
