"""What to do about a cellular modem that fails: which step, when, and what the owner is told; pure.

A silent modem is brought back by the ladder of `recovery`. One that is unplugged is waited for (its
port's return is seen at once), and switched off and on only where there are wires for it. A port
that can't be opened for another reason is no fault of the modem.
"""

from collections.abc import Iterable

from appliance.lines.cellular.recovery import Attempt, Recovery, Step, told
from appliance.lines.patience import Patience

AGAIN_S = 1.0  # between the looks at a modem that starts
ABSENT_TRIES = 5  # of an absent port, 15 s, until its wires are tried


class Trouble:
    """``wired``: the steps of recovery.BY_WIRE it has. Times are monotonic seconds."""

    def __init__(self, wired: Iterable[Step]) -> None:
        by_wire = set(wired)
        self._can_power = bool(by_wire)
        self._recovery = Recovery({Step.RESET, *by_wire})
        self._patience = Patience()
        self._absent = 0
        self._boot_until: float | None = None
        self.plan = Attempt(Step.REOPEN, AGAIN_S, down=False)

    def well(self, now: float) -> None:
        """The line is in service."""
        self._recovery.well(now)
        self._patience.reset()
        self._absent, self._boot_until = 0, None

    def came_back(self) -> None:
        """The port has appeared: whatever was planned, open it."""
        self._patience.reset()
        self._absent = 0
        self.plan = Attempt(Step.REOPEN, 0.0, down=False)

    def restarting(self, now: float, boot_s: float) -> None:
        """The modem was told to restart: until then silence is no news."""
        self._boot_until = now + boot_s
        self.plan = Attempt(Step.REOPEN, AGAIN_S, down=False)

    def silent(self, reason: str, now: float) -> tuple[str, bool]:
        """It does not answer. What to tell the owner, and whether a person must help."""
        if self._is_booting(now):
            return reason, False
        self.plan = self._recovery.fail(now, reachable=True)
        if not self.plan.down:
            return reason, False
        return reason + told(self._recovery.tried, self._can_power), True

    def absent(self, reason: str, now: float) -> tuple[str, bool]:
        """Its port is not there. As silent()."""
        if self._is_booting(now):
            return reason, False
        self._absent += 1
        if self._can_power and self._absent > ABSENT_TRIES:
            self.plan = self._recovery.fail(now, reachable=False)
            if self.plan.down:
                return reason + told(self._recovery.tried, self._can_power), True
            return reason, False
        self.plan = Attempt(Step.REOPEN, self._patience.next_s(), down=False)
        return reason, False

    def refused(self, reason: str) -> tuple[str, bool]:
        """The port is there and can't be opened: another program has it, say."""
        self.plan = Attempt(Step.REOPEN, self._patience.next_s(), down=False)
        return reason, False

    def _is_booting(self, now: float) -> bool:
        booting = self._boot_until is not None and now < self._boot_until
        if booting:
            self.plan = Attempt(Step.REOPEN, AGAIN_S, down=False)
        return booting
