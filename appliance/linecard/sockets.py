"""Who hears what happens on the sockets of a HAT."""

from dataclasses import dataclass
from typing import Protocol

from appliance.linecard.messages import LineState


class SocketHandler(Protocol):
    """A station or line on one socket. Called on the main thread; must not raise."""

    def on_up(self, off_hook: bool) -> None:
        """The socket works. ``off_hook``: its handset is lifted already."""

    def on_down(self, reason: str) -> None:
        """The socket does not work; ``reason`` is one sentence. Comes again when that changes."""

    def on_hook(self, off_hook: bool) -> None: ...

    def on_flash(self) -> None: ...

    def on_pulse_digit(self, digit: str) -> None: ...

    def on_ring(self, ringing: bool) -> None:
        """FXO: a burst began or ended."""

    def on_loop(self, is_open: bool) -> None:
        """FXO: the loop is open (disconnect) or closed again."""

    def on_line_state(self, state: LineState) -> None:
        """FXO, link version 2: what the chip measures; soon after ``on_up``, then at changes."""


class NoTelephone:
    """What an exchange line's socket never tells."""

    def on_hook(self, off_hook: bool) -> None:
        """Of a telephone."""

    def on_flash(self) -> None:
        """Of a telephone."""

    def on_pulse_digit(self, digit: str) -> None:
        """Of a telephone."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a socket's events concern."""

    handler: SocketHandler
    exchange: bool  # FXO
