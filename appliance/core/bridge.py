"""Who hears whom: members with roles, and the audio paths between them, changed by the least."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import permutations

from appliance.core.commands import BridgeLegs, HearLeg, UnbridgeLegs, UnhearLeg
from appliance.core.desk import Desk

Path = tuple[str, str]  # (who speaks, who hears it)


class Role(Enum):
    PARTY = "party"  # speaks to all, hears all
    MONITOR = "monitor"  # hears all, speaks to nobody
    WHISPER = "whisper"  # hears all, is heard by one
    BARGE = "barge"  # a listener whom all hear

    @property
    def is_heard_by_all(self) -> bool:
        return self in (Role.PARTY, Role.BARGE)


@dataclass(frozen=True, slots=True)
class Member:
    """``beside``: the endpoint that hears a whisper; "" for all other roles."""

    endpoint: str
    role: Role = Role.PARTY
    beside: str = ""

    def speaks_to(self, other: str) -> bool:
        return self.role.is_heard_by_all or (self.role is Role.WHISPER and other == self.beside)


def audio_paths(members: Iterable[Member]) -> frozenset[Path]:
    """Every (speaker, hearer); nobody hears himself, so that each hears the sum of the others."""
    return frozenset(
        (speaker.endpoint, hearer.endpoint)
        for speaker, hearer in permutations(members, 2)
        if speaker.speaks_to(hearer.endpoint)
    )


class Bridge:
    """The audio paths that stand now."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._paths: frozenset[Path] = frozenset()

    def set(self, members: Iterable[Member]) -> None:
        """Make and break paths so that these members hear each other as their roles say."""
        wanted = audio_paths(members)
        over, new = self._paths - wanted, wanted - self._paths
        for first, second in _both_ways(over):
            self._desk.emit(UnbridgeLegs(first, second))
        for speaker, hearer in _one_way(over):
            self._desk.emit(UnhearLeg(hearer, speaker))
        for first, second in _both_ways(new):
            self._desk.emit(BridgeLegs(first, second))
        for speaker, hearer in _one_way(new):
            self._desk.emit(HearLeg(hearer, speaker))
        self._paths = wanted


def _both_ways(paths: frozenset[Path]) -> list[Path]:
    """Each pair once; a line is named before a station."""
    return sorted((one, other) for one, other in paths if (other, one) in paths and one < other)


def _one_way(paths: frozenset[Path]) -> list[Path]:
    return sorted((one, other) for one, other in paths if (other, one) not in paths)
