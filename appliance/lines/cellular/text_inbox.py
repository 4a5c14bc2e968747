"""Short messages in a modem's memories: what is new, what is kept for good, what may go; pure.

A modem's copy may go only when the whole message it belongs to is kept elsewhere: a power cut at
any moment loses nothing, and reads at worst the same message twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.errors import TextError
from appliance.modem.fields import at, fields_of, whole
from appliance.modem.sms_parts import Joined, PartsJoiner
from appliance.modem.sms_pdu import Deliver, StatusReport, read_pdu

_UNSENT, _SENT = 2, 3  # 3GPP TS 27.005 3.1: what was stored to be sent
FULL_S = 60.0  # what came in is deleted long before: the owner must be told
UNREADABLE = "[a message that can't be read] "


@dataclass(frozen=True, slots=True)
class Copy:
    """One message as a modem holds it. ``pdu``: so that what has taken its place is not deleted."""

    memory: str
    index: int
    pdu: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One +CMGL entry. ``status``: 0 and 1 came in, 2 and 3 are stored to be sent."""

    index: int
    status: int
    length: int | None
    pdu: str


@dataclass(slots=True)
class Found:
    """What a listing brought. ``again``: something could not be read and should be listed again."""

    messages: list[Joined] = field(default_factory=list)
    reports: list[StatusReport] = field(default_factory=list)
    again: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """How full a memory is, as +CPMS told it; ``size`` 0: not told."""

    used: int = 0
    size: int = 0

    @property
    def is_full(self) -> bool:
        return 0 < self.size <= self.used

    def is_scarce(self, stuck: int) -> bool:
        """Whether ``stuck`` messages leave an eighth of the places, at least one, or less."""
        return self.size > 0 and stuck >= self.size - max(1, self.size // 8)


def read_listing(lines: Iterable[str]) -> list[Entry]:
    """The entries of AT+CMGL=4: ``+CMGL: <index>,<stat>,[<alpha>],<length>`` and the PDU's line."""
    entries: list[Entry] = []
    head: tuple[str, ...] | None = None
    for line in lines:
        fields = fields_of(line, "+CMGL:")
        if fields is not None:
            head = fields
        elif head is not None:
            index, status = whole(at(head, 0)), whole(at(head, 1))
            if index is not None and index >= 0 and status is not None:
                entries.append(Entry(index, status, whole(head[-1]), line.strip()))
            head = None
    return entries


def read_single(index: int, lines: Iterable[str]) -> Entry | None:
    """What AT+CMGR=index tells: ``+CMGR: <stat>,[<alpha>],<length>`` and the PDU's line."""
    head: tuple[str, ...] | None = None
    for line in lines:
        fields = fields_of(line, "+CMGR:")
        if fields is not None:
            head = fields
        elif head is not None and line.strip():
            status = whole(at(head, 0))
            return None if status is None else Entry(index, status, whole(head[-1]), line.strip())
    return None


def read_room(line: str) -> Room | None:
    """The first pair of ``+CPMS: <used>,<size>,…``, also behind the memory's name (AT+CPMS?)."""
    fields = fields_of(line, "+CPMS:")
    if fields is None:
        return None
    numbers = [number for number in map(whole, fields) if number is not None]
    return Room(numbers[0], numbers[1]) if len(numbers) >= 2 else None


class TextInbox:
    """``now``: monotonic seconds everywhere."""

    def __init__(self) -> None:
        self._joiner = PartsJoiner()
        self._there: dict[tuple[str, int], str] = {}  # as last listed
        self._taken: set[Copy] = set()  # read, and not kept yet
        self._kept: set[Copy] = set()  # kept, and still to be deleted
        self._doubted: set[Copy] = set()  # could not be read; asked for once more
        self._outgoing: list[Copy] = []
        self._pushed = 0
        self.rooms: dict[str, Room] = {}
        self._full_since: dict[str, float] = {}
        self.unreadable: dict[str, int] = {}  # by memory: places that the modem can't read

    @property
    def deadline(self) -> float | None:
        """When tick() must be called, or None."""
        return self._joiner.deadline

    def forget_modem(self) -> None:
        """It went away, and may come back with another SIM: nothing is known of its places.

        What was read is still to be kept, and is known again by place and PDU.
        """
        self._there.clear()
        self._doubted.clear()
        self._outgoing.clear()
        self.rooms.clear()
        self._full_since.clear()
        self.unreadable.clear()

    def measured(self, memory: str, lines: Iterable[str], now: float) -> None:
        """The answer to AT+CPMS: how full ``memory`` is."""
        room = next((room for room in map(read_room, lines) if room is not None), None)
        if room is not None:
            self._set_room(memory, room, now)

    def _set_room(self, memory: str, room: Room, now: float) -> None:
        self.rooms[memory] = room
        if room.is_full:
            self._full_since.setdefault(memory, now)
        else:
            self._full_since.pop(memory, None)

    def warning(self, now: float) -> str:
        """That a memory stays full, or holds what can't be read, for the owner; "" for neither."""
        full = sorted(name for name, since in self._full_since.items() if now - since >= FULL_S)
        bad = sorted(name for name, count in self.unreadable.items() if count)
        told = []
        if full:
            told.append(
                f"its memory for short messages ({', '.join(full)}) is full: no more can come in"
            )
        if bad:
            count = sum(self.unreadable.values())
            what = "1 short message" if count == 1 else f"{count} short messages"
            told.append(f"{what} in its memory ({', '.join(bad)}) can't be read by the modem")
        return "; ".join(told)

    def listed(self, memory: str, entries: list[Entry], now: float) -> Found:
        """All that ``memory`` holds at the moment."""
        self._there = {k: pdu for k, pdu in self._there.items() if k[0] != memory}
        self._there.update({(memory, entry.index): entry.pdu for entry in entries})
        self._kept = {copy for copy in self._kept if self._is_there(copy)}
        self._doubted = {copy for copy in self._doubted if self._is_there(copy)}
        self._outgoing = [copy for copy in self._outgoing if copy.memory != memory]
        found = Found()
        for entry in entries:
            copy = Copy(memory, entry.index, entry.pdu)
            if entry.status in (_UNSENT, _SENT):
                self._outgoing.append(copy)
            elif copy not in self._taken and copy not in self._kept:
                self._take(copy, entry.length, found, now)
        return found

    def pushed(self, pdu: str, length: int | None, now: float) -> Found:
        """A message that the modem told without keeping it (+CMT, +CDS)."""
        found = Found()
        self._pushed += 1
        copy = Copy("", self._pushed, pdu)
        self._doubted.add(copy)  # it can't be asked for again
        self._take(copy, length, found, now)
        return found

    def tick(self, now: float) -> list[Joined]:
        """Messages that have waited long enough for their missing parts."""
        return self._joiner.tick(now)

    def make_room(self) -> list[Joined]:
        """Where parts that wait, and what others stored to be sent, nearly fill a memory.

        The parts are told with gaps, and all those copies may go.
        """
        told: list[Joined] = []
        for memory, room in self.rooms.items():
            outgoing = [copy for copy in self._outgoing if copy.memory == memory]
            waiting = sum(copy.memory == memory for copy in self._taken)
            if room.is_scarce(len(outgoing) + waiting):
                self._kept.update(outgoing)
                told += self._joiner.take_all()
        return told

    def kept(self, message: Joined, now: float) -> None:
        """It is stored for good: its copies may go."""
        copies = {copy for copy in message.copies if isinstance(copy, Copy)}
        self._taken -= copies
        self._joiner.remember(message.parts, now)
        self._kept.update(copy for copy in copies if copy.memory)

    def not_kept(self, message: Joined) -> None:
        """It could not be stored: its copies are read again at the next listing."""
        self._taken -= {copy for copy in message.copies if isinstance(copy, Copy)}

    def next_deletion(self) -> Copy | None:
        """A copy that may go and, when last looked, was still in its place."""
        return next((copy for copy in self._kept if self._is_there(copy)), None)

    def deleted(self, copy: Copy, is_done: bool, now: float) -> None:
        """AT+CMGD was answered; when it failed, the next listing shows the copy again."""
        if is_done:
            self._kept.discard(copy)
            room = self.rooms.get(copy.memory)
            if room is not None:
                self._set_room(copy.memory, Room(max(0, room.used - 1), room.size), now)
        self._there.pop((copy.memory, copy.index), None)

    def _take(self, copy: Copy, length: int | None, found: Found, now: float) -> None:
        try:
            message = read_pdu(copy.pdu, length)
        except TextError:
            if copy not in self._doubted:
                self._doubted.add(copy)
                found.again = True
                return
            self._taken.add(copy)
            text = UNREADABLE + copy.pdu
            found.messages.append(Joined("", text, None, 0, (copy,)))
            return
        if isinstance(message, Deliver):
            self._take_message(copy, message, found, now)
        elif isinstance(message, StatusReport):
            found.reports.append(message)
            self._kept.add(copy)
        else:
            self._outgoing.append(copy)

    def _take_message(self, copy: Copy, message: Deliver, found: Found, now: float) -> None:
        if self._joiner.is_known(message, now):
            self._kept.add(copy)
            return
        self._taken.add(copy)
        found.messages += self._joiner.add(message, copy, now)

    def _is_there(self, copy: Copy) -> bool:
        return self._there.get((copy.memory, copy.index)) == copy.pdu
