"""What calling out needs beside the core: the shop's clock, today's use, and the page's wishes."""

import re
import time
from collections.abc import Callable
from typing import Any, Protocol

from appliance.core.events import CallAsked, CallsCounted, LocalTimeTold
from appliance.core.outgoing import Permission, Used, clock_text, refused_kind
from appliance.core.plan import LinePlan, OutgoingPlan, Plan
from appliance.core.status import Snapshot
from appliance.errors import ControlError, NumberRefused
from appliance.interfaces import Clock, EventSink
from appliance.lines.numbers import dialable

TELL_AGAIN_S = 3600.0  # summer time begins without a new day
_FILLING = re.compile(r"[\s().\-/\u2010-\u2015]+")  # what people write between digits


class Judge(Protocol):
    """core.exchange.Exchange, as far as it is needed here."""

    def permission(self, number: str, is_automatic: bool) -> Permission: ...

    def snapshot(self) -> Snapshot: ...

    def used_today(self, line: str = "") -> Used: ...


class OutgoingDesk:
    """Main thread only. ``plan``: the one in force."""

    def __init__(
        self, clock: Clock, post: EventSink, judge: Judge, plan: Callable[[], Plan]
    ) -> None:
        self._clock = clock
        self._post = post
        self._judge = judge
        self._plan = plan
        self._told = ("", 0.0)  # the day, and when it was told

    @property
    def today(self) -> str:
        """The local day, as 2026-11-22."""
        return time.strftime("%Y-%m-%d", time.localtime(self._clock.utc()))

    def clock_set(self) -> bool:
        """Tell the time anew after the clock was set; whether it is another day now."""
        day = self._told[0]
        self._told = ("", 0.0)
        self.tell_time()
        return day != self.today

    def tell_time(self) -> None:
        """Tell the core what time it is, when that is news."""
        now = self._clock.monotonic()
        day, at = self._told
        if self.today == day and now - at < TELL_AGAIN_S:
            return
        self._told = (self.today, now)
        local = time.localtime(self._clock.utc())
        second = local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec
        self._post(LocalTimeTold(self.today, float(second)))

    def counted(self, by_line: dict[str, tuple[int, float]]) -> None:
        """What the history says went out today, before the box started."""
        for line, (calls, seconds) in by_line.items():
            self._post(CallsCounted(self.today, line, calls, seconds))

    def place_call(self, station: str, number: str) -> bool:
        """Ring a handset, then call a number from it. Raises ControlError with the reason."""
        try:
            wanted = dialable(_FILLING.sub("", number))
        except NumberRefused as error:
            raise ControlError(str(error)) from error
        permission = self._judge.permission(wanted, False)
        if permission.is_emergency:
            raise ControlError(f"{wanted} is an emergency number: dial it at a handset")
        if not permission.lines:
            raise ControlError(permission.reason)
        stations = {one.extension: one.state for one in self._judge.snapshot().stations}
        if station not in stations:
            raise ControlError(f"handset {station} is not free: there is none")
        if stations[station] != "idle":
            raise ControlError(f"handset {station} is not free")
        self._post(CallAsked(station, wanted))
        return True

    def rules(self) -> dict[str, Any]:
        """What is allowed and what went out today, as control's ``outgoing.show`` gives it."""
        plan = self._plan()
        rules = plan.outgoing
        quiet_from, quiet_to = (clock_text(minute) for minute in rules.quiet)
        lines = [
            {"line": name, "outgoing": line.outgoing, **_use(line, self._judge.used_today(name))}
            for name, line in plan.lines.items()
        ]
        return {
            "access_code": rules.access_code,
            "international": rules.international,
            "premium": rules.premium,
            "allow": list(rules.allow),
            "deny": list(rules.deny),
            "quiet_from": quiet_from,
            "quiet_to": quiet_to,
            "shop": _use(rules, self._judge.used_today()),
            "lines": lines,
        }

    def refused_text(self, _line: str, number: str) -> str:
        """Why no short message goes to this number, or ""."""
        return refused_kind(self._plan(), number)


def _use(limits: LinePlan | OutgoingPlan, used: Used) -> dict[str, Any]:
    return {
        "calls": used.calls,
        "seconds": used.seconds,
        "calls_a_day": limits.calls_a_day,
        "minutes_a_day": limits.minutes_a_day,
    }
