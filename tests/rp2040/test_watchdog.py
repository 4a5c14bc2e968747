"""What stands still is started again, and says so."""

import pytest

from tests.rp2040.emulated_card import EmulatedCard
from tests.rp2040.link_host import RING, SEIZE, LinkHost

WATCHDOG_MS = 250
BY_WATCHDOG, BY_FAULT = 1, 2  # HEALTH's last byte
PCM_UP_CHANNEL, PCM_DOWN_CHANNEL = 2, 0

UNUSED_RAM = 0x20030000

FREEZES = [
    ("mask_interrupts", {}),  # the main loop gets no millisecond
    ("stop_dma", {"channels": [PCM_UP_CHANNEL]}),
    ("stop_dma", {"channels": [PCM_DOWN_CHANNEL]}),
]


def freeze_and_return(
    card: EmulatedCard, host: LinkHost, op: str, details: dict[str, object]
) -> None:
    host.send(SEIZE, bytes([5]))
    host.send(RING, bytes([1]) + (1000).to_bytes(2, "big") + (3000).to_bytes(2, "big"))
    host.run(300)
    assert host.health()[6] == 0
    frozen_us = card.us
    card.ask(op, **details)
    host.run(WATCHDOG_MS + 50)
    state = card.state()
    (reset,) = state["resets"]
    assert 0 < reset["us"] - frozen_us <= (WATCHDOG_MS + 10) * 1000
    assert state["outputs"] & 0x030F == 0  # nothing rings, the lifelines are released
    assert state["seized"] == [False, False]
    host.greet()
    uptime_ms, *_, cause = host.health()
    assert cause == BY_WATCHDOG
    assert uptime_ms <= (card.us - reset["us"]) / 1000 + 10
    before = host.audio_frames
    host.run(1000)
    assert host.audio_frames - before >= 98
    assert len(card.state()["resets"]) == 1


def test_a_fault_restarts_the_card_at_once(card: EmulatedCard, host: LinkHost) -> None:
    host.run(100)
    faulted_us = card.us
    card.ask("undefined_instruction", address=UNUSED_RAM)
    host.run(100)
    (reset,) = card.state()["resets"]
    assert reset["us"] - faulted_us <= 1000
    host.greet()
    assert host.health()[6] == BY_FAULT


@pytest.mark.parametrize(("op", "details"), FREEZES)
def test_a_frozen_card_comes_back(
    card: EmulatedCard, host: LinkHost, op: str, details: dict[str, object]
) -> None:
    freeze_and_return(card, host, op, details)
