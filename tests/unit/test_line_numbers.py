"""No byte sequence from a caller, a message or a page gets through to a modem but a number."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import NumberRefused
from appliance.lines.numbers import INTERNATIONAL_PREFIX, MAX_DIGITS, dialable

DIGITS = st.text("0123456789*#", min_size=1, max_size=MAX_DIGITS)
NASTY = st.text(
    st.sampled_from("0123456789*#+;,!WwTtPpDdAaHh \t\r\n\0\x1b\x1a\x10\x03\"'@^>&=?-.()٣３²\u200e"),
    max_size=30,
)


@given(DIGITS, st.sampled_from(["", "+"]))
def test_numbers_go_through_as_they_are(digits: str, plus: str) -> None:
    assert dialable(plus + digits) == plus + digits


@given(
    st.one_of(
        NASTY, st.text(max_size=40), st.binary(max_size=40).map(lambda b: b.decode("latin-1"))
    )
)
def test_nothing_else_does(text: str) -> None:
    for prefix in ("+", "", "011"):
        try:
            number = dialable(text, prefix)
        except NumberRefused:
            continue
        assert re.fullmatch(r"\+?[0-9*#]{1,20}", number, re.ASCII)
        assert number.isascii()
        assert number.removeprefix("+").endswith(text.removeprefix("+"))


@pytest.mark.parametrize("text", [
    "", "+", "++1", "1+2", "911;H", "911\r", "911\n", "9 11", "9,11", "911W", "T911", "911!",
    "911@", "٩١١", "９１１", "²", "A", "D", "1" * 21, "\x00", "911\x1a",
])  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(NumberRefused):
        dialable(text)


def test_the_plus_on_an_analog_line() -> None:
    assert dialable("+63917", "00") == "0063917"
    assert dialable("63917", "00") == "63917"
    with pytest.raises(NumberRefused, match="prefix"):
        dialable("+63917", "")
    with pytest.raises(NumberRefused, match="too long"):
        dialable("+" + "1" * 19, "00")
    assert all(prefix.isdigit() for prefix in INTERNATIONAL_PREFIX.values())
