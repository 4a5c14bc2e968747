"""Hands what came in to whoever keeps it, and lets the modem's copies go only after that."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial

from appliance.interfaces import ReceivedText, TextListener
from appliance.lines.cellular.text_inbox import TextInbox
from appliance.lines.timers import NamedTimers
from appliance.modem.sms_parts import Joined, clean_text

_log = logging.getLogger(__name__)


class TextKeeper:
    """``on_kept``: copies in the modem may go now, or something failed. Main thread."""

    def __init__(
        self,
        line: str,
        inbox: TextInbox,
        listener: TextListener,
        loop: asyncio.AbstractEventLoop,
        on_kept: Callable[[], None],
    ) -> None:
        self._line = line
        self._inbox = inbox
        self._listener = listener
        self._loop = loop
        self._on_kept = on_kept
        self._timers = NamedTimers(loop)

    def stop(self) -> None:
        """Parts wait on without being watched; what is being kept is still remembered."""
        self._timers.cancel_all()

    def keep(self, messages: Iterable[Joined]) -> None:
        for message in messages:
            text = clean_text(message.text)
            received = ReceivedText(message.number, text, message.sent_at, message.missing_parts)
            future = self._listener.text_received(self._line, received)
            future.add_done_callback(partial(self._keeping_ended, message))
        self.watch_parts()

    def watch_parts(self) -> None:
        """Wait for the next moment at which a long message has waited long enough."""
        deadline = self._inbox.deadline
        if deadline is None:
            self._timers.cancel("parts")
        else:
            self._timers.start("parts", deadline - self._loop.time(), self._parts_late)

    def _parts_late(self) -> None:
        self.keep(self._inbox.tick(self._loop.time()))

    def _keeping_ended(self, message: Joined, future: "Future[None]") -> None:
        """On whatever thread the store works on."""
        self._loop.call_soon_threadsafe(self._kept, message, future)

    def _kept(self, message: Joined, future: "Future[None]") -> None:
        if future.cancelled() or future.exception() is not None:
            _log.warning("line %s: a short message could not be kept and stays there", self._line)
            self._inbox.not_kept(message)
        else:
            self._inbox.kept(message, self._loop.time())
        self._on_kept()
