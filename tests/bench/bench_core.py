"""The call core alone: events per second, and one simulated day of 500 calls."""

from time import perf_counter

from appliance.core import events as ev
from appliance.core.commands import Command, PlayPrompt, StartRecording
from tests.core_shop import Bench, shop

CALLS_A_DAY = 500
PACE_S = 12 * 3600.0 / CALLS_A_DAY  # spread over twelve opening hours


class CountingBench(Bench):
    """Counts the events that go in."""

    def __init__(self) -> None:
        self.events = 0
        super().__init__(shop(recording="announce"))

    def send(self, event: ev.Event) -> list[Command]:
        self.events += 1
        return super().send(event)


def answered_call(bench: Bench, line: str) -> None:
    """Notice, menu, key 1, both handsets ring, one lifts, they talk, it hangs up."""
    served_call(bench, line)
    bench.send(ev.DigitReceived(f"line:{line}", "1", "in_band"))
    bench.advance(6.0)
    bench.send(ev.StationLifted("11"))
    bench.advance(40.0)
    bench.send(ev.StationHungUp("11"))
    finished_call(bench, line)


def message_call(bench: Bench, line: str) -> None:
    """Nobody lifts, and the caller leaves a message."""
    served_call(bench, line)
    bench.send(ev.DigitReceived(f"line:{line}", "1", "in_band"))
    bench.advance(25.0)
    bench.send(ev.RecordingStopped(bench.latest(StartRecording).recording_id, 30_000))
    bench.send(ev.PlaybackFinished(bench.latest(PlayPrompt).playback_id, "finished"))
    bench.advance(10.0)
    bench.send(ev.CallerHungUp(line, "busy_tone"))
    finished_call(bench, line)


def abandoned_call(bench: Bench, line: str) -> None:
    """A wrong key, no key, and the caller gives up."""
    served_call(bench, line)
    bench.send(ev.DigitReceived(f"line:{line}", "7", "in_band"))
    bench.send(ev.PlaybackFinished(bench.latest(PlayPrompt).playback_id, "finished"))
    bench.advance(6.5)
    bench.send(ev.CallerHungUp(line, "busy_tone"))
    finished_call(bench, line)


def served_call(bench: Bench, line: str) -> None:
    bench.send(ev.RingDetected(line))
    bench.send(ev.CallerIdReceived(line, "09171234567", "", "allowed"))
    bench.send(ev.LineAnswered(line))
    bench.send(ev.PlaybackFinished(bench.latest(PlayPrompt).playback_id, "finished"))
    bench.send(ev.RecordingStarted(bench.latest(StartRecording).recording_id))


def finished_call(bench: Bench, line: str) -> None:
    bench.send(ev.RecordingStopped(bench.latest(StartRecording).recording_id, 60_000))
    bench.send(ev.LineReleased(line))


def simulated_day() -> tuple[int, int, float]:
    """Calls that ended, events that went in, seconds it took."""
    bench = CountingBench()
    kinds = (answered_call, message_call, answered_call, abandoned_call)
    began = perf_counter()
    for number in range(CALLS_A_DAY):
        kinds[number % len(kinds)](bench, "landline")
        bench.advance(max(0.0, number * PACE_S - bench.now))
    took = perf_counter() - began
    return len(bench.facts("call_ended")), bench.events, took


def rows() -> list[tuple[str, str, str]]:
    """(figure, measured, bar) for the table of all benchmarks; the best of three days."""
    calls, events, took = min((simulated_day() for _ in range(3)), key=lambda day: day[2])
    return [
        ("a simulated day", f"{calls} calls in {took:.3f} s", "500 calls in <= 1 s"),
        ("events per second", f"{events / took:,.0f}", "-"),
        ("time per event", f"{took / events * 1e6:.1f} µs", "-"),
    ]
