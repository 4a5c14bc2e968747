"""A handset on a HAT: what it tells the core and what it asks of the HAT."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.events import (
    DigitReceived,
    Event,
    StationBecameReady,
    StationFailed,
    StationFlashed,
    StationHungUp,
    StationLifted,
)
from appliance.errors import AudioError
from appliance.interfaces import PortListener, StationDriver
from appliance.linecard import messages
from appliance.linecard.messages import RingCadence
from appliance.settings import StationSettings
from appliance.stations.linecard_fxs import HouseRules, LinecardFxsStation, ring_cadence


class Card:
    """A LinecardClient as the station sees it."""

    name = "hat0"

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.shown: list[tuple[int, bytes]] = []
        self.has_port = True

    def register(self, socket: int, handler: Any) -> None:
        self.asked.append(("register", socket))

    def unregister(self, socket: int) -> None:
        self.asked.append(("unregister", socket))

    def open_port(self, socket: int, listener: PortListener) -> int:
        if not self.has_port:
            raise AudioError("no free port")
        return 20 + socket

    def ring(self, socket: int, cadence: RingCadence) -> None:
        self.asked.append(("ring", socket, cadence))

    def stop_ring(self, socket: int) -> None:
        self.asked.append(("stop_ring", socket))

    def country(self, socket: int, letters: str) -> None:
        self.asked.append(("country", socket, letters))

    def caller_id(self, socket: int, message: bytes) -> None:
        self.shown.append((socket, message))


class Noon:
    """A clock that stands still."""

    def monotonic(self) -> float:
        return 0.0

    def utc(self) -> float:
        return 43_200.0


def make() -> tuple[Card, LinecardFxsStation, list[Event]]:
    card, events = Card(), []
    where = StationSettings(
        extension="11", name="Counter", driver="linecard_fxs", linecard="hat0", socket=3
    )
    house = HouseRules(ring_cadence("US"), "US", "011")
    station = LinecardFxsStation(where, card, events.append, Noon(), house)  # type: ignore[arg-type]
    station.start()
    return card, station, events


def test_a_call_on_a_handset() -> None:
    card, station, events = make()
    driver: StationDriver = station
    assert card.asked == [("register", 3)]
    assert driver.port is None
    station.on_up(off_hook=False)
    assert driver.port == 23
    driver.ring("0917", "Ana", "allowed")
    assert card.asked[1:] == [("country", 3, "US"), ("ring", 3, RingCadence(2000, 4000))]
    ((socket, message),) = card.shown
    assert (socket, message[12:]) == (3, b"\x02\x040917\x07\x03Ana")
    assert driver.health["ringing"] is True
    station.on_hook(True)
    driver.stop_ringing()  # the HAT stopped by itself
    assert card.asked[-1][0] == "ring"
    station.digit_heard("5", 61)
    station.on_pulse_digit("7")
    station.on_flash()
    station.on_hook(False)
    assert events == [
        StationBecameReady("11", False),
        StationLifted("11"),
        DigitReceived("station:11", "5", "in_band"),
        DigitReceived("station:11", "7", "pulse"),
        StationFlashed("11"),
        StationHungUp("11"),
    ]
    driver.ring("0917", "Ana", "allowed")
    driver.stop_ringing()
    assert card.asked[-1] == ("stop_ring", 3)


def test_off_the_hook_at_boot_is_never_rung() -> None:
    card, station, events = make()
    station.on_up(off_hook=True)
    assert events == [StationBecameReady("11", True)]
    station.ring("", "", "unavailable")
    assert card.asked == [("register", 3), ("country", 3, "US")]
    assert card.shown == []


def test_a_lost_link_fails_the_station_until_it_returns() -> None:
    _, station, events = make()
    station.on_up(off_hook=False)
    station.on_down("hat0 fell silent")
    assert station.port is None
    assert station.health["state"] == "down"
    assert station.health["reason"] == "hat0 fell silent"
    station.digit_heard("1", 60)  # a late one of the old link
    station.on_up(off_hook=False)
    assert events[1:] == [StationFailed("11", "hat0 fell silent"), StationBecameReady("11", False)]


def test_no_audio_port_is_a_failure_with_a_reason() -> None:
    card, station, events = make()
    card.has_port = False
    station.on_up(off_hook=False)
    assert events == [StationFailed("11", "no free port")]


def test_a_stopped_station_gives_its_socket_back() -> None:
    card, station, events = make()
    station.on_up(off_hook=False)
    station.stop()
    assert card.asked[-1] == ("unregister", 3)
    assert station.port is None
    assert events == [StationBecameReady("11", False)]


@pytest.mark.parametrize(("country", "on_ms", "off_ms"), [("PH", 1000, 4000), ("us", 2000, 4000)])
def test_ringing_by_country(country: str, on_ms: int, off_ms: int) -> None:
    assert ring_cadence(country) == RingCadence(on_ms, off_ms)


def test_where_telephones_ring_twice_they_are_told_to() -> None:
    cadence = ring_cadence("GB")
    assert messages.ring(1, cadence).hex() == "01019000c8019007d0"  # as ring_socket_1_double
    assert messages.ring(1, ring_cadence("PH")).hex() == "0103e80fa0"


STIMULI = {
    "up": lambda station: station.on_up(False),
    "up_off_hook": lambda station: station.on_up(True),
    "down": lambda station: station.on_down("gone"),
    "lift": lambda station: station.on_hook(True),
    "hang_up": lambda station: station.on_hook(False),
    "flash": lambda station: station.on_flash(),
    "digit": lambda station: station.digit_heard("1", 60),
    "ring": lambda station: station.ring("", "", "unavailable"),
}

#: What an event needs the handset to be (True: lifted, None: down), and what it makes of it.
RULES: dict[type[Event], tuple[set[bool | None], bool | None]] = {
    StationFailed: ({True, False, None}, None),
    StationLifted: ({False}, True),
    StationHungUp: ({True}, False),
    StationFlashed: ({True}, True),
    DigitReceived: ({True}, True),
}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(sorted(STIMULI)), max_size=30))
def test_lifting_and_hanging_up_alternate(script: list[str]) -> None:
    _, station, events = make()
    for stimulus in script:
        STIMULI[stimulus](station)
    lifted: bool | None = None
    for event in events:
        if isinstance(event, StationBecameReady):
            lifted = event.off_hook
        else:
            needs, lifted_after = RULES[type(event)]
            assert lifted in needs
            lifted = lifted_after
    assert station.port == (None if lifted is None else 23)
