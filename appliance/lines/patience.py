"""How long to wait before the next try: quickly at first, then with growing patience; pure."""

FIRST_S = 0.5
LONGEST_S = 10.0


class Patience:
    """0.5, 1, 2, 4, 8, 10, 10 ... seconds; where a person must help (``slow``), the longest."""

    def __init__(self) -> None:
        self._next_s = FIRST_S

    def reset(self) -> None:
        self._next_s = FIRST_S

    def next_s(self, slow: bool = False) -> float:
        """Seconds to wait now."""
        if slow:
            return LONGEST_S
        wait, self._next_s = self._next_s, min(LONGEST_S, self._next_s * 2)
        return wait
