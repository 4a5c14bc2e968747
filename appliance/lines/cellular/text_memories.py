"""Which memories for short messages a modem has, and which are to be listed; pure."""

import re
from collections.abc import Iterable

from appliance.lines.cellular.text_commands import MEMORIES
from appliance.modem.fields import fields_of


class TextMemories:
    """``main``: where new messages go. ``selected``: which is read and deleted from."""

    def __init__(self) -> None:
        self.main = MEMORIES[0]
        self.selected = ""
        self._readable: list[str] = []
        self._due: list[str] = []

    def know(self, lines: Iterable[str]) -> None:
        """The answer to AT+CPMS=?: chooses the main one; without an answer the modem's own.

        Then each is looked into: one that does not exist is only refused.
        """
        known = [groups for groups in map(_groups, lines) if groups]
        every = frozenset(MEMORIES)
        readable, receiving = (known[0][0], known[0][-1]) if known else (every, frozenset())
        self._readable = [memory for memory in MEMORIES if memory in readable]
        self.main = next((memory for memory in MEMORIES if memory in receiving), MEMORIES[0])

    def set_main(self, command: str) -> None:
        """``command``: the AT+CPMS="…","…","…" that the modem took."""
        self.main = self.selected = command.split('"')[1]

    def make_due(self, memory: str) -> None:
        """``memory``: as a notice names it; what is no name stands for the main one."""
        if not re.fullmatch(r"[A-Z]{2}", memory):
            memory = self.main
        if memory not in self._readable:
            self._readable.append(memory)
        if memory not in self._due:
            self._due.append(memory)

    def make_all_due(self) -> None:
        for memory in (self.main, *self._readable):
            self.make_due(memory)

    @property
    def is_any_due(self) -> bool:
        return bool(self._due)

    def next_due(self) -> str:
        return self._due.pop(0)

    def forget(self) -> None:
        """The modem went away."""
        self.selected = ""
        self._due.clear()


def _groups(line: str) -> list[frozenset[str]]:
    """``("SM","ME"),("SM"),("SM")``: what may be read, written to, and received into."""
    if fields_of(line, "+CPMS:") is None:
        return []
    return [frozenset(re.findall(r'"([A-Z_]{2,4})"', group)) for group in line.split("(")[1:]]
