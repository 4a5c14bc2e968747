"""The emulated card's link as a serial port (a pty): the loop's time and the chip's go together."""

import asyncio
import os
import pty
import tty
from contextlib import suppress

from tests.rp2040.emulated_card import EmulatedCard

TICK_S = 0.010


class CardPort:
    """While the loop runs, the chip does: 10 ms of it each 10 ms. ``path``: for a client."""

    def __init__(self, loop: asyncio.AbstractEventLoop, card: EmulatedCard) -> None:
        self._loop = loop
        self._card = card
        self._card_end, self._host_end = pty.openpty()
        tty.setraw(self._host_end)
        os.set_blocking(self._card_end, False)
        self.path = os.ttyname(self._host_end)
        self._timer = loop.call_later(TICK_S, self._tick)

    def close(self) -> None:
        self._timer.cancel()
        os.close(self._card_end)
        os.close(self._host_end)

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK_S, self._tick)
        down = b""
        with suppress(BlockingIOError):
            down = os.read(self._card_end, 1 << 16)
        up = self._card.run(TICK_S * 1000, down)
        with suppress(BlockingIOError):  # what a host does not take is lost
            os.write(self._card_end, up)
