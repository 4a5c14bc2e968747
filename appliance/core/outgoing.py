"""May this number be called, and on which lines? Default deny; the reason is always told. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from appliance.core.plan import LinePlan, NoNumbering, Numbering, OutgoingPlan, Plan, Spelled

NO_NUMBERING = NoNumbering()
_MINUTES_A_DAY = 24 * 60
REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "international": "international calls are not allowed",
        "premium": "calls to premium-rate numbers are not allowed",
        "premium_abroad": "calls to premium-rate and satellite numbers abroad are not allowed",
        # an exchange would wait for the rest, and take it from the handset's keys
        "incomplete": "the number is not complete",
        "unjudged": "what follows the code of another operator is no number that can be judged",
        "service_code": "codes for the exchange, such as those that forward calls, are not allowed",
    }
)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """The shop's own clock: ``day`` as 2026-11-22, ``second`` of that day."""

    day: str
    second: float

    def later(self, seconds: float) -> "LocalTime":
        """Some seconds later on the same day: the next day is told when it begins."""
        return LocalTime(self.day, self.second + seconds)

    @property
    def minute(self) -> int:
        return int(self.second // 60)


@dataclass(frozen=True, slots=True)
class Wish:
    """``is_automatic``: no person at a handset asked for it now."""

    number: str
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class Permission:
    """``lines``: whom to ask, the cheapest first; none: refused, because of ``reason``."""

    lines: tuple[str, ...]
    reason: str
    is_emergency: bool = False
    is_automatic: bool = False  # as the wish was


@dataclass(slots=True)
class Used:
    """What went out on one line today."""

    calls: int = 0
    seconds: float = 0.0


class Usage:
    """How much was called out today, by line; a new day begins with nothing."""

    def __init__(self) -> None:
        self._day = ""
        self._used: dict[str, Used] = defaultdict(Used)

    def count(self, day: str, line: str, calls: int = 0, seconds: float = 0.0) -> None:
        """Of a day that is over nothing counts any more."""
        if day > self._day:
            self._day = day
            self._used.clear()
        if day == self._day:
            self._used[line].calls += calls
            self._used[line].seconds += seconds

    def begin(self, day: str) -> None:
        """It is ``day`` now, also when the clock said a later one before."""
        if day != self._day:
            self._day = day
            self._used.clear()

    def of(self, day: str, lines: Iterable[str]) -> Used:
        if day != self._day:
            return Used()
        used = [self._used[line] for line in lines if line in self._used]
        return Used(sum(one.calls for one in used), sum(one.seconds for one in used))

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self._used)


def judge(plan: Plan, wish: Wish, now: LocalTime, usage: Usage) -> Permission:
    """Whether and how ``wish`` may be fulfilled at the local time ``now``."""
    if plan.numbering.kind(wish.number) == "emergency":
        return _emergency(plan, wish)
    if wish.is_automatic and plan.numbering.reaches_emergency(wish.number):
        return _emergency(plan, wish)
    reason = (
        _refused_number(plan, wish.number)
        or (_quiet(plan, now) if wish.is_automatic else "")
        or _used_up(plan.outgoing, usage.of(now.day, usage.lines), "the shop")
    )
    if reason:
        return Permission((), reason)
    return replace(_lines(plan, wish.number, now, usage), is_automatic=wish.is_automatic)


def _emergency(plan: Plan, wish: Wish) -> Permission:
    """On every line that can: nothing else is asked."""
    if wish.is_automatic:
        reason = f"{wish.number} is an emergency number, and those are never dialled automatically"
        return Permission((), reason, is_emergency=True)
    lines = tuple(name for name, line in plan.lines.items() if line.outgoing != "never")
    reason = "" if lines else "no line may call out"
    return Permission(lines, reason, is_emergency=True)


