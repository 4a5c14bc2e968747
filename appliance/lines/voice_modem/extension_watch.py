"""Whether another telephone on the same line is lifted, as the modem's reports say."""

from collections.abc import Callable

BELIEVED_S = 3600.0  # the report of putting it down may have been lost


class ExtensionWatch:
    """``lifted``, ``hung_up``: DLE codes, which differ by family. ``now``: monotonic seconds."""

    def __init__(
        self, now: Callable[[], float], lifted: frozenset[int], hung_up: frozenset[int]
    ) -> None:
        self._now = now
        self._lifted = lifted
        self._hung_up = hung_up
        self._since_s: float | None = None

    def code(self, code: int) -> bool:
        """One DLE code; whether it says that a telephone was lifted just now."""
        if code in self._lifted:
            self._since_s = self._now()
        elif code in self._hung_up:
            self._since_s = None
        return code in self._lifted

    def ring(self) -> None:
        """The line rings: nobody has it."""
        self._since_s = None

    @property
    def in_use(self) -> bool:
        return self._since_s is not None and self._now() - self._since_s < BELIEVED_S
