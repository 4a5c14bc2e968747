"""The exchange as its callers see it: the snapshot, stale ids, unknown names and the story."""

import pytest

from appliance.core import events as ev
from appliance.core.commands import Command, PlayPrompt, StoryNote
from appliance.core.exchange import Exchange
from appliance.core.outcome import Progress, disposition
from appliance.core.plan import LinePlan, Plan
from tests.core_shop import Bench, counting_ids, shop


def test_an_empty_plan_is_a_quiet_exchange() -> None:
    exchange = Exchange(Plan(0), counting_ids())
    assert exchange.snapshot().lines == ()
    (note,) = exchange.handle(ev.RingDetected("landline"), 1.0)
    assert isinstance(note, StoryNote)
    assert note.text == "Ignored: line landline is not in the configuration"


@pytest.mark.parametrize(
    "event",
    [
        ev.TimerExpired("timer99"),
        ev.PlaybackFinished("playback99", "finished"),
        ev.RecordingStarted("recording99"),
        ev.RecordingStopped("recording99", 5),
        ev.RecordingFailed("recording99", "disk full"),
        ev.SpeechEnded("recording99"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_comes_too_late_means_nothing(event: ev.Event) -> None:
    assert Bench().send(event) == []


def test_a_replaced_prompt_may_end_afterwards() -> None:
    bench = Bench()
    for _ in range(2):
        bench.send(ev.RingDetected("landline"))
    bench.send(ev.LineAnswered("landline"))
    welcome = bench.latest(PlayPrompt).playback_id
    bench.send(ev.DigitReceived("line:landline", "2", "in_band"))
    assert bench.send(ev.PlaybackFinished(welcome, "digit")) == []
    assert bench.exchange.snapshot().calls[0].state == "playing"


def test_the_same_refusal_is_told_once_a_minute() -> None:
    bench = Bench()
    told: list[Command] = []
    for _ in range(120):
        told += bench.send(ev.LineAnswered("landline"))
        bench.now += 1.0
    assert len(told) == 2


def test_snapshot_while_two_calls_run() -> None:
    bench = Bench()
    bench.now = 100.0
    bench.send(ev.CallerIdReceived("mobile", "0917", "Ana", "allowed"))
    bench.send(ev.RingDetected("mobile"))
    bench.now = 101.0
    bench.send(ev.LineAnswered("mobile"))
    bench.now = 105.0
    bench.send(ev.StationLifted("11"))
    bench.send(ev.StationLifted("21"))
    for digit in "13":
        bench.send(ev.DigitReceived("station:21", digit, "in_band"))
    status = bench.exchange.snapshot()

    inbound, internal = status.calls
    assert (inbound.line, inbound.number, inbound.name) == ("mobile", "0917", "Ana")
    assert (inbound.state, inbound.since, inbound.began) == ("talking", 105.0, 100.0)
    assert (inbound.answered, inbound.station) == (101.0, "11")
    assert (internal.direction, internal.line, internal.number) == ("internal", "", "21")
    assert (internal.state, internal.answered, internal.station) == ("offered", None, "")

    mobile = next(line for line in status.lines if line.name == "mobile")
    assert (mobile.state, mobile.since, mobile.call_id) == ("in_call", 101.0, inbound.call_id)
    assert mobile.number_now == "0917"

    stations = {s.extension: (s.state, s.peer, s.call_id) for s in status.stations}
    assert stations["11"] == ("talking", "0917", inbound.call_id)
    assert stations["12"] == ("idle", "", "")
    assert stations["13"] == ("ringing", "21", internal.call_id)
    assert stations["21"] == ("calling", "13", internal.call_id)
    assert [s.name for s in status.stations][:2] == ["Counter", "Kitchen"]


def test_a_snapshot_does_not_change_afterwards() -> None:
    bench = Bench()
    before = bench.exchange.snapshot()
    bench.send(ev.RingDetected("landline"))
    assert before.calls == ()
    assert before != bench.exchange.snapshot()


def test_a_line_that_fails_says_why_until_it_is_ready() -> None:
    bench = Bench()
    bench.send(ev.LineFailed("landline", "the modem was unplugged"))
    assert line_of(bench) == ("fault", "the modem was unplugged")
    bench.send(ev.LineBecameReady("landline"))
    assert line_of(bench) == ("ready", "")


def line_of(bench: Bench) -> tuple[str, str]:
    line = next(line for line in bench.exchange.snapshot().lines if line.name == "landline")
    return line.state, line.reason


def test_a_plan_that_names_nothing_ends_the_call_and_says_so() -> None:
    bench = Bench(Plan(1, lines={"odd": LinePlan("odd", "queue:none")}))
    for event in (ev.RingDetected("odd"), ev.RingDetected("odd"), ev.LineAnswered("odd")):
        bench.send(event)
    (ended,) = bench.facts("call_ended")
    assert ended.data["reason"] == "the plan holds no queue:none"


def test_every_note_of_a_call_carries_its_id_and_figures() -> None:
    bench = Bench()
    for _ in range(2):
        bench.send(ev.RingDetected("mobile"))
    bench.send(ev.LineAnswered("mobile"))
    bench.advance(25.0)
    notes = [c for c in bench.all if isinstance(c, StoryNote) and c.call_id]
    assert {note.call_id for note in notes} == {"call1"}
    tried = next(note for note in notes if "nobody lifted" in note.text)
    assert dict(tried.figures) == {"rang": 2, "ring_for_s": 25.0}


def test_the_same_day_twice_gives_the_same_commands() -> None:
    def day() -> list[Command]:
        bench = Bench(shop(recording="always"))
        for event in (ev.RingDetected("mobile"), ev.RingDetected("mobile")):
            bench.send(event)
        bench.send(ev.LineAnswered("mobile"))
        bench.advance(300.0)
        return bench.all

    assert day() == day()


@pytest.mark.parametrize(
    ("progress", "ended_by", "failed", "word"),
    [
        (Progress(talked=True), "line", True, "answered"),
        (Progress(message_taken=True, offers=2), "caller", False, "voicemail"),
        (Progress(), "line", True, "failed"),
        (Progress(prompt_heard=True), "caller", False, "answered"),
        (Progress(all_busy=True), "caller", False, "abandoned"),
        (Progress(all_busy=True), "box", False, "busy"),
        (Progress(offers=2), "box", False, "no_answer"),
        (Progress(), "box", False, "no_answer"),
    ],
)
def test_disposition(progress: Progress, ended_by: str, failed: bool, word: str) -> None:
    assert disposition(progress, ended_by, failed) == word
