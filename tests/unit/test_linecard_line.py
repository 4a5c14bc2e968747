"""An exchange line on a HAT against a scripted link: in any order, the hook is right."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.events import (
    DialFailed,
    Event,
    HangUpSignHeard,
    LineAnswered,
    LineBecameReady,
    LineFailed,
    LineReleased,
    RingDetected,
)
from appliance.linecard.messages import Kind, LineFlag, LineState
from appliance.lines.fxo.states import HOOK_OFF, CallState
from appliance.lines.linecard_fxo.line import LinecardFxoLine
from appliance.lines.linecard_fxo.socket_watch import Bursts, SocketWatch
from appliance.lines.linecard_fxo.states import TRANSITIONS, State, Trigger
from appliance.loop import VirtualLoop
from appliance.settings import LineSettings
from tests.unit.linecard_rig import Ports, make, pass_time

GOOD = LineFlag.READY | LineFlag.CONNECTED
SETTINGS = LineSettings(
    "wall", "linecard_fxo", "hang_up", linecard="hat0", socket=5, country="PH", receive_gain_db=3.0
)


class LinePorts(Ports):
    """Also the audio of a line: what is listened for and which keys are sent."""

    def __init__(self) -> None:
        super().__init__()
        self.open_ports: set[int] = set()
        self.keys: list[str] = []

    def link_port(self, link: int, socket: int, listener: Any) -> int:
        port = super().link_port(link, socket, listener)
        assert port not in self.open_ports
        self.open_ports.add(port)
        return port

    def close_port(self, port: int) -> None:
        self.open_ports.remove(port)

    def listen(self, port: int, **_what: Any) -> None:
        assert port in self.open_ports

    def expect_dial_tone(self, port: int, _is_expected: bool) -> None:
        assert port in self.open_ports

    def send_keys(self, port: int, keys: str, _on_sent: Any) -> None:
        assert port in self.open_ports
        self.keys.append(keys)

    def finish_detach(self) -> None:
        self.open_ports.clear()
        super().finish_detach()

    @property
    def is_seized(self) -> bool:
        """As the HAT obeys: a HELLO puts every line on-hook."""
        orders = {Kind.SEIZE: True, Kind.RELEASE: False, Kind.HELLO: False}
        told = [orders[Kind(kind)] for kind, _ in self.sent if kind in orders]
        return bool(told and told[-1])


class Rig:
    """A line, its client, and what it told."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        _, self.client = make(loop)
        self.ports = LinePorts()
        self.client._audio = self.ports
        self.client._open_pipe = self.ports.open_pipe
        self.client._newest = 2
        self.told: list[Event] = []
        self.line = LinecardFxoLine(
            SETTINGS, self.client, self.told.append, self.ports, loop, clock=loop.clock
        )

    def say(self, kind: Kind, *payload: int) -> None:
        if self.ports.listener is not None:
            self.ports.listener.link_message(kind, bytes(payload))

    def measures(self, flags: int = GOOD, volts: int = 48) -> None:
        self.say(Kind.LINE_STATE, 5, flags, volts & 0xFF, 0)

    def up(self) -> None:
        self.line.start()
        self.client.start()
        self.ports.reply(version=2)
        self.measures()

    def lose(self) -> None:
        if self.ports.listener is not None:
            self.ports.listener.link_lost("the line card fell silent")
            self.ports.finish_detach()

    @property
    def state(self) -> CallState:
        return self.line._state


@pytest.fixture
def rig() -> Iterator[Rig]:
    loop = VirtualLoop()
    yield Rig(loop)
    loop.close()


def test_the_country_and_the_gains_are_sent_each_time_the_link_comes_up(rig: Rig) -> None:
    rig.up()
    assert (Kind.COUNTRY, b"\5PH\0\0") in rig.ports.sent
    assert (Kind.GAIN, b"\5\0\0\0\x1e") in rig.ports.sent
    assert rig.told == [LineBecameReady("wall")]
    rig.lose()
    assert rig.told[1:] == [LineFailed("wall", "the line card fell silent")]
    rig.ports.sent.clear()
    pass_time(rig.loop, 1.0)
    rig.ports.reply(version=2)
    rig.measures()
    assert (Kind.COUNTRY, b"\5PH\0\0") in rig.ports.sent
    assert rig.told[2:] == [LineBecameReady("wall")]


