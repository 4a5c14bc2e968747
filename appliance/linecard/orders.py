"""What stations and lines may order of a HAT's sockets."""

from abc import ABC, abstractmethod

from appliance.linecard import messages
from appliance.linecard.messages import Kind, RingCadence


class SocketOrders(ABC):
    """Orders as methods; while the link is down each of them is nothing."""

    @property
    @abstractmethod
    def version(self) -> int:
        """Of the link's protocol."""

    @abstractmethod
    def _send(self, kind: Kind, payload: bytes) -> None:
        """One message to the HAT."""

    def ring(self, socket: int, cadence: RingCadence) -> None:
        """Ring a telephone until it is lifted or ``stop_ring``. While the link is down: nothing."""
        self._send(Kind.RING, messages.ring(socket, cadence))

    def stop_ring(self, socket: int) -> None:
        self._send(Kind.STOP_RING, bytes((socket,)))

    def gain(self, socket: int, to_phone_db10: int, from_phone_db10: int) -> None:
        """Set a socket's gains in 0.1 dB; the HAT forgets them when the link is lost."""
        self._send(Kind.GAIN, messages.gain(socket, to_phone_db10, from_phone_db10))

    def seize(self, socket: int) -> None:
        """FXO: go off-hook."""
        self._send(Kind.SEIZE, bytes((socket,)))

    def release(self, socket: int) -> None:
        """FXO: go on-hook."""
        self._send(Kind.RELEASE, bytes((socket,)))

    def flash_line(self, socket: int, ms: int) -> None:
        """FXO: break the loop for ``ms`` (50-1500)."""
        self._send(Kind.FLASH_LINE, messages.flash_line(socket, ms))

    # --- link version 2; to an older HAT nothing is said ---------------------------------------

    def country(self, socket: int, letters: str) -> None:
        """The country's line and caller-ID standard (ISO 3166)."""
        self._send_newer(Kind.COUNTRY, messages.country(socket, letters))

    def caller_id(self, socket: int, message: bytes) -> None:
        """Show who calls on a telephone that rings: between its first ring and the second.

        ``message``: see `messages.caller_id`; it may be sent just before `ring`.
        """
        self._send_newer(Kind.CALLER_ID, messages.caller_id(socket, message))

    def ring_supply(self, telephones: int) -> None:
        """How many telephones may have ringing current at once (1-8); the others take turns."""
        self._send_newer(Kind.RING_SUPPLY, bytes((telephones,)))

    def use_port(self, socket: int, is_used: bool) -> None:
        """Feed a telephone's socket, or switch its feed off."""
        self._send_newer(Kind.USE_PORT, bytes((socket, is_used)))

    def _send_newer(self, kind: Kind, payload: bytes) -> None:
        if self.version >= messages.NEWEST_PROTOCOL:
            self._send(kind, payload)
