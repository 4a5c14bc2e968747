"""Short messages and service codes of one cellular line: one table, apart from the line's driver.

The driver gives it a way to run commands and tells it notices, calls, start and stop. Everything
here waits while a call is on: modems have been seen to fail when read from during one. What came in
is read by listing a whole memory, at the start, after each notice and every few minutes, so that a
lost notice does no harm.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import partial

from appliance.errors import LineFault, NumberRefused, TextError
from appliance.interfaces import TextListener
from appliance.lines.cellular import text_commands
from appliance.lines.cellular.text_inbox import Found, TextInbox
from appliance.lines.cellular.text_keeping import TextKeeper
from appliance.lines.cellular.text_memories import TextMemories
from appliance.lines.cellular.text_questions import Questions
from appliance.lines.cellular.text_reading import TextReading
from appliance.lines.cellular.text_sending import TextSending, reference_of
from appliance.lines.cellular.text_states import TRANSITIONS, State, Trigger
from appliance.lines.numbers import dialable
from appliance.lines.timers import NamedTimers
from appliance.modem.at import Command, Result, Unsolicited
from appliance.modem.fields import at, fields_of, whole
from appliance.modem.mobile_identity import Boot, read_boot
from appliance.modem.sms_parts import split_text
from appliance.modem.ussd import REPLY_EXPECTED, NetworkAnswer, read_answer

Runner = Callable[[Iterable[Command], Callable[[Sequence[Result]], object]], None]

SET_UP_AGAIN_S = 10.0  # the SIM's messages are readable up to half a minute after it is
SET_UP_TRIES = 6
LIST_EVERY_S = 300.0
LIST_AGAIN_S = 15.0  # after a listing that failed, or that could not be read
_FULL = ("SMS FULL", "SMSFULL", "SMMEMFULL")  # in notices of all vendors, quoted or not
_NOT_READY = (State.OFF, State.WAITING)


class CellularTexts:
    """Call everything on the main thread.

    ``run(commands, on_done)``: the driver sends them when it can, in order, and calls ``on_done``
    with their results once they are all through, also after one of them failed. It need not call
    it after stop().
    """

    def __init__(
        self,
        line: str,
        run: Runner,
        loop: asyncio.AbstractEventLoop,
        listener: TextListener,
        first_reference: int | None = None,
    ) -> None:
        """``first_reference``: of the first long text sent, 0-255; random when not given."""
        self._run_commands = run
        self._loop = loop
        self._timers = NamedTimers(loop)
        self._inbox = TextInbox()
        self._keeper = TextKeeper(line, self._inbox, listener, loop, self._next)
        self._sending = TextSending(partial(listener.text_sent, line))
        self._questions = Questions()
        self._early_answer: NetworkAnswer | None = None
        self._must_cancel = False
        self._memories = TextMemories()
        self._reading = TextReading(
            self._run,
            self._memories,
            self._inbox,
            loop.time,
            on_found=self._take_found,
            again=self._list_soon,
        )
        self._tries = 0
        self._in_call = False
        self._state = State.OFF
        self._turn = 0  # results of commands from before a stop are nobody's
        self._reference = random.randrange(256) if first_reference is None else first_reference
        self._entries: dict[State, Callable[[], None]] = {
            State.OFF: self._enter_off,
            State.SETTING_UP: self._enter_setting_up,
            State.SETTING_STORE: self._enter_setting_store,
            State.WAITING: self._enter_waiting,
            State.RESTING: self._enter_resting,
            State.LISTING: self._enter_listing,
            State.DELETING: self._enter_deleting,
            State.SENDING: self._enter_sending,
            State.ASKING: self._enter_asking,
            State.AWAITING: self._enter_awaiting,
            State.CANCELLING: self._enter_cancelling,
        }

    @property
    def state(self) -> State:
        return self._state

    @property
    def figures(self) -> dict[str, object]:
        """For the line's health: texts that wait to be sent, and how full the memories are."""
        return {
            "texts_unsent": len(self._sending),
            "text_memory": {n: [r.used, r.size] for n, r in self._inbox.rooms.items()},
        }

    @property
    def warning(self) -> str:
        """What is wrong although the line works, for the owner; "" for nothing."""
        return self._inbox.warning(self._loop.time())

    def start(self) -> None:
        """The modem is initialised and its SIM is unlocked."""
        if self._state is not State.OFF:
            self.stop()
        self._tries = 0
        self._fire(Trigger.START)

    def stop(self) -> None:
        """The modem is gone, or starts anew. Texts that wait to be sent stay; questions fail."""
        self._fire(Trigger.STOP)

    def set_in_call(self, in_call: bool) -> None:
        """While a call rings or is on nothing is begun here."""
        self._in_call = self._reading.in_call = in_call
        self._next()

    def network_back(self) -> None:
        """There was none, and there is one."""
        self._sending.network_back(self._loop.time())
        self._next()

    def notice(self, notice: Unsolicited) -> bool:
        """One unsolicited line; whether it was about messages or service codes."""
        if self._state is State.OFF:
            return False
        text = notice.text
        for prefix, take in (
            ("+CMTI:", self._stored_notice),
            ("+CDSI:", self._stored_notice),
            ("+CMT:", self._pushed_notice),
            ("+CDS:", self._pushed_notice),
        ):
            fields = fields_of(text, prefix)
            if fields is not None:
                take(fields, notice.more)
                return True
        answer = read_answer(text)
        if answer is not None:
            self._answered(answer)
            return True
        return self._other_notice(text)

    def send_text(self, text_id: str, number: str, text: str) -> None:
        """As TextLine.send_text; waits in the queue while the line is down. Raises LineFault."""
        try:
            if not text:
                raise TextError("a text must not be empty")
            parts = split_text(dialable(number), text, self._reference)
        except (TextError, NumberRefused) as error:
            raise LineFault(str(error)) from error
        self._reference = (self._reference + 1) % 256
        self._sending.add(text_id, number, parts)
        self._next()

    def ask_network(self, code: str) -> "Future[str]":
        """As TextLine.ask_network. One question at a time; the others wait."""
        future = self._questions.add(code, self._state not in _NOT_READY)
        self._next()
        return future

    # notices

    def _stored_notice(self, fields: tuple[str, ...], _more: str) -> None:
        self._list_again(at(fields, 0))

    def _pushed_notice(self, fields: tuple[str, ...], pdu: str) -> None:
        if pdu:
            self._take_found(self._inbox.pushed(pdu, whole(fields[-1]), self._loop.time()))
        self._next()

    def _other_notice(self, text: str) -> bool:
        reference = reference_of((text,))
        if reference is not None:
            self._sending.late_reference(reference)
        elif any(word in text.upper() for word in _FULL):
            self._memories.make_all_due()
        elif read_boot(text) is Boot.TEXTS_READY:
            if self._state is State.WAITING:
                self._fire(Trigger.AGAIN)
            self._memories.make_all_due()
        else:
            return False
        self._next()
        return True

    # what to do next

    def _fire(self, trigger: Trigger) -> None:
        state = TRANSITIONS.get((self._state, trigger))
        if state is not None:
            self._state = state
            self._entries[state]()

    def _next(self) -> None:
        """Begin the most urgent work, outside of calls."""
        if self._state is not State.RESTING or self._in_call:
            return
        if self._must_cancel:
            self._fire(Trigger.CANCEL)
        elif self._inbox.next_deletion() is not None:
            self._fire(Trigger.DELETE)
        elif self._memories.is_any_due:
            self._fire(Trigger.LIST)
        elif self._questions:
            self._fire(Trigger.ASK)
        else:
            self._send_when_due()

    def _send_when_due(self) -> None:
        due_at = self._sending.next_at()
        if due_at is None:
            return
        if due_at <= self._loop.time():
            self._fire(Trigger.SEND)
        else:
            self._timers.start("send", due_at - self._loop.time(), self._next)

    def _run(
        self, commands: Iterable[Command], on_done: Callable[[Sequence[Result]], None]
    ) -> None:
        self._run_commands(commands, partial(self._ran, self._turn, on_done))

    def _ran(
        self, turn: int, on_done: Callable[[Sequence[Result]], None], results: Sequence[Result]
    ) -> None:
        if turn == self._turn:
            on_done(results)

    # the states

    def _enter_off(self) -> None:
        self._turn += 1
        self._timers.cancel_all()
        self._keeper.stop()
        self._sending.interrupted(self._loop.time())
        self._inbox.forget_modem()
        self._early_answer = None
        self._memories.forget()
        self._must_cancel = False
        self._questions.fail_all("the line went down")

    def _enter_setting_up(self) -> None:
        self._tries += 1
        self._run(text_commands.set_up(), self._set_up)

    def _set_up(self, results: Sequence[Result]) -> None:
        self._memories.know(line for result in results for line in result.lines)
        self._fire(Trigger.DONE if results and results[0].ok else Trigger.FAILED)

    def _enter_setting_store(self) -> None:
        self._run(text_commands.set_store(self._memories.main), self._set_store)

    def _set_store(self, results: Sequence[Result]) -> None:
        stored = results[0] if results else None
        if (stored is None or not stored.ok) and self._tries < SET_UP_TRIES:
            self._fire(Trigger.FAILED)
            return
        if stored is not None and stored.ok:
            self._memories.set_main(stored.text)
        self._memories.make_all_due()
        self._timers.start("list", LIST_EVERY_S, self._list_regularly)
        self._fire(Trigger.DONE)

    def _enter_waiting(self) -> None:
        self._questions.fail_all("the SIM card is not ready yet")
        self._timers.start("set_up", SET_UP_AGAIN_S, partial(self._fire, Trigger.AGAIN))

    def _enter_resting(self) -> None:
        self._keeper.watch_parts()
        self._next()

    def _enter_listing(self) -> None:
        self._reading.list_next(partial(self._fire, Trigger.DONE))

    def _enter_deleting(self) -> None:
        copy = self._inbox.next_deletion()
        if copy is None:
            self._fire(Trigger.DONE)
        else:
            self._reading.delete(copy, partial(self._fire, Trigger.DONE))

    def _enter_sending(self) -> None:
        command = self._sending.next_command(self._loop.time())
        if command is None:
            self._fire(Trigger.DONE)
        else:
            self._run((command,), self._sent)

    def _sent(self, results: Sequence[Result]) -> None:
        if results:
            self._sending.finished(results[-1], self._loop.time())
        else:
            self._sending.interrupted(self._loop.time())
        self._fire(Trigger.DONE)

    def _enter_asking(self) -> None:
        self._run((text_commands.ask(self._questions.said()),), self._was_asked)

    def _was_asked(self, results: Sequence[Result]) -> None:
        result = results[-1] if results else None
        early, self._early_answer = self._early_answer, None
        if early is not None:
            self._fire(Trigger.DONE)
            self._answered(early)
        elif result is not None and result.ok:
            self._fire(Trigger.DONE)
        elif result is None or result.timed_out:
            self._questions.fail("the modem did not answer")
            self._fire(Trigger.CANCEL)
        elif self._questions.is_to_be_repeated(result):
            self._fire(Trigger.AGAIN)
        else:
            self._questions.refused(result)
            self._fire(Trigger.FAILED)

    def _enter_awaiting(self) -> None:
        self._timers.start("answer", text_commands.ANSWER_S, self._no_answer)

    def _no_answer(self) -> None:
        if self._state is State.AWAITING:
            self._questions.fail("the network did not answer")
            self._fire(Trigger.CANCEL)

    def _answered(self, answer: NetworkAnswer) -> None:
        if self._state is State.ASKING:
            self._early_answer = answer
        elif self._state is not State.AWAITING:
            self._must_cancel |= answer.outcome == REPLY_EXPECTED  # the network's own idea
            self._next()
        else:
            self._timers.cancel("answer")
            self._questions.answered(answer)
            self._fire(Trigger.CANCEL if answer.outcome == REPLY_EXPECTED else Trigger.ANSWERED)

    def _enter_cancelling(self) -> None:
        self._must_cancel = False
        self._run((text_commands.CANCEL,), lambda _results: self._fire(Trigger.DONE))

    # listing and keeping

    def _list_soon(self, memory: str) -> None:
        self._timers.start(f"list {memory}", LIST_AGAIN_S, partial(self._list_again, memory))

    def _list_again(self, memory: str) -> None:
        self._memories.make_due(memory)
        self._next()

    def _list_regularly(self) -> None:
        self._timers.start("list", LIST_EVERY_S, self._list_regularly)
        self._memories.make_all_due()
        self._next()

    def _take_found(self, found: Found) -> None:
        for report in found.reports:
            self._sending.reported(report)
        self._keeper.keep([*found.messages, *self._inbox.make_room()])
