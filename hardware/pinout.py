"""The pin table, pinout.toml, read and checked."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "hardware/pinout.toml"
FUNCTIONS = ("input", "output", "alt0", "alt1", "alt2", "alt3", "alt4", "alt5")
PULLS = ("up", "down", "none")
LAST_PI_GPIO = 27
LAST_RP2040_GPIO = 29
SHIFT_OUTPUTS = 16


class PinoutError(ValueError):
    """The table contradicts itself; every fault in one text, a line each."""


@dataclass(frozen=True, slots=True)
class PiPin:
    """A GPIO of the Raspberry Pi's header. ``function`` of FUNCTIONS, ``pull`` of PULLS."""

    gpio: int
    function: str
    pull: str


@dataclass(frozen=True, slots=True)
class ChipPin:
    """A GPIO of the RP2040. ``rest``: the board's own level while no firmware runs."""

    gpio: int
    is_output: bool
    rests_high: bool


@dataclass(frozen=True, slots=True)
class Pinout:
    """``boards``: by name, the header's pins by name. ``shift_register``: bit by name."""

    boards: Mapping[str, Mapping[str, PiPin]]
    together: tuple[tuple[str, ...], ...]
    chip: Mapping[str, ChipPin]
    shift_register: Mapping[str, int]


def read(text: str) -> Pinout:
    """Raises PinoutError, or tomllib's error."""
    tree = tomllib.loads(text)
    boards = {
        board: {name: PiPin(**pin) for name, pin in pins.items()}
        for board, pins in tree["raspberry_pi"].items()
    }
    chip = {
        name: ChipPin(pin["gpio"], pin["direction"] == "out", pin["rest"] == "high")
        for name, pin in tree["rp2040"].items()
    }
    together = tuple(tuple(row) for row in tree["together"])
    pinout = Pinout(boards, together, chip, dict(tree["shift_register"]))
    faults = [*_pi_faults(pinout), *_chip_faults(pinout)]
    if faults:
        raise PinoutError("\n".join(faults))
    return pinout


def _twice(what: str, numbers: Mapping[str, int]) -> list[str]:
    users: dict[int, list[str]] = {}
    for name, number in numbers.items():
        users.setdefault(number, []).append(name)
    return [
        f"{what} {number} has {len(names)} users: {', '.join(names)}"
        for number, names in users.items()
        if len(names) > 1
    ]


def _pi_faults(pinout: Pinout) -> list[str]:
    faults = []
    for board, pins in pinout.boards.items():
        faults += _twice(f"{board}: GPIO", {name: pin.gpio for name, pin in pins.items()})
        for name, pin in pins.items():
            if pin.function not in FUNCTIONS or pin.pull not in PULLS:
                faults.append(f"{board}.{name}: unknown function or pull")
            if not 2 <= pin.gpio <= LAST_PI_GPIO:  # 0 and 1 are the ID EEPROM's
                faults.append(f"{board}.{name}: GPIO {pin.gpio} is not on the header, or reserved")
    for row in pinout.together:
        users = {
            f"{board}.{name}": pin.gpio
            for board in row
            for name, pin in pinout.boards[board].items()
        }
        faults += [text for text in _twice("GPIO", users) if text not in faults]
    return faults


def _chip_faults(pinout: Pinout) -> list[str]:
    numbers = {name: pin.gpio for name, pin in pinout.chip.items()}
    faults = _twice("RP2040 GPIO", numbers) + _twice("shift register bit", pinout.shift_register)
    for name, number in numbers.items():
        if not 0 <= number <= LAST_RP2040_GPIO:
            faults.append(f"the RP2040 has no GPIO {number} ({name})")
    for name, bit in pinout.shift_register.items():
        if not 0 <= bit < SHIFT_OUTPUTS:
            faults.append(f"the shift register has no bit {bit} ({name})")
    return faults
