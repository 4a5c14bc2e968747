"""One call of a soak: drawn from its number and the seed, made, and judged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from appliance.simulator.caller import Caller, CallScript, Deed, Moment
from appliance.simulator.line_sound import SoundFaults
from appliance.simulator.speech import hello
from tests.soak.call_out import OutCall, OutScript, draw_out
from tests.soak.emulators import LINE
from tests.soak.shop import EXTENSION, SoakShop
from tests.soak.tally import Tally

CALL_LIMIT_S = 200.0
LATE_LIMIT_S = 10.0  # for what a modem tells late of a call that is over
HUNG_UP_LIMIT_S = 5.0  # until a handset that was put down is taken for that, and not for a flash
STUCK_AFTER_S = 90.0  # past the signal's own length, and with every fault cured
_CUT_OFF = "no network"  # the network ends the call with the words it has for a caller who left
_IN_SERVICE = ("ready", "ringing", "in_call")


@dataclass(frozen=True, slots=True)
class Unplugged:
    """``at_s`` from the first ring, for ``away_s``; ``elsewhere``: back as another device."""

    at_s: float
    away_s: float
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about a call but what its line draws for itself."""

    script: CallScript
    signal: str
    sound: SoundFaults | None
    unplugged: Unplugged | None
    breaks_at_s: float | None
    cured_after_s: float
    has_second: bool
    out: OutScript | None = None


def draw(chance: Random, number: str, signals: tuple[str, ...]) -> Plan:
    """A call at random."""
    stays_s = chance.choice((chance.uniform(0.2, 4.0), chance.uniform(4.0, 30.0)))
    gives_up = chance.random() < 0.12
    script = CallScript(
        number=number,
        name="JUAN CRUZ",
        presentation=chance.choice(("allowed",) * 8 + ("private", "unavailable")),
        deeds=_deeds(chance, stays_s),
        hang_up_after_s=stays_s,
        give_up_after_s=chance.uniform(0.3, 9.0) if gives_up else 60.0,
    )
    is_unplugged = chance.random() < 0.10
    breaks = not is_unplugged and chance.random() < 0.05
    return Plan(
        script,
        chance.choice(signals),
        _sound(chance) if chance.random() < 0.35 else None,
        Unplugged(chance.uniform(0.0, 25.0), chance.choice((0.0, 0.4, 3.0, 12.0)),
                  chance.random() < 0.5) if is_unplugged else None,
        chance.uniform(0.0, 20.0) if breaks else None,
        chance.uniform(2.0, 15.0),
        chance.random() < 0.10,
        draw_out(chance) if chance.random() < 0.20 else None,
    )  # fmt: skip


def _deeds(chance: Random, stays_s: float) -> tuple[Deed, ...]:
    """Keys and speech, never long nothing: who is there shows it every few seconds."""
    deeds: list[Deed] = []
    at_s = 0.0
    while at_s < stays_s:
        pause_s = chance.uniform(0.3, 7.0)
        if chance.random() < 0.4:
            deeds.append(Deed(keys=chance.choice("1122035#*7"), after_s=pause_s))
        else:
            deeds.append(Deed(audio=hello(), after_s=pause_s))
        at_s += pause_s + 0.2
    return tuple(deeds)


def _sound(chance: Random) -> SoundFaults:
    return SoundFaults(
        gain_db=chance.choice((0.0, -6.0, -12.0, 4.0)),
        noise_dbm0=chance.choice((None, -55.0, -45.0, -38.0)),
        clip_dbm0=chance.choice((None, None, -9.0)),
        gaps_a_minute=chance.choice((0.0, 0.0, 20.0)),
        gap_ms=chance.choice((10, 40, 90)),
    )


