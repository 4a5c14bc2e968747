"""Every event in every state that a line, a caller or a handset can be in: the promises hold."""

import pytest

from appliance.core import events as ev
from appliance.core.commands import PlayPrompt, StartRecording
from tests.core_invariants import Invariants
from tests.core_shop import LINES, STATIONS, Bench, shop

LINE, STATION = "landline", "11"
BUSY_S, HOWLER_S, DIAL_S = 30.0, 60.0, 15.0

Step = ev.Event | str | float  # an event; "heard", "closed" ...: see play(); seconds that pass


def key(digit: str) -> ev.Event:
    return ev.DigitReceived(f"line:{LINE}", digit, "in_band")


def dial(digit: str) -> ev.Event:
    return ev.DigitReceived(f"station:{STATION}", digit, "in_band")


RING, ANSWERED, LIFT = ev.RingDetected(LINE), ev.LineAnswered(LINE), ev.StationLifted(STATION)
SERVED: tuple[Step, ...] = (RING, RING, ANSWERED, "heard")
FLASH = ev.StationFlashed(STATION)
ASKING: tuple[Step, ...] = (dial("1"), dial("2"), ev.StationLifted("12"))
HANGUP = ev.CallerHungUp(LINE, "busy_tone")
CALLS_OUT: tuple[Step, ...] = (LIFT, *(dial(digit) for digit in "90917#"))
RINGBACK, REVERSED = ev.AnswerSignHeard(LINE, "ringback"), ev.AnswerSignHeard(LINE, "polarity")
BUSY_LINES: tuple[Step, ...] = tuple(ev.RingDetected(line) for line in LINES for _ in range(2))
EMERGENCY: tuple[Step, ...] = (
    *(ev.DigitReceived("station:13", digit, "in_band") for digit in "112#"),
)

WAYS: dict[str, tuple[Step, ...]] = {
    "line down": (ev.LineFailed(LINE, "unplugged"),),
    "line ready": (),
    "ringing": (RING,),
    "answering": (RING, RING),
    "announcement": (RING, RING, ANSWERED),
    "menu playing": SERVED,
    "menu waiting": (*SERVED, "heard"),
    "prompt": (*SERVED, key("2")),
    "ring group": (*SERVED, key("1")),
    "hunting": (*SERVED, key("4"), key("1")),
    "talking": (*SERVED, key("1"), LIFT),
    "greeting": (*SERVED, key("0")),
    "message asked": (*SERVED, key("0"), "heard"),
    "message running": (*SERVED, key("0"), "heard", "started", 3.0),
    "message saving": (*SERVED, key("0"), "heard", "started", 3.0, key("#")),
    "message thanks": (*SERVED, key("0"), "heard", "started", 3.0, key("#"), "closed"),
    "message overdue": (*SERVED, key("0"), "heard", "started", 3.0, key("#"), 5.0),
    "releasing": (RING, RING, HANGUP),
    "stuck": (RING, RING, HANGUP, 15.0),
    "message closing after the call": (*SERVED, key("0"), "heard", HANGUP),
    "station down": (ev.StationFailed(STATION, "unplugged"),),
    "dial tone": (LIFT,),
    "dialing": (LIFT, dial("1")),
    "calling": (LIFT, dial("1"), dial("2")),
    "called": (ev.StationLifted("12"), *(ev.DigitReceived("station:12", d, "pulse") for d in "11")),
    "internal talk": (LIFT, dial("1"), dial("2"), ev.StationLifted("12")),
    "on hold": (*SERVED, key("1"), LIFT, FLASH),
    "on hold, dialing": (*SERVED, key("1"), LIFT, FLASH, dial("1")),
    "on hold, calling": (*SERVED, key("1"), LIFT, FLASH, dial("1"), dial("2")),
    "dialling": CALLS_OUT,
    "calling outside": (*CALLS_OUT, ev.LineDialled(LINE, True)),
    "calling, unheard": (*CALLS_OUT, ev.LineDialled(LINE, False)),
    "ringing outside": (*CALLS_OUT, ev.LineDialled(LINE, True), RINGBACK),
    "talking outside": (*CALLS_OUT, ev.LineDialled(LINE, True), REVERSED),
    "outside on hold": (*CALLS_OUT, ev.LineDialled(LINE, True), REVERSED, FLASH),
    "outside, asking": (*CALLS_OUT, ev.LineDialled(LINE, True), REVERSED, FLASH, *ASKING),
    "outside, handed over": (
        *(*CALLS_OUT, ev.LineDialled(LINE, True), REVERSED, FLASH, *ASKING),
        *(ev.StationHungUp(STATION), LIFT),
    ),
    "outside, sent on": (
        *(*CALLS_OUT, ev.LineDialled(LINE, True), REVERSED, FLASH, dial("1"), dial("2")),
        ev.StationHungUp(STATION),
    ),
    "outside, come back": (
        *(*CALLS_OUT, ev.LineDialled(LINE, True), REVERSED, FLASH, dial("1"), dial("2")),
        *(ev.StationHungUp(STATION), 60.0, LIFT),
    ),
    "outside, three talk": (
        *(*CALLS_OUT, ev.LineDialled(LINE, True), REVERSED, FLASH, *ASKING, FLASH),
    ),
    "internal, handed over": (
        *(LIFT, dial("1"), dial("2"), ev.StationLifted("12"), ev.StationFlashed("12")),
        *(ev.DigitReceived("station:12", digit, "pulse") for digit in "13"),
        *(ev.StationLifted("13"), ev.StationHungUp("12")),
    ),
    "internal, sent on": (
        *(LIFT, dial("1"), dial("2"), ev.StationLifted("12"), FLASH, dial("1"), dial("3")),
        ev.StationHungUp(STATION),
    ),
    "internal, the called one sends on": (
        *(LIFT, dial("1"), dial("2"), ev.StationLifted("12"), ev.StationFlashed("12")),
        *(ev.DigitReceived("station:12", digit, "pulse") for digit in "13"),
        ev.StationHungUp("12"),
    ),
    "emergency": (*(LIFT, dial("1"), dial("1"), dial("2"), 2.0), ev.LineDialled(LINE, True)),
    "emergency waits": (*BUSY_LINES, ev.StationLifted("13"), *EMERGENCY),
    "summoned": (ev.CallAsked(STATION, "0917"),),
    "summoned and lifted": (ev.CallAsked(STATION, "0917"), LIFT),
    "on hold, asking": (*SERVED, key("1"), LIFT, FLASH, *ASKING),
    "three talk": (*SERVED, key("1"), LIFT, FLASH, *ASKING, FLASH),
    "away from two": (*SERVED, key("1"), LIFT, FLASH, *ASKING, FLASH, FLASH),
    "welcome": (ev.WelcomeTold(("claim_welcome", "digit_1")), LIFT),
    "welcome said": (ev.WelcomeTold(("claim_welcome",)), LIFT, "heard", "heard", "heard"),
    "busy tone": (LIFT, DIAL_S),
    "reorder": (LIFT, dial("9")),
    "howler": (LIFT, DIAL_S, BUSY_S),
    "off the hook": (LIFT, DIAL_S, BUSY_S, HOWLER_S),
}

