"""Service codes asked of the network: one at a time, in order, with what became of each; pure."""

from collections import deque
from concurrent.futures import Future

from appliance.errors import LineFault, TextError
from appliance.modem.at import Result
from appliance.modem.mobile_identity import cme_sentence
from appliance.modem.ussd import (
    ENDED,
    TIMED_OUT,
    UNSUPPORTED,
    NetworkAnswer,
    check_code,
    packed_code,
)

_WANTS_PACKED = (None, 3, 4, 50, 100)  # +CME ERROR of modems that take packed strings only


class Questions:
    """The first of the queue is the one that is being asked."""

    def __init__(self) -> None:
        self._asked: deque[tuple[str, Future[str]]] = deque()
        self._is_packed = False  # this modem wants codes as packed septets in hex

    def __bool__(self) -> bool:
        return bool(self._asked)

    def add(self, code: str, is_ready: bool) -> "Future[str]":
        """Queue ``code``. A code that is none, or a line that is not ready, is a fault at once."""
        future: Future[str] = Future()
        try:
            check_code(code)
        except TextError as error:
            future.set_exception(LineFault(str(error)))
            return future
        if is_ready:
            self._asked.append((code, future))
        else:
            future.set_exception(LineFault("the line is not ready"))
        return future

    def said(self) -> str:
        """What to put into AT+CUSD."""
        code = self._asked[0][0]
        return packed_code(code) if self._is_packed else code

    def is_to_be_repeated(self, result: Result) -> bool:
        """Whether the modem may want the same code in the other form; the next said() is that."""
        if self._is_packed or result.error_code not in _WANTS_PACKED:
            return False
        self._is_packed = True
        return True

    def refused(self, result: Result) -> None:
        self._is_packed = False
        self.fail(cme_sentence(result.error_code))

    def answered(self, answer: NetworkAnswer) -> None:
        fault = _fault_of(answer)
        if fault:
            self.fail(fault)
        else:
            future = self._take()
            if future is not None:
                future.set_result(answer.text)

    def fail(self, reason: str) -> None:
        """The question that is being asked has no answer."""
        future = self._take()
        if future is not None:
            future.set_exception(LineFault(reason))

    def fail_all(self, reason: str) -> None:
        while self._asked:
            self.fail(reason)

    def _take(self) -> "Future[str] | None":
        _code, future = self._asked.popleft()
        return future if future.set_running_or_notify_cancel() else None


def _fault_of(answer: NetworkAnswer) -> str:
    """ "" where the network answered."""
    if answer.outcome == UNSUPPORTED:
        return "the network does not know this code"
    if answer.outcome == TIMED_OUT:
        return "the network did not answer"
    if answer.outcome == ENDED and not answer.text:
        return "the network ended the question"
    return ""
