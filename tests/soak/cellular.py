"""Cellular modems to soak: each model and way of its sound, wired to a power key and a supply."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

from appliance.simulator.cellular.attachment import NetworkHabits
from appliance.simulator.cellular.calls import Call
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.cellular.line import CellularConfig, SimulatedCellular
from appliance.simulator.line_sound import LineSound, SoundFaults
from appliance.simulator.network import NetworkConfig, SimulatedNetwork
from tests.soak.emulators import LINE, Emulator

# As modems.SIGNALS: how long after the far end has gone the line shows it. A call that stays in
# the list of calls shows nothing but silence.
SIGNALS = {
    "notice": 0.0,
    "late notice": 2.5,
    "no notice": 0.0,
    "stays listed": 40.0,
    "listed until a restart": 40.0,
}
_SHOWN = {
    "late notice": {"late_notice_s": 2.5},
    "no notice": {"lost_end": 1.0},
    "stays listed": {"stuck_call": "hang_up"},
    "listed until a restart": {"stuck_call": "reset"},
}
KEY_GPIO, SUPPLY_GPIO = 23, 24
CARD = "usb:Soak"
_LINE_TOML = f"""driver = "cellular"
port = "devices/line0"
audio = "{{audio}}"
{{where}}
power_gpio = {KEY_GPIO}
supply_gpio = {SUPPLY_GPIO}
"""
_CARD_TOML = f"""[[sound_card]]
name = "card"
device = "{CARD}"
"""


class Mobile:
    """A cellular modem on its network; implements emulators.Equipment."""

    def __init__(self, network: SimulatedNetwork) -> None:
        self._mobile: SimulatedCellular = network.mobile(LINE)
        self._modem, self._calls = self._mobile.modem, self._mobile.calls
        self._rng = Random(f"{network.config.seed} mobile")
        self._times_moved = 0
        self._faults = CellularFaults()
        self._is_uart = self._modem.profile.usb_up_s[1] == 0
        self.rings_told = 0
        self._rings, self._modem.call_rings = self._modem.call_rings, self._ring
        _wire_power(network, self._mobile)

    def _ring(self, call: Call) -> None:
        before = self._calls.rings_told
        self._rings(call)
        is_heard = self._modem.has_port and self._modem.unit.faults.wedged in ("", "reset")
        self.rings_told += is_heard * (self._calls.rings_told - before)

    @property
    def is_on_hook(self) -> bool:
        return not self._calls.there

    @property
    def is_behind(self) -> bool:
        """Its late RINGs are told of calls that still ring alone."""
        return False

    def identity(self, path: str) -> object | None:
        if path != str(self._mobile.path):
            return path
        restarts = 0 if self._is_uart else self._modem.restarts
        return (path, restarts, self._times_moved) if self._mobile.plugged_in else None

    def draw_faults(self, chance: Random) -> tuple[str, ...]:
        names: tuple[str, ...] = ()
        faults: dict[str, object] = {}
        for name, share, made in _CALL_FAULTS:
            if chance.random() < share:
                names += (name,)
                faults |= made(chance)
        self._misbehave(CellularFaults(**faults))
        return names

    def degrade(self, faults: SoundFaults | None) -> None:
        self._calls.sound = None if faults is None else LineSound(faults, self._rng)

    def break_down(self, chance: Random) -> str:
        name = chance.choice(tuple(_BREAKS))
        _BREAKS[name](self)
        return name

    def wedge(self, cured_by: str) -> None:
        self._misbehave(replace(self._faults, wedged=cured_by))

    def restart(self) -> None:
        self._modem.restart()

    def brown_out(self) -> None:
        self._mobile.set_supply(False)
        self._mobile.set_supply(True)

    def lose_network(self) -> None:
        self._mobile.attachment.lose_service()

    def cure(self) -> None:
        self._misbehave(CellularFaults())
        self.degrade(None)
        if not self._mobile.attachment.has_service:
            self._mobile.attachment.regain_service()

    def unplug(self) -> None:
        self._mobile.unplug(keeps_power=self._rng.random() < 0.5)

    def plug_in(self, elsewhere: bool) -> None:
        self._times_moved += elsewhere
        self._mobile.plug_in()

    def clear_by(self, signal: str) -> None:
        self._misbehave(replace(self._faults, **_SHOWN.get(signal, {})))

    def far_end_gone(self, signal: str) -> None:
        """The network shows all of it."""

    def _misbehave(self, faults: CellularFaults) -> None:
        self._faults = faults
        self._mobile.misbehave(faults)


_BREAKS: dict[str, Callable[[Mobile], None]] = {
    "port dead": lambda mobile: mobile.wedge("reopen"),
    "errors only": lambda mobile: mobile.wedge("reset"),
    "silent until its power key": lambda mobile: mobile.wedge("power_key"),
    "silent until its supply": lambda mobile: mobile.wedge("supply"),
    "restarted by itself": Mobile.restart,
    "brown-out": Mobile.brown_out,
    "no network": Mobile.lose_network,
}

# (name, share of the calls that have it, the fields of CellularFaults)
_CALL_FAULTS = (
    ("lost notices", 0.10, lambda c: {"lost_ring": c.uniform(0.1, 0.6)}),
    ("lost begin", 0.10, lambda _: {"lost_begin": 1.0}),
    ("late notices", 0.15, lambda c: {"late_notice_s": c.uniform(0.1, 3.0)}),
    ("early begin", 0.10, lambda _: {"early_begin": True}),
    ("interleaved", 0.20, lambda _: {"interleaved": True}),
    ("sound refused", 0.10, lambda c: {"pcm_errors": c.randrange(1, 4)}),
    ("sound never starts", 0.02, lambda _: {"pcm_never_starts": True}),
    ("sound stalls", 0.05, lambda c: {"pcm_stalls_after_s": c.uniform(1.0, 8.0)}),
    ("second call degraded", 0.08, lambda c: {"second_call": c.choice(("choppy", "dead"))}),
    ("keys told twice", 0.10, lambda _: {"repeated_digits": True}),
    ("SIM busy", 0.10, lambda c: {"sim_busy": c.randrange(1, 4)}),
)  # fmt: skip


def _wire_power(network: SimulatedNetwork, mobile: SimulatedCellular) -> None:
    """A GPIO that presses the power key while it is high, and one that feeds the modem."""
    pins = network.gpio.pins
    key, supply = pins.number(KEY_GPIO), pins.number(SUPPLY_GPIO)
    pressed_at: list[float] = []

    def key_moved() -> None:
        if key.drives and not pressed_at:
            pressed_at.append(pins.ticks())
        elif not key.drives and pressed_at:
            mobile.power_key.press(pins.ticks() - pressed_at.pop())

    key.watcher = key_moved
    supply.watcher = lambda: mobile.set_supply(supply.drives is not False)


def network(profile: str, audio: str, state: Path, chance: Random, country: str) -> NetworkConfig:
    """One modem, its clock, the size of its writes and its operator's habits drawn."""
    devices = state / "devices"
    is_serial = audio == "serial_pcm"
    line = CellularConfig(
        LINE,
        devices / "line0",
        profile=profile,
        audio=audio,
        audio_path=devices / "line0-pcm" if is_serial else None,
        sound_card="" if is_serial else CARD,
        ppm=chance.uniform(-100.0, 100.0),
        chunk_bytes=chance.choice((0, 320, 640)),
        network=NetworkHabits(
            country=country,
            lte_only=chance.random() < 0.2,
            volte=chance.random() < 0.7,
            clip_on_first_ring=chance.random() < 0.5,
        ),
    )
    return NetworkConfig(cellular=(line,), seed=chance.randrange(1 << 30))


def _row(name: str, profile: str, audio: str) -> Emulator:
    is_serial = audio == "serial_pcm"
    where = 'audio_port = "devices/line0-pcm"' if is_serial else 'sound_card = "card"'
    line = _LINE_TOML.format(audio=audio, where=where)
    tables = "" if is_serial else _CARD_TOML
    return Emulator(name, line, SIGNALS, partial(network, profile, audio), Mobile, tables)


ROWS = (
    _row("ec25", "ec25", "usb_sound"),
    _row("ec25_pcm", "ec25", "serial_pcm"),
    _row("sim7600", "sim7600", "serial_pcm"),
    _row("a7672", "a7672", "sound_card"),
    _row("sim800", "sim800", "sound_card"),
)
