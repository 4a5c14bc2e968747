"""A progress bar: one line, redrawn in place on a terminal; plain lines anywhere else."""

from types import TracebackType
from typing import TextIO

_WIDTH = 24
_LETTERS = 76


class Progress:
    """Use as a context manager, so that the line is ended whatever happens."""

    def __init__(self, out: TextIO, *, quiet_elsewhere: bool = False) -> None:
        """``quiet_elsewhere``: no lines where there is no terminal."""
        self._out = out
        self._in_place = out.isatty()
        self._quiet = quiet_elsewhere and not self._in_place
        self._drawn = False

    def show(self, done: int, total: int, what: str) -> None:
        """``done`` of ``total`` are done; ``what`` was the last."""
        if self._quiet:
            return
        if self._in_place:
            full = _WIDTH * done // max(1, total)
            bar = "#" * full + "." * (_WIDTH - full)
            line = f"  [{bar}] {done}/{total} {what}"[:_LETTERS]
            self._out.write(f"\r{line:<{_LETTERS}}")
            self._drawn = True
        else:
            self._out.write(f"  {done}/{total} {what}\n")
        self._out.flush()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            self._out.write("\n")
            self._out.flush()
