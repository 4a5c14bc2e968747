"""Where a modem keeps short messages: a memory of few places, and what waits in the network.

A message that finds no place stays with the service centre, which tries again once one was freed
(3GPP TS 23.040 §3.3, "memory available").
"""

from collections import deque
from dataclasses import dataclass

UNREAD, READ, UNSENT, SENT = range(4)  # 27.005 §3.1 <stat>


@dataclass(slots=True)
class Kept:
    """One stored PDU, service centre first."""

    pdu: bytes
    stat: int = UNREAD


class Memory:
    """Places numbered from ``first``; each empty or with one PDU."""

    def __init__(self, name: str, places: int, first: int) -> None:
        self.name = name
        self.first = first
        self.places: list[Kept | None] = [None] * places

    @property
    def used(self) -> int:
        return sum(place is not None for place in self.places)

    @property
    def is_full(self) -> bool:
        return self.used == len(self.places)

    def keep(self, pdu: bytes) -> int | None:
        """Its index, or None when no place is free."""
        for number, place in enumerate(self.places):
            if place is None:
                self.places[number] = Kept(pdu)
                return number + self.first
        return None

    def at(self, index: int) -> Kept | None:
        """What is there. Raises IndexError for a place that does not exist."""
        number = index - self.first
        if not 0 <= number < len(self.places):
            raise IndexError(index)
        return self.places[number]

    def free(self, index: int) -> None:
        """Idempotent. Raises IndexError for a place that does not exist."""
        self.at(index)
        self.places[index - self.first] = None

    def listed(self) -> list[tuple[int, Kept]]:
        return [(n + self.first, kept) for n, kept in enumerate(self.places) if kept is not None]


class Inbox:
    """All memories, and the queue at the service centre."""

    def __init__(self, memories: dict[str, int], first: int, default: str) -> None:
        self.memories = {name: Memory(name, size, first) for name, size in memories.items()}
        self.reading = self.writing = self.receiving = default
        self.at_centre: deque[bytes] = deque()
        self.received = 0  # PDUs that reached a memory or the host

    def choose(self, names: list[str]) -> bool:
        """As +CPMS: for reading, writing and receiving; False when one does not exist."""
        if not names or any(name not in self.memories for name in names):
            return False
        self.reading = names[0]
        self.writing = names[1] if len(names) > 1 else self.writing
        self.receiving = names[2] if len(names) > 2 else self.receiving
        return True

    def memory(self, name: str) -> Memory:
        return self.memories[name]
