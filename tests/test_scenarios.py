"""Whole calls as text files: facts go in line by line, ``expect`` holds what comes out.

    plan recording=announce      telephony limits, and rings=N, for this scenario; first line;
                                 also lines=, stations=, and what the outgoing plan holds
    ring landline                one burst of ringing; every other word is in EVENTS below
    wait 25                      let seconds pass: timers expire
    finish line:landline         the prompt that plays there ends; ``lost line:landline`` too
    expect PlayTone line:landline ringback
    refuse RingStations          the last event caused none
    state line landline ready    what the status page shows; also ``state call call1 menu``

``expect`` looks at the commands of the last event, in order: each expectation after the one before.
History is written as ``fact KIND key=value ...``, the story as ``note TEXT``.
"""

import shlex
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from appliance.core import events as ev
from appliance.core.commands import Command, HistoryFact, PlayPrompt, StartRecording, StoryNote
from appliance.core.plan import OutgoingPlan
from tests.core_shop import Bench, shop

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = sorted(FOLDER.glob("*.scenario"))


def endpoint(name: str) -> str:
    return name if ":" in name else f"line:{name}"


EVENTS: dict[str, Callable[..., ev.Event]] = {
    "ready": ev.LineBecameReady,
    "fault": lambda line, *why: ev.LineFailed(line, " ".join(why)),
    "restarts": lambda line, *why: ev.LineFailed(line, " ".join(why), back_soon=True),
    "ring": ev.RingDetected,
    "quiet": ev.RingsStopped,
    "callerid": lambda line, number, name="": ev.CallerIdReceived(line, number, name, "allowed"),
    "private": lambda line: ev.CallerIdReceived(line, "", "", "private"),
    "waiting": lambda line, number="": ev.CallWaitingReceived(
        line, number, "", "allowed" if number else "unavailable"
    ),
    "answered": ev.LineAnswered,
    "dialled": lambda line, how="audible": ev.LineDialled(line, how == "audible"),
    "audible": ev.AudioBegan,
    "sign": ev.AnswerSignHeard,
    "gone": lambda line, sign, *measured: ev.HangUpSignHeard(
        line, sign, {name: int(value) for name, value in (one.split("=") for one in measured)}
    ),
    "failed": ev.DialFailed,
    "clock": lambda day, second: ev.LocalTimeTold(day, float(second)),
    "counted": lambda day, line, calls: ev.CallsCounted(day, line, int(calls), 0.0),
    "ask": ev.CallAsked,
    "ask_automatic": lambda station, number: ev.CallAsked(station, number, True),
    "hangup": lambda line: ev.CallerHungUp(line, "busy_tone"),
    "released": ev.LineReleased,
    "digit": lambda who, digit: ev.DigitReceived(endpoint(who), digit, "in_band"),
    "pulse": lambda station, digit: ev.DigitReceived(f"station:{station}", digit, "pulse"),
    "handset": lambda station, hook: ev.StationBecameReady(station, hook == "off"),
    "broken": lambda station, *why: ev.StationFailed(station, " ".join(why)),
    "welcome": lambda *prompts: ev.WelcomeTold(prompts),
    "lift": ev.StationLifted,
    "onhook": ev.StationHungUp,
    "flash": ev.StationFlashed,
    "recording_started": ev.RecordingStarted,
    "recording_failed": lambda recording, *why: ev.RecordingFailed(recording, " ".join(why)),
    "recording_stopped": lambda recording, ms: ev.RecordingStopped(recording, int(ms)),
    "silence": ev.SpeechEnded,
}