class SoakCall:
    """Makes one planned call in ``shop`` and counts it in ``tally``; ``label`` names it."""

    def __init__(self, shop: SoakShop, plan: Plan, tally: Tally, label: str) -> None:
        self._shop = shop
        self._gear = shop.equipment
        self._plan = plan
        self._tally = tally
        self._label = label
        self._hard: list[str] = []  # faults during which the line can't serve
        self._disturbed_at: float | None = None
        self._rows_before = len(shop.rows())

    def make(self, chance: Random) -> bool:
        """False: the line is stuck, and the daemon has to be made anew."""
        faults = self._gear.draw_faults(chance)
        plan = self._plan
        if plan.sound is not None:
            faults += ("poor sound",)
        self._gear.degrade(plan.sound)
        self._gear.clear_by(plan.signal)
        self._disturb(chance)
        calls = []
        out = None if plan.out is None else self._one_out(plan.out, faults)
        if out is None:
            calls.append(self._one(plan.script, faults))
        if plan.has_second:
            calls.append(self._one(_second(chance, plan.script), faults))
        self._tally.faults.update((*faults, *self._hard))
        self._end_of_faults()
        is_free = self._wait(self._is_at_rest, STUCK_AFTER_S)
        if not is_free:
            self._find("stuck", f"{self._shop.status['lines'][0]}")
        rows = self._shop.rows()[self._rows_before :]
        self._judge_history(calls, [row for row in rows if row["direction"] == "inbound"], faults)
        if out is not None:
            outward = [row for row in rows if row["direction"] == "outbound"]
            self._judge_out(out, outward, faults)
        return is_free

    # --- making it ---------------------------------------------------------------------------

    def _disturb(self, chance: Random) -> None:
        loop, plan = self._shop.loop, self._plan
        if plan.unplugged is not None:
            away = plan.unplugged
            loop.call_later(away.at_s, self._unplug, away)
        if plan.breaks_at_s is not None:
            loop.call_later(plan.breaks_at_s, self._break_down, chance)
            loop.call_later(plan.breaks_at_s + plan.cured_after_s, self._gear.cure)

    def _unplug(self, away: Unplugged) -> None:
        self._hard.append("unplugged")
        self._gear.unplug()
        if away.away_s == 0.0:  # a timer might come before this one
            self._gear.plug_in(away.elsewhere)
        else:
            self._shop.loop.call_later(away.away_s, self._gear.plug_in, away.elsewhere)

    def _break_down(self, chance: Random) -> None:
        self._hard.append(self._gear.break_down(chance))

    def _one(self, script: CallScript, faults: tuple[str, ...]) -> "Made":
        shop, tally = self._shop, self._tally
        made = Made(script)
        told_before = self._gear.rings_told

        def moment(what: Moment) -> None:
            if what["what"] in ("ringing", "answered"):
                served = shop.line_state in _IN_SERVICE
                made.rings_in_service += served and self._gear.rings_told > told_before

        caller = shop.network.call(LINE, script, moment)
        made.caller = caller
        tally.counts["calls"] += 1
        self._wait(caller.done.done, CALL_LIMIT_S)
        if caller.outcome != "answered":
            self._wait(lambda: not self._gear.is_behind, LATE_LIMIT_S)
        made.rang = any(one["what"] in ("ringing", "answered") for one in caller.timeline)
        made.was_told = self._gear.rings_told > told_before
        tally.counts["rang"] += made.rang
        if caller.outcome == "answered":
            tally.counts["answered"] += 1
        elif made.rang:
            tally.counts["missed"] += 1
        if caller.outcome == "answered" and caller.ended_by == "caller":
            self._time_to_free(bool(faults))
        return made

    def _one_out(self, script: OutScript, faults: tuple[str, ...]) -> OutCall:
        self._tally.counts.update(("calls", "out"))
        out = OutCall(self._shop, script)
        out.make(self._wait)
        self._tally.counts["answered"] += out.answered
        if out.far_went_first:
            self._time_to_free(bool(faults))
        out.hang_up()
        self._wait(lambda: self._shop.station_state(EXTENSION) == "idle", HUNG_UP_LIMIT_S)
        return out

    def _time_to_free(self, is_faulty: bool) -> None:
        begun = self._shop.loop.time()
        self._gear.far_end_gone(self._plan.signal)
        is_free = self._wait(self._is_at_rest, CALL_LIMIT_S)
        if is_free and not self._hard:
            kept = self._tally.free_faulty_s if is_faulty else self._tally.free_s
            kept[self._plan.signal].append(round(self._shop.loop.time() - begun, 2))

    def _end_of_faults(self) -> None:
        """The line is whole again, whatever is still planned."""
        away = self._plan.unplugged
        due_s = 0.0 if away is None else away.at_s + away.away_s
        if self._plan.breaks_at_s is not None:
            due_s = self._plan.breaks_at_s + self._plan.cured_after_s
        self._shop.pass_s(due_s)
        self._gear.cure()

    def _is_at_rest(self) -> bool:
        shop = self._shop
        if not self._gear.is_on_hook:
            return False
        if shop.line_state != "ready":
            return False
        return not any(call["line"] == LINE for call in shop.status["calls"])

    def _wait(self, is_so: Callable[[], object], limit_s: float) -> bool:
        loop = self._shop.loop
        until = loop.time() + limit_s
        while not is_so():
            if loop.time() > until:
                return False
            self._shop.pass_s(0.02)
        return True

    # --- judging it --------------------------------------------------------------------------

    def _judge_out(self, out: OutCall, rows: list[dict[str, Any]], faults: tuple[str, ...]) -> None:
        if not rows and out.is_certain:
            self._find("without_history", "no row of a call out", rows, faults)
        elif len(rows) > 1:
            self._find("twice", f"{len(rows)} rows of a call out", rows, faults)
        for row in rows[:1]:
            wrong = out.wrong(row, bool(self._hard))
            if wrong:
                self._find(wrong, f"calling out {out.script}", [row], faults)

    def _judge_history(
        self, calls: list["Made"], rows: list[dict[str, Any]], faults: tuple[str, ...]
    ) -> None:
        # a mobile line knows of a call whose RINGs are all lost, too
        told = [made for made in calls if made.was_told or "lost notices" in faults]
        certain = [made for made in calls if made.rings_in_service]
        if len(rows) < len(certain):
            self._find("without_history", f"{len(rows)} rows", rows, faults)
        elif len(rows) > len(told):
            is_cut = self._hard or "lost notices" in faults  # a lost RING is a gap in the ringing
            what = "in_two" if is_cut else "twice"
            self._find(what, f"{len(rows)} rows for {len(told)} calls", rows, faults)
        judged = told if len(rows) == len(told) else certain
        for made, row in zip(judged, rows, strict=False):
            self._judge_end(made, row, faults)

    def _judge_end(self, made: "Made", row: dict[str, Any], faults: tuple[str, ...]) -> None:
        number = row["caller"]["number"]
        if number and number != made.script.number:
            self._find("without_history", f"{made.script.number} is {number}", [row], faults)
        if made.caller is None or made.caller.ended_by != "other":
            return
        if row["ended_by"] == "caller" and _CUT_OFF not in self._hard:
            self._find("false_hang_ups", made.script.number, [row], faults)
        elif row["ended_by"] in ("caller", "line"):
            self._tally.counts["dropped"] += 1
            if not self._hard:
                self._find("false_hang_ups", made.script.number, [row], faults)

    def _find(
        self, what: str, text: str, rows: Sequence[dict[str, Any]] = (), faults: object = ()
    ) -> None:
        story = [
            f"{row['caller']} ended by {row['ended_by']}: "
            + " | ".join(note["text"] for note in row["story"])
            for row in rows
        ]
        plan = replace(self._plan, script=_without_sound(self._plan.script))
        self._tally.find(what, f"{self._label} {text} {faults} {self._hard} {plan} {story}")


@dataclass(slots=True)
class Made:
    """One simulated call. ``was_told``: the daemon was given a ring; ``rings_in_service``: so many
    while it could take one.
    """

    script: CallScript
    caller: Caller | None = None
    rang: bool = False
    was_told: bool = False
    rings_in_service: int = 0


def _without_sound(script: CallScript) -> CallScript:
    """As ``script``, short enough to be read."""
    deeds = tuple(replace(deed, audio=deed.audio[:1]) for deed in script.deeds)
    return replace(script, deeds=deeds)


def _second(chance: Random, first: CallScript) -> CallScript:
    """Somebody calls as soon as the line is free, while the daemon still releases it."""
    return CallScript(
        number=f"{first.number}9",
        deeds=(Deed(audio=hello(), after_s=1.0),),
        hang_up_after_s=chance.uniform(1.0, 5.0),
        give_up_after_s=chance.choice((1.5, 5.0, 60.0)),
    )
