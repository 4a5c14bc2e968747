"""The HAT's ID EEPROM: made, read back, and refused when a bit of it is wrong."""

import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.hat.eeprom import Eeprom, EepromError, GpioUse, crc16, make, parse, read_settings

SETTINGS = Path("hardware/hat/eeprom_settings.txt").read_text(encoding="ascii")
BOARD = uuid.UUID("00112233-4455-4677-8899-aabbccddeeff")
OVERLAY = bytes(range(200))


def image() -> bytes:
    return make(read_settings(SETTINGS, BOARD, OVERLAY))


def test_the_crc_is_arc() -> None:
    assert crc16(b"123456789") == 0xBB3D  # the check value of CRC-16/ARC


def test_the_bytes_are_those_of_the_format() -> None:
    made = image()
    assert made[:12] == b"R-Pi" + bytes([1, 0, 3, 0]) + len(made).to_bytes(4, "little")
    assert made[12:16] == bytes([1, 0, 0, 0])  # the vendor's atom, the first
    assert made[20:36] == bytes.fromhex("ffeeddccbbaa998877465544 33221100".replace(" ", ""))
    assert made[36:42] == bytes([1, 0, 1, 0, len("Counterbell"), len("Line card 2 FXO 4 FXS")])
    at = made.index(b"Line card 2 FXO 4 FXS") + len("Line card 2 FXO 4 FXS") + 2
    assert made[at : at + 8] == bytes([2, 0, 1, 0, 32, 0, 0, 0])  # the GPIO map
    pins = made[at + 10 : at + 38]
    assert pins[14] == 0x80 | 3 << 5 | 4  # used, no pull, alternate function 0: TXD0
    assert pins[15] == 0x80 | 1 << 5 | 4
    assert pins[16] == 0x80 | 1 << 5 | 7  # alternate function 3: CTS0
    assert pins[17] == 0x80 | 3 << 5 | 7
    assert pins[2] == 0


def test_an_image_says_what_it_was_made_of() -> None:
    read = parse(image())
    assert read.board == BOARD
    assert (read.vendor, read.product) == ("Counterbell", "Line card 2 FXO 4 FXS")
    assert read.gpios[16] == GpioUse("alt3", "UP")
    assert read.overlay == OVERLAY
    assert parse(image() + b"\xff" * 100) == read  # the rest of the chip


@given(
    st.builds(
        Eeprom,
        st.uuids(),
        st.integers(0, 65535),
        st.integers(0, 65535),
        st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=255),
        st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=255),
        st.dictionaries(
            st.integers(0, 27),
            st.builds(
                GpioUse, st.sampled_from(["input", "alt0", "alt5"]), st.sampled_from(["UP", "NONE"])
            ),
        ),
        st.binary(max_size=3000),
    )
)
def test_every_board_comes_back(eeprom: Eeprom) -> None:
    assert parse(make(eeprom)) == eeprom


@given(st.data())
def test_a_wrong_bit_is_noticed(data: st.DataObject) -> None:
    made = bytearray(image())
    bit = data.draw(st.integers(0, len(made) * 8 - 1))
    made[bit // 8] ^= 1 << bit % 8
    if bit // 8 == 5:  # the reserved byte says nothing
        assert parse(bytes(made)) == parse(image())
        return
    with pytest.raises(EepromError):
        parse(bytes(made))


@given(st.binary(max_size=300))
def test_rubbish_is_refused(rubbish: bytes) -> None:
    with pytest.raises(EepromError):
        parse(rubbish)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(EepromError, match="holds 4096"):
        make(read_settings(SETTINGS, BOARD, bytes(5000)))


@pytest.mark.parametrize("line", ["setgpio 40 ALT0 UP", "setgpio 4 ALT9 UP", "what is this"])
def test_a_wrong_line_is_named(line: str) -> None:
    with pytest.raises(EepromError, match="line 1"):
        read_settings(line + "\n" + SETTINGS, BOARD, OVERLAY)