def text_of(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def words_of(command: Command) -> list[str]:
    """A command as the words of an expectation; ids of playbacks and timers are left out."""
    left_out = {"playback_id", "timer_id"}
    return [type(command).__name__] + [
        text_of(getattr(command, item.name))
        for item in fields(command)
        if item.name not in left_out
    ]


def matches(command: Command, words: list[str]) -> bool:
    if words[0] == "note":
        return isinstance(command, StoryNote) and " ".join(words[1:]) in command.text
    if words[0] == "fact":
        if not isinstance(command, HistoryFact) or command.kind != words[1]:
            return False
        wanted = dict(word.split("=", 1) for word in words[2:])
        return all(text_of(command.data[key]) == value for key, value in wanted.items())
    return words_of(command)[: len(words)] == words


def of_line(text: str) -> dict[str, dict[str, Any]]:
    """``mobile.calls_a_day:1,mobile.free:0917,landline.rate:09:2.5``: a line's own rules."""
    rules: dict[str, dict[str, Any]] = {}
    for rule in text.split(","):
        name, key = rule.split(":")[0].split(".")
        values, own = rule.split(":")[1:], rules.setdefault(name, {})
        if key == "free":
            own["prefixes"] = (*own.get("prefixes", ()), values[0])
        elif key == "rate":
            own["rates"] = {**own.get("rates", {}), values[0]: float(values[1])}
        else:
            own[key] = int(values[0])
    return rules


class Player:
    """Plays one scenario; every failure names its line."""

    def __init__(self, path: Path) -> None:
        self.lines = [
            (number, shlex.split(line, comments=True))
            for number, line in enumerate(path.read_text().splitlines(), 1)
        ]
        self.path = path
        self.bench = Bench(shop(**self.options()))
        self.seen = 0

    def options(self) -> dict[str, Any]:
        """``listen_in=11,12`` is a list, ``recording=always`` a word, all others are numbers."""
        words = next(words for _, words in self.lines if words)
        if words[0] != "plan":
            return {}
        pairs = dict(word.split("=", 1) for word in words[1:])

        def listed(text: str) -> tuple[str, ...]:
            return tuple(filter(None, text.split(",")))

        read: dict[str, Callable[[str], Any]] = {
            "recording": str,
            "listen_in": listed,
            "lines": listed,
            "stations": listed,
            "allow": listed,
            "deny": listed,
            "network_tells": listed,
            "of_line": of_line,
        }
        values = {key: read.get(key, int)(value) for key, value in pairs.items()}
        rules = {f.name: values.pop(f.name) for f in fields(OutgoingPlan) if f.name in values}
        return {**values, "outgoing": OutgoingPlan(**rules)}

    def play(self) -> None:
        for number, words in self.lines:
            if words and words[0] != "plan":
                where = f"{self.path.name}:{number}: {' '.join(words)}"
                getattr(self, f"do_{words[0]}", self.do_event)(words, where)

    def do_event(self, words: list[str], where: str) -> None:
        assert words[0] in EVENTS, where
        self.seen = 0
        self.bench.send(EVENTS[words[0]](*words[1:]))

    def do_keys(self, words: list[str], where: str) -> None:
        """A handset dials: ``keys 11 90917``."""
        self.seen = 0
        caused = []
        for digit in words[2]:
            self.bench.send(ev.DigitReceived(f"station:{words[1]}", digit, "in_band"))
            caused += self.bench.last
        self.bench.last = caused

    def do_wait(self, words: list[str], where: str) -> None:
        self.seen = 0
        self.bench.advance(float(words[1]))

    def do_finish(self, words: list[str], where: str) -> None:
        self.end_playback(words[1], "finished")

    def do_lost(self, words: list[str], where: str) -> None:
        self.end_playback(words[1], "lost")

    def end_playback(self, where: str, reason: str) -> None:
        playing = [
            command
            for command in self.bench.all
            if isinstance(command, PlayPrompt) and command.endpoint == where
        ]
        self.seen = 0
        self.bench.send(ev.PlaybackFinished(playing[-1].playback_id, reason))

    def do_config(self, words: list[str], where: str) -> None:
        """A new plan: ``config stations=11,12 lines=landline``."""
        self.seen = 0
        lists = {key: value.split(",") for key, value in (word.split("=") for word in words[1:])}
        self.bench.send(ev.ConfigApplied(shop(generation=2, **lists)))

    def do_expect(self, words: list[str], where: str) -> None:
        rest = self.bench.last[self.seen :]
        found = [index for index, command in enumerate(rest) if matches(command, words[1:])]
        listing = "\n  ".join(str(command) for command in rest)
        assert found, f"{where}\nnot among:\n  {listing}"
        self.seen += found[0] + 1

    def do_refuse(self, words: list[str], where: str) -> None:
        assert not [c for c in self.bench.last if matches(c, words[1:])], where

    def do_state(self, words: list[str], where: str) -> None:
        status = self.bench.exchange.snapshot()
        states = {
            "line": {line.name: line.state for line in status.lines},
            "station": {station.extension: station.state for station in status.stations},
            "call": {call.call_id: call.state for call in status.calls},
        }
        assert states[words[1]].get(words[2], "none") == words[3], f"{where}: {states[words[1]]}"


@pytest.mark.parametrize("path", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_scenario(path: Path) -> None:
    player = Player(path)
    player.play()
    began, ended = player.bench.facts("call_began"), player.bench.facts("call_ended")
    assert {fact.call_id for fact in ended} <= {fact.call_id for fact in began}
    assert len({fact.call_id for fact in ended}) == len(ended)


def test_scenarios_are_found() -> None:
    assert len(SCENARIOS) >= 20


def test_a_wrong_expectation_fails(tmp_path: Path) -> None:
    path = tmp_path / "wrong.scenario"
    path.write_text("ring landline\nexpect AnswerLine landline\n")
    with pytest.raises(AssertionError, match=r"wrong.scenario:2"):
        Player(path).play()


def test_recordings_in_scenarios_are_numbered() -> None:
    bench = Bench(shop(recording="always"))
    for event in (ev.RingDetected("landline"), ev.RingDetected("landline")):
        bench.send(event)
    bench.send(ev.LineAnswered("landline"))
    assert bench.latest(StartRecording).recording_id == "recording1"
