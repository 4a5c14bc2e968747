"""What a telephone's display is told: GR-30 and EN 300 659-3, byte for byte."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.linecard import messages
from appliance.linecard.caller_id_message import call_setup
from appliance.simulator.caller_id_display import read_burst
from appliance.simulator.caller_id_signal import FskShape, fsk
from appliance.simulator.codec import ulaw_encode

WHEN = time.struct_time((2026, 11, 22, 13, 7, 0, 6, 326, 0))


def body(number: str, name: str, presentation: str = "allowed", prefix: str = "") -> bytes:
    return call_setup(number, name, presentation, WHEN, prefix)[12:]


def test_the_whole_message() -> None:
    """As in GR-30's own example: type, length, date and time, number, name, checksum."""
    message = messages.caller_id(2, call_setup("5551212", "JOHN", "allowed", WHEN))
    assert message == (
        b"\x02\x80\x19\x01\x0811221307\x02\x075551212\x07\x04JOHN" + bytes([message[-1]])
    )
    assert sum(message[1:]) & 0xFF == 0


@pytest.mark.parametrize(
    ("number", "name", "presentation", "items"),
    [
        ("0917", "", "allowed", b"\x02\x040917"),
        ("", "Ana", "allowed", b"\x04\x01O\x07\x03Ana"),
        ("", "", "private", b"\x04\x01P\x08\x01P"),
        ("0917", "Ana", "private", b"\x04\x01P\x08\x01P"),  # what is withheld is not told
        ("", "", "unavailable", b"\x04\x01O\x08\x01O"),
        ("0917", "Señor Ñandú", "allowed", b"\x02\x040917\x07\x0bSenor Nandu"),
        ("0917", "李", "allowed", b"\x02\x040917\x07\x01?"),
        ("0917", "A name of more than fifteen", "allowed", b"\x02\x040917\x07\x0fA name of more "),
        ("1" * 25, "", "allowed", b"\x02\x14" + b"1" * 20),
    ],
)
def test_items(number: str, name: str, presentation: str, items: bytes) -> None:
    assert body(number, name, presentation) == items


@pytest.mark.parametrize(("prefix", "shown"), [("011", b"011639"), ("", b"639")])
def test_a_plus_is_written_as_it_is_dialled(prefix: str, shown: bytes) -> None:
    assert body("+639", "", prefix=prefix) == b"\x02" + bytes([len(shown)]) + shown


@given(
    st.text("+0123456789*#", max_size=30),
    st.text(max_size=40),
    st.sampled_from(["allowed", "private", "unavailable"]),
    st.sampled_from(["bell202", "v23"]),
)
def test_every_message_fits_and_is_read(
    number: str, name: str, presentation: str, system: str
) -> None:
    payload = messages.caller_id(1, call_setup(number, name, presentation, WHEN, "0011"))
    assert len(payload) <= 64
    shown = read_burst(ulaw_encode(fsk(payload[1:], FskShape(system))))
    assert shown is not None
    assert (shown.system, shown.at) == (system, "11221307")
    assert len(shown.name) <= 15
    if presentation != "allowed":
        assert (shown.number, shown.name, shown.presentation) == ("", "", presentation)
    else:
        assert shown.number == number.replace("+", "0011", 1)[:20]
