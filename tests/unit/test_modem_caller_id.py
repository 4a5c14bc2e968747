"""Caller-ID text: every variant seen in the field, raw messages, hostile names."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.modem.caller import CallerId, clean_name
from appliance.modem.caller_id import CallerIdAssembler, decode_message


def assemble(*lines: str, ring: bool = False) -> CallerId | None:
    assembler = CallerIdAssembler()
    told = None
    for line in lines:
        told = told or assembler.line(line, 0.0)
    return told or (assembler.ring() if ring else assembler.tick(0.5))


def message(kind: int, body: bytes) -> str:
    raw = bytes((kind, len(body))) + body
    return (raw + bytes((-sum(raw) % 256,))).hex().upper()


@pytest.mark.parametrize("ring", [True, False])
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DATE=0117", "TIME=1805", "NMBR=09171234567", "NAME=JUAN CRUZ"],
         CallerId("09171234567", "JUAN CRUZ", "allowed")),
        (["DATE = 0117", "TIME = 1805", "NMBR = 0917", "NAME = A"],
         CallerId("0917", "A", "allowed")),
        (["NAME=ANA", "NMBR=+63 (917) 123-4567"], CallerId("+639171234567", "ANA", "allowed")),
        (["NMBR=555"], CallerId("555", "", "allowed")),
        (["NMBR=P", "NAME=P"], CallerId("", "", "private")),
        (["NMBR=O"], CallerId("", "", "unavailable")),
        (["NMBR = OUT OF AREA", "NAME=MANILA"], CallerId("", "MANILA", "unavailable")),
        (["NMBR="], CallerId("", "", "unavailable")),
        (["DDN_NMBR=0281234567"], CallerId("0281234567", "", "allowed")),
        (["nmbr: 12"], CallerId("12", "", "allowed")),
        (["DATE=0117", "NAME=NOBODY"], None),
        (["RING", "OK", "gibberish"], None),
    ],
)  # fmt: skip
def test_variants(lines, expected, ring):
    assert assemble(*lines, ring=ring) == expected


def test_a_complete_block_is_told_at_once_and_a_partial_one_after_half_a_second():
    assembler = CallerIdAssembler()
    for line in ("DATE=0117", "TIME=1805", "NMBR=1"):
        assert assembler.line(line, 10.0) is None
    assert assembler.tick(10.4) is None
    assert assembler.deadline == 10.5
    assert assembler.line("NAME=X", 10.4) == CallerId("1", "X", "allowed")
    assert assembler.deadline is None


def test_raw_messages_with_their_checksum():
    mdmf = b"\x01\x0801171805" + b"\x02\x0b09171234567" + b"\x07\x03ANA"
    assert decode_message(message(0x80, mdmf)) == CallerId("09171234567", "ANA", "allowed")
    assert decode_message(message(0x80, b"\x04\x01P\x08\x01P")) == CallerId("", "", "private")
    assert decode_message(message(0x04, b"011718055551234")) == CallerId("5551234", "", "allowed")
    assert assemble("MESG = " + message(0x80, mdmf)) is not None
    good = message(0x80, mdmf)
    for bad in (good[:-2] + "00", good[:-2], good + "00", "80", "", "XYZ", message(0x82, mdmf)):
        assert decode_message(bad) is None


def test_names_are_made_fit_to_show():
    assert clean_name("\x1b[31mEVIL\x00\r\nNMBR=1\x7f") == "[31mEVIL NMBR=1"
    assert clean_name("Jos\xe9") == "José"
    assert clean_name("José".encode().decode("latin-1")) == "José"
    assert clean_name("\u202eabc".encode().decode("latin-1")) == "abc"
    assert len(clean_name("x" * 300)) == 40


@settings(max_examples=300)
@given(st.lists(st.one_of(
    st.text(max_size=60),
    st.binary(max_size=60).map(lambda b: "NAME=" + b.decode("latin-1")),
    st.binary(max_size=60).map(lambda b: "NMBR=" + b.decode("latin-1")),
    st.binary(max_size=40).map(lambda b: "MESG=" + b.hex()),
    st.binary(max_size=40).map(lambda b: "MESG=" + message(0x80, b)),
), max_size=6))  # fmt: skip
def test_hostile_text_never_raises_and_never_gets_through(lines):
    told = assemble(*lines)
    if told is not None:
        assert len(told.name) <= 40
        assert not any(unicodedata.category(c).startswith("C") for c in told.name)
        assert set(told.number) <= set("+0123456789*#")
        assert (told.presentation == "allowed") == bool(told.number)
