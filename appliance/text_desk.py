"""The text desk: joins the lines that carry short messages with the history that keeps them.

A text that came in is acknowledged to its line when it is on the card. One that goes out is on the
card before a line has it, and noted as ``sending`` before it is handed over: after a crash it is
known which may have gone out, and those are never sent again by themselves. One text is under way
on a line at a time. Main thread only; the history writes on the store's thread.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from appliance.errors import ControlError, CounterbellError, StorageError
from appliance.interfaces import Clock, LineDriver, ReceivedText, TextLine, Worker
from appliance.storage.history_text_queries import TextReader
from appliance.storage.history_texts import TEXT_TABLE, text_key
from appliance.text_length import measure

MOST_PARTS = 10  # of one text
MOST_PARTS_A_DAY = 500  # of all: a stolen password must not cost a fortune
STORE_WITHIN_S = 5.0
REPORT_WITHIN_S = 300.0  # by then a modem has said what became of a text, or never will
STALE_S = 24 * 3600.0  # a text that could not go out for so long says nothing true any more
ANSWER_WITHIN_S = 50.0  # of the network to a USSD code
REMEMBERED = 500  # received texts that a line may hand over again
LONGEST_NUMBER, LONGEST_TEXT = 40, 20_000  # of what comes in; a text has at most 255 parts
AT_WORK = frozenset({"ready", "ringing", "in_call"})
_FILLING = re.compile(r"[\s().\-/\u2010-\u2015]+")
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_CODE = re.compile(r"[0-9*#+]{1,40}")


class Remembers(Protocol):
    """storage.history.History, as far as it is needed here."""

    def remember_fact(self, kind: str, data: Mapping[str, object]) -> "Future[None]": ...


@dataclass(frozen=True, slots=True)
class TextNeeds:
    """The parts of the daemon the desk works with.

    ``lines``: the drivers that are there now. ``post``: runs work on the main thread.
    ``on_news``: something to show changed; the future is done when it can be read.
    ``refused``: why this number may not be texted on this line, or "".
    """

    lines: Callable[[], Mapping[str, LineDriver]]
    history: Remembers
    reader: TextReader
    reader_worker: Worker
    clock: Clock
    new_id: Callable[[], str]
    post: Callable[[Callable[[], None]], object]
    on_news: Callable[["Future[None]"], None]
    refused: Callable[[str, str], str] = lambda _line, _number: ""


@dataclass(slots=True)
class _Outgoing:
    """A text on its way out. ``driver``: the one that has it, while it is ``sending``."""

    text_id: str
    line: str
    number: str
    text: str
    queued_at: float  # UTC
    driver: TextLine | None = None
    handed_at: float = 0.0  # monotonic


class TextDesk:
    """Implements interfaces.TextListener. `poll` it every second."""

    def __init__(self, needs: TextNeeds) -> None:
        self._needs = needs
        self._queue: list[_Outgoing] = []
        self._sending: dict[str, _Outgoing] = {}  # by line
        self._made: set[str] = set()  # ids of this run
        self._received: OrderedDict[str, Future[None]] = OrderedDict()
        self._asking: set[str] = set()
        self._is_loaded = self._is_loading = False
        self.revision = 0  # of all texts; a page that shows them looks again when it changes

    # --- from the lines ----------------------------------------------------------------------

    def text_received(self, line: str, text: ReceivedText) -> "Future[None]":
        """Keep it; done when it is on the card. The same text again is not kept twice."""
        number, body = text.number[:LONGEST_NUMBER], text.text[:LONGEST_TEXT]
        key = text_key(line, number, text.sent_at, body, text.missing_parts)
        known = self._received.get(key)
        if known is not None and text.sent_at is not None and not _failed(known):
            return known
        kept = self._tell(
            "text_received",
            {
                "text_id": self._needs.new_id(),
                "line": line,
                "number": number,
                "text": body,
                "sent_at": text.sent_at,
                "missing_parts": text.missing_parts,
            },
        )
        self._received[key] = kept
        while len(self._received) > REMEMBERED:
            self._received.popitem(last=False)
        return kept

    def text_sent(self, line: str, text_id: str, state: str, reason: str) -> None:
        """What a line says of a text: sent, delivered, failed or perhaps_sent."""
        if state not in TEXT_TABLE["sending"]:
            return
        self._tell_state(text_id, state, reason)
        under_way = self._sending.get(line)
        if under_way is not None and under_way.text_id == text_id:
            del self._sending[line]
            self._needs.post(self.poll)

    # --- from people -------------------------------------------------------------------------

    async def send(self, line: str, number: str, text: str, author: str) -> dict[str, Any]:
        """Queue a text: ``{text_id, state, number, parts}``. Raises ControlError, StorageError."""
        self._text_line(line)
        number = clean_number(number)
        parts = _checked_parts(text)
        refusal = self._needs.refused(line, number)
        if refusal:
            raise ControlError(refusal)
        await self._check_day(parts)
        text_id = self._needs.new_id()
        fact = {"text_id": text_id, "line": line, "number": number, "text": text}
        written = self._tell("text_queued", {**fact, "parts": parts, "author": author})
        self._made.add(text_id)
        try:
            await asyncio.wait_for(
                asyncio.shield(asyncio.wrap_future(written)), timeout=STORE_WITHIN_S
            )
        except TimeoutError as error:
            self._tell_state(text_id, "failed", "it could not be kept in time")
            reason = "the card can't be written now: the text was not sent"
            raise ControlError(reason) from error
        self._queue.append(_Outgoing(text_id, line, number, text, self._needs.clock.utc()))
        self.poll()
        return {"text_id": text_id, "state": "queued", "number": number, "parts": parts}

    async def mark_read(self, text_id: str) -> None:
        """A conversation was read, up to this text. Raises ControlError."""
        found = await self._found(text_id)
        fact = {"contact": found["contact"], "up_to": found["seq"]}
        await asyncio.wrap_future(self._tell("texts_read", fact))

    async def delete(self, text_id: str) -> None:
        """Forget a text, in the history too; one that waits is not sent. Raises ControlError."""
        if any(one.text_id == text_id for one in self._sending.values()):
            raise ControlError("this text is just being sent: delete it when it is out")
        await self._found(text_id)
        self._queue = [one for one in self._queue if one.text_id != text_id]
        await asyncio.wrap_future(self._tell("text_deleted", {"text_id": text_id}))

    async def ask_network(self, line: str, code: str) -> str:
        """The network's answer to a USSD code (3GPP TS 22.090). Raises ControlError, LineFault."""
        driver = self._text_line(line)
        if not _CODE.fullmatch(code):
            raise ControlError("a code has only digits, * and #, such as *123#")
        if line in self._asking:
            raise ControlError("the network is being asked already: wait for its answer")
        self._asking.add(line)
        try:
            asked = asyncio.wrap_future(driver.ask_network(code))
            asked.add_done_callback(_heard)  # an answer that comes too late is no news
            done, _ = await asyncio.wait({asked}, timeout=ANSWER_WITHIN_S)
        finally:
            self._asking.discard(line)
        if not done:
            raise ControlError("the network did not answer: try again later")
        answer = asked.result()
        self._tell("network_answered", {"line": line, "code": code, "answer": answer})
        return answer

    # --- the way out -------------------------------------------------------------------------

    def poll(self) -> None:
        """Hand over what can be handed over, and give up what nobody reports on."""
        if not self._is_loaded:
            self._load()
            return  # what an earlier run left goes first
        for line, one in list(self._sending.items()):
            self._check_under_way(line, one)
        stale_before = self._needs.clock.utc() - STALE_S
        for one in [one for one in self._queue if one.queued_at < stale_before]:
            self._queue.remove(one)
            self._tell_state(one.text_id, "failed", "the line was not at work for a day")
        for line in dict.fromkeys(one.line for one in self._queue):
            if line not in self._sending:
                self._send_next(line)

    def _check_under_way(self, line: str, one: _Outgoing) -> None:
        if one.driver is None:
            return  # not handed over yet
        now_there: object = self._needs.lines().get(line)
        if now_there is not one.driver:
            reason = "the line was started anew while the text was being sent"
        elif self._needs.clock.monotonic() - one.handed_at > REPORT_WITHIN_S:
            reason = "the modem never said whether the text went out"
        else:
            return
        del self._sending[line]
        self._tell_state(one.text_id, "perhaps_sent", reason)

    def _send_next(self, line: str) -> None:
        driver = self._needs.lines().get(line)
        if not isinstance(driver, TextLine) or driver.health.get("state") not in AT_WORK:
            return
        one = next(one for one in self._queue if one.line == line)
        self._queue.remove(one)
        self._sending[line] = one
        noted = self._tell_state(one.text_id, "sending", "")
        noted.add_done_callback(lambda done: self._needs.post(lambda: self._hand_over(one, done)))

    def _hand_over(self, one: _Outgoing, noted: "Future[None]") -> None:
        driver = self._needs.lines().get(one.line)
        if _failed(noted) or not isinstance(driver, TextLine):
            del self._sending[one.line]
            self._tell_state(one.text_id, "failed", "the line went away before the text was sent")
            return
        one.driver, one.handed_at = driver, self._needs.clock.monotonic()
        try:
            driver.send_text(one.text_id, one.number, one.text)
        except CounterbellError as error:
            if self._sending.pop(one.line, None) is one:
                self._tell_state(one.text_id, "failed", str(error))

    def _load(self) -> None:
        """What an earlier run of the daemon left: queued goes on, under way is uncertain."""
        if self._is_loading:
            return
        self._is_loading = True
        reading = self._needs.reader_worker.submit(self._needs.reader.open_texts)
        reading.add_done_callback(lambda done: self._needs.post(lambda: self._loaded(done)))

    def _loaded(self, done: "Future[list[dict[str, Any]]]") -> None:
        self._is_loading = False
        try:
            left = done.result()
        except StorageError:
            return  # the history is not there yet: asked again by the next poll
        self._is_loaded = True
        earlier = [one for one in left if one["text_id"] not in self._made]
        self._queue[:0] = [
            _Outgoing(one["text_id"], one["line"], one["number"], one["text"], one["at"])
            for one in earlier
            if one["state"] == "queued"
        ]
        for one in earlier:
            if one["state"] == "sending":
                reason = "the box stopped while the text was being sent"
                self._tell_state(one["text_id"], "perhaps_sent", reason)
        self.poll()

    # --- within ------------------------------------------------------------------------------

    def _text_line(self, line: str) -> TextLine:
        driver = self._needs.lines().get(line)
        if driver is None:
            raise ControlError(f"there is no line '{line}'")
        if not isinstance(driver, TextLine):
            raise ControlError(f"the line '{line}' is no mobile line: it can't carry texts")
        return driver

    async def _check_day(self, parts: int) -> None:
        since = self._needs.clock.utc() - 24 * 3600
        counting = self._needs.reader_worker.submit(
            lambda: self._needs.reader.parts_sent_since(since)
        )
        if await asyncio.wrap_future(counting) + parts > MOST_PARTS_A_DAY:
            raise ControlError(f"{MOST_PARTS_A_DAY} texts went out within a day: no more today")

    async def _found(self, text_id: str) -> dict[str, Any]:
        reading = self._needs.reader_worker.submit(lambda: self._needs.reader.get_text(text_id))
        found = await asyncio.wrap_future(reading)
        if found is None:
            raise ControlError(f"there is no text '{text_id}'")
        return found

    def _tell_state(self, text_id: str, state: str, reason: str) -> "Future[None]":
        fact = {"text_id": text_id, "state": state, "reason": reason[:300]}
        return self._tell("text_state", fact)

    def _tell(self, kind: str, data: Mapping[str, object]) -> "Future[None]":
        written = self._needs.history.remember_fact(kind, data)
        written.add_done_callback(lambda _done: self._needs.post(self._changed))
        self._needs.on_news(written)
        return written

    def _changed(self) -> None:
        self.revision += 1


def clean_number(number: str) -> str:
    """A number as it may be sent to a modem: digits, perhaps a + before. Raises ControlError."""
    kept = _FILLING.sub("", number)
    if not kept.isascii() or not _NUMBER.fullmatch(kept):
        raise ControlError("a text goes to a number: digits only, perhaps with a + before them")
    return kept


def _checked_parts(text: str) -> int:
    if not text.strip():
        raise ControlError("the text is empty")
    parts = measure(text).parts
    if parts > MOST_PARTS:
        raise ControlError(f"the text takes {parts} short messages; {MOST_PARTS} are the most")
    return parts


def _heard(asked: "asyncio.Future[str]") -> None:
    if not asked.cancelled():
        asked.exception()


def _failed(done: "Future[Any]") -> bool:
    return done.done() and done.exception() is not None