def _refused_number(plan: Plan, number: str) -> str:
    rules = plan.outgoing
    allowed = _longest(plan.numbering, rules.allow, number)
    denied = _longest(plan.numbering, rules.deny, number, guesses=True)
    if denied.prefix and denied.length >= allowed.length:
        return f"numbers that begin with {denied.prefix} are denied"
    if allowed.prefix:
        return ""
    kind = plan.numbering.kind(number)
    agreed = {
        "international": rules.international,
        "premium": rules.premium,
        "premium_abroad": rules.international and rules.premium,
        "unjudged": rules.international and rules.premium and not rules.deny,
    }
    return "" if agreed.get(kind, False) else REFUSALS.get(kind, "")


def refused_kind(plan: Plan, number: str) -> str:
    """Why a short message to ``number`` would cost too much, or "". Short codes are no matter."""
    reason = _refused_number(plan, number)
    no_matter = (REFUSALS[kind] for kind in ("incomplete", "service_code", "unjudged"))
    return "" if reason in no_matter else reason


@dataclass(frozen=True, slots=True, order=True)
class _Match:
    """``length``: of the prefix as it was compared: 0044 is no longer than +44."""

    length: int = 0
    prefix: str = ""


def _longest(
    numbering: Numbering, prefixes: Iterable[str], number: str, guesses: bool = False
) -> _Match:
    """The prefix that says most of ``number``, however both are written.

    ``guesses``: also by what the number only may mean.
    """
    dialled = numbering.spelled(number)
    meant = _meanings(dialled, guesses)
    found = [_Match()]
    for prefix in prefixes:
        spelled = numbering.spelled(prefix)
        known = () if spelled.has_operator else _meanings(spelled, guesses)
        same = [one for one in known if any(it.startswith(one) for it in meant)]
        if same:
            found.append(_Match(max(map(len, same)), prefix))
        elif number.startswith(prefix):
            found.append(_Match(max(map(len, known), default=len(prefix)), prefix))
    return max(found)


def _meanings(spelled: Spelled, guesses: bool) -> tuple[str, ...]:
    """Those with a country code: a lone + says nothing."""
    all_of_them = (spelled.sure, *(spelled.perhaps if guesses else ()))
    return tuple(one for one in all_of_them if one.startswith("+") and len(one) > 1)


def _quiet(plan: Plan, now: LocalTime) -> str:
    begin, end = plan.outgoing.quiet
    if (now.minute - begin) % _MINUTES_A_DAY < (end - begin) % _MINUTES_A_DAY:
        hours = f"{clock_text(begin)} to {clock_text(end)}"
        return f"nobody is called automatically in the quiet hours, {hours}"
    return ""


def clock_text(minute: int) -> str:
    """Minute 1260 of a day as 21:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _used_up(limits: LinePlan | OutgoingPlan, used: Used, whose: str) -> str:
    if limits.calls_a_day and used.calls >= limits.calls_a_day:
        return f"{whose} has made its {_count(limits.calls_a_day, 'call')} of today"
    if limits.minutes_a_day and used.seconds >= limits.minutes_a_day * 60:
        return f"{whose} has used its {_count(limits.minutes_a_day, 'minute')} of today"
    return ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _lines(plan: Plan, number: str, now: LocalTime, usage: Usage) -> Permission:
    reason = "no line may call out"
    fit: list[tuple[tuple[bool, float, int], str]] = []
    for position, line in enumerate(plan.lines.values()):
        if line.outgoing != "allow":
            continue
        used_up = _used_up(line, usage.of(now.day, (line.name,)), f"line {line.name}")
        reason = used_up or reason
        if not used_up:
            price = price_of_a_minute(line, number, plan.numbering)
            fit.append(((price is None, price or 0.0, position), line.name))
    lines = tuple(name for _, name in sorted(fit))
    return Permission(lines, "" if lines else reason)


def price_of_a_minute(
    line: LinePlan, number: str, numbering: Numbering = NO_NUMBERING
) -> float | None:
    """None: not known. A line's own operator costs nothing; otherwise the longest prefix counts.

    A call by the code of another operator costs what that one asks.
    """
    if numbering.spelled(number).has_operator:
        numbering = NO_NUMBERING
    best = _longest(numbering, line.rates, number)
    own = _longest(numbering, line.prefixes, number)
    if own.prefix and own.length >= best.length:
        return 0.0
    rates: Mapping[str, float] = line.rates
    return rates.get(best.prefix)
