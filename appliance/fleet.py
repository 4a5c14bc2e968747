"""The lines, HATs and handsets of the configuration in force: made, kept in step with it, ended."""

import asyncio
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from appliance.errors import LinkError
from appliance.gpio import Gpio
from appliance.interfaces import (
    AudioPorts,
    Clock,
    EventSink,
    LineDriver,
    PipeOpener,
    StationDriver,
    TextListener,
)
from appliance.linecard.client import LinecardClient
from appliance.linecard.messages import (
    CODEC_LINEAR,
    CODEC_ULAW,
    NEWEST_PROTOCOL,
    RingCadence,
)
from appliance.lines.cellular.line import CellularLine
from appliance.lines.cellular.machine import CellularNeeds
from appliance.lines.cellular.power import PinMakers
from appliance.lines.cellular.sim_pin import PinStore
from appliance.lines.gpio_line.line import GpioLine
from appliance.lines.linecard_fxo.line import LinecardFxoLine
from appliance.lines.numbers import INTERNATIONAL_PREFIX
from appliance.lines.voice_modem.line import VoiceModemLine
from appliance.settings import (
    LinecardSettings,
    LineSettings,
    Settings,
    StationSettings,
    resolve_port,
)
from appliance.stations.linecard_fxs import HouseRules, LinecardFxsStation, ring_cadence
from appliance.stations.sound_handset import SoundHandsetStation

STOP_LIMIT_S = 7.5  # a daemon told to stop is gone within 8 s; closing the port hangs up too


@dataclass(frozen=True, slots=True)
class FleetNeeds:
    """What drivers are made with. ``identify``: which device a path names now."""

    state_dir: Path
    sink: EventSink
    audio: AudioPorts
    open_line: PipeOpener
    open_linecard: PipeOpener
    identify: Callable[[str], object | None]
    loop: asyncio.AbstractEventLoop
    clock: Clock
    texts: TextListener
    gpio: Gpio
    sim_pins: PinStore


Linecards = Mapping[str, LinecardClient]


def _voice_modem(line: LineSettings, needs: FleetNeeds, _cards: Linecards) -> LineDriver:
    return VoiceModemLine(
        line,
        needs.sink,
        needs.audio,
        needs.open_line,
        needs.loop,
        clock=needs.clock,
        identify=needs.identify,
    )


def _gpio_line(line: LineSettings, needs: FleetNeeds, _cards: Linecards) -> LineDriver:
    return GpioLine(line, needs.sink, needs.audio, needs.gpio, needs.loop, clock=needs.clock)


def _cellular(line: LineSettings, needs: FleetNeeds, _cards: Linecards) -> LineDriver:
    return CellularLine(
        line,
        CellularNeeds(
            needs.sink,
            needs.audio,
            needs.open_line,
            needs.loop,
            needs.clock,
            needs.identify,
            PinMakers(
                lambda number, is_high: needs.gpio.output(number, is_high=is_high),
                lambda number: needs.gpio.input(number, lambda _is_high, _at_s: None),
            ),
            needs.sim_pins,
            needs.texts,
        ),
    )


def _linecard_fxo(line: LineSettings, needs: FleetNeeds, cards: Linecards) -> LineDriver:
    card = cards[line.linecard]
    return LinecardFxoLine(line, card, needs.sink, needs.audio, needs.loop, clock=needs.clock)


# By the name of its driver, how a line is made; settings.defaults lists the same names.
LINE_MAKERS: Mapping[str, Callable[[LineSettings, FleetNeeds, Linecards], LineDriver]] = (
    MappingProxyType(
        {
            "voice_modem": _voice_modem,
            "cellular": _cellular,
            "gpio_line": _gpio_line,
            "linecard_fxo": _linecard_fxo,
        }
    )
)


@dataclass(frozen=True, slots=True)
class HatParts:
    """A HAT and what is plugged into it: made and ended together."""

    card: LinecardSettings
    lines: tuple[LineSettings, ...]
    stations: tuple[StationSettings, ...]
    house: HouseRules


