"""The first call after a modem's sound port appeared: drivers make ttys that are not raw yet."""

import os
import select
import termios
from collections import Counter
from collections.abc import Iterator

import pytest

from appliance.lines.cellular.sound import CellularListener, CellularSound
from appliance.lines.timers import NamedTimers
from appliance.loop import VirtualLoop
from appliance.serial_port import open_pcm
from tests.cellular_rig import FakePhoneAudio

SAMPLES = bytes(range(256)) * 3  # every byte that a terminal could take for something else


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """A pty just made, the modem's end and the box's; held open, it keeps what was set."""
    modem, port = os.openpty()
    yield modem, port
    os.close(modem)
    os.close(port)


def a_listener(loop: VirtualLoop) -> CellularListener:
    return CellularListener(
        "mobile",
        lambda _event: None,
        loop.time,
        Counter(),
        extension_lifted=frozenset(),
        silence_limit_s=30.0,
        on_ended=lambda _evidence: None,
        on_lost=lambda _error: None,
        on_detached=lambda: None,
        outgoing=False,
    )


def comes_back(modem: int) -> bytes:
    """What the modem is sent within a moment."""
    data = b""
    while select.select([modem], [], [], 0.05)[0]:
        data += os.read(modem, 4096)
    return data


def test_a_fresh_port_sends_nothing_back_to_a_modem_that_streams_already(ends):
    modem, port = ends
    assert termios.tcgetattr(port)[3] & termios.ECHO
    loop = VirtualLoop()
    audio = FakePhoneAudio(loop)
    sound = CellularSound(audio, open_pcm, NamedTimers(loop), card="", serial_port=os.ttyname(port))
    assert sound.open(a_listener(loop))
    os.write(modem, SAMPLES)
    assert sound.begin()
    assert comes_back(modem) == b""
    os.write(modem, SAMPLES)
    assert select.select([port], [], [], 1.0)[0], "a terminal's line waits for its end"
    assert os.read(port, 4096) == SAMPLES
    audio.detach(7)
    loop.close()
    sound.close()
