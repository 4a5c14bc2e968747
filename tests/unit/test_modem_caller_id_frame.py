"""Caller-ID messages and DTMF strings: golden vectors, every parameter, whatever bytes come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import CallerIdError
from appliance.modem.caller import CallerId
from appliance.modem.caller_id_frame import (
    CallMessage,
    WaitingMessage,
    read_message,
    read_string,
)

SINGLE = "04 12 30 39 33 30 31 32 32 34 36 30 39 35 35 35 31 32 31 32 51"
MULTIPLE = (
    "80 23 01 08 30 31 31 37 31 38 30 35 02 0b 30 39 31 37 31 32 33 34 35 36 37 "
    "07 0a 4a 55 41 4e 20 43 52 55 5a 20 b0"
)
PRIVATE = "80 10 01 08 30 31 31 37 31 38 30 35 04 01 50 08 01 50 22"
LAMP_ON = "82 03 0b 01 ff 70"


def message(kind: int, body: bytes) -> bytes:
    raw = bytes((kind, len(body))) + body
    return raw + bytes((-sum(raw) % 256,))


def parameters(*items: tuple[int, bytes]) -> bytes:
    return b"".join(bytes((kind, len(value))) + value for kind, value in items)


def allowed(number: str, name: str = "") -> CallerId:
    return CallerId(number, name, "allowed")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (SINGLE, CallMessage(allowed("6095551212"), "09301224")),
        (MULTIPLE, CallMessage(allowed("09171234567", "JUAN CRUZ"), "01171805")),
        (PRIVATE, CallMessage(CallerId("", "", "private"), "01171805")),
        (LAMP_ON, WaitingMessage(True)),
    ],
)
def test_golden_vectors(raw, expected):
    assert read_message(bytes.fromhex(raw)) == expected


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (0x04, b"09301224O", CallMessage(CallerId("", "", "unavailable"), "09301224")),
        (0x04, b"0930xx24P", CallMessage(CallerId("", "", "private"))),
        (0x06, b"BBB", WaitingMessage(True)),
        (0x06, b"ooo", WaitingMessage(False)),
        (0x80, parameters((4, b"O"), (8, b"O")), CallMessage(CallerId("", "", "unavailable"))),
        (
            0x80,
            parameters((2, b"0917"), (7, b"Jos\xe9\x07\x1b")),
            CallMessage(allowed("0917", "José")),
        ),
        (
            0x80,
            parameters((2, b"1"), (0x11, b"\x01")),
            CallMessage(allowed("1"), call_type="voice"),
        ),
        (
            0x80,
            parameters((2, b"1"), (0x11, b"\x02")),
            CallMessage(allowed("1"), call_type="ring_back"),
        ),
        (
            0x80,
            parameters((2, b"1"), (0x1A, b"0281"), (3, b"555")),
            CallMessage(allowed("1"), redirecting="0281", dialled="555"),
        ),
        (
            0x80,
            parameters((4, b"P"), (3, b"555")),
            CallMessage(CallerId("", "", "private"), dialled="555"),
        ),
        (0x80, parameters((3, b"555")), CallMessage(allowed("555"), dialled="555")),
        (0x80, parameters((0x99, b"??"), (2, b"1"), (2, b"2")), CallMessage(allowed("1"))),
        (0x80, parameters((0x11, b"\x81"), (0x13, b"\x03")), WaitingMessage(True, 3)),
        (0x82, parameters((0x0B, b"\x00")), WaitingMessage(False)),
        (0x82, parameters((0x13, b"\x00")), WaitingMessage(False, 0)),
    ],
)
def test_parameters(kind, body, expected):
    assert read_message(message(kind, body)) == expected


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x80\x00",
        bytes.fromhex(SINGLE)[:-1],
        bytes.fromhex(SINGLE) + b"\0",
        bytes.fromhex(SINGLE)[:-1] + b"\x50",
        message(0x81, b"09301224609"),
        message(0x04, b"09301224"),
        message(0x06, b"BBo"),
        message(0x80, b""),
        message(0x80, parameters((1, b"01171805"))),
        message(0x80, b"\x02\x0b0917"),
        message(0x80, b"\x02"),
        message(0x82, parameters((2, b"0917"))),
        message(0x80, parameters((2, b"1"), (7, b"x" * 122))),
    ],
)
def test_what_is_no_message_is_refused(raw):
    with pytest.raises(CallerIdError):
        read_message(raw)


@given(st.one_of(
    st.binary(max_size=200),
    st.builds(message, st.sampled_from([4, 6, 0x80, 0x82]), st.binary(max_size=125)),
    st.builds(
        lambda kind, items: message(kind, parameters(*items)[:125]),
        st.sampled_from([0x80, 0x82]),
        st.lists(st.tuples(st.integers(0, 0x20), st.binary(max_size=20)), max_size=8),
    ),
))  # fmt: skip
def test_any_bytes_are_read_cleanly_or_refused(raw):
    try:
        read = read_message(raw)
    except CallerIdError:
        return
    if isinstance(read, CallMessage):
        caller = read.caller
        assert caller.presentation in {"allowed", "private", "unavailable"}
        assert (caller.presentation == "allowed") == bool(caller.number)
        assert not set(caller.number) - set("+0123456789*#")
        assert caller.name.isprintable()
        assert len(caller.name) <= 40


@given(number=st.text("0123456789", min_size=1, max_size=20), name=st.text("ABC xyz", max_size=15))
def test_what_is_sent_is_read(number, name):
    read = read_message(message(0x80, parameters((2, number.encode()), (7, name.encode()))))
    assert isinstance(read, CallMessage)
    assert read.caller == allowed(number, " ".join(name.split()))


@pytest.mark.parametrize(
    ("keys", "number", "presentation", "redirecting"),
    [
        ("A0281234567C", "0281234567", "allowed", ""),
        ("D0281234567C", "0281234567", "allowed", ""),
        ("A0281234567#", "0281234567", "allowed", ""),
        ("0281234567#", "0281234567", "allowed", ""),
        ("A0281234567D0555B00C", "0281234567", "allowed", "0555"),
        ("AD0555B10C", "", "private", "0555"),
        ("AB00C", "", "unavailable", ""),
        ("B10C", "", "private", ""),
        ("B00C", "", "unavailable", ""),
        ("AC", "", "unavailable", ""),
        ("D1#", "", "private", ""),
        ("D2#", "", "unavailable", ""),
        ("D3#", "", "unavailable", ""),
    ],
)
def test_strings(keys, number, presentation, redirecting):
    expected = CallMessage(CallerId(number, "", presentation), redirecting=redirecting)
    assert read_string(keys) == expected


@pytest.mark.parametrize(
    "keys", ["", "C", "#", "C123", "12*3#", "A12A34C", "A1C2C", "x", "A1B2D3C"]
)
def test_what_is_no_string_is_refused(keys):
    with pytest.raises(CallerIdError):
        read_string(keys)


def test_a_string_without_marks_needs_three_digits():
    assert read_string("0281", is_marked=False).caller.number == "0281"
    with pytest.raises(CallerIdError):
        read_string("02", is_marked=False)


@given(st.text("0123456789ABCD*#", max_size=80))
def test_any_keys_are_read_or_refused(keys):
    try:
        read = read_string(keys)
    except CallerIdError:
        return
    assert (read.caller.presentation == "allowed") == bool(read.caller.number)
