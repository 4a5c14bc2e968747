"""A one-line GPIO board and its sound card to soak."""

from pathlib import Path
from random import Random

from appliance.simulator.gpio_board import GpioLineConfig
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


ROWS = (Emulator("gpio_line", LINE_TOML, SIGNALS, network, Board, CARD_TOML),)
