"""The serial link of the image: spoiled frames, pacing, RTS and CTS."""

import numpy as np

from tests.rp2040.emulated_card import EmulatedCard
from tests.rp2040.link_host import LinkHost, frame

BYTE_NS = 5000  # 10 bits at 2,000,000 baud


def test_spoiled_frames_are_dropped_and_counted(card: EmulatedCard, host: LinkHost) -> None:
    random = np.random.default_rng(5)
    for _ in range(40):
        spoiled = bytearray(frame(bytes(random.integers(0, 256, 60, np.uint8))))
        spoiled[int(random.integers(0, len(spoiled) - 1))] ^= 0x40
        host.tick(spoil=bytes(spoiled))
    host.tick(spoil=bytes(random.integers(1, 256, 3000, np.uint8)) + b"\0")  # too long for a frame
    host.run(200)
    _, _, bad, lost, _, _, _ = host.health()
    assert 38 <= bad <= 60  # a spoiled 00 makes two of one
    assert lost <= 1
    assert host.gaps == 0
    before = host.audio_frames
    host.run(500)
    assert host.audio_frames - before >= 49  # it never lost its step


def test_bytes_keep_their_pace(card: EmulatedCard, host: LinkHost) -> None:
    host.run(300)
    state = card.state()
    assert state["least_gap_ns"] >= BYTE_NS - 1
    assert state["uart"]["badBaud"] == 0


def test_a_host_that_is_not_ready_gets_nothing_and_nothing_breaks(
    card: EmulatedCard, host: LinkHost
) -> None:
    host.run(100)
    sent = card.state()["uart"]["sent"]
    card.ask("cts", ready=False)
    host.run(300)
    assert card.state()["uart"]["sent"] <= sent + 1  # the byte that was under way
    card.ask("cts", ready=True)
    host.run(200)
    before = host.audio_frames
    host.run(500)
    assert host.audio_frames - before >= 49
    assert host.bad <= 1


def test_rts_holds_back_a_host_that_floods(card: EmulatedCard, host: LinkHost) -> None:
    """20 kB at once: RTS is withdrawn when the FIFO fills, so no byte is overrun."""
    good_before = host.health()[1]
    unknown = frame(b"\x7f" + bytes(range(1, 200)))  # a kind nobody knows: good, and ignored
    host.tick(spoil=unknown * 100)
    host.run(400)
    state = card.state()
    assert state["uart"]["overruns"] == 0
    assert state["uart"]["rtsWithdrawn"] > 0
    assert state["waiting_down"] == 0
    assert host.health()[1] - good_before >= 100


def test_a_host_that_ignores_rts_is_seen_as_overruns_only_when_the_card_is_stuck(
    card: EmulatedCard, host: LinkHost
) -> None:
    card.ask("rts", obey=False)
    unknown = frame(b"\x7f" + bytes(range(1, 200)))
    host.tick(spoil=unknown * 100)
    host.run(400)
    assert card.state()["uart"]["overruns"] == 0  # the firmware keeps up with 2 Mbaud without help
