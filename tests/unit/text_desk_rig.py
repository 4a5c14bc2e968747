"""A text desk on a history of its own, with lines that say what a test lets them say."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from appliance.interfaces import ReceivedText
from appliance.loop import VirtualLoop
from appliance.storage.history_text_queries import TextReader
from appliance.text_desk import (
    TextDesk,
    TextNeeds,
)
from tests.history_box import Box
from tests.text_lines import FakeTextLine

ROSA = "+639181112222"


class Shop:
    """One run of the daemon, as far as texts go; `crash` and make another on the same folder."""

    def __init__(self, folder: Path, loop: VirtualLoop, *lines: FakeTextLine) -> None:
        self.loop = loop
        self.box = Box(folder, loop.clock)
        self.lines: dict[str, Any] = {line.name: line for line in lines}
        self.reader = TextReader(self.box.reader.ask)
        self.news: list[object] = []
        self.ids = iter(range(10**6))
        self.prefix = f"t{loop.time():.3f}-"
        self.desk = TextDesk(
            TextNeeds(
                lines=lambda: self.lines,
                history=self.box.history,
                reader=self.reader,
                reader_worker=self.box.worker,
                clock=loop.clock,
                new_id=lambda: f"{self.prefix}{next(self.ids)}",
                post=loop.call_soon,
                on_news=self.news.append,
            )
        )
        self.desk.poll()
        self.pass_s(0)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def pass_s(self, seconds: float) -> None:
        """Let virtual time go by, polling every second as the daemon does."""
        for _ in range(max(1, int(min(seconds, 600)))):
            done = self.loop.create_future()
            step = seconds / max(1, int(min(seconds, 600)))
            self.loop.call_later(step, done.set_result, None)
            self.run(_wait(done))
            self.desk.poll()
        for _ in range(4):
            turn = self.loop.create_future()
            self.loop.call_soon(turn.set_result, None)
            self.run(_wait(turn))

    def send(self, text: str = "Ready", number: str = "0918 111-2222", line: str = "globe") -> str:
        sent = self.run(self.desk.send(line, number, text, "Nena"))
        self.pass_s(0)
        return str(sent["text_id"])

    def texts(self, **more: Any) -> list[dict[str, Any]]:
        return list(self.reader.list_texts(more.get("contact"), None, 200)["texts"])

    def text(self, text_id: str) -> dict[str, Any]:
        found = self.reader.get_text(text_id)
        assert found is not None
        return found


async def _wait(future: "asyncio.Future[None]") -> None:
    await future


def came(text: str = "Two loaves please", sent_at: float | None = 1.7e9, **more: Any):
    return ReceivedText(more.get("number", ROSA), text, sent_at, more.get("missing_parts", 0))
