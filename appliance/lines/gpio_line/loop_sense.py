"""What loop current says: the exchange opened the loop, or another telephone has the line; pure.

An exchange with calling-party control opens the loop for 250 to 900 ms when the far end hangs up;
below 100 ms are blips, and seizing or dialling makes dips of 20 to 50 ms. While we are on-hook,
current means that another telephone in the house is lifted.
"""

BREAK_S = 0.25
DIP_S = 0.1  # shorter is nothing at all
SEIZING_S = 0.3  # after the hook relay has moved: the line is not steady yet
LIFTED_S = 0.25


class LoopSense:
    """One line's loop current. ``dips``: breaks of 0.1 to 0.25 s, which mean nothing alone."""

    def __init__(self) -> None:
        self._flows = False
        self._changed_s = 0.0
        self._off_hook = False
        self._steady_from_s = 0.0
        self._had_current = False
        self._told = False
        self.dips = 0

    def edge(self, flows: bool, at_s: float) -> None:
        """Current begins or ends."""
        if flows == self._flows:
            return
        if flows and self._off_hook and self._had_current and not self._told:
            lasted_s = at_s - self._break_begun_s
            self.dips += DIP_S <= lasted_s < BREAK_S
        self._flows, self._changed_s = flows, at_s
        self._had_current |= flows and self._off_hook
        self._told = False

    def hook(self, off_hook: bool, now: float) -> None:
        """We took the line, or gave it back; also after a flash."""
        self._off_hook = off_hook
        self._steady_from_s = now + SEIZING_S
        self._had_current = off_hook and self._flows
        self._told = False

    @property
    def flows(self) -> bool:
        return self._flows

    def is_lifted(self, now: float) -> bool:
        """Another telephone has the line: current flows though we are on-hook."""
        steady_s = max(self._changed_s, self._steady_from_s)
        return self._flows and not self._off_hook and now - steady_s >= LIFTED_S

    @property
    def deadline(self) -> float | None:
        """When tick() may have something to tell; None: not unless an edge comes."""
        if self._told or self._flows or not (self._off_hook and self._had_current):
            return None
        return self._break_begun_s + BREAK_S

    def tick(self, now: float) -> int | None:
        """The length so far, in ms, of a break that has just become one; told once."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return None
        self._told = True
        return round((now - self._break_begun_s) * 1000)

    @property
    def _break_begun_s(self) -> float:
        return max(self._changed_s, self._steady_from_s)
