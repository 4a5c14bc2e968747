"""How calls, callers, times and waits are put into words."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.shop_facts import make_call, make_leg, make_offer
from web_admin import stories, words

NAMES = {"11": "Counter", "12": "Kitchen"}
BEGAN = 1000.0


def test_an_answered_call_names_who_talked_and_how_long() -> None:
    call = make_call("c", BEGAN)
    assert stories.summary(call, NAMES, 2000.0) == "Talked with Kitchen, 0:25"


def test_a_call_that_is_going_on_counts_to_now() -> None:
    legs = [
        make_leg("line:landline", BEGAN, None, {"ringing": 0, "menu": 2, "talking": 10}),
        make_leg("station:99", BEGAN + 10, None, {"talking": 0}),
    ]
    call = make_call("c", BEGAN, legs=legs, ended_at=None, disposition=None)
    assert stories.summary(call, NAMES, BEGAN + 30) == "Talking with 99"
    assert [s.seconds for s in stories.steps(call, BEGAN + 30)] == [2, 8, 20]


@pytest.mark.parametrize(
    ("states", "words_"),
    [
        ({"ringing": 0}, "before the call was answered"),
        ({"ringing": 0, "menu": 3}, "in the menu"),
        ({"menu": 0, "voicemail": 3}, "without leaving a message"),
    ],
)
def test_where_a_caller_gave_up(states: dict[str, float], words_: str) -> None:
    legs = [make_leg("line:landline", BEGAN, BEGAN + 9, states)]
    call = make_call("c", BEGAN, legs=legs, disposition="abandoned")
    assert stories.summary(call, NAMES, 0.0) == f"Hung up {words_}"


def test_a_handset_that_calls_is_called_by_its_name() -> None:
    inside = {
        "direction": "internal",
        "line": "",
        "caller": {"number": "11", "name": "", "presentation": "allowed"},
    }
    assert stories.who(make_call("c", BEGAN, **inside), NAMES) == "Counter"
    assert stories.who(make_call("c", BEGAN, **inside), {}) == "Extension 11"


def test_the_talking_legs_of_an_inside_call_are_not_the_caller_s() -> None:
    legs = [
        make_leg("station:11", BEGAN, BEGAN + 30, {"offered": 0, "talking": 5}),
        make_leg("station:12", BEGAN + 5, BEGAN + 30, {"talking": 0}),
    ]
    call = make_call("c", BEGAN, direction="internal", line="", legs=legs)
    assert stories.summary(call, NAMES, 0.0) == "Talked with Kitchen, 0:25"


@pytest.mark.parametrize(
    "outcome", ["answered", "no_answer", "cancelled", "failed", "declined", "?"]
)
def test_every_offer_tells_how_long_it_rang(outcome: str) -> None:
    call = make_call("c", BEGAN, offers=[make_offer("11", BEGAN, BEGAN + 20, outcome)])
    (ring,) = stories.rings(call, NAMES, 0.0)
    assert ring.name == "Counter"
    assert "0:20" in ring.text


@given(
    st.lists(st.tuples(st.sampled_from([*words.STEPS, "new"]), st.floats(0, 5000)), max_size=8),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_the_steps_share_the_whole_call(parts: list[tuple[str, float]], ended: bool) -> None:
    states: list[dict[str, Any]] = []
    at = BEGAN
    for state, seconds in parts:
        states.append({"state": state, "at": at})
        at += seconds
    leg = make_leg("line:landline", BEGAN, at if ended else None, {})
    leg["states"] = states
    call = make_call("c", BEGAN, legs=[leg], ended_at=at if ended else None)
    steps = stories.steps(call, at)
    assert len(steps) == len(states)
    assert abs(sum(s.seconds for s in steps) - (at - BEGAN)) < 0.01
    if at - BEGAN > 1:
        assert abs(sum(s.width for s in steps) - 100) < 0.1
    assert all(0 <= s.start <= 100 and 0 <= s.width <= 100.01 for s in steps)


@given(st.text(max_size=40))
def test_a_number_to_dial_holds_nothing_else(number: str) -> None:
    kept = words.dial_text(number)
    assert set(kept) <= set("0123456789+*#")
    assert kept == "" or 3 <= len(kept) <= 20


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        ({"number": "0917", "name": "ROSA", "presentation": "allowed"}, "ROSA"),
        ({"number": "0917", "name": " ", "presentation": "allowed"}, "0917"),
        ({"number": "", "name": "", "presentation": "private"}, "Private number"),
        ({"number": "", "name": "", "presentation": "unavailable"}, "Unknown number"),
        (None, "Unknown number"),
    ],
)
def test_callers_are_named_by_what_is_known(caller: dict[str, str] | None, said: str) -> None:
    assert words.caller_text(caller) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, ""), (-5, "0:00"), (59.9, "0:59"), (75, "1:15"), (3725, "1:02:05")]
)
def test_durations(seconds: float | None, said: str) -> None:
    assert words.duration_text(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "1 second"),
        (0.5, "1 second"),
        (30.0, "30 seconds"),
        (119.5, "2 minutes"),
        (120.0, "2 minutes"),
        (121, "3 minutes"),
    ],
)
def test_waits_are_never_promised_too_short(seconds: float, said: str) -> None:
    assert words.wait_text(seconds) == said


@pytest.mark.parametrize(
    ("text", "said"), [("", ""), ("full", "Full."), ("A b?", "A b?"), (" x ", "X.")]
)
def test_sentences(text: str, said: str) -> None:
    assert words.sentence_text(text) == said
