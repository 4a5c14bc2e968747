"""One call on a cellular line while it lasts: followed, heard, its keys sent, second callers met.

Theory of operation: `CallFollower` decides from the modem's list of calls what is new; this asks
for it (often before the connection, by the profile's pace afterwards, at once after a notice),
starts the sound by the profile's rules and tells the driver. After close() it tells nothing.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from appliance.core.events import AnswerSignHeard, CallWaitingReceived, DialFailed
from appliance.interfaces import EventSink
from appliance.lines.cellular import scripts
from appliance.lines.cellular.at_desk import AtDesk, Results
from appliance.lines.cellular.calls import CallFollower, News, waiting
from appliance.lines.cellular.profiles import CellularProfile, SoundPath
from appliance.lines.cellular.sound import CellularListener, CellularSound
from appliance.lines.timers import NamedTimers
from appliance.modem.at import Command
from appliance.modem.call_causes import ENDED, read_cause
from appliance.modem.caller import CallerId
from appliance.modem.mobile_calls import (
    CallBegan,
    CallChanged,
    CallEnded,
    CallNotice,
    CallState,
    DigitNotice,
    WaitingNotice,
    read_current_calls,
)

ANSWER_LIST_S = 0.25  # from ATA to the connection
DIAL_LIST_S = 1.0
DOUBT_S = 0.1
DIGIT_GAP_S = 0.25  # between AT+VTS commands
WAITING_AGAIN_S = 3.0  # one rejection of a second caller takes effect within this
_KEYS = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class CallNeeds:
    """What a call is followed with. ``tells_waiting``: else a second caller is rejected.

    ``on_connected``: the modem says so. ``on_sound``: it flows. ``on_ended``: the far end is gone
    (everything was told). ``on_no_sound``: a reason for the owner. ``on_restarted``: the modem lost
    its settings, and the call with them.
    """

    line: str
    sink: EventSink
    desk: AtDesk
    loop: asyncio.AbstractEventLoop
    sound: CellularSound
    listener: CellularListener
    profile: CellularProfile
    path: SoundPath
    counters: Counter[str]
    tells_waiting: bool
    on_connected: Callable[[], object]
    on_sound: Callable[[], object]
    on_ended: Callable[[], object]
    on_no_sound: Callable[[str], object]
    on_restarted: Callable[[], object]


class CellularCall:
    """``outgoing``: we dialled."""

    def __init__(self, needs: CallNeeds, outgoing: bool) -> None:
        self._needs = needs
        self._outgoing = outgoing
        self._timers = NamedTimers(needs.loop)
        self._follower = CallFollower(outgoing, needs.loop.time())
        self._open = True
        self._asking = False
        self._accepted = False
        self._silences = needs.desk.silences
        self._in_doubt = False  # it gave some command no answer, and then lists no call
        self._is_gone = False  # by the list of calls
        self._keys: deque[str] = deque()
        self._sending = False
        self._sound_until = 0.0
        self._refusals = 0
        self._waiting_seen = False
        self._rejected_at: float | None = None
        self.degraded = False  # the sound has shown signs that only a restart of the modem cures
        needs.listener.on_stalled = self._stalled

    def close(self) -> None:
        """The call is being released."""
        self._open = False
        self._timers.cancel_all()
        self._keys.clear()

    def accepted(self) -> None:
        """The modem took ATA or ATD."""
        self._accepted = True
        self._ask()

    def refused(self) -> None:
        """The modem did not take ATA, or spoke of another call: its list tells which."""
        self._accepted = True
        self.told_end(CallEnded())

    def hang_up(self) -> tuple[Command, ...]:
        """The script that ends it and, in its last command, lists what is left."""
        index = self._follower.index
        if self._is_gone:
            return scripts.after_call(self._needs.path)
        if self._waiting_seen and self._needs.tells_waiting and index is not None:
            return scripts.hang_up_one(index, self._needs.path)
        return scripts.hang_up(self._needs.path)

    # --- what the modem says -------------------------------------------------------------------

    def notice(self, notice: CallNotice) -> None:
        """An unsolicited line about calls."""
        if isinstance(notice, DigitNotice):
            self._needs.listener.key_reported(notice)
            self._wait_for_sound("stall" in self._timers)
        elif isinstance(notice, WaitingNotice):
            self._met_waiting(notice.caller)
        elif isinstance(notice, CallEnded):
            self.told_end(notice)
        elif isinstance(notice, CallChanged):
            if notice.call.state is CallState.WAITING:
                self._met_waiting(notice.call.other)
            elif notice.call.state is CallState.RELEASED:
                self._follower.noticed_end(CallEnded(), self._now())
            self._ask()
        elif isinstance(notice, CallBegan):
            self._ask()

    def told_end(self, notice: CallEnded) -> None:
        """Some call is over; the list will say whether it is this one."""
        self._follower.noticed_end(notice, self._now())
        self._ask()

    def _ask(self) -> None:
        if self._open and not self._asking and self._accepted:
            self._asking = True
            self._timers.cancel("list")
            self._needs.desk.run(scripts.look(self._in_doubt), self._listed, urgent=True)

    def _listed(self, results: Results) -> None:
        self._asking = False
        if not self._open:
            return
        answer, now = results[0], self._now()
        if any(map(scripts.settings_lost, results)):
            self._needs.on_restarted()
            return
        news: tuple[News, ...] = ()
        if answer.ok:
            calls = read_current_calls(answer.lines)
            second = waiting(calls)
            if second is not None:
                self._met_waiting(second.other)
            else:
                self._waiting_seen = False
            news = self._follower.listed(calls, now)
        elif not answer.timed_out:
            news = self._follower.no_list(not self._outgoing, now)
        self._in_doubt = News.DOUBT in news and self._needs.desk.silences > self._silences
        self._timers.start("list", self._pace_s(News.DOUBT in news), self._ask)
        for item in news:
            self._tell(item)

    def _pace_s(self, doubt: bool) -> float:
        if doubt:
            return DOUBT_S
        if self._follower.connected:
            return self._needs.profile.list_s
        return DIAL_LIST_S if self._outgoing else ANSWER_LIST_S

    def _tell(self, item: News) -> None:
        if item is News.ALERTING and self._outgoing:
            self._sign("ringback")
        elif item is News.CONNECTED:
            if self._outgoing:
                self._sign("modem_connected")
            self._needs.on_connected()
        elif item is News.ENDED:
            self._is_gone = True
            self._end()

    def _sign(self, sign: str) -> None:
        if self._needs.listener.listening:
            figures = {"source": "network"}
            self._needs.sink(AnswerSignHeard(self._needs.line, sign, figures))

    def _end(self) -> None:
        cause = self._follower.cause(self._now())
        self._timers.cancel_all()
        if not self._outgoing:
            self._needs.listener.tell_hung_up(self._follower.evidence(self._now()))
            self._needs.on_ended()
        elif cause == ENDED:
            self.ask_cause()
        else:
            self.failed(cause)

    def ask_cause(self, otherwise: str = ENDED) -> None:
        """The dialled call came to nothing: ask why. ``otherwise``: where the modem can't tell."""
        self._timers.cancel_all()
        script = (scripts.CAUSE,)
        self._needs.desk.run(script, lambda x: self._cause_known(x, otherwise), urgent=True)

    def _cause_known(self, results: Results, otherwise: str) -> None:
        causes = [read_cause(line) for line in results[-1].lines]
        told = next((cause for cause in causes if cause not in (None, ENDED)), None)
        if self._open:
            self.failed(told or otherwise)

    def failed(self, cause: str) -> None:
        """The dialled call is over. "Connected" may have been told of one that only rang.

        So both are said then: the cause is for who still waits for an answer.
        """
        needs = self._needs
        if not self._follower.connected:
            needs.listener.hear_no_more()
            needs.sink(DialFailed(needs.line, cause))
        else:
            if cause != ENDED and needs.listener.listening:
                needs.sink(DialFailed(needs.line, cause))
            needs.listener.tell_hung_up(self._follower.evidence(self._now()))
        needs.on_ended()

    # --- second callers and keys -----------------------------------------------------------------

    def _met_waiting(self, who: CallerId) -> None:
        needs, now = self._needs, self._now()
        if not self._open or not needs.listener.listening:
            return
        if needs.tells_waiting:
            if not self._waiting_seen:
                told = CallWaitingReceived(needs.line, who.number, who.name, who.presentation)
                needs.sink(told)
            self._waiting_seen = True
        elif self._rejected_at is None or now - self._rejected_at > WAITING_AGAIN_S:
            self._rejected_at = now
            needs.counters["waiting_rejected"] += 1
            needs.desk.run((scripts.REJECT_WAITING,), lambda _: None, urgent=True)

    def send_digit(self, digit: str) -> None:
        """Queue one key of ours."""
        if digit in _KEYS and len(digit) == 1:
            self._keys.append(digit)
            self._send_key()

    def _send_key(self) -> None:
        if self._keys and not self._sending and self._open:
            self._sending = True
            script = (scripts.send_digit(self._keys.popleft()),)
            self._needs.desk.run(script, self._key_sent, urgent=True)

    def _key_sent(self, _results: Results) -> None:
        if self._open:
            self._timers.start("key", DIGIT_GAP_S, self._next_key)

    def _next_key(self) -> None:
        self._sending = False
        self._send_key()

    # --- sound -----------------------------------------------------------------------------------

    def start_sound(self) -> None:
        """Let it flow as soon as the modem allows; on_sound or on_no_sound follows."""
        path = self._needs.path
        wait_s = path.settle_s if path.in_call else 0.0
        self._sound_until = self._now() + wait_s + path.limit_s
        if wait_s:
            self._timers.start("sound", wait_s, self._try_sound)
        else:
            self._try_sound()

    def _try_sound(self) -> None:
        if not self._open:
            return
        if self._needs.path.in_call:
            self._command(scripts.ask(self._needs.path.in_call), self._switched)
        else:
            self._attach()

    def _switched(self, results: Results) -> None:
        path = self._needs.path
        if not self._open:
            return
        if not results[-1].ok:
            self._refusals += 1
            self._needs.counters["sound_refused"] += 1
            self.degraded |= 0 < path.suspect <= self._refusals
            self._sound_again(f"the modem refuses {path.in_call}")
        elif path.readback:
            self._command(scripts.ask(path.readback, path.is_on[:4]), self._read_back)
        else:
            self._attach()

    def _read_back(self, results: Results) -> None:
        answer, path = results[-1], self._needs.path
        if not self._open:
            return
        is_on = path.is_on.replace(" ", "")
        if answer.ok and not any(x.replace(" ", "").startswith(is_on) for x in answer.lines):
            self._sound_again(f"the modem does not keep to {path.in_call}")
        else:
            self._attach()

    def _command(self, command: Command, on_done: Callable[[Results], object]) -> None:
        self._needs.desk.run((command,), on_done, urgent=True)

    def _attach(self) -> None:
        if self._needs.sound.begin():
            self._needs.on_sound()
        else:
            self._sound_again(f"the call can't be heard: {self._needs.sound.refusal}")

    def _sound_again(self, reason: str) -> None:
        if self._now() < self._sound_until:
            self._timers.start("sound", self._needs.path.retry_s, self._try_sound)
        else:
            self.degraded = True
            self._needs.on_no_sound(reason)

    def _stalled(self, over: bool) -> None:
        if not over:
            self._needs.counters["pcm_stalls"] += 1
            self.degraded = True
        self._wait_for_sound(not over and self._open)

    def _wait_for_sound(self, is_stalled: bool) -> None:
        """Samples that don't come are no silence to anybody's ears: it is measured here.

        A key that the modem reports shows that the caller is still there.
        """
        if is_stalled:
            limit_s = self._needs.listener.silence_limit_s
            reason = f"the modem has sent no sound for {limit_s:.0f} s"
            self._timers.start("stall", limit_s, lambda: self._needs.on_no_sound(reason))
        else:
            self._timers.cancel("stall")

    def _now(self) -> float:
        return self._needs.loop.time()
