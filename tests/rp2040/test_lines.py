"""Exchange lines on the image, through the Si3050's registers."""

import numpy as np
import pytest

from tests.rp2040.emulated_card import EmulatedCard
from tests.rp2040.link_host import (
    COUNTRY,
    FLASH_LINE,
    LOOP,
    RELEASE,
    RING_DETECTED,
    SEIZE,
    LinkHost,
)

OFF_HOOK_MUTE_MS = 401  # the chip's own: FOH 128, resistor calibration 17, ADC calibration 256


@pytest.mark.parametrize("hz", [16, 20, 25, 50])
def test_ringing_is_detected(card: EmulatedCard, host: LinkHost, hz: int) -> None:
    host.run(100)
    start_ms = card.us / 1000
    card.line(5, ringing={"hz": hz, "volts": 75})
    report = host.wait_for(RING_DETECTED, bytes([5, 1]))
    assert 64 <= report.us / 1000 - start_ms <= 300
    host.run(1000)
    card.line(5, ringing=None)
    host.wait_for(RING_DETECTED, bytes([5, 0]))


def test_a_reversal_is_no_ringing(card: EmulatedCard, host: LinkHost) -> None:
    host.run(100)
    card.line(5, polarity=-1)
    card.line(6, ringing={"hz": 20, "volts": 8})  # hum and crosstalk: below the threshold
    host.run(600)
    assert not [report for report in host.reports if report.kind == RING_DETECTED]


def test_seizing_answers_and_releasing_hangs_up(card: EmulatedCard, host: LinkHost) -> None:
    card.line(6, ringing={"hz": 25, "volts": 75})
    host.wait_for(RING_DETECTED, bytes([6, 1]))
    host.send(SEIZE, bytes([6]))
    host.wait_for(RING_DETECTED, bytes([6, 0]))
    assert card.state()["seized"] == [False, True]
    card.line(6, ringing=None)
    host.run(100)
    host.send(FLASH_LINE, bytes([6]) + (100).to_bytes(2, "big"))
    host.run(400)
    flash = [(event["off"], event["ms"]) for event in card.seen("hook", socket=6)]
    assert [off for off, _ in flash] == [True, False, True]
    assert flash[2][1] - flash[1][1] == pytest.approx(100, abs=25)
    host.send(RELEASE, bytes([6]))
    host.run(100)
    assert card.state()["seized"] == [False, False]
    assert card.seen("fault") == []


def test_the_far_end_hangs_up(card: EmulatedCard, host: LinkHost) -> None:
    host.send(SEIZE, bytes([5]))
    host.run(600)
    card.line(5, open=True)
    host.wait_for(LOOP, bytes([5, 1]))
    card.line(5, open=False)
    host.wait_for(LOOP, bytes([5, 0]))


def test_caller_id_passes_on_hook(card: EmulatedCard, host: LinkHost) -> None:
    host.run(100)
    signal = np.random.default_rng(1).integers(-8000, 8000, 4000).astype(np.int16)
    host.listening = True
    card.say(5, signal)
    host.run(700)
    up = np.concatenate(host.heard[5])
    start = int(np.flatnonzero(up)[0])
    assert np.array_equal(up[start : start + len(signal)], signal)
    assert card.state()["seized"] == [False, False]


def test_a_lost_host_puts_lines_on_hook_in_500_ms(card: EmulatedCard, host: LinkHost) -> None:
    host.send(SEIZE, bytes([5]))
    host.run(300)
    assert card.state()["seized"] == [True, False]
    host.silent = True
    silent_ms = card.us / 1000
    host.run(700)
    (_, down) = card.seen("hook", socket=5)
    assert not down["off"]
    assert 450 <= down["ms"] - silent_ms <= 560


def test_the_lifeline_follows_the_host(card: EmulatedCard, host: LinkHost) -> None:
    """Relays take the line for a host and let it go 10 s after its last word."""
    host.run(1000)
    taken = [event["relay"] for event in card.seen("lifeline", joined=False)]
    assert sorted(taken) == [1, 2]
    host.silent = True
    silent_ms = card.us / 1000
    card.run(9900)
    assert card.seen("lifeline", joined=True) == []
    card.run(300)
    released = card.seen("lifeline", joined=True)
    assert sorted(event["relay"] for event in released) == [1, 2]
    assert all(9900 <= event["ms"] - silent_ms <= 10_150 for event in released)


def test_the_card_breaks_no_rule_of_its_line_chips(card: EmulatedCard, host: LinkHost) -> None:
    """Order at reset, slots on the bus, settings before and after the hook, in each country."""
    for country in (b"AU", b"DE", b"PH"):
        host.send(COUNTRY, b"\0" + country + bytes(2))
        host.run(100)
        host.send(SEIZE, bytes([5]))
        host.run(600)
        host.send(RELEASE, bytes([5]))
        host.run(100)
    assert len(card.seen("hook", socket=5)) == 6
    assert card.seen("fault") == []


def test_a_long_line_with_little_current_is_no_hang_up(card: EmulatedCard, host: LinkHost) -> None:
    card.line(5, loopMa=6)
    host.send(SEIZE, bytes([5]))
    host.run(1500)
    assert not [report for report in host.reports if report.kind == LOOP]
    card.line(5, open=True)
    host.wait_for(LOOP, bytes([5, 1]))
