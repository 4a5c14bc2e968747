"""Signs of hang-up vote; 100 together end the call, and the story tells every vote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core import events as ev
from appliance.core.commands import ReleaseLine, StoryNote
from appliance.core.hang_up import NEEDED, WEIGHTS, HangUpVote
from appliance.core.words import EVIDENCE
from tests.core_shop import Bench, shop

LINE = "landline"
LIMIT_S = 120.0


def in_call() -> Bench:
    bench = Bench(shop())
    for event in (ev.LineBecameReady(LINE), ev.RingDetected(LINE), ev.RingDetected(LINE)):
        bench.send(event)
    bench.send(ev.LineAnswered(LINE))
    bench.advance(30.0)
    return bench


def sign(bench: Bench, name: str, **figures: int) -> None:
    bench.send(ev.HangUpSignHeard(LINE, name, figures))


def silence(bench: Bench, seconds: float) -> None:
    bench.send(ev.SilenceHeard(LINE, seconds, LIMIT_S))


def freed(bench: Bench) -> bool:
    return any(isinstance(command, ReleaseLine) for command in bench.all)


def story(bench: Bench) -> list[StoryNote]:
    return [command for command in bench.all if isinstance(command, StoryNote)]


@pytest.mark.parametrize("name", [name for name, rule in WEIGHTS.items() if rule.usual >= NEEDED])
def test_a_strong_sign_ends_the_call_alone(name: str) -> None:
    bench = in_call()
    sign(bench, name)
    assert freed(bench)


@pytest.mark.parametrize("name", [name for name, rule in WEIGHTS.items() if rule.usual < NEEDED])
def test_a_weak_sign_alone_ends_nothing_but_is_told(name: str) -> None:
    bench = in_call()
    sign(bench, name, hz=425)
    assert not freed(bench)
    note = story(bench)[-1]
    assert EVIDENCE[name] in note.text
    assert note.figures[name] == WEIGHTS[name].usual
    assert note.figures[f"{name}_hz"] == 425
    assert note.figures["needed"] == NEEDED


def test_two_weak_signs_together_end_it_and_both_are_in_the_story() -> None:
    bench = in_call()
    sign(bench, "modem_busy")
    bench.advance(3.0)
    sign(bench, "unknown_tone", on_ms=300, off_ms=200, cycles=4)
    assert freed(bench)
    figures = next(n.figures for n in story(bench) if "is gone" in n.text)
    assert figures["modem_busy"] == 80
    assert figures["unknown_tone"] == 75
    assert figures["unknown_tone_off_ms"] == 200


def test_a_modem_that_repeats_its_report_at_once_says_it_once() -> None:
    bench = in_call()
    for _ in range(10):
        sign(bench, "modem_busy")
        bench.advance(0.1)
    assert not freed(bench)
    bench.advance(1.0)
    sign(bench, "modem_busy")
    assert freed(bench)


def test_a_modem_that_takes_prompts_for_dial_tone_never_ends_a_call() -> None:
    bench = in_call()
    for _ in range(200):
        sign(bench, "modem_dial")
        bench.advance(1.7)
    assert not freed(bench)


def test_a_key_says_that_the_caller_is_there() -> None:
    bench = in_call()
    sign(bench, "unknown_tone")
    bench.advance(2.0)
    bench.send(ev.DigitReceived(f"line:{LINE}", "7", "in_band"))
    sign(bench, "modem_busy")
    assert not freed(bench)


def test_a_polarity_reversal_needs_the_silence_that_began_with_it() -> None:
    bench = in_call()
    sign(bench, "polarity")
    bench.advance(8.0)
    silence(bench, 8.0)
    assert freed(bench)


def test_a_busy_report_alone_is_believed_after_eight_seconds_of_silence() -> None:
    bench = in_call()
    sign(bench, "modem_busy")
    bench.advance(4.0)
    silence(bench, 4.0)
    assert not freed(bench)
    bench.advance(4.0)
    silence(bench, 8.0)
    assert freed(bench)


def test_speech_after_a_sign_says_that_somebody_is_there() -> None:
    bench = in_call()
    sign(bench, "polarity")
    bench.advance(18.0)
    silence(bench, 8.0)
    assert not freed(bench)


def test_a_reversal_just_after_answering_is_how_some_exchanges_answer() -> None:
    vote = HangUpVote(answered_at=100.0)
    assert vote.sign("polarity", 100.6, {}) is None
    assert vote.sign("polarity", 101.6, {}) is not None


def test_silence_alone_ends_a_call_at_its_limit_only() -> None:
    bench = in_call()
    for lasted in range(4, 120, 4):
        bench.advance(4.0)
        silence(bench, lasted)
        assert not freed(bench)
    silence(bench, 120.0)
    assert freed(bench)
    assert any("nothing was heard" in note.text for note in story(bench))


def test_signs_outside_a_call_change_nothing() -> None:
    bench = Bench(shop())
    bench.send(ev.LineBecameReady(LINE))
    sign(bench, "busy_tone")
    silence(bench, 500.0)
    assert not freed(bench)
    assert not any("Ignored" in note.text for note in story(bench))


@given(st.lists(st.tuples(st.sampled_from(sorted(WEIGHTS)), st.floats(0.0, 30.0)), max_size=30))
def test_no_sign_counts_more_often_than_its_rule_says(signs: list[tuple[str, float]]) -> None:
    vote, now = HangUpVote(0.0), 50.0
    for name, after in signs:
        now += after
        count = vote.sign(name, now, {})
        if count is not None:
            most = sum(rule.usual * rule.times for rule in WEIGHTS.values())
            assert 0 < count.total <= most
            assert count.figures()["needed"] == NEEDED
            for kind, rule in WEIGHTS.items():
                assert sum(v.sign == kind for v in count.votes) <= rule.times


@given(st.floats(0.0, 4000.0), st.floats(20.0, 3600.0))
def test_silence_is_enough_exactly_from_its_limit(lasted: float, limit: float) -> None:
    count = HangUpVote(0.0).silence(lasted, limit, 9000.0)
    assert (count is not None and count.is_enough) == (lasted >= limit)
