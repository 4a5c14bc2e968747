"""A realistic shop behind the real control server, on a thread; tests change what it knows."""

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.control.methods import ControlBackend, Methods
from appliance.control.server import ControlServer
from appliance.control.status import StatusBoard
from appliance.errors import ControlError, SignInLocked, SignInRefused, StorageError
from appliance.loop import InlineWorker
from tests.control_fakes import (
    FACTS,
    OUTGOING,
    FakeBackups,
    FakeConfigs,
    FakeDoctor,
    FakeLinecards,
    FakeNetwork,
    FakeUpdates,
    Person,
    Session,
    details_of,
    done,
)
from tests.fake_texts import FakeTexts
from tests.web.shop_facts import (
    SECONDS,
    call_out,
    caller,
    live_call,
    live_call_out,
    make_call,
    make_leg,
    make_message,
    make_offer,
    make_status,
    make_text,
    mulaw_wav,
    sent_text,
)

CODE, PASSWORD = "12345678", "pan de sal"
WORST_NAME = '<img src=x onerror="alert(1)"><b>W'.ljust(40, "W")
WORST_TEXT = "</script><script>window.pwned=1;alert(1)</script><svg onload=alert(1)>"


class Accounts:
    """One owner, one staff member; sessions that a test can end."""

    def __init__(self, claimed: bool) -> None:
        self.claimed = claimed
        self.sessions: dict[str, Person] = {}
        self.locked_s = 0.0
        self.checks_for_s = 0.0  # how long a password's check takes

    def who(self, token: str) -> Person | None:
        return self.sessions.get(token)

    def claim(self, code: str, name: str, _password: str) -> Session:
        if code != CODE:
            raise SignInRefused("this is not the claim code")
        self.claimed = True
        return self._begin(name, "owner")

    def sign_in(self, name: str, password: str) -> Session:
        if self.locked_s:
            raise SignInLocked(self.locked_s)
        threading.Event().wait(self.checks_for_s)
        if password != PASSWORD:
            raise SignInRefused("this name and password do not belong together")
        return self._begin(name, "staff" if name == "Jun" else "owner")

    def sign_out(self, token: str) -> None:
        self.sessions.pop(token, None)

    def _begin(self, name: str, role: str) -> Session:
        token = f"token-{len(self.sessions)}-{os.urandom(8).hex()}"
        self.sessions[token] = Person(name, role)
        return Session(token, self.sessions[token])


