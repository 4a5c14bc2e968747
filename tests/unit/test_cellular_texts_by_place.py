"""A memory whose listing one bad message spoils is read place by place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.lines.cellular.text_reading import MAX_PLACES, read_places
from appliance.lines.cellular.texts import LIST_EVERY_S
from tests.unit import sms_rig
from tests.unit.texts_rig import NENA, Line, started


@pytest.fixture
def line():
    rig = Line()
    yield rig
    rig.loop.close()


def spoil(line: Line, memory: str = "ME") -> None:
    """Three messages, the one in the middle bad."""
    for text in ("first", "bad", "last"):
        line.modem.store(sms_rig.deliver(NENA, text), notice=False, memory=memory)
    line.modem.bad.add((memory, 1))


@pytest.mark.parametrize("tells_places", [True, False])
@pytest.mark.parametrize("memory", ["ME", "SM"])
def test_the_others_are_read_and_the_bad_one_is_told(line, memory, tells_places):
    line.modem.tells_places = tells_places
    spoil(line, memory)
    started(line)
    line.wait(30.0)
    assert [text.text for text in line.received] == ["first", "last"]
    assert list(line.modem.memories[memory]) == [1], "it stays where it is"
    assert (
        line.texts.warning == f"1 short message in its memory ({memory}) can't be read by the modem"
    )
    line.wait(3 * LIST_EVERY_S)
    assert len(line.received) == 2
    line.modem.store(sms_rig.deliver(NENA, "new"), memory=memory)
    line.wait(30.0)
    assert [text.text for text in line.received] == ["first", "last", "new"]
    line.modem.bad.clear()
    line.wait(LIST_EVERY_S + 30.0)
    assert (line.texts.warning, line.received[-1].text) == ("", "bad")


def test_a_call_between_two_places_comes_first(line):
    spoil(line)
    started(line)
    while not any(text.startswith("AT+CMGR") for text in line.modem.log):
        line.wait(0.005)
    line.texts.set_in_call(True)
    asked = len(line.modem.log)
    line.wait(60.0)
    assert len(line.modem.log) == asked
    line.texts.set_in_call(False)
    line.wait(60.0)
    assert [text.text for text in line.received] == ["first", "last"]


def test_a_listing_that_fails_once_is_only_asked_again(line):
    spoil(line)
    started(line)
    line.modem.bad.clear()
    line.wait(30.0)
    assert [text.text for text in line.received] == ["first", "bad", "last"]
    assert not any(text.startswith("AT+CMGR") for text in line.modem.log)


@pytest.mark.parametrize(
    ("told", "places"),
    [
        ("+CMGD: (0,3,7-9),(0-4)", [0, 3, 7, 8, 9]),
        ("+CMGD: (1 - 3),(0-4)", [1, 2, 3]),
        ("+CMGD: (),(0-4)", []),
        ("+CMGD: 1,2", None),
        ("+CMGL: 1", None),
    ],
)
def test_the_list_of_places(told, places):
    assert read_places([told]) == places


@given(st.text(alphabet="0123456789,-() +CMGD:", max_size=60))
def test_no_list_of_places_is_too_long(text):
    assert len(read_places([f"+CMGD: ({text}"]) or []) <= MAX_PLACES
