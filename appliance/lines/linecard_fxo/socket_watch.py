"""What the chip of a FXO socket says of its line, put into the words of a line; pure.

The firmware has smoothed and debounced it (docs/linecard-protocol.md, LINE_STATE); what only lasts
for a moment on a good line, such as the battery's break after a call, is told apart here.
"""

from appliance.linecard.messages import LineFlag, LineState, PortHealth

UNPLUGGED_S = 3.0  # exchanges take the battery away for up to 2 s by themselves


class SocketWatch:
    """One line's measurements. ``where``: its socket, in a sentence."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.state: LineState | None = None
        self.lifted = 0  # how often another telephone was lifted in a call of ours

    def told(self, state: LineState) -> bool:
        """LINE_STATE came; whether the polarity has turned since the last one."""
        before, self.state = self.state, state
        if before is None:
            return False
        self.lifted += bool(state.flags & ~before.flags & LineFlag.PARALLEL)
        measured = LineFlag.READY | LineFlag.CONNECTED
        is_known = before.flags & state.flags & measured == measured
        return is_known and bool((before.flags ^ state.flags) & LineFlag.REVERSED)

    def forget(self) -> None:
        """The link is lost: nobody measures."""
        self.state = None

    def has(self, flag: LineFlag) -> bool:
        return self.state is not None and bool(self.state.flags & flag)

    @property
    def chip_trouble(self) -> str:
        """Why nothing is known of the line, "" when its chip works."""
        if self.state is None or self.state.flags & LineFlag.READY:
            return ""
        return f"the line chip of {self._where} does not answer"

    @property
    def unplugged(self) -> str:
        """Of an on-hook line that has had no battery for long enough; "" when it has one."""
        if self.state is None or self.state.flags & LineFlag.CONNECTED:
            return ""
        return f"{self._where} is not connected to a line"

    @property
    def warning(self) -> str:
        """What the owner should know of a line that works."""
        if self.has(LineFlag.PARALLEL):
            return "another telephone of this line is lifted in the call"
        if self.has(LineFlag.OVERLOAD):
            return "too much current flows in this line, or its supply dropped out"
        return ""

    @property
    def figures(self) -> dict[str, object]:
        """For the line's health."""
        state = self.state
        return {
            "in_use": self.has(LineFlag.IN_USE),
            "parallel": self.has(LineFlag.PARALLEL),
            "reversed": self.has(LineFlag.REVERSED),
            "volts": state.volts if state is not None else None,
            "ma": state.ma if state is not None else None,
            "warning": self.warning,
        }


class Bursts:
    """The cadence of ringing. ``cadence_ms``: the last burst, and the pause before it (0: none)."""

    def __init__(self) -> None:
        self._began_s = 0.0
        self._ended_s: float | None = None
        self.cadence_ms = (0, 0)

    def told(self, is_on: bool, now: float) -> None:
        """A burst began or ended."""
        if is_on:
            self._began_s = now
            return
        pause_s = self._began_s - self._ended_s if self._ended_s is not None else 0.0
        self.cadence_ms = (round((now - self._began_s) * 1000), round(pause_s * 1000))
        self._ended_s = now


def chip_figures(counted: PortHealth | None) -> dict[str, object]:
    """What the chip has counted since it has power; nothing when it has not told."""
    if counted is None:
        return {}
    return {
        "chip_starts": counted.starts,
        "chip_losses": counted.losses,
        "overloads": counted.overloads,
        "rings": counted.rings,
    }
