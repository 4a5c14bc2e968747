"""Runs one transition table; the only place where a state changes."""

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

from appliance.errors import IllegalEvent

S = TypeVar("S", bound=Enum)
W = TypeVar("W", bound=Enum)


class Machine(Generic[S, W]):
    """A state and its table. ``name`` says whose it is, for the story."""

    __slots__ = ("_name", "_state", "_table")

    def __init__(self, name: str, table: Mapping[tuple[S, W], S], state: S) -> None:
        self._name = name
        self._table = table
        self._state = state

    @property
    def state(self) -> S:
        return self._state

    def move(self, what: W) -> S:
        """Follow the table and return the new state.

        Raises IllegalEvent, with the state unchanged, when the table does not hold ``what`` here.
        """
        try:
            self._state = self._table[self._state, what]
        except KeyError:
            raise IllegalEvent(
                f"{self._name}: {what.value} is not expected while {self._state.value}"
            ) from None
        return self._state

    def accepts(self, what: W) -> bool:
        """Whether the table holds ``what`` in the present state."""
        return (self._state, what) in self._table