LEASE_S = 30.0  # a HAT that is lent and not asked for again comes back by itself


class Fleet:
    """Drivers by name. A changed or removed one is stopped, and made anew, once it is idle."""

    def __init__(self, needs: FleetNeeds) -> None:
        self._needs = needs
        self._wanted = Settings()
        self._made: dict[Hashable, object] = {}  # key -> the settings a driver was made from
        self._stopping: set[Hashable] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.lines: dict[str, LineDriver] = {}
        self.linecards: dict[str, LinecardClient] = {}
        self.stations: dict[str, StationDriver] = {}

    def want(self, settings: Settings) -> None:
        """From now on be like ``settings``; `settle` does what can be done now."""
        self._wanted = settings

    def settle(self, is_idle: Callable[[str], bool]) -> None:
        """Stop what is unwanted and idle (``line:NAME``, ``station:EXTENSION``), make what lacks.

        A HAT goes with its handsets and lines: it is replaced when all of them are idle.
        """
        wanted = self._wanted_parts()
        for key, made_from in list(self._made.items()):
            if (
                wanted.get(key) != made_from
                and key not in self._stopping
                and self._idle(key, is_idle)
            ):
                self._stop(key)
        for key, settings in wanted.items():
            if key not in self._made and not self._is_held(key, settings):
                self._make(key, settings)

    def lend_linecard(
        self, name: str, reason: str, is_idle: Callable[[str], bool]
    ) -> dict[str, Any]:
        """Have a HAT let go of its port for `LEASE_S`; ``name`` may be "" when there is but one.

        Raises LookupError when there is no such HAT, LinkError while one of its telephones or
        lines is in use.
        """
        name = name or next(iter(self.linecards), "") if len(self.linecards) < 2 else name
        if name not in self.linecards:
            raise LookupError(f"there is no line card '{name}'" if name else "say which line card")
        card = self.linecards[name]
        if card.health["state"] == "up" and not self._idle(("linecard", name), is_idle):
            raise LinkError(f"{name} is in use: try again when nobody is on the phone")
        return {"linecard": name, "port": card.health["port"], "free": card.lend(reason, LEASE_S)}

    def take_back_linecard(self, name: str) -> None:
        """Reach a HAT that was lent. Raises LookupError."""
        if name not in self.linecards:
            raise LookupError(f"there is no line card '{name}'")
        self.linecards[name].start()

    def health(self) -> dict[str, Any]:
        """What each driver says of itself, as `health.get` gives it."""
        return {
            "lines": {name: dict(line.health) for name, line in self.lines.items()},
            "linecards": {name: dict(card.health) for name, card in self.linecards.items()},
            "stations": {name: dict(one.health) for name, one in self.stations.items()},
        }

    async def stop(self) -> None:
        """Release every line and close every port; left to itself after 7.5 s."""
        self._wanted = Settings()
        for key in [key for key in self._made if key not in self._stopping]:
            self._stop(key)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_LIMIT_S)

    def _wanted_parts(self) -> Mapping[Hashable, object]:
        settings, needs = self._wanted, self._needs
        parts: dict[Hashable, object] = {}
        on_hats: dict[str, list[LineSettings]] = {}
        for line in settings.lines:
            driven = _as_driven(line, needs.state_dir)
            if line.linecard:
                on_hats.setdefault(line.linecard, []).append(driven)
            else:
                parts["line", line.name] = driven
        for card in settings.linecards:
            parts["linecard", card.name] = HatParts(
                replace(card, port=resolve_port(needs.state_dir, card.port)),
                tuple(on_hats.get(card.name, ())),
                tuple(
                    replace(s, level="off") for s in settings.stations if s.linecard == card.name
                ),
                _house_rules(settings.shop.country),
            )
        for station in settings.stations:
            if station.driver == "sound_handset":
                cadence = ring_cadence(settings.shop.country)
                parts["station", station.extension] = (replace(station, level="off"), cadence)
        return parts

    def _idle(self, key: Hashable, is_idle: Callable[[str], bool]) -> bool:
        match key, self._made[key]:
            case ("line", str(name)), _:
                return is_idle(f"line:{name}")
            case ("station", str(extension)), _:
                return is_idle(f"station:{extension}")
            case _, HatParts(lines=lines, stations=stations):
                places = [f"station:{station.extension}" for station in stations]
                places += [f"line:{line.name}" for line in lines]
                return all(is_idle(place) for place in places)
        return True

    def _is_held(self, key: Hashable, settings: object) -> bool:
        """A line moves onto a HAT or off it: what it was made of before still has its name."""
        match key, settings:
            case ("line", str(name)), _:
                return name in self.lines
            case _, HatParts(lines=lines):
                return any(line.name in self.lines for line in lines)
        return False

    def _make(self, key: Hashable, settings: object) -> None:
        needs = self._needs
        self._made[key] = settings  # first: a driver that fails at once makes us settle again
        match key, settings:
            case ("line", str(name)), LineSettings() as line:
                self.lines[name] = LINE_MAKERS[line.driver](line, needs, self.linecards)
                self.lines[name].start()
            case ("station", str(extension)), (
                StationSettings() as station,
                RingCadence() as cadence,
            ):
                handset = SoundHandsetStation(
                    station, needs.sink, needs.audio, needs.gpio, needs.loop, cadence=cadence
                )
                self.stations[extension] = handset
                handset.start()
            case ("linecard", str(name)), HatParts() as parts:
                self._make_hat(name, parts)

    def _make_hat(self, name: str, parts: HatParts) -> None:
        """The client is one; handsets and lines share it."""
        needs = self._needs
        client = LinecardClient(
            name,
            parts.card.port,
            needs.audio,
            needs.open_linecard,
            needs.loop,
            newest=NEWEST_PROTOCOL,
            codecs=CODEC_ULAW | CODEC_LINEAR,
            ring_at_once=parts.card.ring_at_once,
        )
        self.linecards[name] = client
        for station in parts.stations:
            made = LinecardFxsStation(station, client, needs.sink, needs.clock, parts.house)
            self.stations[station.extension] = made
            made.start()
        for line in parts.lines:
            self.lines[line.name] = LINE_MAKERS[line.driver](line, needs, self.linecards)
            self.lines[line.name].start()
        client.start()

    def _stop(self, key: Hashable) -> None:
        self._stopping.add(key)
        task = self._needs.loop.create_task(self._end(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self, key: Hashable) -> None:
        match key, self._made[key]:
            case ("line", str(name)), _:
                await self.lines.pop(name).stop()
            case ("station", str(extension)), _:
                self.stations.pop(extension).stop()
            case ("linecard", str(name)), HatParts(lines=lines, stations=stations):
                for line in lines:
                    await self.lines.pop(line.name).stop()
                for station in stations:
                    self.stations.pop(station.extension).stop()
                await self.linecards.pop(name).stop()
        del self._made[key]
        self._stopping.discard(key)
        self.settle(lambda _endpoint: False)  # make the changed one anew, stop nothing more


def _house_rules(country: str) -> HouseRules:
    prefix = INTERNATIONAL_PREFIX.get(country.upper(), "")
    return HouseRules(ring_cadence(country), country, prefix)


def _as_driven(line: LineSettings, state_dir: Path) -> LineSettings:
    """What the core alone reads is no reason to restart a driver."""
    return replace(
        line,
        port=resolve_port(state_dir, line.port) if line.port else "",
        audio_port=resolve_port(state_dir, line.audio_port) if line.audio_port else "",
        answer="",
        answer_after_rings=1,
        level="off",
        hang_up_tone=(),
        outgoing="allow",
        prefixes=(),
        rates={},
        calls_a_day=0,
        minutes_a_day=0,
    )
