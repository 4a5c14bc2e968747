"""Whatever happens, in whatever order: the promises of the core hold after every single event."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from appliance.core import commands as cmd
from appliance.core import events as ev
from appliance.core.answer import SIGNS
from appliance.core.hang_up import WEIGHTS
from tests.core_invariants import Invariants
from tests.core_shop import LINES, STATIONS, Bench, shop

lines = st.sampled_from([*LINES, "landline", "mobile", "after_hours", "unheard_of"])
stations = st.sampled_from([*STATIONS, "11", "12", "99"])
keys = st.sampled_from("0123479*#")
endpoints = st.one_of(lines.map("line:{}".format), stations.map("station:{}".format))
reasons = st.sampled_from(["finished", "digit", "stopped", "lost"])
any_id = st.integers(1, 30)


class AnyDay(RuleBasedStateMachine):
    """Plausible events and implausible ones, in random order and at random times."""

    def __init__(self) -> None:
        super().__init__()
        self.watch = Invariants(
            Bench(shop(recording="announce", rings=1, listen_in=("11", "13")), ready=False)
        )
        for line in LINES:
            self.watch.send(ev.LineBecameReady(line))
        for station in STATIONS:
            self.watch.send(ev.StationBecameReady(station, off_hook=False))

    @property
    def bench(self) -> Bench:
        return self.watch.bench

    @rule(line=lines, rings=st.integers(1, 2), known=st.booleans())
    def call_comes(self, line: str, rings: int, known: bool) -> None:
        if known:
            self.watch.send(ev.CallerIdReceived(line, "0917", "", "allowed"))
        for _ in range(rings):
            self.watch.send(ev.RingDetected(line))

    @rule(line=lines)
    def answered(self, line: str) -> None:
        self.watch.send(ev.LineAnswered(line))

    @rule(station=stations, number=st.sampled_from(["0917", "112", "00441", "5551234"]))
    def calls_out(self, station: str, number: str) -> None:
        self.watch.send(ev.StationLifted(station))
        for digit in f"9{number}#":
            self.watch.send(ev.DigitReceived(f"station:{station}", digit, "in_band"))

    @rule(station=stations, number=st.sampled_from(["0917", "112"]), automatic=st.booleans())
    def a_call_is_asked_for(self, station: str, number: str, automatic: bool) -> None:
        self.watch.send(ev.CallAsked(station, number, automatic))

    @rule(line=lines, audible=st.booleans())
    def dialled(self, line: str, audible: bool) -> None:
        self.watch.send(ev.LineDialled(line, audible))

    @rule(line=lines)
    def audio_began(self, line: str) -> None:
        self.watch.send(ev.AudioBegan(line))

    @rule(line=lines, sign=st.sampled_from([*SIGNS, "nonsense"]))
    def answer_sign(self, line: str, sign: str) -> None:
        self.watch.send(ev.AnswerSignHeard(line, sign))

    @rule(line=lines, sign=st.sampled_from(sorted(WEIGHTS)))
    def hang_up_sign(self, line: str, sign: str) -> None:
        self.watch.send(ev.HangUpSignHeard(line, sign))

    @rule(line=lines, cause=st.sampled_from(["busy", "no_dial_tone", "incoming_call", "failed"]))
    def dial_fails(self, line: str, cause: str) -> None:
        self.watch.send(ev.DialFailed(line, cause))

    @rule(station=st.sampled_from(["11", "12"]), line=st.sampled_from(sorted(LINES)))
    def talks_outside(self, station: str, line: str) -> None:
        """Somebody at the shop who has reached a number, on whichever line was chosen."""
        self.calls_out(station, "0917")
        dialled = [c.line for c in self.bench.last if isinstance(c, cmd.DialLine)]
        for chosen in dialled:
            self.watch.send(ev.LineDialled(chosen, True))
            self.watch.send(ev.AnswerSignHeard(chosen, "polarity"))

    @rule(day=st.sampled_from(["2026-11-22", "2026-11-23"]), second=st.floats(0, 86_399))
    def clock_told(self, day: str, second: float) -> None:
        self.watch.send(ev.LocalTimeTold(day, second))

    @rule(line=lines)
    def served(self, line: str) -> None:
        """A caller who has come as far as the first destination."""
        for event in (ev.RingDetected(line), ev.RingDetected(line), ev.LineAnswered(line)):
            self.watch.send(event)
        self.prompt_ends("finished", -1)

    @rule(line=lines)
    def caller_hangs_up(self, line: str) -> None:
        self.watch.send(ev.CallerHungUp(line, "busy_tone"))

    @rule(line=lines, event=st.sampled_from([ev.LineBecameReady, ev.LineReleased]))
    def line_comes_back(self, line: str, event: type[ev.LineBecameReady]) -> None:
        self.watch.send(event(line))

    @rule(line=lines)
    def line_fails(self, line: str) -> None:
        self.watch.send(ev.LineFailed(line, "unplugged"))

    @rule(station=stations)
    def lifted(self, station: str) -> None:
        self.watch.send(ev.StationLifted(station))

    @rule(station=stations, dialed=stations)
    def dials(self, station: str, dialed: str) -> None:
        self.watch.send(ev.StationLifted(station))
        for digit in dialed:
            self.watch.send(ev.DigitReceived(f"station:{station}", digit, "in_band"))

    @rule(station=st.sampled_from(["11", "13"]), to=st.sampled_from(["11", "12", "13"]))
    def listens_in(self, station: str, to: str) -> None:
        self.dials(station, f"*90{to}")

    @rule(station=st.sampled_from(["11", "12", "13"]), dialed=st.sampled_from(["11", "12", "13"]))
    def asks_a_colleague(self, station: str, dialed: str) -> None:
        self.watch.send(ev.StationFlashed(station))
        for digit in dialed:
            self.watch.send(ev.DigitReceived(f"station:{station}", digit, "in_band"))
        self.watch.send(ev.StationLifted(dialed))

    @rule(station=stations)
    def hung_up(self, station: str) -> None:
        self.watch.send(ev.StationHungUp(station))

    @rule(station=stations)
    def flashed(self, station: str) -> None:
        self.watch.send(ev.StationFlashed(station))

    @rule(station=stations, off_hook=st.booleans())
    def station_comes_back(self, station: str, off_hook: bool) -> None:
        self.watch.send(ev.StationBecameReady(station, off_hook))

    @rule(station=stations)
    def station_fails(self, station: str) -> None:
        self.watch.send(ev.StationFailed(station, "unplugged"))

    @rule(endpoint=endpoints, digit=keys)
    def key_pressed(self, endpoint: str, digit: str) -> None:
        self.watch.send(ev.DigitReceived(endpoint, digit, "in_band"))

    @rule(reason=reasons, which=st.integers(-3, -1))
    def prompt_ends(self, reason: str, which: int) -> None:
        played = [c.playback_id for c in self.bench.all if isinstance(c, cmd.PlayPrompt)]
        if len(played) >= -which:
            self.watch.send(ev.PlaybackFinished(played[which], reason))

    @rule(number=any_id)
    def stale_timer(self, number: int) -> None:
        if f"timer{number}" not in self.bench.due:
            before = len(self.bench.all)
            self.watch.send(ev.TimerExpired(f"timer{number}"))
            assert len(self.bench.all) == before

    @rule(number=st.integers(1, 6), ms=st.sampled_from([400, 20_000]), fails=st.booleans())
    def recording_ends(self, number: int, ms: int, fails: bool) -> None:
        name = f"recording{number}"
        self.watch.send(
            ev.RecordingFailed(name, "disk full") if fails else ev.RecordingStopped(name, ms)
        )

    @rule(number=st.integers(1, 6), event=st.sampled_from([ev.RecordingStarted, ev.SpeechEnded]))
    def recording_goes_on(self, number: int, event: type[ev.SpeechEnded]) -> None:
        self.watch.send(event(f"recording{number}"))

    @rule(seconds=st.sampled_from([0.1, 1.0, 6.0, 10.0, 25.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.watch.advance(seconds)

    @rule(
        kept=st.sets(st.sampled_from(sorted(STATIONS)), min_size=2),
        served=st.sets(st.sampled_from(sorted(LINES)), min_size=4),
    )
    def configuration_changes(self, kept: set[str], served: set[str]) -> None:
        plan = shop(stations=sorted(kept), lines=sorted(served), recording="always")
        self.watch.send(ev.ConfigApplied(plan))

    def teardown(self) -> None:
        """Everything fails: nothing may be left open."""
        for line in LINES:
            self.watch.send(ev.LineFailed(line, "power cut"))
        for station in STATIONS:
            self.watch.send(ev.StationFailed(station, "power cut"))
        assert not self.bench.exchange.snapshot().calls
        assert not self.bench.due
        assert not self.watch.bridged
        assert not self.watch.offers
        assert not self.watch.open_legs
        assert not self.watch.ringing
        began, ended = self.bench.facts("call_began"), self.bench.facts("call_ended")
        assert [f.call_id for f in began] == sorted({f.call_id for f in ended}, key=self.age)

    @staticmethod
    def age(call_id: str) -> int:
        return int(call_id.removeprefix("call"))


AnyDay.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestAnyDay = AnyDay.TestCase
