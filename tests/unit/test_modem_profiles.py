"""Families of modems and their sound formats: recognised by what they say, µ-law found by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.lines.voice_modem.profiles import (
    CONEXANT_CX930XX,
    PROFILES,
    SI24XX,
    USR5637,
    Levels,
    named_profile,
    recognise,
)
from appliance.lines.voice_modem.scripts import answer, initialise, release, wake
from appliance.modem.voice_formats import VoiceFormat, find_ulaw, parse_formats

CONEXANT_FORMATS = [
    '0,"SIGNED PCM",8,0,8000,0,0', '1,"UNSIGNED PCM",8,0,8000,0,0', '129,"IMA ADPCM",4,0,8000,0,0',
    '130,"UNSIGNED PCM",8,0,8000,0,0', '131,"Mu-Law",8,0,8000,0,0', '132,"A-Law",8,0,8000,0,0',
    '133,"14 bit PCM",14,0,8000,0,0',
]  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "profile"),
    [
        (["5601"], USR5637),
        (["U.S. Robotics 56K FAX USB V1.2.23"], USR5637),
        (["56000"], CONEXANT_CX930XX),
        (["something", "CONEXANT"], CONEXANT_CX930XX),
        (["CX93001-EIS_V0.2002-V92"], CONEXANT_CX930XX),
        (["Si2494"], SI24XX),
        (["33600"], None),
        ([], None),
    ],
)
def test_recognise(answers, profile):
    assert recognise(answers) is profile


def test_an_owner_may_name_the_model():
    for profile in PROFILES:
        assert named_profile(profile.name) is profile
    assert named_profile("conexant") is CONEXANT_CX930XX
    assert named_profile("auto") is None


def test_mu_law_is_found_by_name():
    assert find_ulaw(parse_formats(CONEXANT_FORMATS)) == VoiceFormat(131, "Mu-Law")
    shuffled = ['131,"IMA ADPCM",4', '+VSM: 140,"G.711U",8,0,(8000)', '141,"A-LAW",8']
    assert find_ulaw(parse_formats(shuffled)) == VoiceFormat(140, "G.711U")
    for name in ("u-Law", "ULAW", "mu law", "µ-Law PCM", "G.711 mu-law", "Âµ-LAW", "G711 u"):
        assert find_ulaw([VoiceFormat(5, name)]) is not None, name
    one_line = '128,"8-BIT LINEAR",8;131,"8-BIT ULAW",8;(132,"IMA ADPCM",4)'
    assert find_ulaw(parse_formats([one_line])) == VoiceFormat(131, "8-BIT ULAW")
    assert find_ulaw(parse_formats(['132,"A-Law",8', '1,"UNSIGNED PCM",8', "nonsense"])) is None


@given(st.lists(st.text(max_size=60)))
def test_format_lists_never_raise(lines):
    find_ulaw(parse_formats(lines))


def test_scripts_are_ascii_and_end_as_they_must():
    for profile in PROFILES:
        answering = answer(profile, 131, Levels())
        scripts = (*wake(), *initialise(profile, "PH"), *answering, *release(profile))
        for command in scripts:
            for text in (command.text, *command.alternatives):
                assert text.startswith("AT")
                assert text.isascii()
        assert [c.text for c in answering][-2:] == ["AT+VLS=1", "AT+VTR"]
        assert profile.caller_id_on[0] == release(profile)[-1].text
    assert "AT+GCI=89" in [c.text for c in initialise(USR5637, "ph")]
    assert not any("GCI" in c.text for c in initialise(USR5637, "??"))