def test_firmware_that_measures_nothing_is_served_all_the_same(rig: Rig) -> None:
    rig.line.start()
    rig.client.start()
    rig.ports.reply(version=1)
    assert rig.told == [LineBecameReady("wall")]
    assert Kind.COUNTRY not in {kind for kind, _ in rig.ports.sent}


def test_ring_answer_loop_open_release(rig: Rig) -> None:
    rig.up()
    rig.say(Kind.RING_DETECTED, 5, 1)
    assert rig.told[-1] == RingDetected("wall")
    pass_time(rig.loop, 1.0)
    rig.say(Kind.RING_DETECTED, 5, 0)
    rig.line.answer()
    assert rig.ports.is_seized
    pass_time(rig.loop, 0.6)
    assert rig.told[-1] == LineAnswered("wall")
    assert rig.line.port == 15
    rig.say(Kind.LOOP, 5, 1)
    assert isinstance(rig.told[-1], HangUpSignHeard)
    assert rig.told[-1].sign == "loop_break"
    rig.line.release()
    assert not rig.ports.is_seized
    assert rig.line.port is None
    pass_time(rig.loop, 2.0)
    assert rig.told[-1] == LineReleased("wall")
    assert rig.line.health["ring_ms"] == [1000, 0]


@pytest.mark.parametrize(
    ("flags", "words"),
    [(0, "does not answer"), (int(LineFlag.READY), "not connected to a line")],
)
def test_why_a_line_does_not_come_into_service(rig: Rig, flags: int, words: str) -> None:
    rig.line.start()
    rig.client.start()
    rig.ports.reply(version=2)
    rig.measures(flags, 0)
    (failed,) = rig.told
    assert isinstance(failed, LineFailed)
    assert words in failed.reason
    assert rig.line.health["state"] == "fault"
    rig.measures()
    assert rig.told[1:] == [LineBecameReady("wall")]


def test_a_battery_that_is_away_for_a_moment_is_no_fault(rig: Rig) -> None:
    rig.up()
    rig.measures(int(LineFlag.READY), 0)
    pass_time(rig.loop, 2.0)
    rig.measures()
    pass_time(rig.loop, 10.0)
    assert rig.told == [LineBecameReady("wall")]
    rig.measures(int(LineFlag.READY), 0)
    pass_time(rig.loop, 3.5)
    assert isinstance(rig.told[-1], LineFailed)


def test_a_chip_that_starts_again_for_its_country_is_no_fault(rig: Rig) -> None:
    rig.up()
    rig.measures(0, 0)
    pass_time(rig.loop, 0.5)
    rig.measures(int(LineFlag.READY), 0)
    rig.measures()
    pass_time(rig.loop, 10.0)
    assert rig.told == [LineBecameReady("wall")]
    rig.measures(0, 0)
    pass_time(rig.loop, 1.5)
    assert isinstance(rig.told[-1], LineFailed)
    assert "does not answer" in rig.told[-1].reason


def test_a_chip_that_says_nothing(rig: Rig) -> None:
    rig.line.start()
    rig.client.start()
    rig.ports.reply(version=2)
    pass_time(rig.loop, 3.5)
    assert isinstance(rig.told[-1], LineFailed)
    assert "says nothing" in rig.told[-1].reason


def test_a_line_in_use_is_dialled_on_by_who_insists_alone(rig: Rig) -> None:
    rig.up()
    rig.measures(GOOD | LineFlag.IN_USE, 9)
    rig.line.dial("911")
    assert rig.told[-1] == DialFailed("wall", "line_in_use")
    assert not rig.ports.is_seized
    rig.line.dial("911", insists=True)
    assert rig.ports.is_seized


