"""Whatever a HAT, its port and the audio loop do in any order: the client recovers."""

from asyncio import Task

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import LinkError
from appliance.linecard.client import LAST_RETRY_S, LinecardClient
from appliance.linecard.link_states import LINK_TABLE, LinkInput, LinkState
from appliance.linecard.messages import (
    RingCadence,
    parse_health,
    parse_hello_reply,
    parse_line_state,
    parse_port_health,
)
from appliance.loop import VirtualLoop
from tests.unit.linecard_rig import Handler, Ports, make, pass_time


@given(st.binary(max_size=40))
def test_any_payload_is_parsed_or_refused(payload: bytes) -> None:
    for parse, size in (
        (parse_hello_reply, 20),
        (parse_health, 24),
        (parse_line_state, 4),
        (parse_port_health, 24),
    ):
        if len(payload) >= size:
            parse(payload)
        else:
            with pytest.raises(LinkError):
                parse(payload)


def test_the_table_is_whole() -> None:
    """Every state can be left, and whoever holds the port ends by waiting for it."""
    for state in LinkState:
        assert any(old is state for old, _ in LINK_TABLE)
    for state in (LinkState.GREETING, LinkState.UP, LinkState.LOST):
        assert LINK_TABLE[state, LinkInput.STOP] is LinkState.STOPPING
        assert LINK_TABLE[state, LinkInput.DETACHED] is LinkState.RETRYING


class Play:
    """One random play: each public method is something that may happen."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.ports: Ports
        self.client: LinecardClient
        self.ports, self.client = make(self.loop)
        self.handler = Handler()
        self.client.register(1, self.handler)
        self.tasks: list[Task[None]] = []

    def start(self, payload: bytes) -> None:
        self.client.start()

    def stop(self, payload: bytes) -> None:
        self.tasks.append(self.loop.create_task(self.client.stop()))
        pass_time(self.loop, 0)

    def reply(self, payload: bytes) -> None:
        if self.ports.listener:
            self.ports.reply()

    def misfit(self, payload: bytes) -> None:
        if self.ports.listener:
            self.ports.reply(version=0)

    def old_reply(self, payload: bytes) -> None:
        if self.ports.listener:
            self.ports.reply(nonce=b"\xff\xff\xff\xff")

    def message(self, payload: bytes) -> None:
        if self.ports.listener and payload:
            self.ports.listener.link_message(payload[0] | 0x80, payload[1:])

    def lost(self, payload: bytes) -> None:
        if self.ports.listener:
            self.ports.listener.link_lost("gone")

    def detached(self, payload: bytes) -> None:
        self.ports.finish_detach()

    def missing(self, payload: bytes) -> None:
        self.ports.fault = OSError("missing")

    def present(self, payload: bytes) -> None:
        self.ports.fault = None

    def full(self, payload: bytes) -> None:
        self.ports.full = True

    def room(self, payload: bytes) -> None:
        self.ports.full = False

    def ring(self, payload: bytes) -> None:
        self.client.ring(1, RingCadence())

    def later(self, payload: bytes) -> None:
        pass_time(self.loop, 0.25)

    def much_later(self, payload: bytes) -> None:
        pass_time(self.loop, 6)


ACTIONS = [name for name in vars(Play) if not name.startswith("_")]
STEPS = st.tuples(st.sampled_from(ACTIONS), st.binary(max_size=4))


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_events_in_any_order_never_raise_nor_open_two_pipes(
    script: list[tuple[str, bytes]],
) -> None:
    play = Play()
    play.client.start()
    for action, payload in script:
        getattr(play, action)(payload)
    # Whatever happened: with a card there and the audio loop willing, it comes up again.
    play.ports.fault, play.ports.full = None, False
    for _ in range(4):
        play.ports.finish_detach()
        play.client.start()
        pass_time(play.loop, LAST_RETRY_S + 0.1)
    if play.client.health["state"] == "greeting":
        play.ports.reply()
    assert play.client.health["state"] == "up"
    assert play.handler.log[-1][0] != "down"
    pass_time(play.loop, 0)
    assert all(task.done() for task in play.tasks)
    play.loop.close()
