"""The doctor's thinking alone: what is the same tone, what speaks for it, what against."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.line_doctor.notebook import (
    MOST_CANDIDATES,
    MOST_VALUES,
    CallEvidence,
    LineNotebook,
)
from appliance.line_doctor.proposals import proposals
from appliance.line_doctor.tones import (
    RepeatedTone,
    SeenTone,
    is_callers_machine,
    is_same,
    mean_tone,
)

ODD = RepeatedTone((600,), (300,), (150,))


def seen(tone: RepeatedTone = ODD, **more: Any) -> SeenTone:
    told = {"cycles": 8, "level_dbm0": -20.0, "snr_db": 25.0, "sent_dbm0": -60.0}
    return SeenTone(tone, **{**told, "is_at_end": True, "sound_after_ms": 0, **more})


def call(number: int, *tones: SeenTone, caller: str = "", **more: Any) -> CallEvidence:
    return CallEvidence(f"c{number}", caller or f"09{number}", float(number), "", tones, **more)


def proposed(notebook: LineNotebook, present: Any = (), known: Any = None) -> list[RepeatedTone]:
    found = proposals("landline", notebook, list(present), known or {})
    return [one.candidate.tone for one in found]


def test_two_callers_or_three_calls_prove_a_tone() -> None:
    notebook = LineNotebook()
    notebook.add(call(1, seen()), "a")
    assert proposed(notebook) == []
    notebook.add(call(2, seen()), "b")
    assert proposed(notebook) == [ODD]
    same_caller = LineNotebook()
    for number in (1, 2):
        same_caller.add(call(number, seen(), caller="0917"), str(number))
    assert proposed(same_caller) == []
    same_caller.add(call(3, seen(), caller="0917"), "3")
    assert proposed(same_caller) == [ODD]


def test_one_call_told_twice_is_one_call() -> None:
    notebook = LineNotebook()
    for _ in range(5):
        notebook.add(call(1, seen()), "a")
    assert proposed(notebook) == []


def test_a_call_that_lives_on_after_the_tone_speaks_against_it() -> None:
    notebook = LineNotebook()
    for number in (1, 2, 3):
        notebook.add(call(number, seen()), str(number))
    notebook.add(call(4, seen(is_at_end=False, sound_after_ms=5000)), "4")
    assert proposed(notebook) == []


@pytest.mark.parametrize(
    "tone",
    [
        seen(sent_dbm0=-18.0),  # our own ringing tone, come back
        seen(snr_db=5.0),
        seen(cycles=1),
        seen(RepeatedTone((1100,), (500,), (3000,))),  # a fax machine
        seen(RepeatedTone((1300,), (600,), (1700,))),  # a modem
        seen(RepeatedTone((770, 1336), (100,), (100,))),  # a key, pressed over and over
        seen(RepeatedTone((200,), (300,), (300,))),
        seen(RepeatedTone((425,))),  # steady: the dial tone's affair
    ],
)
def test_what_is_no_exchanges_tone_is_never_proposed(tone: SeenTone) -> None:
    notebook = LineNotebook()
    for number in range(6):
        notebook.add(call(number, tone), str(number))
    assert proposed(notebook) == []


def test_what_is_known_already_is_not_proposed() -> None:
    notebook = LineNotebook()
    for number in range(3):
        notebook.add(call(number, seen()), str(number))
    near = RepeatedTone((605,), (310,), (145,))
    assert proposed(notebook, present=[near]) == []
    assert proposed(notebook, known={"XX busy": near}) == []
    assert proposed(notebook, known={"XX busy": RepeatedTone((425,), (500,), (500,))}) == [ODD]


def test_measures_are_medians_of_the_newest_calls() -> None:
    notebook = LineNotebook()
    for number in range(MOST_VALUES + 9):
        value = 99.0 if number < 9 else float(number % 2)
        told = {"noise_dbm0": value}
        notebook.add(call(number, measures=told, caller_id="after ring 1"), "x")
    assert notebook.measures["noise_dbm0"].value == 0.5
    assert notebook.measures["noise_dbm0"].calls == MOST_VALUES
    assert notebook.caller_id == "after ring 1"


tones = st.builds(
    lambda hz, phases: RepeatedTone(
        tuple(hz), tuple(on for on, _ in phases), tuple(off for _, off in phases)
    ),
    st.lists(st.integers(300, 3400), min_size=1, max_size=4, unique=True),
    st.lists(st.tuples(st.integers(50, 4000), st.integers(50, 4000)), min_size=1, max_size=2),
)


@given(st.lists(st.tuples(tones, st.booleans()), max_size=40))
def test_a_notebook_stays_small_and_survives_the_card(
    told: list[tuple[RepeatedTone, bool]],
) -> None:
    notebook = LineNotebook()
    for number, (tone, ends) in enumerate(told):
        here = seen(tone, is_at_end=ends, sound_after_ms=0 if ends else 9000)
        notebook.add(call(number, here, measures={"noise_dbm0": -50.0}), f"id{number}")
    assert len(notebook.candidates) <= MOST_CANDIDATES
    again = LineNotebook.from_document(notebook.to_document())
    assert again.to_document() == notebook.to_document()
    assert proposed(again) == proposed(notebook)


@given(tones, st.floats(-0.01, 0.01), st.floats(-0.05, 0.05))
def test_a_tone_is_the_same_a_little_off_and_turned(
    tone: RepeatedTone, hz_off: float, ms_off: float
) -> None:
    other = RepeatedTone(
        tuple(round(hz * (1 + hz_off)) for hz in tone.hz),
        tuple(round(ms * (1 + ms_off)) for ms in tone.on_ms[1:] + tone.on_ms[:1]),
        tuple(round(ms * (1 + ms_off)) for ms in tone.off_ms[1:] + tone.off_ms[:1]),
    )
    assert is_same(tone, tone)
    assert is_same(tone, other)
    assert len(mean_tone([tone, other]).on_ms) == len(tone.on_ms)


def test_tones_apart_are_not_the_same() -> None:
    assert not is_same(ODD, RepeatedTone((620,), (300,), (150,)))
    assert not is_same(ODD, RepeatedTone((600,), (340,), (150,)))
    assert not is_same(ODD, RepeatedTone((600,), (300, 300), (150, 400)))
    assert not is_callers_machine(ODD)