def test_polarity_is_told_in_a_call_alone(rig: Rig) -> None:
    rig.up()
    rig.measures(GOOD | LineFlag.REVERSED, -48)
    rig.line.answer()
    pass_time(rig.loop, 0.6)
    before = len(rig.told)
    rig.measures(GOOD, 8)
    assert [event.sign for event in rig.told[before:] if isinstance(event, HangUpSignHeard)] == [
        "polarity"
    ]


def test_stop_releases_and_gives_the_socket_back(rig: Rig) -> None:
    rig.up()
    rig.line.answer()
    rig.loop.run_until_complete(rig.line.stop())
    assert not rig.ports.is_seized
    assert not rig.ports.open_ports
    rig.say(Kind.RING_DETECTED, 5, 1)
    assert rig.told == [LineBecameReady("wall")]


def test_every_state_can_be_left_and_stopped() -> None:
    for state in State:
        if state is not State.DOWN:
            assert TRANSITIONS[state, Trigger.STOP] is State.DOWN
        assert any(old is state for old, _ in TRANSITIONS)
    reached = set(TRANSITIONS.values())
    assert reached == set(State)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["answer", "release", "dial", "flash", "lose", "reply", "ring", "ring_over"]
            ),
            st.sampled_from(["open", "closed", "in_use", "chip_gone", "unplugged", "good"]),
            st.floats(0.01, 12.0),
        ),
        max_size=30,
    )
)
def test_whatever_happens_the_hook_follows_the_state(steps: list[str | float]) -> None:
    loop = VirtualLoop()
    rig = Rig(loop)
    rig.up()
    deeds = {
        "answer": rig.line.answer,
        "release": rig.line.release,
        "dial": lambda: rig.line.dial("123"),
        "flash": rig.line.flash,
        "lose": rig.lose,
        "reply": lambda: rig.ports.reply(version=2) if rig.ports.attached else None,
        "ring": lambda: rig.say(Kind.RING_DETECTED, 5, 1),
        "ring_over": lambda: rig.say(Kind.RING_DETECTED, 5, 0),
        "open": lambda: rig.say(Kind.LOOP, 5, 1),
        "closed": lambda: rig.say(Kind.LOOP, 5, 0),
        "in_use": lambda: rig.measures(GOOD | LineFlag.IN_USE, 9),
        "chip_gone": lambda: rig.measures(0, 0),
        "unplugged": lambda: rig.measures(int(LineFlag.READY), 0),
        "good": rig.measures,
    }
    for step in steps:
        if isinstance(step, float):
            pass_time(loop, step)
        else:
            deeds[step]()
        assert (rig.state in HOOK_OFF) is (rig.line.port is not None)
        assert rig.ports.is_seized is (rig.state in HOOK_OFF) or rig.ports.attached is None
    in_service = [event for event in rig.told if isinstance(event, LineBecameReady | LineFailed)]
    for before, after in itertools.pairwise(in_service):
        assert type(before) is not type(after), "each is told once"
    rig.loop.run_until_complete(rig.line.stop())
    loop.close()


def test_words_and_figures_of_a_socket() -> None:
    watch = SocketWatch("socket 5 of hat0")
    assert (watch.chip_trouble, watch.unplugged, watch.warning) == ("", "", "")
    assert watch.figures["volts"] is None
    assert not watch.told(LineState(5, GOOD, 48, 0))
    assert watch.told(LineState(5, GOOD | LineFlag.REVERSED, -48, 0))
    assert not watch.told(LineState(5, LineFlag.READY, 0, 0))
    assert not watch.told(LineState(5, GOOD, 48, 0)), "nothing is known of a line without battery"
    for _ in range(2):
        watch.told(LineState(5, GOOD | LineFlag.PARALLEL, 6, 15))
    assert watch.lifted == 1
    watch.told(LineState(5, GOOD | LineFlag.OVERLOAD, 6, 120))
    assert "too much current" in watch.warning


def test_the_cadence_of_ringing() -> None:
    bursts = Bursts()
    for at_s, is_on in ((10.0, True), (11.0, False), (15.0, True), (16.5, False)):
        bursts.told(is_on, at_s)
    assert bursts.cadence_ms == (1500, 4000)