@dataclass
class Shop:
    """``start`` and ``stop`` it as often as you like: it is the daemon of the state folder."""

    folder: Path
    claimed: bool = True
    calls: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    marked: list[tuple[str, bool]] = field(default_factory=list)
    lost_files: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.claimed)
        self.configs = FakeConfigs("")
        self.doctor = FakeDoctor()
        self.texts = FakeTexts()
        self.backups = FakeBackups(self.folder)
        self.network = FakeNetwork()
        self.readings: list[dict[str, Any]] = []
        self.updates = FakeUpdates(self.folder)
        self.placed: list[tuple[str, str]] = []
        self.refusal = ""
        self.denied = ["0900"]
        self.path = self.folder / "control.sock"
        self.now = time.time()
        self.status = make_status(self.now)
        self._starts = 0
        self._thread: threading.Thread | None = None

    # --- the daemon ----------------------------------------------------------------------------

    def start(self) -> None:
        self._starts += 1
        self.loop = asyncio.new_event_loop()
        self.board = StatusBoard(1000 * self._starts)
        self.server = ControlServer(self.path, Methods(self._backend()))
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self._run(self.server.start())
        self.publish()

    def stop(self) -> None:
        if self._thread is None:
            return
        self._run(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
        self._thread = None

    def publish(self, **changes: Any) -> None:
        self.status = self.status | changes

        async def tell() -> None:
            self.board.publish(self.status)

        self._run(tell())

    def _run(self, work: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(awaited(), self.loop).result(60)

    def _backend(self) -> ControlBackend:
        return ControlBackend(
            status=self.board,
            accounts=self.accounts,
            history=self,
            reader=InlineWorker(),
            mark_message=self._mark,
            open_recording=self._open,
            configs=self.configs,
            line_doctor=self.doctor,
            texts=self.texts,
            texts_kept=self.texts,
            line_details=details_of,
            place_call=self._place,
            linecards=FakeLinecards(),
            backups=self.backups,
            network=self.network,
            box=lambda: {"readings": self.readings},
            updates=self.updates,
            outgoing_rules=lambda: OUTGOING | {"deny": self.denied},
        )

    # --- its history ---------------------------------------------------------------------------

    def list_calls(self, day: str | None, before: str | None, limit: int, story: bool) -> Any:
        if before and before != "second":
            raise ValueError("this is not a cursor of an earlier answer")
        shown = [{k: v for k, v in c.items() if k != "message"} for c in self.calls]
        shown = [c for c in shown if day in (None, local_day(c["started_at"]))]
        return {"calls": shown[:limit], "next": None if before or not shown else "second"}

    def get_call(self, call_id: str) -> dict[str, Any] | None:
        return next((c for c in self.calls if c["call_id"] == call_id), None)

    def list_messages(self, before: str | None, limit: int) -> dict[str, Any]:
        return {"messages": self.messages[:limit], "next": None}

    def get_message(self, recording_id: str) -> dict[str, Any] | None:
        return next((m for m in self.messages if m["recording_id"] == recording_id), None)

    def get_recording(self, recording_id: str) -> dict[str, Any] | None:
        known = {m["recording_id"] for m in self.messages}
        known |= {c["recording"]["id"] for c in self.calls if c["recording"]}
        return {"recording_id": recording_id} if recording_id in known else None

    def _mark(self, recording_id: str, heard: bool) -> Any:
        self.marked.append((recording_id, heard))
        for message in self.messages:
            if message["recording_id"] == recording_id:
                message["heard"] = heard
        return done()

    def _place(self, station: str, number: str) -> bool:
        self.placed.append((station, number))
        if self.refusal:
            raise ControlError(self.refusal)
        return station == "11"

    def _open(self, found: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
        recording_id = found["recording_id"]
        if recording_id in self.lost_files:
            raise StorageError(f"the file of recording {recording_id} is gone")
        channels = 1 if recording_id.startswith("m-") else 2
        sound = mulaw_wav(SECONDS, channels)
        with tempfile.TemporaryFile() as file:
            file.write(sound)
            file.seek(0)
            fd = os.dup(file.fileno())
        info = {"ms": int(SECONDS * 1000), "bytes": len(sound), "channels": channels}
        return {**info, "name": "2026-11-22 10.15 lándline.wav"}, fd


def local_day(utc: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(utc))


def stock(shop: Shop) -> None:
    """Give the shop a day worth looking at: every disposition, an open call, two messages."""
    now = shop.now
    day_start = time.mktime((*time.localtime(now)[:3], 0, 0, 0, 0, 0, -1))
    at = max(day_start, now - 600)
    given_up = {"ringing": 0, "menu": 4, "offered": 9}
    lost = [make_leg("line:landline", at, at + 29, given_up)]
    missed = {"legs": lost, "ended_at": at + 29, "recording": None}
    voicemail = {**given_up, "voicemail": 29}
    shop.calls = [
        make_call(
            "c-open", now - 75, ended_at=None, disposition=None, ended_by=None,
            legs=[make_leg("line:landline", now - 75, None, given_up)],
            offers=[make_offer("11", now - 60, None, None)],
        ),
        make_call("c-answered", at),
        make_call(
            "c-voicemail", at, disposition="voicemail",
            legs=[make_leg("line:landline", at, at + 40, voicemail)],
            message={"id": "m-1", "ms": 3000},
        ),
        make_call("c-abandoned", at, disposition="abandoned", **missed),
        make_call("c-nobody", at, disposition="no_answer", **missed),
        make_call("c-busy", at, disposition="busy", **missed),
        make_call("c-failed", at, disposition="failed", **missed),
        make_call("c-cut", at, disposition="interrupted", **missed),
        make_call("c-private", at, caller=caller(presentation="private")),
        make_call(
            "c-inside", at, direction="internal", line="", caller=caller("13"), recording=None
        ),
        call_out("c-out", at, "answered"),
        call_out("c-out-busy", at, "busy", disposition="busy"),
        call_out("c-out-silent", at, "no_answer"),
        call_out("c-out-lines", at, "no_dial_tone", "no_dial_tone"),
        call_out("c-out-given-up", at, "cancelled", disposition="abandoned", ended_by="caller"),
    ]  # fmt: skip
    shop.messages = [
        make_message("m-1", at + 40),
        make_message("m-2", at - 9000, heard=True, caller=caller(presentation="private")),
    ]
    promo = {"number": "GLOBE", "contact": "GLOBE", "is_read": True}
    shop.texts.texts = [
        make_text(
            "t-1", at - 7000, "Hello, do you still have ube cake for Saturday?", is_read=True
        ),
        sent_text("t-2", at - 6900, "We do! 850 pesos. Shall we keep one for you?", "delivered"),
        make_text("t-3", at - 6000, "Your load of P100 is valid until Friday.", **promo),
        sent_text("t-4", at - 500, "It is ready 🎂", "failed", "the network has no route to it"),
        sent_text("t-5", at - 400, "Your cake is ready.", "perhaps_sent", "the box was stopped"),
        make_text("t-6", at - 90, "Yes please! I come at three.", missing_parts=1),
        make_text("t-7", at - 60, "Salamat po"),
    ]
    shop.texts.troubles = [
        {
            "state": "fault",
            "reason": "the modem does not answer",
            "began_at": at - 9000,
            "ended_at": at - 4000,
            "ended_by": "line",
        },
        {
            "state": "retrying",
            "reason": "there is no modem at its port",
            "began_at": at - 90000,
            "ended_at": at - 86000,
            "ended_by": "box",
        },
    ]


def poison(shop: Shop) -> None:
    """Plant hostile text wherever somebody outside can put some."""
    worst = caller(WORST_TEXT[:60], WORST_NAME)
    for call in shop.calls:
        call["caller"] = worst
        call["line"] = call["line"] and WORST_TEXT
        call["digits"] = WORST_TEXT
        for dial in call["dials"]:
            dial.update(line=WORST_TEXT, number=WORST_NAME, outcome=dial["outcome"] and WORST_TEXT)
        call["story"] = [{"at": shop.now, "text": WORST_TEXT, "figures": {}}]
    for message in shop.messages:
        message["caller"] = worst
    hostile = {"text": WORST_TEXT, "number": WORST_NAME[:40], "line": WORST_NAME}
    for text in shop.texts.texts:
        text.update(hostile, reason=WORST_TEXT, author=WORST_NAME)
    for trouble in shop.texts.troubles:
        trouble["reason"] = WORST_TEXT
    shop.denied = [WORST_TEXT]
    shop.texts.answer = {"code": WORST_TEXT[:40], "text": WORST_TEXT, "at": shop.now}
    stations = [s | {"name": WORST_NAME, "reason": WORST_TEXT} for s in shop.status["stations"]]
    told = {"operator": WORST_NAME, "registration": WORST_TEXT, "sim": WORST_TEXT}
    facts = FACTS | told | {"last_problem": WORST_TEXT, "texts": True, "signal_dbm": -105}
    problem = {"text": WORST_TEXT, "advice": WORST_NAME, "since": shop.now}
    hostile_line = {"model": WORST_TEXT, "facts": facts, "problem": problem, "reason": WORST_TEXT}
    names = ("globe", WORST_NAME)  # the first so that its page exists
    lines = [
        line | hostile_line | {"name": name}
        for line, name in zip(shop.status["lines"], names, strict=True)
    ]
    shop.readings = [
        {"kind": "service", "name": WORST_NAME, "what": WORST_TEXT, "verdict": "trouble",
         "reason": WORST_TEXT, "next_step": WORST_TEXT, "at": shop.now, "facts": {}},
    ]  # fmt: skip
    shop.publish(
        shop=WORST_NAME,
        stations=stations,
        lines=lines,
        problems=[WORST_TEXT],
        calls=[
            live_call(shop.now, caller=worst, station="12", state="talking"),
            live_call_out(shop.now, caller=worst, call_id="c-out", line=WORST_TEXT),
        ],
    )
