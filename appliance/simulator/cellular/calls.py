"""One mobile subscriber's calls as the network and the modem see them: what +CLCC tells.

Call states are 3GPP TS 27.007 §7.18's; what moves them is one table.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from appliance.errors import SimulatorError
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.codec import SILENT_FRAME, mix
from appliance.simulator.exchange import Party
from appliance.simulator.far_end import Directory, FarEnd, Progress
from appliance.simulator.line_sound import LineSound
from appliance.simulator.timers import Timers

_NORMAL, _BUSY, _NO_ANSWER, _REJECTED, _UNASSIGNED, _CONGESTION = 16, 17, 19, 21, 1, 34
CAUSES = {  # 3GPP TS 24.008 table 10.5.123
    0: "No cause information available",
    _UNASSIGNED: "Unassigned (unobtainable) number",
    _NORMAL: "Normal call clearing",
    _BUSY: "User busy",
    18: "No user responding",
    _NO_ANSWER: "User alerting, no answer",
    _REJECTED: "Call rejected",
    _CONGESTION: "No circuit/channel available",
    41: "Temporary failure",
}
_REFUSALS = {"busy": _BUSY, "unobtainable": _UNASSIGNED, "congestion": _CONGESTION}
_REFUSED_AFTER_S = (0.8, 2.5)  # a network lets its tone be heard for a moment
_RING_PERIOD_S = (4.5, 5.5)
MOST_CALLS = 7


class Stat(IntEnum):
    ACTIVE = 0
    HELD = 1
    DIALING = 2
    ALERTING = 3
    INCOMING = 4
    WAITING = 5


# (state, what happens) → state. What is not here does not happen; any call may be released.
TRANSITIONS: dict[tuple[Stat, str], Stat] = {
    (Stat.DIALING, "alerting"): Stat.ALERTING,
    (Stat.DIALING, "answered"): Stat.ACTIVE,
    (Stat.ALERTING, "answered"): Stat.ACTIVE,
    (Stat.INCOMING, "accepted"): Stat.ACTIVE,
    (Stat.WAITING, "accepted"): Stat.ACTIVE,
    (Stat.WAITING, "alone"): Stat.INCOMING,
    (Stat.ACTIVE, "held"): Stat.HELD,
    (Stat.HELD, "retrieved"): Stat.ACTIVE,
}


@dataclass(slots=True, eq=False)
class Call:
    """One call; ``stat`` is what the modem believes. ``far``: who is there, None: gone."""

    index: int
    is_incoming: bool
    stat: Stat
    number: str
    presentation: str = "allowed"
    far: Party | FarEnd | None = None
    in_conference: bool = False
    rings: int = 0
    is_answered: bool = False  # really, whatever the modem believes
    began_s: float = 0.0
    connected_s: float | None = None
    stuck: str = ""
    history: list[str] = field(default_factory=list)


class CallListener(Protocol):
    """The modem, told what happens to its calls."""

    def call_rings(self, call: Call) -> None:
        """Each ring of an incoming call; ``call.rings`` counts them."""

    def call_waits(self, call: Call) -> None: ...

    def call_moved(self, call: Call) -> None:
        """Its state is another one."""

    def call_ended(self, call: Call, cause: int, by_host: bool) -> None: ...

    def key_heard(self, key: str) -> None: ...


class Calls:
    """All calls of one subscriber. ``connected_at_ringback``: as a CSFB network has it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        rng: random.Random,
        directory: Directory,
        country: str,
        connected_at_ringback: bool = False,
    ) -> None:
        self.there: list[Call] = []
        self.listener: CallListener | None = None
        self.reachable: Callable[[], bool] = lambda: True
        self.before_call: Callable[[], None] = lambda: None
        self.waiting_allowed = True
        self.first_index = 1
        self.faults = CellularFaults()
        self.sound: LineSound | None = None  # what the air does to what comes in; None: nothing
        self.last_cause = 0
        self.rings_told = 0  # as notices; lost ones don't count
        self.dialled: list[str] = []
        self._loop = loop
        self._rng = rng
        self._directory = directory
        self._country = country
        self._at_ringback = connected_at_ringback
        self._timers = Timers(loop)
        self._key = ""

    # The network's side (caller.CalledLine)

    def offer(
        self, party: Party, number: str, name: str = "", presentation: str = "allowed"
    ) -> None:
        """Somebody calls. Raises SimulatorError when the subscriber is busy or out of reach."""
        if not self.reachable():
            raise SimulatorError("the subscriber cannot be reached")
        busy = any(call.stat in (Stat.INCOMING, Stat.WAITING) for call in self.there)
        if busy or (self.there and not self.waiting_allowed) or len(self.there) >= MOST_CALLS:
            raise SimulatorError("the subscriber is busy")
        waits = bool(self.there)
        call = self._add(True, Stat.WAITING if waits else Stat.INCOMING, number)
        call.presentation, call.far = presentation, party
        if waits:
            party.rung(1)
            self._moved(call)
            if self.listener is not None:
                self.listener.call_waits(call)
        else:
            self._moved(call)
            self._timers.set("ring", self._rng.uniform(0.0, 0.3), lambda: self._ring(call))

    def _ring(self, call: Call) -> None:
        if call.stat is not Stat.INCOMING or call not in self.there:
            return
        call.rings += 1
        if call.far is not None and not isinstance(call.far, FarEnd):
            call.far.rung(call.rings)
        if self.listener is not None:
            self.listener.call_rings(call)
        self._timers.set("ring", self._rng.uniform(*_RING_PERIOD_S), lambda: self._ring(call))

    def party_left(self, party: Party) -> None:
        """The caller hung up, or gave up."""
        for call in self.there:
            if call.far is party:
                self.key_ended()
                self._far_gone(call, _NORMAL)
                return

    def key_began(self, key: str) -> None:
        """A key's tone began: the modem's detector reports it 100 to 300 ms later."""
        self._key = key
        self._timers.set("key", self._rng.uniform(0.1, 0.3), lambda: self._tell_key(key))

    def key_ended(self) -> None:
        self._key = ""

    def _tell_key(self, key: str) -> None:
        if self.listener is not None:
            self.listener.key_heard(key)

    # The modem's side

    def dial(self, number: str) -> Call:
        """Call somebody; an active call is held. Raises SimulatorError when there are too many."""
        if len(self.there) >= MOST_CALLS or any(
            call.stat in (Stat.DIALING, Stat.ALERTING) for call in self.there
        ):
            raise SimulatorError("no further call can be made")
        for call in self._with(Stat.ACTIVE):
            self._enter(call, "held")
        self.dialled.append(number)
        call = self._add(False, Stat.DIALING, number)
        self._moved(call)
        call.far = self._directory.call(
            number, self._country, lambda progress: self._progressed(call, progress)
        )
        return call

    def accept(self) -> bool:
        """Answer the call that rings or waits; active ones are held. False: there is none."""
        for call in self.there:
            if call.stat in (Stat.INCOMING, Stat.WAITING):
                for other in self._with(Stat.ACTIVE):
                    self._enter(other, "held")
                self._accept(call)
                return True
        return False

    def _accept(self, call: Call) -> None:
        self._timers.cancel("ring")
        call.is_answered, call.connected_s = True, self._loop.time()
        self._enter(call, "accepted")
        if call.far is not None and not isinstance(call.far, FarEnd):
            call.far.answered()

    def hang_up(self, calls: list[Call] | None = None, cause: int = _NORMAL) -> int:
        """The host ends these calls (None: all but a waiting one); how many that were."""
        if calls is None:
            calls = [call for call in self.there if call.stat is not Stat.WAITING]
        freed = [call for call in calls if call.stuck != "reset"]
        for call in freed:
            self._release(call)
            self._end(call, cause, by_host=True)
        return len(freed)

    def hold(self, what: str) -> bool:
        """AT+CHLD (3GPP TS 22.030 §6.5.5); False when there is nothing it could do."""
        active, held = self._with(Stat.ACTIVE), self._with(Stat.HELD)
        waiting = [c for c in self.there if c.stat in (Stat.INCOMING, Stat.WAITING)]
        if what[:1] in "12" and len(what) > 1:
            return self._hold_one(what[0], what[1:])
        if what == "0":
            return self.hang_up(waiting or held, _BUSY) > 0
        if what == "1" and (active or held or waiting):
            self.hang_up(active)
            self._resume(waiting, held)
        elif what == "2" and (active or held or waiting):
            for call in active:
                self._enter(call, "held")
            self._resume(waiting, held)
        elif what == "3" and active and held:
            for call in held:
                self._enter(call, "retrieved")
            for call in active + held:
                call.in_conference = True
        else:
            return False
        return True

    def _resume(self, waiting: list[Call], held: list[Call]) -> None:
        if waiting and waiting[0] in self.there:
            self._accept(waiting[0])
            return
        for call in held:
            self._enter(call, "retrieved")

    def _hold_one(self, what: str, index: str) -> bool:
        chosen = [call for call in self.there if str(call.index) == index]
        if what == "1":
            return self.hang_up(chosen) > 0
        for call in self._with(Stat.ACTIVE):
            if call not in chosen:
                self._enter(call, "held")
        return bool(chosen)

    def send_key(self, key: str) -> bool:
        """A key as a signal to the far end of the active call; False: there is none."""
        for call in self._with(Stat.ACTIVE):
            if isinstance(call.far, FarEnd):
                call.far.key_pressed(key)
            return True
        return False

    def drop(self, call: Call) -> None:
        """The network is lost: the call ends on both sides."""
        self._release(call)
        self._end(call, 41, by_host=False)

    def lose_all(self) -> None:
        """The modem lost its power or its network: every call is gone, without a word."""
        self._timers.cancel_all()
        for call in list(self.there):
            self._release(call)
        self.there.clear()

    # Sound, 10 ms at a time

    @property
    def has_sound(self) -> bool:
        """Whether a speech channel is up: in a call, and from dialling on (ringback, tones)."""
        return any(call.stat not in (Stat.INCOMING, Stat.WAITING) for call in self.there)

    @property
    def is_talk(self) -> bool:
        """Whether somebody answered whom the host can hear now."""
        return any(call.is_answered and call.stat is Stat.ACTIVE for call in self.there)

    def far_frame(self) -> bytes:
        """What the far ends of the active calls send, mixed; µ-law."""
        mixed: bytes | None = None
        for call in self.there:
            if call.far is None or not _is_through(call):
                continue
            frame = call.far.next_frame()
            if call.stat is not Stat.HELD:
                mixed = frame if mixed is None else mix(mixed, frame)
        heard = mixed if mixed is not None else SILENT_FRAME
        return heard if self.sound is None else self.sound.frame(heard)

    def near_frame(self, frame: bytes) -> None:
        for call in list(self.there):
            if call.far is not None and call.is_answered:
                call.far.hear(frame if call.stat is Stat.ACTIVE else SILENT_FRAME)

    # What becomes of a call

    def _progressed(self, call: Call, progress: Progress) -> None:
        if call not in self.there:
            return
        if progress is Progress.ALERTING:
            self._enter(call, "alerting")
            if self._at_ringback:
                call.connected_s = self._loop.time()
                self._enter(call, "answered")
        elif progress is Progress.ANSWERED:
            call.is_answered = True
            if call.stat is not Stat.ACTIVE:
                call.connected_s = self._loop.time()
                self._enter(call, "answered")
        elif progress is Progress.REFUSED and not self._at_ringback:
            cause = _REFUSALS.get(getattr(call.far, "cause", ""), 41)
            wait_s = self._rng.uniform(*_REFUSED_AFTER_S)
            self._timers.set(f"refused {call.index}", wait_s, lambda: self._refused(call, cause))
        elif progress is Progress.GONE:
            self._far_gone(call, _NORMAL if call.is_answered else _NO_ANSWER)

    def _refused(self, call: Call, cause: int) -> None:
        if call in self.there:
            self._release(call)
            self._end(call, cause, by_host=False)

    def _far_gone(self, call: Call, cause: int) -> None:
        call.far = None
        if self.faults.stuck_call and call.stat is Stat.ACTIVE:
            call.stuck = self.faults.stuck_call
            self.last_cause = cause
            return
        self._end(call, cause, by_host=False)

    def _release(self, call: Call) -> None:
        far, call.far = call.far, None
        if isinstance(far, FarEnd):
            far.hang_up()
        elif far is not None:
            far.released()

    def _end(self, call: Call, cause: int, by_host: bool) -> None:
        if call not in self.there:
            return
        self.there.remove(call)
        self.last_cause = cause
        if call.stat is Stat.INCOMING:
            self._timers.cancel("ring")
        if self.listener is not None:
            self.listener.call_ended(call, cause, by_host)
        if len(self.there) == 1 and self._enter(self.there[0], "alone"):
            self._ring(self.there[0])

    def _add(self, is_incoming: bool, stat: Stat, number: str) -> Call:
        if not self.there:
            self.before_call()
        used = {call.index for call in self.there}
        first = self.first_index
        index = next(i for i in range(first, first + MOST_CALLS) if i not in used)
        call = Call(index, is_incoming, stat, number, began_s=self._loop.time())
        self.there.append(call)
        return call

    def _with(self, stat: Stat) -> list[Call]:
        return [call for call in self.there if call.stat is stat]

    def _enter(self, call: Call, event: str) -> bool:
        after = TRANSITIONS.get((call.stat, event))
        if after is None:
            return False
        call.stat = after
        call.history.append(event)
        self._moved(call)
        return True

    def _moved(self, call: Call) -> None:
        if self.listener is not None:
            self.listener.call_moved(call)


def _is_through(call: Call) -> bool:
    """Whether its far end (or the tones of its network) is on the speech channel."""
    return call.is_answered or isinstance(call.far, FarEnd)
