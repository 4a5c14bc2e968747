"""The caller hangs up, the line fails, or nothing more happens, in every state of a call."""

from collections.abc import Callable

import pytest

from appliance.core import events as ev
from appliance.core.commands import AnswerLine, PlayPrompt, ReleaseLine, StartRecording
from tests.core_invariants import Invariants
from tests.core_shop import Bench, shop

Step = Callable[[Invariants, str], ev.Event]


def ring(_: Invariants, line: str) -> ev.Event:
    return ev.RingDetected(line)


def answered(_: Invariants, line: str) -> ev.Event:
    return ev.LineAnswered(line)


def heard(watch: Invariants, line: str) -> ev.Event:
    return ev.PlaybackFinished(watch.bench.latest(PlayPrompt).playback_id, "finished")


def key(digit: str) -> Step:
    return lambda _, line: ev.DigitReceived(f"line:{line}", digit, "in_band")


def lift(_: Invariants, line: str) -> ev.Event:
    return ev.StationLifted("11")


def closed(watch: Invariants, line: str) -> ev.Event:
    return ev.RecordingStopped(watch.bench.latest(StartRecording).recording_id, 9000)


def silent(watch: Invariants, line: str) -> ev.Event:
    return ev.SpeechEnded(watch.bench.latest(StartRecording).recording_id)


def station_gone(_: Invariants, line: str) -> ev.Event:
    return ev.StationFailed("11", "unplugged")


SERVED = (ring, ring, answered, heard)

# the caller's leg state: a way into it
WAYS: dict[str, tuple[str, tuple[Step, ...]]] = {
    "ringing": ("ringing", (ring,)),
    "answering": ("answering", (ring, ring)),
    "announcement": ("announcement", (ring, ring, answered)),
    "menu playing": ("menu", SERVED),
    "menu waiting": ("menu", (*SERVED, heard)),
    "menu after a wrong key": ("menu", (*SERVED, key("7"))),
    "menu in a menu": ("menu", (*SERVED, key("4"))),
    "prompt": ("playing", (*SERVED, key("2"))),
    "ring group": ("offered", (*SERVED, key("1"))),
    "one station": ("offered", (*SERVED, key("3"))),
    "hunting": ("offered", (*SERVED, key("4"), key("1"))),
    "talking": ("talking", (*SERVED, key("1"), lift)),
    "offered again": ("offered", (*SERVED, key("1"), lift, station_gone)),
    "voicemail greeting": ("voicemail", (*SERVED, key("0"))),
    "voicemail recording": ("voicemail", (*SERVED, key("0"), heard)),
    "voicemail saving": ("voicemail", (*SERVED, key("0"), heard, silent)),
    "voicemail thanking": ("voicemail", (*SERVED, key("0"), heard, silent, closed)),
}


def watch_in(way: str) -> Invariants:
    state, steps = WAYS[way]
    watch = Invariants(Bench(shop(recording="announce")))
    for step in steps:
        watch.send(step(watch, "landline"))
        watch.advance(0.5)
    assert [call.state for call in watch.bench.exchange.snapshot().calls] == [state]
    return watch


def check_over(watch: Invariants, ended_by: str) -> None:
    (fact,) = watch.bench.facts("call_ended")
    assert fact.data["ended_by"] == ended_by
    assert not watch.bench.exchange.snapshot().calls
    assert not watch.bridged
    assert not watch.ringing
    assert not watch.open_legs
    assert not [o for o in watch.bench.exchange.running_timers().values() if o.startswith("call:")]


@pytest.mark.parametrize("way", WAYS)
def test_the_caller_hangs_up(way: str) -> None:
    watch = watch_in(way)
    was_answered = any(isinstance(command, AnswerLine) for command in watch.bench.all)
    watch.send(ev.CallerHungUp("landline", "loop_break"))
    check_over(watch, "caller")
    released = [command for command in watch.bench.all if isinstance(command, ReleaseLine)]
    assert len(released) == (1 if was_answered else 0)
    watch.send(ev.LineReleased("landline"))
    watch.send(ev.CallerHungUp("landline", "told again"))
    watch.send(ev.RingDetected("landline"))
    assert [call.state for call in watch.bench.exchange.snapshot().calls] == ["ringing"]
    assert not [note for note in watch.bench.notes() if "Ignored" in note]


@pytest.mark.parametrize("way", WAYS)
def test_the_line_fails(way: str) -> None:
    watch = watch_in(way)
    watch.send(ev.LineFailed("landline", "the modem was unplugged"))
    check_over(watch, "line")
    assert not [command for command in watch.bench.last if isinstance(command, ReleaseLine)]
    watch.send(ev.LineBecameReady("landline"))
    watch.send(ev.RingDetected("landline"))
    assert len(watch.bench.exchange.snapshot().calls) == 1


@pytest.mark.parametrize("way", WAYS)
def test_nothing_more_happens_and_the_call_still_ends(way: str) -> None:
    """No event but time, and prompts that end: a call is never stuck, and never lasts for ever."""
    watch = watch_in(way)
    for _ in range(12):
        for playing in [c for c in watch.bench.all if isinstance(c, PlayPrompt)][-1:]:
            watch.send(ev.PlaybackFinished(playing.playback_id, "finished"))
        watch.advance(2 * 3600.0)
    assert not watch.bench.exchange.snapshot().calls
    assert len(watch.bench.facts("call_ended")) == 1
