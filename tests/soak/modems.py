"""Voice modems to soak: three families and one that no profile knows."""

from functools import partial
from pathlib import Path
from random import Random

from appliance.simulator.line_habits import LineHabits
from appliance.simulator.line_sound import LineSound, SoundFaults
from appliance.simulator.modem_state import Faults
from appliance.simulator.network import LineConfig, NetworkConfig, SimulatedNetwork
from tests.soak.emulators import LINE, Emulator

# Seconds that each signal lasts by itself before anybody can know it: four cycles of busy tone at
# 0.5 s on and off, two times four of a tone that no table has, 250 ms of open loop, and so on.
SIGNALS = {
    "busy tone": 4.0,
    "reorder tone": 2.0,
    "unknown tone": 4.0,
    "modem code and busy tone": 3.0,
    "loop break": 0.25,
    "dial tone": 3.0,
    "reversal": 8.0,
    "silence": 40.0,
    "stream ended": 0.0,
}
TONES = {"unknown tone": "hz=540 on=0.3 off=0.2"}
HOW = {
    "reorder tone": "reorder",
    "modem code and busy tone": "code",
    "loop break": "loop_break",
    "dial tone": "dial_tone",
    "reversal": "reversal",
    "silence": "nothing",
}


class Modem:
    """A voice modem on an exchange's line; implements emulators.Equipment."""

    def __init__(self, network: SimulatedNetwork) -> None:
        self._line = network.line(LINE)
        self._times_moved = 0
        self._rng = Random(f"{network.config.seed} sound")

    @property
    def rings_told(self) -> int:
        return self._line.modem.stats.rings_told

    @property
    def is_on_hook(self) -> bool:
        return self._line.exchange.state.name == "IDLE"

    @property
    def is_behind(self) -> bool:
        return self._line.modem.is_behind

    def identity(self, path: str) -> object | None:
        return (path, self._times_moved) if self._line.plugged_in else None

    def draw_faults(self, chance: Random) -> tuple[str, ...]:
        names: tuple[str, ...] = ()
        faults: dict[str, object] = {}
        for name, share, made in _CALL_FAULTS:
            if chance.random() < share:
                names += (name,)
                faults |= made(chance)
        self._line.modem.misbehave(Faults(**faults))
        return names

    def degrade(self, faults: SoundFaults | None) -> None:
        self._line.exchange.sound = None if faults is None else LineSound(faults, self._rng)

    def break_down(self, chance: Random) -> str:
        name = chance.choice(("errors_only", "never_answers", "ignores_end"))
        self._line.modem.misbehave(Faults(**{name: True}))
        return name

    def cure(self) -> None:
        self._line.modem.misbehave(Faults())
        self.degrade(None)

    def unplug(self) -> None:
        self._line.unplug()

    def plug_in(self, elsewhere: bool) -> None:
        self._times_moved += elsewhere
        self._line.plug_in()

    def clear_by(self, signal: str) -> None:
        exchange = self._line.exchange
        exchange.hang_up_with(TONES.get(signal, ""))
        exchange.clear_by(HOW.get(signal, "tone"))

    def far_end_gone(self, signal: str) -> None:
        if signal == "stream ended":
            self._line.modem.end_stream()


def _letters(chance: Random) -> str:
    return "".join(chance.sample("qsuoYaceftvVRJ$T", 3))


# (name, share of the calls that have it, the fields of Faults)
_CALL_FAULTS = (
    ("lost notices", 0.10, lambda c: {"lost_notices": c.uniform(0.1, 0.6)}),
    ("late notices", 0.15, lambda c: {"late_notices_s": c.uniform(0.05, 1.5)}),
    ("late results", 0.15, lambda c: {"late_results_s": c.uniform(0.1, 1.0)}),
    ("late CONNECT", 0.05, lambda c: {"late_connect_s": c.uniform(0.5, 4.0)}),
    ("no caller ID", 0.05, lambda _: {"no_caller_id": True}),
    ("no end mark", 0.05, lambda _: {"silent_end": True}),
    ("bare OK at the end", 0.05, lambda _: {"bare_end": True}),
    ("streams on after ATH", 0.08, lambda c: {"samples_after_hang_up_ms": c.randrange(50, 900)}),
    ("false dial tone codes", 0.08, lambda _: {"false_dial_codes": True}),
    ("spurious codes", 0.10, lambda c: {"spurious_codes": _letters(c)}),
    ("rhythm unasked", 0.05, lambda _: {"rhythm_always": True}),
    ("garbage", 0.10, lambda c: {"garbage": c.randrange(1, 400)}),
    ("stuck stream", 0.05, lambda _: {"stuck_streaming": True}),
)  # fmt: skip


def network(profile: str, state: Path, chance: Random, country: str) -> NetworkConfig:
    """One modem of a family, its clock, hybrid and habits drawn."""
    habits = LineHabits(country=country, caller_id_first=chance.random() < 0.3)
    line = LineConfig(
        LINE,
        state / "devices" / "line0",
        profile=profile,
        ppm=chance.uniform(-100.0, 100.0),
        echo_db=chance.choice((None, None, None, 8.0, 14.0)),
        digit_form=chance.choice((None, "shielded", "bare", "none")),
        caller_id=chance.choice(("plain", "spaced", "no_name", "number_only", "ddn")),
        habits=habits,
    )
    return NetworkConfig(lines=(line,), seed=chance.randrange(1 << 30))


def _row(name: str, profile: str) -> Emulator:
    line = 'driver = "voice_modem"\nport = "devices/line0"\n'
    return Emulator(name, line, SIGNALS, partial(network, profile), Modem)


ROWS = (
    _row("usr5637", "usr5637"),
    _row("cx93001", "conexant"),
    _row("si24xx", "si24xx"),
    _row("generic", "plain"),
)
