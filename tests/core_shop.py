"""A small shop's plan and an exchange with readable ids, for tests and benches of the core."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from appliance.core.commands import CancelTimer, Command, HistoryFact, StartTimer, StoryNote
from appliance.core.events import Event, LineBecameReady, StationBecameReady, TimerExpired
from appliance.core.exchange import Exchange
from appliance.core.plan import (
    LinePlan,
    MenuPlan,
    OutgoingPlan,
    Plan,
    RingGroupPlan,
    StationPlan,
    TelephonyPlan,
    VoicemailPlan,
)

LINES = {
    "landline": "menu:main",
    "mobile": "ring_group:orders",
    "after_hours": "voicemail:owner",
    "private": "station:13",
    "hunting": "ring_group:hunters",
    "recorded_hours": "prompt:hours",
    "closed": "hang_up",
    "circular": "ring_group:circle",
    "to_the_boss": "number:boss",
}
DEFAULT_OUTGOING = OutgoingPlan()
STATIONS = {"11": "Counter", "12": "Kitchen", "13": "Office", "21": "Store", "210": "Attic"}


def shop(
    generation: int = 1,
    rings: int = 1,
    stations: Sequence[str] = tuple(STATIONS),
    lines: Sequence[str] = tuple(LINES),
    outgoing: OutgoingPlan = DEFAULT_OUTGOING,
    line: Mapping[str, Any] = MappingProxyType({}),
    network_tells: Sequence[str] = (),
    of_line: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    **telephony: Any,
) -> Plan:
    """Aling Nena's Bakery; ``telephony`` overrides TelephonyPlan fields, ``line`` LinePlan's.

    ``of_line``: by its name, of one line alone.
    """
    groups = (
        RingGroupPlan("orders", ("11", "12"), "ring_all", 25.0, "voicemail:owner"),
        RingGroupPlan("hunters", ("11", "12", "13"), "hunt", 10.0, "hang_up"),
        RingGroupPlan("circle", ("11",), "ring_all", 5.0, "ring_group:circle"),
    )
    main = MenuPlan(
        "main",
        "welcome",
        {
            "1": "ring_group:orders",
            "2": "prompt:hours",
            "3": "station:13",
            "4": "menu:more",
            "9": "hang_up",
            "0": "voicemail:owner",
        },
        "ring_group:orders",
    )
    more = MenuPlan("more", "more_choices", {"1": "ring_group:hunters"}, "hang_up", repeats=0)
    return Plan(
        generation,
        lines={
            name: LinePlan(
                name,
                LINES[name],
                rings,
                network_tells=name in network_tells,
                **(dict(line) | dict(of_line.get(name, {}))),
            )
            for name in lines
        },
        stations={number: StationPlan(number, STATIONS[number]) for number in stations},
        ring_groups={group.name: group for group in groups},
        voicemails={"owner": VoicemailPlan("owner", "leave_message")},
        menus={"main": main, "more": more},
        telephony=TelephonyPlan(**telephony),
        outgoing=outgoing,
        numbers={"boss": "09170000001"},
    )


def counting_ids() -> Callable[[str], str]:
    """call1, call2, timer1 ...: unique, and readable in a scenario."""
    counts: Counter[str] = Counter()

    def new_id(kind: str) -> str:
        counts[kind] += 1
        return f"{kind}{counts[kind]}"

    return new_id


class Bench:
    """An exchange, its clock and all it has said; ``last`` is the answer to the last event."""

    def __init__(self, plan: Plan | None = None, ready: bool = True) -> None:
        self.plan = plan or shop()
        self.exchange = Exchange(self.plan, counting_ids())
        self.now = 0.0
        self.due: dict[str, float] = {}
        self.all: list[Command] = []
        self.last: list[Command] = []
        if ready:
            for line in self.plan.lines:
                self.send(LineBecameReady(line))
            for station in self.plan.stations:
                self.send(StationBecameReady(station, off_hook=False))

    def send(self, event: Event) -> list[Command]:
        self.last = self.exchange.handle(event, self.now)
        for command in self.last:
            if isinstance(command, StartTimer):
                assert command.timer_id not in self.due
                self.due[command.timer_id] = self.now + command.seconds
            elif isinstance(command, CancelTimer):
                del self.due[command.timer_id]
        self.all += self.last
        return self.last

    def advance(self, seconds: float) -> list[Command]:
        """Let time pass; timers that fall due are reported. Returns the commands they caused."""
        end, caused = self.now + seconds, list[Command]()
        while self.due:
            timer_id = min(self.due, key=lambda key: (self.due[key], key))
            if self.due[timer_id] > end:
                break
            self.now = self.due.pop(timer_id)
            caused += self.send(TimerExpired(timer_id))
        self.now = end
        self.last = caused
        return caused

    def facts(self, kind: str = "") -> list[HistoryFact]:
        facts = [command for command in self.all if isinstance(command, HistoryFact)]
        return [fact for fact in facts if kind in ("", fact.kind)]

    def notes(self) -> list[str]:
        return [command.text for command in self.all if isinstance(command, StoryNote)]

    def latest(self, kind: type[Command]) -> Any:
        """The newest command of this kind."""
        return next(command for command in reversed(self.all) if isinstance(command, kind))
