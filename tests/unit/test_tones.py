"""tones.toml: what is in it, what it says where it is wrong, and the emulated exchange's tones."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio.tone_patterns import hang_up_patterns
from appliance.audio.tones import (
    KINDS,
    MOST_PATTERNS,
    countries,
    country_tones,
    parse_hz,
    read_tones,
    tones_for,
)
from appliance.errors import AudioError, SimulatorError
from appliance.interfaces import HangUpTone
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.tone_words import parse_tone
from appliance.simulator.tones import Cadence

NAMED = {
    "US",
    "CA",
    "GB",
    "PH",
    "VN",
    "IN",
    "ID",
    "TH",
    "MY",
    "AU",
    "DE",
    "FR",
    "BR",
    "MX",
    "JP",
    "SG",
}
DIAL = '{ hz = "425", least_s = 3.0, source = "a" }'
BEAT = '{ hz = "425", rhythm = [[0.5, 0.5]], source = "a" }'
WELL = f"""
[sources]
a = "somewhere"
[other]
name = "somewhere"
dial = [{DIAL}]
ringback = [{BEAT}]
busy = [{BEAT}]
reorder = [{BEAT}]
"""


def test_every_country_of_the_issue_has_its_tones_with_a_source() -> None:
    assert set(countries()) >= NAMED
    for country in countries():
        patterns = country_tones(country).patterns
        assert {"dial", "ringback", "busy", "reorder", "special_information", "fax_cng"} <= {
            pattern.kind for pattern in patterns
        }
        assert len(patterns) <= MOST_PATTERNS
        for pattern in patterns:
            assert pattern.kind in KINDS
            assert pattern.source
            assert pattern.verified == (country != "VN" or not pattern.matched.startswith("VN"))
            assert pattern.is_sequence or all(a < b for a, b in pairwise(sorted(pattern.hz)))


def test_a_modulated_tone_is_played_as_its_side_bands() -> None:
    assert tones_for("IN")["dial"].hz == (375, 425)
    dial = next(p for p in country_tones("IN").patterns if p.kind == "dial")
    assert dial.hz == (375, 400, 425)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "somewhere"\n', "", r"\[other\]: name is missing"),
        (f"busy = [{BEAT}]", "", r"\[other\]: busy is missing"),
        (f"busy = [{BEAT}]", f"engaged = [{BEAT}]", "no tone is called engaged"),
        ('busy = [{ hz = "425"', 'busy = [{ hz = "425 Hz"', r'busy: hz = "425 Hz"; write'),
        ('busy = [{ hz = "425"', 'busy = [{ hz = "120"', "300 to 3400 Hz"),
        ("least_s = 3.0, ", "", "dial: give rhythm, or least_s"),
        ("least_s = 3.0", "lasts_s = 3.0", "lasts_s"),
        ('a = "somewhere"', "", r'source = "a" is not in \[sources\]'),
        ("[other]", "[others]", r"\[other\] is missing"),
        ("[[0.5, 0.5]]", "[[0, 0.5]]", "rhythm"),
        ("[sources]", "[sources", "tones.toml: "),
    ],
)
def test_a_mistake_in_the_file_is_named(old: str, new: str, said: str) -> None:
    assert read_tones(WELL)["other"].name == "somewhere"
    assert old in WELL
    with pytest.raises(AudioError, match=said):
        read_tones(WELL.replace(old, new))


@given(st.lists(st.integers(300, 3400), min_size=1, max_size=4))
def test_hz_that_sound_together(hz: list[int]) -> None:
    assert parse_hz("+".join(map(str, hz))) == (tuple(hz), 0, False)


@given(st.text(alphabet="0123456789+*/ .-", max_size=12))
def test_hz_are_read_or_refused(text: str) -> None:
    try:
        hz, modulation, _ = parse_hz(text)
    except ValueError:
        return
    assert all(300 <= f <= 3400 for f in hz)
    assert 0 <= modulation <= 100


@pytest.mark.parametrize(
    "tone",
    [
        HangUpTone((), ((0.3, 0.3),)),
        HangUpTone((250,), ((0.3, 0.3),)),
        HangUpTone((600,), ()),
        HangUpTone((600,), ((0.3, 4.5),)),
        HangUpTone((600,), ((0.3, 0.3),), cycles=0),
    ],
)
def test_a_hang_up_tone_that_cannot_be_listened_for(tone: HangUpTone) -> None:
    with pytest.raises(AudioError, match="hang-up tone 1: "):
        hang_up_patterns([tone])


def test_four_hang_up_tones_fit() -> None:
    tones = [HangUpTone((600 + n,), ((0.3, 0.3),)) for n in range(5)]
    assert [p.kind for p in hang_up_patterns(tones[:4])] == ["hang_up"] * 4
    with pytest.raises(AudioError, match="5 hang-up tones"):
        hang_up_patterns(tones)


def test_a_tone_in_words() -> None:
    assert parse_tone("hz=600+700 on=0.3 off=0.15") == Cadence((600, 700), ((0.3, 0.15),))
    two = parse_tone("hz=400 on=0.4,0.2 off=0.3,0.5 level=-20")
    assert two == Cadence((400,), ((0.4, 0.3), (0.2, 0.5)), -20)
    assert parse_tone("hz=425").phases == ()
    for wrong in ("", "600", "hz=a", "hz=600 on=0.3", "hz=600 on=0.3 off=0.3 of=1", "hz=9000"):
        with pytest.raises(SimulatorError, match="write "):
            parse_tone(wrong)
    assert LineHabits(hang_up_tone="hz=600 on=0.3 off=0.3").country == "PH"
