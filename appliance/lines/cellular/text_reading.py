"""Reads and empties one memory of short messages: a listing, place by place if need be; deletions.

One message that a modem can't read makes some refuse the whole listing. Then each place is read by
itself, and the bad one is left where it is. A call may begin between any two commands: the rest
waits for its end.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from appliance.lines.cellular import text_commands
from appliance.lines.cellular.text_inbox import (
    Copy,
    Entry,
    Found,
    TextInbox,
    read_listing,
    read_single,
)
from appliance.lines.cellular.text_memories import TextMemories
from appliance.modem.at import Command, Result
from appliance.modem.fields import after_prefix

REFUSALS = 2  # in a row; one may be a busy SIM
MAX_PLACES = 1000
_SIMS_OWN = range(310, 319)  # 3GPP TS 27.005 3.2.5: no place of it could be read either

Run = Callable[[Iterable[Command], Callable[[Sequence[Result]], None]], None]
Done = Callable[[], None]


class TextReading:
    """``run``: as CellularTexts has it. ``on_found``: what came in. ``again``: list it soon."""

    def __init__(
        self,
        run: Run,
        memories: TextMemories,
        inbox: TextInbox,
        now: Callable[[], float],
        *,
        on_found: Callable[[Found], object],
        again: Callable[[str], object],
    ) -> None:
        self._run = run
        self._memories = memories
        self._inbox = inbox
        self._now = now
        self._on_found = on_found
        self._again = again
        self._refusals: Counter[str] = Counter()
        self.in_call = False

    def list_next(self, done: Done) -> None:
        """The memory that is due."""
        memory = self._memories.next_due()
        self._select(memory, partial(self._list, memory, done))

    def delete(self, copy: Copy, done: Done) -> None:
        """One copy that is kept elsewhere."""
        if copy.memory == self._memories.selected:
            self._delete(copy, done, True)
        else:
            self._select(copy.memory, partial(self._delete, copy, done))

    def _select(self, memory: str, then: Callable[[bool], None]) -> None:
        self._run((text_commands.select(memory),), partial(self._was_selected, memory, then))

    def _was_selected(
        self, memory: str, then: Callable[[bool], None], results: Sequence[Result]
    ) -> None:
        result = results[-1] if results else None
        if result is not None and result.ok:
            self._memories.selected = memory
            self._inbox.measured(memory, result.lines, self._now())
        if self.in_call:
            self._memories.make_due(memory)  # it rang meanwhile: the rest waits for its end
        then(self._memories.selected == memory and not self.in_call)

    def _list(self, memory: str, done: Done, is_selected: bool) -> None:
        if is_selected:
            self._run((text_commands.LIST,), partial(self._listed, memory, done))
        else:
            done()  # until the next regular listing

    def _listed(self, memory: str, done: Done, results: Sequence[Result]) -> None:
        result = results[-1] if results else None
        if result is not None and result.ok:
            self._refusals[memory] = 0
            self._take(memory, read_listing(result.lines), 0)
        elif self._is_for_good(memory, result):
            self._run((text_commands.PLACES,), partial(self._places_told, memory, done))
            return
        else:
            self._again(memory)
        done()

    def _delete(self, copy: Copy, done: Done, is_selected: bool) -> None:
        if is_selected:
            self._run((text_commands.delete(copy.index),), partial(self._deleted, copy, done))
        else:
            self._deleted(copy, done, ())

    def _deleted(self, copy: Copy, done: Done, results: Sequence[Result]) -> None:
        self._inbox.deleted(copy, bool(results) and results[-1].ok, self._now())
        done()

    # place by place

    def _is_for_good(self, memory: str, result: Result | None) -> bool:
        if result is None or result.timed_out or result.error_code in _SIMS_OWN or self.in_call:
            return False
        self._refusals[memory] += 1
        return self._refusals[memory] >= REFUSALS

    def _places_told(self, memory: str, done: Done, results: Sequence[Result]) -> None:
        """Without a list of them every place of the memory is tried, from 0 or 1 on."""
        places = read_places(results[-1].lines if results else ())
        room = self._inbox.rooms.get(memory)
        if places is None:
            places = list(range(room.size + 1)) if room is not None else []
        _ByPlace(self, memory, places, room.used if room is not None else None, done).next()

    def read_place(self, place: int, then: Callable[[Entry | None], None]) -> None:
        """``then``: with what is at ``place``, None for nothing that can be read."""

        def told(results: Sequence[Result]) -> None:
            result = results[-1] if results else None
            is_read = result is not None and result.ok
            then(read_single(place, result.lines) if result is not None and is_read else None)

        self._run((text_commands.read(place),), told)

    def read_all(self, memory: str, entries: list[Entry], bad: int) -> None:
        """Every place was read, ``bad`` of them in vain."""
        self._take(memory, entries, bad)

    def interrupted(self, memory: str) -> None:
        """A call has begun."""
        self._memories.make_due(memory)

    def _take(self, memory: str, entries: list[Entry], bad: int) -> None:
        self._inbox.unreadable[memory] = bad
        found = self._inbox.listed(memory, entries, self._now())
        if found.again:
            self._again(memory)
        self._on_found(found)


class _ByPlace:
    """One run through the places of a memory. ``used``: so many are taken, None: not told."""

    def __init__(
        self, reading: TextReading, memory: str, places: list[int], used: int | None, done: Done
    ) -> None:
        self._reading = reading
        self._memory = memory
        self._left = places[::-1]
        self._used = len(places) if used is None else used
        self._done = done
        self._entries: list[Entry] = []

    def next(self) -> None:
        if self._reading.in_call:
            self._reading.interrupted(self._memory)
            self._done()
        elif self._left and len(self._entries) < self._used:
            self._reading.read_place(self._left.pop(), self._read)
        else:
            bad = max(0, self._used - len(self._entries))
            self._reading.read_all(self._memory, self._entries, bad)
            self._done()

    def _read(self, entry: Entry | None) -> None:
        if entry is not None:
            self._entries.append(entry)
        self.next()


def read_places(lines: Iterable[str]) -> list[int] | None:
    """The first list of ``+CMGD: (0,3,7-9),(0-4)`` (3GPP TS 27.005 3.5.4); None: not told."""
    for line in lines:
        told = re.match(r"\(([0-9,\s-]{0,4000})\)", after_prefix(line, "+CMGD:") or "")
        if told is None:
            continue
        places: set[int] = set()
        for first, last in re.findall(r"([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?", told[1]):
            begin, end = int(first), int(last or first)
            places.update(range(begin, min(end, begin + MAX_PLACES) + 1))
        return sorted(places)[:MAX_PLACES]
    return None
