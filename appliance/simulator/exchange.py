"""One subscriber's line of the emulated exchange: rings, sends caller ID, connects, clears down.

Its time is the loop's; its audio is asked for by the equipment on the line, frame by frame, so that
both directions run on that equipment's clock.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from typing import Protocol

from appliance.errors import SimulatorError
from appliance.simulator.caller_id import CallerId
from appliance.simulator.codec import FRAME_SAMPLES, SILENT_FRAME, mix
from appliance.simulator.dtmf_ear import DtmfEar
from appliance.simulator.far_end import Directory, FarEnd, Progress
from appliance.simulator.line_habits import LineHabits, hang_up_tone, tones_of
from appliance.simulator.line_sound import LineSound
from appliance.simulator.speech import hello
from appliance.simulator.timers import Timers
from appliance.simulator.tones import CadencePlayer, tone

_BUSY, _LOOP_BREAK, _CALL_WAITING = ord("b"), ord("l"), ord("w")
_RINGBACK, _REVERSAL = ord("r"), ord("L")
_REPORT_AFTER_S = 3.0  # a modem's detectors want to hear a tone for so long
_MORE_DIGITS_S = 4.0  # after the last digit, where another might follow


class LineState(Enum):
    IDLE = auto()
    RINGING = auto()
    CONNECTED = auto()
    FAR_GONE = auto()
    DIAL_TONE = auto()
    COLLECTING = auto()  # digits come in
    CALLING = auto()  # they are put through; `ExchangeLine.far` knows how far


# (state, what happens) → state. What is not here does not happen.
TRANSITIONS: dict[tuple[LineState, str], LineState] = {
    (LineState.IDLE, "offered"): LineState.RINGING,
    (LineState.IDLE, "lifted"): LineState.DIAL_TONE,
    (LineState.RINGING, "lifted"): LineState.CONNECTED,
    (LineState.RINGING, "party_left"): LineState.IDLE,
    (LineState.CONNECTED, "party_left"): LineState.FAR_GONE,
    (LineState.CONNECTED, "released"): LineState.IDLE,
    (LineState.FAR_GONE, "released"): LineState.IDLE,
    (LineState.DIAL_TONE, "released"): LineState.IDLE,
    (LineState.DIAL_TONE, "digit"): LineState.COLLECTING,
    (LineState.COLLECTING, "digit"): LineState.COLLECTING,
    (LineState.COLLECTING, "complete"): LineState.CALLING,
    (LineState.COLLECTING, "released"): LineState.IDLE,
    (LineState.CALLING, "party_left"): LineState.FAR_GONE,
    (LineState.CALLING, "released"): LineState.IDLE,
}


class LineEquipment(Protocol):
    """What hangs on the line: a modem."""

    def ring_heard(self) -> None: ...

    def ring_stopped(self) -> None: ...

    def caller_id_heard(self, who: CallerId) -> None: ...

    def report(self, code: int) -> None: ...

    def key_began(self, key: str) -> None: ...

    def key_ended(self) -> None: ...

    def extension(self, is_lifted: bool) -> None: ...


class Party(Protocol):
    """Who is at the far end of a call."""

    def rung(self, count: int) -> None: ...

    def answered(self) -> None: ...

    def next_frame(self) -> bytes: ...

    def hear(self, frame: bytes) -> None: ...

    def released(self) -> None:
        """The near end hung up."""


class ExchangeLine:
    """One line. ``utc``: seconds since 1970, for the date in caller ID."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        name: str,
        habits: LineHabits,
        rng: random.Random,
        utc: Callable[[], float],
        *,
        directory: Directory | None = None,
    ) -> None:
        self.name = name
        self.state = LineState.IDLE
        self.flashes = 0
        self.dialled_numbers: list[str] = []
        self.on_bell: Callable[[bool], None] | None = None  # ringing current begins or ends
        self.caller_id_s = 0.0  # how long the equipment takes to hear it before the first ring
        self.far: FarEnd | None = None  # of the number dialled last
        self.sound: LineSound | None = None  # what the line does to what comes in; None: nothing
        self.in_use = False  # by another telephone on the same line
        self._directory = directory or Directory(loop, ())
        self._digits = ""
        self._ear = DtmfEar()
        self._talk_at = 0
        self._loop = loop
        self._habits = habits
        self._rng = rng
        self._utc = utc
        self._tones = tones_of(habits)
        self._hang_up_tone = hang_up_tone(habits.hang_up_tone, self._tones)
        self.ring = habits.ring or self._tones.ring
        self._equipment: LineEquipment | None = None
        self._party: Party | None = None
        self._who = CallerId("")
        self._rings = 0
        self._timers = Timers(loop)
        self._player: CadencePlayer | None = None
        self._waiting_tone = b""

    @property
    def off_hook(self) -> bool:
        return self.state not in (LineState.IDLE, LineState.RINGING)

    def attach(self, equipment: LineEquipment) -> None:
        self._equipment = equipment

    def stop(self) -> None:
        self._timers.cancel_all()

    # The network's side

    def offer(
        self, party: Party, number: str, name: str = "", presentation: str = "allowed"
    ) -> None:
        """Ring the line for ``party``. Raises SimulatorError when it is busy."""
        if self._equipment is None or self.in_use or not self._enter("offered"):
            raise SimulatorError(f"line {self.name} is busy")
        self._party = party
        self._who = CallerId(number, name, presentation, self._utc())
        self._rings = 0
        start_s = 0.0
        if self._habits.caller_id_first:
            self._send_caller_id()
            start_s = self.caller_id_s + self._rng.uniform(0.5, 1.0)
        self._timers.set("ring", start_s, lambda: self._burst(0))

    def _burst(self, phase: int) -> None:
        """A burst begins; the modem reports it when it ends, as the bell has been measured then."""
        if self.on_bell is not None:
            self.on_bell(True)
        self._timers.set("ring", self.ring[phase][0], lambda: self._burst_ended(phase))

    def _burst_ended(self, phase: int) -> None:
        if self.on_bell is not None:
            self.on_bell(False)
        last = phase == len(self.ring) - 1
        if last:
            self._rings += 1
            if self._party is not None:
                self._party.rung(self._rings)
            if self._equipment is not None:
                self._equipment.ring_heard()
            if self._rings == 1 and not self._habits.caller_id_first:
                self._timers.set("caller_id", self._rng.uniform(0.5, 1.5), self._send_caller_id)
        after = 0 if last else phase + 1
        self._timers.set("ring", self.ring[phase][1], lambda: self._burst(after))

    def _send_caller_id(self) -> None:
        if self._equipment is not None:
            self._equipment.caller_id_heard(self._who)

    def party_left(self, party: Party) -> None:
        """The far end hung up, or gave up while it rang."""
        if party is not self._party:
            return
        ringing = self.state is LineState.RINGING
        if not self._enter("party_left"):
            return
        self._party = None
        self._timers.cancel_all()
        self.key_ended()  # who hangs up lets go of the key
        if ringing:
            if self._equipment is not None:
                self._equipment.ring_stopped()
            return
        self._clear_down(self._habits.far_end_gone)

    def _clear_down(self, how: str) -> None:
        if how in ("code", "tone"):
            self._player = CadencePlayer(self._hang_up_tone)
        elif how == "reorder":
            self._player = CadencePlayer(self._tones.reorder)
        elif how == "dial_tone":
            self._give_dial_tone()
        elif how == "reversal":
            self._report(_REVERSAL)
        if how == "code":
            delay_s = self._rng.uniform(0.0, self._habits.reported_after_s)
            self._timers.set("gone", delay_s, lambda: self._report(_BUSY))
        elif how == "loop_break":
            self._report(_LOOP_BREAK)
            self._timers.set("gone", 2.0, self._give_dial_tone)

    def _give_dial_tone(self) -> None:
        self._player = CadencePlayer(self._tones.dial)

    def _report(self, code: int) -> None:
        if self._equipment is not None:
            self._equipment.report(code)

    def wait_call(self, number: str, name: str = "") -> None:
        """A second call knocks. Raises SimulatorError when no call is up."""
        talks = self.state in (LineState.CONNECTED, LineState.CALLING)
        if not talks or self._equipment is None:
            raise SimulatorError(f"line {self.name} has no call for another one to wait for")
        self._waiting_tone = tone((440,), 300)
        self._report(_CALL_WAITING)
        self._equipment.caller_id_heard(CallerId(number, name, "allowed", self._utc()))

    def clear_by(self, how: str) -> None:
        """One of FAR_END_GONE from now on. Raises SimulatorError for another."""
        self._habits = replace(self._habits, far_end_gone=how)
        tones_of(self._habits)

    def hang_up_with(self, words: str) -> None:
        """The tone given from now on when the far end hangs up; "" = the country's."""
        self._hang_up_tone = hang_up_tone(words, self._tones)

    def key_began(self, key: str) -> None:
        if self.state is LineState.CONNECTED and self._equipment is not None:
            self._equipment.key_began(key)

    def key_ended(self) -> None:
        if self._equipment is not None:
            self._equipment.key_ended()

    # The equipment's side (modem_state.LineSide)

    def lifted(self) -> None:
        if not self._enter("lifted"):
            return
        self._timers.cancel_all()
        self._player = None
        if self.state is LineState.CONNECTED and self._party is not None:
            self._party.answered()
            return
        self._digits, self._ear, self.far = "", DtmfEar(), None
        after_s = self._habits.dial_tone_after_s
        if after_s is not None and not self.in_use:
            self._timers.set("dial_tone", after_s, self._give_dial_tone)

    def released(self) -> None:
        if not self._enter("released"):
            return
        self._timers.cancel_all()
        self._player = None
        party, self._party = self._party, None
        if party is not None:
            party.released()
        if self.far is not None:
            self.far.hang_up()

    def flashed(self) -> None:
        self.flashes += 1

    def pulsed(self, digit: str) -> None:
        self._digit(digit)

    def extension(self, is_lifted: bool) -> None:
        """Somebody lifts another telephone on this line, and talks; or puts it down."""
        if is_lifted == self.in_use:
            return
        self.in_use = is_lifted
        if self._equipment is not None:
            self._equipment.extension(is_lifted)

    def _digit(self, digit: str) -> None:
        if self.in_use or not self._enter("digit"):
            return
        self._timers.cancel("dial_tone")
        self._player = None
        self._digits += digit
        is_whole = self._directory.is_whole(self._digits)
        self._timers.set("digits", 0.3 if is_whole else _MORE_DIGITS_S, self._put_through)

    def _put_through(self) -> None:
        self._enter("complete")
        self.dialled_numbers.append(self._digits)
        self.far = self._directory.call(self._digits, self._habits.country, self._progressed)

    def _progressed(self, progress: Progress) -> None:
        """What the far end does, as far as the line or the modem's detectors show it."""
        far = self.far
        if far is None or self.state is not LineState.CALLING:
            return
        if progress is Progress.GONE:
            self._enter("party_left")
            self._timers.cancel_all()
            self._clear_down(self._habits.far_end_gone)
        elif progress is Progress.ANSWERED:
            self._timers.cancel("progress")
            if self._habits.reversal_on_answer:
                self._report(_REVERSAL)
        elif self._habits.progress_codes and far.cause in ("", "busy", "congestion"):
            code = _BUSY if progress is Progress.REFUSED else _RINGBACK
            self._timers.set("progress", _REPORT_AFTER_S, lambda: self._report(code))

    def far_frame(self) -> bytes:
        frame = self._next_frame()
        return frame if self.sound is None else self.sound.frame(frame)

    def _next_frame(self) -> bytes:
        if self._player is not None:
            return self._player.frame()
        if self.in_use:
            return self._extension_frame()
        if self.state is LineState.CALLING and self.far is not None:
            return self.far.next_frame()
        if self._party is None:
            return SILENT_FRAME
        frame = self._party.next_frame()
        if self._waiting_tone:
            knock = self._waiting_tone[: len(frame)].ljust(len(frame), b"\xff")
            self._waiting_tone = self._waiting_tone[len(frame) :]
            frame = mix(frame, knock)
        return frame

    def near_frame(self, frame: bytes) -> None:
        if self._party is not None and self.state is LineState.CONNECTED:
            self._party.hear(frame)
        elif self.state in (LineState.DIAL_TONE, LineState.COLLECTING):
            key = self._ear.feed(frame)
            if key is not None:
                self._digit(key)
        elif self.state is LineState.CALLING and self.far is not None:
            self.far.hear(frame)

    def _extension_frame(self) -> bytes:
        talk = hello()
        self._talk_at = (self._talk_at + FRAME_SAMPLES) % len(talk)
        return talk[self._talk_at : self._talk_at + FRAME_SAMPLES].ljust(FRAME_SAMPLES, b"\xff")

    def _enter(self, event: str) -> bool:
        after = TRANSITIONS.get((self.state, event))
        if after is None:
            return False
        self.state = after
        return True
