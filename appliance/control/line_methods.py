"""What the control methods of lines and short messages do, with what they are given."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from appliance.control import schema_lines as schema
from appliance.control.schema_base import Page, Params

T = TypeVar("T")
Result = Mapping[str, Any]
Read = Callable[[Callable[[], Any]], Awaitable[Any]]
LineHandler = Callable[[Any, str], Awaitable[Result]]  # parameters and who asks; the result


class TextsLike(Protocol):
    """text_desk.TextDesk."""

    async def send(self, line: str, number: str, text: str, author: str) -> dict[str, Any]: ...

    async def mark_read(self, text_id: str) -> None: ...

    async def delete(self, text_id: str) -> None: ...

    async def ask_network(self, line: str, code: str) -> str: ...


class TextReaderLike(Protocol):
    """storage.history_text_queries.TextReader; called in the reader thread."""

    def list_texts(self, contact: str | None, before: str | None, limit: int) -> dict[str, Any]: ...

    def list_conversations(self, before: str | None, limit: int) -> dict[str, Any]: ...

    def list_troubles(self, line: str) -> list[dict[str, Any]]: ...

    def last_answer(self, line: str) -> dict[str, Any] | None: ...


class LinecardsLike(Protocol):
    """Of app.App: HATs whose ports others use for a while."""

    def lend_linecard(self, name: str, reason: str) -> dict[str, Any]: ...

    def take_back_linecard(self, name: str) -> None: ...


class LineMethods:
    """``details``: of one line, or None when there is no such line.

    ``place_call``: rings an extension, then calls the number; False when that can't be now.
    ``outgoing_rules``: what may be called, and what went out today.
    """

    def __init__(
        self,
        texts: TextsLike,
        texts_kept: TextReaderLike,
        details: Callable[[str], Mapping[str, Any] | None],
        place_call: Callable[[str, str], bool],
        *,
        outgoing_rules: Callable[[], dict[str, Any]],
        linecards: LinecardsLike,
        read: Read,
    ) -> None:
        self._texts = texts
        self._kept = texts_kept
        self._details = details
        self._place_call = place_call
        self._outgoing_rules = outgoing_rules
        self._linecards = linecards
        self._read = read
        self.handlers: dict[str, LineHandler] = {
            "texts.list": self._list,
            "texts.conversations": self._conversations,
            "texts.send": self._send,
            "texts.mark_read": self._mark_read,
            "texts.delete": self._delete,
            "line.show": self._show,
            "linecard.lend": self._lend,
            "linecard.take_back": self._take_back,
            "line.ussd": self._ussd,
            "calls.place": self._place,
            "outgoing.show": self._outgoing,
        }

    async def _list(self, params: schema.TextsList, _who: str) -> Result:
        listed = self._kept.list_texts
        return await self._result(lambda: listed(params.contact, params.before, params.limit))

    async def _conversations(self, params: Page, _who: str) -> Result:
        listed = self._kept.list_conversations
        return await self._result(lambda: listed(params.before, params.limit))

    async def _result(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = await self._read(work)
        return found

    async def _send(self, params: schema.TextsSend, who: str) -> Result:
        return await self._texts.send(params.line, params.number, params.text, who)

    async def _mark_read(self, params: schema.TextId, _who: str) -> Result:
        await self._texts.mark_read(params.text_id)
        return {}

    async def _delete(self, params: schema.TextId, _who: str) -> Result:
        await self._texts.delete(params.text_id)
        return {}

    async def _ussd(self, params: schema.LineUssd, _who: str) -> Result:
        return {"text": await self._texts.ask_network(params.line, params.code)}

    async def _show(self, params: schema.LineName, _who: str) -> Result:
        line, kept = params.line, self._kept
        details = self._details(line)
        if details is None:
            raise LookupError(f"there is no line '{line}'")
        return {
            "line": line,
            "details": dict(details),
            "troubles": await self._read(lambda: kept.list_troubles(line)),
            "answer": await self._read(lambda: kept.last_answer(line)),
        }

    async def _lend(self, params: schema.LinecardLend, _who: str) -> Result:
        return self._linecards.lend_linecard(params.linecard, params.reason)

    async def _take_back(self, params: schema.LinecardName, _who: str) -> Result:
        self._linecards.take_back_linecard(params.linecard)
        return {}

    async def _place(self, params: schema.CallsPlace, _who: str) -> Result:
        return {"accepted": self._place_call(params.station, params.number)}

    async def _outgoing(self, _params: Params, _who: str) -> Result:
        return self._outgoing_rules()
