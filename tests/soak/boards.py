"""A one-line GPIO board with its sound card, and a line-card HAT's exchange line, to soak."""

from pathlib import Path
from random import Random

from appliance.simulator.gpio_board import GpioLineConfig
from appliance.simulator.hat import HatConfig
from appliance.simulator.hat_line import HatLineConfig
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.line_sound import LineSound, SoundFaults
from appliance.simulator.network import NetworkConfig, SimulatedNetwork
from tests.soak.emulators import LINE, Emulator

# As modems.SIGNALS; what only a modem tells is not among them.
SIGNALS = {
    "busy tone": 4.0,
    "reorder tone": 2.0,
    "unknown tone": 4.0,
    "loop break": 0.25,
    "dial tone": 3.0,
    "silence": 40.0,
}
TONES = {"unknown tone": "hz=540 on=0.3 off=0.2"}
HOW = {
    "reorder tone": "reorder",
    "loop break": "loop_break",
    "dial tone": "dial_tone",
    "silence": "nothing",
    "reversal": "reversal",
}
DEVICE = "usb:Soak"
LINE_TOML = """driver = "gpio_line"
sound_card = "card"
ring_gpio = 17
hook_gpio = 27
loop_gpio = 22
"""
CARD_TOML = f"""[[sound_card]]
name = "card"
device = "{DEVICE}"
"""


class Board:
    """Implements emulators.Equipment."""

    def __init__(self, network: SimulatedNetwork) -> None:
        self._board = network.gpio.boards[LINE]
        self._card = network.gpio.cards.card(DEVICE)
        self._rng = Random(f"{network.config.seed} board")
        self.rings_told = 0
        self._board.exchange.on_bell = self._bell

    @property
    def is_on_hook(self) -> bool:
        return self._board.exchange.state.name == "IDLE"

    @property
    def is_behind(self) -> bool:
        return False

    def identity(self, path: str) -> object | None:
        return path

    def draw_faults(self, chance: Random) -> tuple[str, ...]:
        """The loop's dips and the ringing current belong to the batch; a call has none more."""
        return ()

    def degrade(self, faults: SoundFaults | None) -> None:
        self._board.exchange.sound = None if faults is None else LineSound(faults, self._rng)

    def break_down(self, chance: Random) -> str:
        self._card.is_hung = True
        return "card hung"

    def cure(self) -> None:
        self._card.is_hung = False
        self.degrade(None)

    def unplug(self) -> None:
        self._card.unplug()

    def plug_in(self, elsewhere: bool) -> None:
        self._card.plug_in()

    def clear_by(self, signal: str) -> None:
        self._board.exchange.hang_up_with(TONES.get(signal, ""))
        self._board.exchange.clear_by(HOW.get(signal, "tone"))

    def far_end_gone(self, signal: str) -> None:
        """The exchange shows all of it."""

    def _bell(self, is_on: bool) -> None:
        self.rings_told += is_on and self._card.is_plugged
        self._board.bell(is_on)


def network(state: Path, chance: Random, country: str) -> NetworkConfig:
    """One board, its clock, hybrid, ringing current, caller ID and dips drawn."""
    line = GpioLineConfig(
        LINE,
        DEVICE,
        17,
        27,
        22,
        ppm=chance.uniform(-100.0, 100.0),
        echo_db=chance.choice((None, None, None, 14.0)),
        signal=chance.choice(("bell202", "v23", "single", "dtmf", "none")),
        ring_hz=chance.choice((16.7, 20.0, 25.0, 50.0)),
        dips=tuple(chance.choices((50, 90, 120, 200), k=chance.randrange(4))),
        habits=LineHabits(country=country, caller_id_first=chance.random() < 0.3),
    )
    return NetworkConfig(gpio_lines=(line,), seed=chance.randrange(1 << 30))


HAT = "hat0"
HAT_LINE_TOML = f"""driver = "linecard_fxo"
linecard = "{HAT}"
socket = 5
"""
HAT_TOML = f"""[[linecard]]
name = "{HAT}"
port = "devices/{HAT}"
"""


class HatBoard:
    """Implements emulators.Equipment; the HAT carries the shop's handsets, too."""

    def __init__(self, network: SimulatedNetwork) -> None:
        self._line = network.hat_lines[LINE]
        self._hat = network.hats[self._line.config.hat]
        self._rng = Random(f"{network.config.seed} hat")
        self.rings_told = 0
        self._line.exchange.on_bell = self._bell

    @property
    def is_on_hook(self) -> bool:
        return self._line.exchange.state.name == "IDLE"

    @property
    def is_behind(self) -> bool:
        return False

    def identity(self, path: str) -> object | None:
        return path

    def draw_faults(self, chance: Random) -> tuple[str, ...]:
        """Frames of the link are spoilt, one at a time: heard by nobody."""
        if chance.random() < 0.3:
            self._hat.command("corrupt 2")
            return ("spoilt frames",)
        return ()

    def degrade(self, faults: SoundFaults | None) -> None:
        self._line.exchange.sound = None if faults is None else LineSound(faults, self._rng)

    def break_down(self, chance: Random) -> str:
        self._hat.command("mute 3600000")
        return "HAT silent"

    def cure(self) -> None:
        if self._hat.running:
            self._hat.command("mute 0")
        self.degrade(None)

    def unplug(self) -> None:
        """The HAT's power, not the line's plug."""
        self._hat.stop()

    def plug_in(self, elsewhere: bool) -> None:
        self._hat.start()

    def clear_by(self, signal: str) -> None:
        self._line.exchange.hang_up_with(TONES.get(signal, ""))
        self._line.exchange.clear_by(HOW.get(signal, "tone"))

    def far_end_gone(self, signal: str) -> None:
        """The exchange shows all of it."""

    def _bell(self, is_on: bool) -> None:
        self.rings_told += is_on and self._hat.running and self._hat.linked
        self._line.bell(is_on)


def hat_network(state: Path, chance: Random, country: str) -> NetworkConfig:
    """One line on a HAT of its own, its ringing current and caller ID drawn."""
    line = HatLineConfig(
        LINE,
        HAT,
        5,
        signal=chance.choice(("bell202", "v23", "single", "dtmf", "none")),
        reverses_first=chance.random() < 0.3,
        ring_hz=chance.choice((17, 20, 25, 50)),
        habits=LineHabits(country=country, caller_id_first=chance.random() < 0.3),
    )
    hat = HatConfig(HAT, state / "devices" / HAT, clock_ppm=chance.uniform(-100.0, 100.0))
    return NetworkConfig(hats=(hat,), hat_lines=(line,), seed=chance.randrange(1 << 30))


ROWS = (
    Emulator("gpio_line", LINE_TOML, SIGNALS, network, Board, CARD_TOML),
    Emulator(
        "linecard_fxo", HAT_LINE_TOML, {**SIGNALS, "reversal": 8.0}, hat_network, HatBoard, HAT_TOML
    ),
)