EVENTS: tuple[Step, ...] = (
    ev.LineBecameReady(LINE),
    ev.LineFailed(LINE, "unplugged"),
    RING,
    ev.CallerIdReceived(LINE, "", "", "private"),
    ev.CallWaitingReceived(LINE, "0999", "", "allowed"),
    ANSWERED,
    HANGUP,
    ev.LineReleased(LINE),
    *(key(digit) for digit in "1249#"),
    ev.StationBecameReady(STATION, off_hook=False),
    ev.StationBecameReady(STATION, off_hook=True),
    ev.StationFailed(STATION, "unplugged"),
    LIFT,
    ev.StationHungUp(STATION),
    ev.StationFlashed(STATION),
    *(dial(digit) for digit in "129"),
    ev.StationLifted("12"),
    ev.StationFailed("12", "unplugged"),
    "heard",
    "lost",
    "started",
    "failed",
    "closed",
    "silent",
    4.0,
    30.0,
    180.0,
    ev.WelcomeTold(()),
    ev.WelcomeTold(("claim_welcome",)),
    ev.ConfigApplied(shop(generation=2, stations=("12", "13"), lines=("mobile",))),
)


def recording_event(word: str, recording_id: str) -> ev.Event:
    return {
        "started": ev.RecordingStarted(recording_id),
        "failed": ev.RecordingFailed(recording_id, "disk full"),
        "closed": ev.RecordingStopped(recording_id, 9000),
        "silent": ev.SpeechEnded(recording_id),
    }[word]


def play(watch: Invariants, step: Step) -> None:
    if isinstance(step, ev.Event):
        watch.send(step)
    elif isinstance(step, float):
        watch.advance(step)
    elif step in ("heard", "lost"):
        for prompt in [c for c in watch.bench.all if isinstance(c, PlayPrompt)][-1:]:
            reason = "finished" if step == "heard" else "lost"
            watch.send(ev.PlaybackFinished(prompt.playback_id, reason))
    else:
        for recording in [c for c in watch.bench.all if isinstance(c, StartRecording)]:
            watch.send(recording_event(step, recording.recording_id))


@pytest.mark.parametrize("way", WAYS)
def test_every_event_in_this_state(way: str) -> None:
    for event in EVENTS:
        watch = Invariants(Bench(shop(recording="announce")))
        for step in WAYS[way]:
            play(watch, step)
        play(watch, event)
        play(watch, event)  # and once more: told twice
        power_cut(watch)


def power_cut(watch: Invariants) -> None:
    for line in LINES:
        watch.send(ev.LineFailed(line, "power cut"))
    for station in STATIONS:
        watch.send(ev.StationFailed(station, "power cut"))
    assert not watch.bench.exchange.snapshot().calls
    assert not watch.bench.due
    assert not watch.bridged
    assert not watch.offers
    assert not watch.open_legs


def test_the_walk_breaks_when_a_promise_does() -> None:
    """The watch itself can fail: a bridge that is made twice is seen."""
    watch = Invariants(Bench())
    for event in (RING, RING, ANSWERED, key("1"), LIFT):
        watch.send(event)
    bridge = next(c for c in watch.bench.last if type(c).__name__ == "BridgeLegs")
    with pytest.raises(AssertionError):
        watch.see_command(bridge)
