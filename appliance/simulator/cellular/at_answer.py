"""One AT command of a cellular modem taken apart, and what is answered to it."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.errors import SimulatorError
from appliance.simulator.cellular.attachment import Attachment
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.cellular.profiles import CellularProfile
from appliance.simulator.cellular.sim_card import Sim
from appliance.simulator.timers import Timers

NO_CARRIER = "NO CARRIER"
# 3GPP TS 27.007 §9.2.1 and TS 27.005 §3.2.5, for +CMEE=2
_WORDS = {
    3: "operation not allowed",
    4: "operation not supported",
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    13: "SIM failure",
    14: "SIM busy",
    16: "incorrect password",
    30: "no network service",
    50: "incorrect parameters",
    100: "unknown",
}


class Refused(SimulatorError):
    """A command that ends with an error; ``final`` is the line."""

    def __init__(self, kind: str, number: int) -> None:
        super().__init__(f"{kind} ERROR: {number}")
        self.kind, self.number = kind, number

    def final(self, verbosity: str) -> str:
        """As +CMEE asks for it: 0 ERROR, 1 a number, 2 words. SMS errors are always numbers."""
        if self.kind == "+CMS":
            return f"+CMS ERROR: {self.number}"
        if verbosity == "0":
            return "ERROR"
        if verbosity == "2":
            return f"+CME ERROR: {_WORDS.get(self.number, 'unknown')}"
        return f"+CME ERROR: {self.number}"


@dataclass(frozen=True, slots=True)
class Answer:
    """``lines`` then ``result`` (None: none), ``delay_s`` after the command.

    ``then``: done once the result has been said. ``prompt``: what takes the text typed after
    ``> `` up to Ctrl-Z; None as its argument: the host typed Escape.
    """

    lines: tuple[str, ...] = ()
    result: str | None = "OK"
    delay_s: float = 0.0
    then: Callable[[], None] | None = None
    prompt: Callable[[bytes | None], "Answer"] | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """``form``: run (+X), read (+X?), test (+X=?) or set (+X=1,"a"). ``raw``: after the =."""

    name: str
    form: str
    args: tuple[str, ...] = ()
    raw: str = ""

    def argument(self, number: int, default: str = "") -> str:
        return self.args[number] if number < len(self.args) else default

    def whole(self, number: int, default: int) -> int:
        """Raises Refused 50 when it is no number."""
        text = self.argument(number)
        if not text:
            return default
        if not text.isdecimal():
            raise Refused("+CME", 50)
        return int(text)


def parse(text: str) -> Command:
    """``+CPIN="1234"`` → name, form and arguments without their quotes."""
    head, equals, tail = text.partition("=")
    if not equals:
        return (
            Command(head[:-1].upper(), "read")
            if head.endswith("?")
            else Command(head.upper(), "run")
        )
    if tail == "?":
        return Command(head.upper(), "test")
    return Command(head.upper(), "set", _split(tail), tail)


def _split(text: str) -> tuple[str, ...]:
    args, quoted = [""], False
    for char in text:
        if char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            args.append("")
        else:
            args[-1] += char
    return tuple(arg.strip() for arg in args)


Handler = Callable[[Command], Answer]


@dataclass(slots=True)
class Unit:
    """What all commands of one modem share. ``tell``: says an unsolicited line."""

    loop: asyncio.AbstractEventLoop
    profile: CellularProfile
    sim: Sim
    attachment: Attachment
    rng: random.Random
    timers: Timers
    utc: Callable[[], float]
    tell: Callable[[str], None]
    faults: CellularFaults = field(default_factory=CellularFaults)
    settings: dict[str, str] = field(default_factory=dict)

    def chance(self, probability: float) -> bool:
        return probability > 0 and self.rng.random() < probability

    def need_sim(self) -> None:
        """Raises Refused with the SIM's reason when it is not ready."""
        reasons = {"": 10, "SIM PIN": 11, "SIM PUK": 12, "dead": 13}
        state = self.sim.state
        if state in reasons:
            raise Refused("+CME", reasons[state])

    def number_kind(self, number: str) -> int:
        """Type of number, 3GPP TS 24.008 §10.5.4.7: 145 international, 129 not known."""
        return 145 if number.startswith("+") else 129
