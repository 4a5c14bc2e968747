"""Telephones on the image: ringing current as the Ag1171 allows it, hook, flash, pulse digits."""

import itertools
import struct

import pytest

from tests.rp2040.emulated_card import EmulatedCard
from tests.rp2040.link_host import HOOK, HOOK_FLASH, PULSE_DIGIT, RING, STOP_RING, LinkHost

MOST_DUTY = 1 / 3  # of RM, Ag1171 data sheet


def ring(socket: int, on_ms: int = 1000, off_ms: int = 3000) -> bytes:
    return struct.pack(">BHH", socket, on_ms, off_ms)


def test_ringing_has_its_frequency_and_cadence(card: EmulatedCard, host: LinkHost) -> None:
    host.send(RING, ring(1))
    host.run(9500)
    host.send(STOP_RING, bytes([1]))
    host.run(200)
    bursts = card.seen("burst", socket=1)
    assert len(bursts) == 3
    for burst in bursts:
        assert 19.9 <= burst["hz"] <= 25.1  # the chip writes pins a few cycles sooner or later
        assert 950 <= burst["to_ms"] - burst["from_ms"] <= 1100
    gaps = [b["from_ms"] - a["from_ms"] for a, b in itertools.pairwise(bursts)]
    assert gaps == pytest.approx([4000, 4000], abs=30)
    on_ms = sum(burst["to_ms"] - burst["from_ms"] for burst in bursts[:2])
    assert on_ms / 8000 <= MOST_DUTY
    assert card.seen("fault") == []


def test_an_answered_phone_stops_ringing(card: EmulatedCard, host: LinkHost) -> None:
    host.send(RING, ring(3))
    host.run(500)
    lifted_ms = card.us / 1000
    card.lift(3)
    report = host.wait_for(HOOK, bytes([3, 1]))
    assert report.us / 1000 - lifted_ms <= 200
    (trip,) = card.seen("trip", socket=3)
    assert trip["after_ms"] <= 200
    assert 10 < trip["forward_for_ms"] < 500  # F/R high, then RM low (data sheet: ring trip)
    card.hang_up(3)
    host.wait_for(HOOK, bytes([3, 0]))
    assert card.seen("fault") == []


def test_phones_of_one_offer_begin_together(card: EmulatedCard, host: LinkHost) -> None:
    start_ms = card.us / 1000
    for socket in (1, 2, 3, 4):
        host.send(RING, ring(socket))
    host.run(3000)
    for socket in (1, 2, 3, 4):
        assert card.seen("burst", socket=socket)[0]["from_ms"] - start_ms <= 1500
    bursts = card.seen("burst")
    for one in bursts:
        at_once = [o for o in bursts if o["from_ms"] <= one["from_ms"] < o["moved_to_ms"]]
        assert len(at_once) <= 2  # what the supply carries; RM's tail after F/R rests is no load
    assert card.seen("fault") == []


def test_flash_and_hang_up(card: EmulatedCard, host: LinkHost) -> None:
    card.lift(2)
    host.wait_for(HOOK, bytes([2, 1]))
    card.contacts(2, (0, False), (250, True))
    host.wait_for(HOOK_FLASH, bytes([2]))
    card.hang_up(2)
    host.wait_for(HOOK, bytes([2, 0]))


@pytest.mark.parametrize(("pulses", "digit"), [(1, b"1"), (7, b"7"), (10, b"0")])
def test_pulse_digits(card: EmulatedCard, host: LinkHost, pulses: int, digit: bytes) -> None:
    card.lift(4)
    host.wait_for(HOOK, bytes([4, 1]))
    card.dial_pulses(4, pulses)
    host.wait_for(PULSE_DIGIT, bytes([4]) + digit)
