"""Short messages behind the real control methods, with what was asked of them."""

import time
from typing import Any

from appliance.errors import ControlError

TEXT: dict[str, Any] = {
    "text_id": "t1",
    "direction": "in",
    "line": "globe",
    "number": "+639181112222",
    "contact": "+639181112222",
    "text": "Two loaves please",
    "at": 1.0,
    "sent_at": 0.5,
    "delivered_at": None,
    "state": "received",
    "state_at": 1.0,
    "reason": "",
    "missing_parts": 0,
    "parts": 0,
    "author": "",
    "is_read": False,
}


class FakeTexts:
    """Texts by id, newest last; what is sent goes through `send` as with the real desk."""

    def __init__(self, *texts: dict[str, Any]) -> None:
        self.texts = list(texts)
        self.asked: list[tuple[str, str]] = []
        self.troubles: list[dict[str, Any]] = []
        self.answer: dict[str, Any] | None = None
        self.refusal = ""

    async def send(self, line: str, number: str, text: str, author: str) -> dict[str, Any]:
        if self.refusal:
            raise ControlError(self.refusal)
        made = {"text_id": f"t{len(self.texts) + 1}", "line": line, "number": number, "text": text}
        sent = {"direction": "out", "contact": number, "state": "queued", "author": author}
        times = {"at": time.time(), "state_at": time.time(), "sent_at": None}
        self.texts.append(TEXT | made | sent | times | {"parts": 1, "is_read": True})
        return {"text_id": made["text_id"], "state": "queued", "number": number, "parts": 1}

    async def mark_read(self, text_id: str) -> None:
        contact = self._of(text_id)["contact"]
        for text in self.texts:
            text["is_read"] = text["is_read"] or text["contact"] == contact

    async def delete(self, text_id: str) -> None:
        self.texts.remove(self._of(text_id))

    async def ask_network(self, line: str, code: str) -> str:
        self.asked.append((line, code))
        self.answer = {"code": code, "text": "Your load balance is P42.50", "at": time.time()}
        return str(self.answer["text"])

    def _of(self, text_id: str) -> dict[str, Any]:
        found = next((text for text in self.texts if text["text_id"] == text_id), None)
        if found is None:
            raise ControlError(f"there is no text '{text_id}'")
        return found

    # --- as the reader ---

    def list_texts(self, contact: str | None, before: str | None, limit: int) -> dict[str, Any]:
        if before:
            raise ValueError("this is not a cursor of an earlier answer")
        shown = [text for text in self.texts[::-1] if contact in (None, text["contact"])]
        return {"texts": shown[:limit], "next": None}

    def list_conversations(self, before: str | None, limit: int) -> dict[str, Any]:
        found: dict[str, dict[str, Any]] = {}
        for text in self.texts[::-1]:
            contact = text["contact"]
            one = found.setdefault(contact, {"contact": contact, "unread": 0, "last": text})
            one["unread"] += not text["is_read"]
        return {"conversations": list(found.values())[:limit], "next": None}

    def list_troubles(self, line: str) -> list[dict[str, Any]]:
        return self.troubles

    def last_answer(self, line: str) -> dict[str, Any] | None:
        return self.answer
