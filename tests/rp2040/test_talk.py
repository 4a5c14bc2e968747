"""Ten seconds of speech both ways on every port: each sample arrives, once, in its place."""

import numpy as np

from tests.rp2040.emulated_card import IMAGE_4_LINES, EmulatedCard, Samples
from tests.rp2040.link_host import HOOK, SEIZE, LinkHost

FXS = (1, 2, 3, 4)
SECONDS, RATE = 10, 8000
SETTLED_MS = 2300  # after seizing; the playout has been trimmed by then, if it had to be
CODEC_BITS = ~7  # 13 bits of 16
LEAST_STACK_LEFT = 1024  # bytes of 8 kB
LEAST_ASLEEP = 0.5  # of the time, with every port talking


def noise(seed: int, seconds: float) -> Samples:
    """Like nothing else: a shift or a gap shows anywhere."""
    samples = np.random.default_rng(seed).integers(-20000, 20000, round(seconds * RATE))
    return samples.astype(np.int16) | 1


def follows(whole: Samples, said: Samples) -> bool:
    """Whether all of ``said`` is in ``whole`` without a gap."""
    start = next(i for i in range(len(whole)) if np.array_equal(whole[i : i + 8], said[:8]))
    return np.array_equal(whole[start : start + len(said)], said)


def talk(card: EmulatedCard, host: LinkHost, seconds: float, *, first: bool = True) -> None:
    """Speech both ways on every port, compared sample by sample."""
    fxo = [socket for socket in range(5, 9) if host.mask >> (socket - 1) & 1]
    if first:
        for socket in FXS:
            card.lift(socket)
            host.wait_for(HOOK, bytes([socket, 1]))
        for socket in fxo:
            host.send(SEIZE, bytes([socket]))
        host.run(SETTLED_MS)
    host.heard.clear()
    before = host.health()
    up = {socket: noise(socket, seconds) for socket in [*FXS, *fxo]}
    down = {socket: noise(100 + socket, seconds) for socket in [*FXS, *fxo]}
    for socket in [*FXS, *fxo]:
        card.listen(socket)
        card.say(socket, up[socket])
    host.speech = dict(down)
    host.listening = True
    host.run(seconds * 1000 + 200)
    for socket in [*FXS, *fxo]:
        mask = np.int16(CODEC_BITS if socket in FXS else -1)
        assert follows(np.concatenate(host.heard[socket]), up[socket] & mask), f"up {socket}"
        assert follows(card.heard(socket), down[socket] & mask), f"down {socket}"
    assert host.health()[2:] == before[2:]  # bad and lost frames, underruns, overruns


def check(card: EmulatedCard, host: LinkHost) -> None:
    """Nothing was lost, late, doubled or done to a chip that must not be done."""
    assert (host.gaps, host.bad) == (0, 0)
    state = card.state()
    assert state["uart"]["overruns"] == 0
    assert state["uart"]["badBaud"] == 0
    assert state["resets"] == []
    assert state["stack_left"] >= LEAST_STACK_LEFT
    assert card.seen("fault") == []


def test_ten_seconds_both_ways(card: EmulatedCard, host: LinkHost) -> None:
    talk(card, host, SECONDS)
    check(card, host)


def test_eight_ports_at_full_rate() -> None:
    """Board B with four lines: 8 ports of 16 bits fill 67 % of the 2 Mbaud both ways."""
    card = EmulatedCard(IMAGE_4_LINES, lines=4)
    host = LinkHost(card)
    card.run(100)
    host.greet()
    talk(card, host, 2)
    check(card, host)
    before = card.state()
    host.run(500)
    after = card.state()
    asleep = (after["idle_us"] - before["idle_us"]) / (after["us"] - before["us"])
    assert asleep >= LEAST_ASLEEP
    card.close()
