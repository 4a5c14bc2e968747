"""Power-up: through the second stage with its checksum, clocks, pins at rest, HELLO."""

from pathlib import Path

import pytest

from appliance.linecard.image import read_parts
from tests.rp2040.emulated_card import IMAGE, EmulatedCard
from tests.rp2040.firmware_files import BOARD, PLACES, SLOT_A, vectors
from tests.rp2040.link_host import LinkHost

VECTORS = vectors(SLOT_A)
CHECKSUM_WRONG = 4  # the test's boot ROM ends with BKPT 4


def test_boots_through_the_second_stage(card: EmulatedCard) -> None:
    card.run(100)
    state = card.state()
    assert card.halted is None
    assert state["vector_table"] == VECTORS
    assert state["clk_sys"] == 128_000_000
    assert state["baud"] == 2_000_000
    assert state["frame_ns"] == pytest.approx([125_000, 125_000], abs=0.01)  # FSYNC 8 kHz
    assert card.seen("fault") == []


@pytest.mark.parametrize("offset", [0, 100, 251, 252, 255])
def test_a_spoiled_second_stage_does_not_boot(tmp_path: Path, offset: int) -> None:
    spoiled = bytearray(IMAGE.read_bytes())
    spoiled[offset] ^= 0x10
    path = tmp_path / "spoiled.bin"
    path.write_bytes(spoiled)
    card = EmulatedCard(path)
    card.run(20)
    assert card.halted == CHECKSUM_WRONG
    assert card.state()["vector_table"] != VECTORS
    card.close()


def test_what_usb_puts_on_a_card_is_loader_and_slot_a_without_a_record() -> None:
    flat = IMAGE.read_bytes()
    (part,) = read_parts(flat[SLOT_A:].rstrip(b"\xff"))
    assert (part.board, part.slot, part.signature) == (BOARD, SLOT_A, b"")
    assert flat[PLACES["FLASH_RECORDS"] : SLOT_A] == b"\xff" * (SLOT_A - PLACES["FLASH_RECORDS"])


def test_everything_is_at_rest_until_a_host_comes(card: EmulatedCard) -> None:
    up = card.run(1000)
    state = card.state()
    assert up == b""
    assert state["outputs"] & 0x030F == 0  # no RM, lifeline relays released
    assert state["seized"] == [False, False]
    assert card.seen("fault") == []


def test_hello(card: EmulatedCard) -> None:
    host = LinkHost(card)
    card.run(100)
    reply = host.greet()
    assert reply[0] == 2
    assert reply[1] == 1
    assert reply[5:8] == bytes([0x0F, 0x30, 0])  # FXS, FXO, nobody off the hook
    start_us = card.us
    host.run(1000)
    assert host.audio_frames >= 98
    assert host.gaps == 0
    assert host.bad == 0
    assert card.us - start_us == pytest.approx(1e6)
    assert card.seen("fault") == []


def test_a_lifted_handset_is_known_from_the_start(card: EmulatedCard) -> None:
    card.lift(2)
    card.run(200)
    assert LinkHost(card).greet()[7] == 0b0010
