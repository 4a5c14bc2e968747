"""How many short messages a text takes: the boundaries of 3GPP TS 23.038 and 23.040."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.text_length import TextLength, measure


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", TextLength(0, 160, False)),
        ("a" * 160, TextLength(1, 0, False)),
        ("a" * 161, TextLength(2, 145, False)),
        ("a" * 306, TextLength(2, 0, False)),
        ("a" * 307, TextLength(3, 152, False)),
        ("€" * 80, TextLength(1, 0, False)),
        ("a" * 152 + "€" + "a" * 10, TextLength(2, 141, False)),  # not torn apart
        ("ệ" * 70, TextLength(1, 0, True)),
        ("ệ" * 71, TextLength(2, 63, True)),
        ("a" * 66 + "😀" + "ệ" * 9, TextLength(2, 56, True)),
        ("Å@Δ_\n\r", TextLength(1, 154, False)),
        ("`", TextLength(1, 69, True)),
    ],
)
def test_boundaries(text: str, length: TextLength) -> None:
    assert measure(text) == length


@given(st.text(max_size=400), st.characters())
def test_more_letters_never_take_less(text: str, letter: str) -> None:
    assert measure(text + letter).parts >= measure(text).parts
    assert (measure(text).parts == 0) == (text == "")
