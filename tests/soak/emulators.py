"""Which emulated lines there are to soak, and what the soak asks of one.

To add a line: a module that makes an `Equipment`, and a row in `emulators()`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol

from appliance.simulator.line_sound import SoundFaults
from appliance.simulator.network import NetworkConfig, SimulatedNetwork

LINE = "soak"  # the line's name, in the shop's configuration and in the network's
COUNTRIES = ("US", "PH", "VN", "GB")


class Equipment(Protocol):
    """One emulated line of a running network, as the soak sees it."""

    @property
    def rings_told(self) -> int:
        """How many rings the daemon was given, since the start; lost ones don't count."""

    @property
    def is_on_hook(self) -> bool:
        """The network knows that the line is free; nobody pays."""

    @property
    def is_behind(self) -> bool:
        """It has still to tell something of what has happened: a late RING, say."""

    def identity(self, path: str) -> object | None:
        """Which device a path names now; None: none."""

    def draw_faults(self, chance: Random) -> tuple[str, ...]:
        """Begin to misbehave for one call; the faults' names, none for a well call."""

    def degrade(self, faults: SoundFaults | None) -> None:
        """What the line does to sound from now on."""

    def break_down(self, chance: Random) -> str:
        """Stop working now, in a way that `cure` ends; its name."""

    def cure(self) -> None:
        """No more faults from now on; it stays unplugged if it is."""

    def unplug(self) -> None: ...

    def plug_in(self, elsewhere: bool) -> None:
        """``elsewhere``: its stable name leads to another device now."""

    def clear_by(self, signal: str) -> None:
        """How the line shows from now on that the far end is gone; a key of ``signals``."""

    def far_end_gone(self, signal: str) -> None:
        """The caller hung up just now; what the network does not do by itself is done here."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """One row. ``line``: its keys of [[line]], but for name and answer; ``tables``: more TOML.

    ``network``: one line called LINE, its clock, hybrid and country drawn. ``signals``: how the
    line can show that the far end is gone, and how long that signal is by itself, in seconds.
    """

    name: str
    line: str
    signals: Mapping[str, float]
    network: Callable[[Path, Random, str], NetworkConfig]
    equipment: Callable[[SimulatedNetwork], Equipment]
    tables: str = ""


def emulators() -> dict[str, Emulator]:
    """Every line there is, by name."""
    from tests.soak import boards, cellular, modems  # noqa: PLC0415 - they import this module

    rows = (*modems.ROWS, *boards.ROWS, *cellular.ROWS)
    return {row.name: row for row in rows}
