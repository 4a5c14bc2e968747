"""The dispatcher: what the audio loop refuses costs that command alone, and is told."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from appliance.audio.engine import AudioEngine
from appliance.core.commands import PlayTone, StopPlayback, StoryNote, UnbridgeLegs
from appliance.core.events import (
    Event,
    LineAnswered,
    StationBecameReady,
    StationFailed,
    StationHungUp,
    StationLifted,
)
from appliance.dispatch import Dispatcher, Edges
from appliance.errors import AudioError
from appliance.interfaces import LineDriver, StationDriver
from appliance.loop import VirtualLoop


class BusyAudio:
    """Its command ring is full for everything but a tone."""

    def __init__(self) -> None:
        self.tones: list[tuple[int, str]] = []
        self.player = self

    def play_tone(self, port: int, tone: str) -> None:
        self.tones.append((port, tone))

    def __getattr__(self, name: str) -> Any:
        def refuse(*_args: object, **_more: object) -> None:
            raise AudioError(f"{name}: the command ring is full")

        return refuse


class OnPort:
    """A driver of which only the port and its silence step matter."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.name = "landline"
        self.silence_ms = 0


def test_a_refused_command_is_told_and_the_next_is_done() -> None:
    audio, notes, events = BusyAudio(), list[StoryNote](), list[Event]()
    edges = Edges(
        cast(AudioEngine, audio),
        cast(Any, None),
        cast(Any, None),
        {"landline": cast(LineDriver, OnPort(0))},
        {"11": cast(StationDriver, OnPort(24))},
    )
    loop = VirtualLoop()
    dispatcher = Dispatcher(edges, loop, events.append, notes.append)
    dispatcher.carry_out(
        [
            UnbridgeLegs("line:landline", "station:11"),
            StopPlayback("line:landline"),
            PlayTone("station:11", "busy"),
        ]
    )
    dispatcher.observe(LineAnswered("landline"))
    loop.close()
    assert audio.tones == [(24, "busy")]
    assert [note.text for note in notes] == [
        "UnbridgeLegs failed: unbridge: the command ring is full",
        "StopPlayback failed: stop: the command ring is full",
        "Nothing will be heard after LineAnswered(line='landline'): "
        "set_hang_up_tones: the command ring is full",
    ]


class ListeningAudio:
    """Remembers which port's keys are listened for."""

    def __init__(self) -> None:
        self.keys: dict[int, bool] = {}
        self.legs = SimpleNamespace(meter=lambda *_: None, set_automatic_level=lambda *_: None)

    def listen(self, port: int, *, digits: bool, **_more: object) -> None:
        self.keys[port] = digits

    def is_bridged(self, _port: int) -> bool:
        return False

    @property
    def player(self) -> "ListeningAudio":
        return self

    def __getattr__(self, name: str) -> Any:
        return lambda *_args, **_more: None


@pytest.mark.parametrize(
    ("facts", "listens"),
    [
        ([StationBecameReady("11", off_hook=False)], False),
        ([StationBecameReady("11", off_hook=True)], True),
        ([StationBecameReady("11", off_hook=False), StationLifted("11")], True),
        ([StationLifted("11"), StationHungUp("11")], False),
        ([StationLifted("11"), StationFailed("11", ""), StationBecameReady("11", False)], False),
    ],
)
@pytest.mark.parametrize("then_parted", [False, True])
def test_a_handset_is_listened_to_while_it_is_lifted(
    facts: list[Event], listens: bool, then_parted: bool
) -> None:
    audio = ListeningAudio()
    edges = Edges(
        cast(AudioEngine, audio),
        cast(Any, None),
        cast(Any, None),
        {},
        {"11": cast(StationDriver, OnPort(24))},
    )
    loop = VirtualLoop()
    dispatcher = Dispatcher(edges, loop, lambda _event: None, lambda _note: None)
    for fact in facts:
        dispatcher.observe(fact)
    if then_parted:
        dispatcher.carry_out([UnbridgeLegs("line:landline", "station:11")])
    loop.close()
    assert audio.keys == {24: listens}
