"""A figure of a board with the limit it must keep, as its decks measure it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

GPIO_LOW_V, GPIO_HIGH_V = 0.8, 2.0  # inputs of 3.3 V: the Raspberry Pi's, the RP2040's, modules'


@dataclass(frozen=True)
class Figure:
    """``least`` or ``most``: the limit it must keep."""

    name: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def holds(self) -> bool:
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    def __str__(self) -> str:
        limits = " ".join(
            f"{sign} {limit:g}" for sign, limit in (("≥", self.least), ("≤", self.most))
            if limit is not None
        )  # fmt: skip
        mark = "  " if self.holds else "! "
        return f"{mark}{self.name:<76} {self.value:8.2f} {self.unit:<5} {limits}"


Groups = Mapping[str, Callable[[], Iterable[Figure]]]
