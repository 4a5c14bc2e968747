"""Which audio port is bound to which sound card, and who hears whether the card is there."""

from dataclasses import dataclass
from typing import Any

from appliance.audio.binding import check, lib
from appliance.audio.card_memory import CardMemory
from appliance.audio.loop_events import LoopEvent
from appliance.audio.port_table import PortTable
from appliance.audio.stats import read_port_stats
from appliance.errors import AudioError
from appliance.interfaces import CardListener


@dataclass(frozen=True, slots=True)
class _Bound:
    card: str
    listener: CardListener


class CardPorts:
    """Main thread only. A card that is away is a silent port that comes alive when it returns."""

    def __init__(self, pointer: Any, ports: PortTable) -> None:
        self._pointer = pointer
        self._ports = ports
        self._memories: dict[str, CardMemory] = {}
        self._bound: dict[int, _Bound] = {}
        # by port: the loop may read it until the detach is answered, so it is kept until the next
        self._kept: dict[int, CardMemory] = {}

    def add(self, card: str, memory: CardMemory) -> None:
        """From now on ports can be opened on ``card``."""
        self._memories[card] = memory

    def remove(self, card: str) -> None:
        """No more ports on ``card``; one that is open falls silent."""
        self._memories.pop(card, None)

    def open(self, card: str, listener: CardListener) -> int:
        """A port bound to ``card``. Raises AudioError: no such card, in use, or no free port."""
        memory = self._memories.get(card)
        if memory is None:
            known = ", ".join(sorted(self._memories)) or "none"
            raise AudioError(f"there is no sound card {card}; known are {known}")
        if (taken := self.port_of(card)) is not None:
            raise AudioError(f"sound card {card} is in use by audio port {taken}")
        port = self._ports.open(listener)
        attached = lib.audio_port_attach_card(self._pointer, port, memory.pointer, memory.size)
        if attached < 0 and self._ports.close(port):
            check(lib.audio_port_detach(self._pointer, port), f"port {port}")
            self._ports.detach_asked(port)
        check(attached, f"sound card {card} on port {port}")
        self._bound[port] = _Bound(card, listener)
        self._kept[port] = memory
        return port

    def closed(self, port: int) -> None:
        """``port`` was given back; nothing happens when it was no card's."""
        self._bound.pop(port, None)

    def port_of(self, card: str) -> int | None:
        """The open port of ``card``, or None."""
        return next((port for port, bound in self._bound.items() if bound.card == card), None)

    def drift_ppm(self, card: str) -> int | None:
        """The card's clock against ours, or None while no port follows it."""
        port = self.port_of(card)
        return None if port is None else read_port_stats(self._pointer, port).drift_ppm

    def told(self, event: LoopEvent) -> None:
        """An AUDIO_CARD event of the loop."""
        if bound := self._bound.get(event.port):
            bound.listener.card_changed(event.detail == lib.AUDIO_CARD_HERE)
