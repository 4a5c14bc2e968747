"""A realistic shop behind the real control server, on a thread; tests change what it knows."""

import asyncio
import os
import struct
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
    TEXT,
    FakeDoctor,
    FakeTexts,
    Person,
    Session,
    details_of,
    done,
    import_config,
)

CODE, PASSWORD = "12345678", "pan de sal"
SECONDS = 3.0  # each recording's length
WORST_NAME = '<img src=x onerror="alert(1)"><b>W'.ljust(40, "W")
WORST_TEXT = "</script><script>window.pwned=1;alert(1)</script><svg onload=alert(1)>"


def caller(number: str = "", name: str = "", presentation: str = "allowed") -> dict[str, str]:
    return {"number": number, "name": name, "presentation": presentation}


OUTSIDE = "09171234567"
ROSA = caller("09181112222", "ROSA DELA CRUZ")


def make_call(call_id: str, started_at: float, **more: Any) -> dict[str, Any]:
    """An answered call of 40 s: both handsets rang, Kitchen lifted; ``more`` changes it."""
    began = started_at
    states = {"ringing": 0, "menu": 4, "offered": 9, "talking": 15}
    call: dict[str, Any] = {
        "call_id": call_id,
        "direction": "inbound",
        "line": "landline",
        "station": "",
        "dials": [],
        "caller": ROSA,
        "started_at": began,
        "answered_at": began + 4,
        "ended_at": began + 40,
        "disposition": "answered",
        "ended_by": "caller",
        "digits": "1",
        "legs": [
            make_leg("line:landline", began, began + 40, states),
            make_leg("station:12", began + 15, began + 40, {"talking": 15}, began),
        ],
        "offers": [
            make_offer("11", began + 9, began + 15, "cancelled"),
            make_offer("12", began + 9, began + 15, "answered"),
        ],
        "recording": {"id": f"r-{call_id}", "ms": int(SECONDS * 1000)},
        "story": [
            {"at": began, "text": "Line landline rings", "figures": {}},
            {"at": began + 9, "text": "Pressed 1 in menu main: ring group orders", "figures": {}},
        ],
        "message": None,
    }
    return call | more


def make_leg(
    endpoint: str, began: float, ended: float | None, states: Mapping[str, float], zero: float = -1
) -> dict[str, Any]:
    zero = began if zero < 0 else zero
    return {
        "leg_id": f"leg-{endpoint}",
        "endpoint": endpoint,
        "began_at": began,
        "ended_at": ended,
        "reason": "",
        "states": [{"state": state, "at": zero + at} for state, at in states.items()],
    }


def make_offer(
    station: str, began: float, ended: float | None, outcome: str | None
) -> dict[str, Any]:
    return {
        "offer_id": f"offer-{station}",
        "station": station,
        "began_at": began,
        "ended_at": ended,
        "outcome": outcome,
    }


def make_dial(line: str, began: float, ended: float | None, outcome: str | None) -> dict[str, Any]:
    told = {"line": line, "number": OUTSIDE, "began_at": began}
    return told | {"ended_at": ended, "outcome": outcome}


def call_out(call_id: str, began: float, *outcomes: str, **more: Any) -> dict[str, Any]:
    """Counter calls a supplier; each line in turn is tried for 10 s, the last is answered or not.

    Answered, they talk for 2:03.
    """
    lines = ("landline", "globe")
    dials = [
        make_dial(line, began + 10 * n, began + 10 * n + 10, outcome)
        for n, (line, outcome) in enumerate(zip(lines, outcomes, strict=False))
    ]
    rung = began + 10 * len(dials)
    talked = outcomes[-1:] == ("answered",)
    end = rung + 123 if talked else rung
    legs = [
        make_leg(
            "station:11", began, end, {"offered": 0} | ({"talking": rung - began} if talked else {})
        )
    ]
    if talked:
        legs.append(make_leg(f"line:{dials[-1]['line']}", rung, end, {"talking": 0}))
    story = [{"at": began, "text": f"Calling {OUTSIDE} on line landline", "figures": {}}]
    told: dict[str, Any] = {
        "direction": "outbound",
        "station": "11",
        "caller": caller(OUTSIDE),
        "line": dials[-1]["line"] if dials else "",
        "answered_at": rung if talked else None,
        "ended_at": end,
        "disposition": "answered" if talked else "no_answer",
        "ended_by": "far_end" if talked else "box",
        "digits": "",
        "legs": legs,
        "offers": [],
        "dials": dials,
        "recording": None,
        "story": story,
    }
    return make_call(call_id, began, **(told | more))


def make_message(recording_id: str, left_at: float, **more: Any) -> dict[str, Any]:
    message: dict[str, Any] = {
        "recording_id": recording_id,
        "call_id": "c-voicemail",
        "voicemail": "owner",
        "line": "landline",
        "caller": ROSA,
        "left_at": left_at,
        "ms": int(SECONDS * 1000),
        "heard": False,
    }
    return message | more


def mobile_line(now: float, **more: Any) -> dict[str, Any]:
    """A line with a SIM card in it; ``more`` changes its facts."""
    facts = {"operator": "Globe", "roaming": False, "signal_dbm": -71, "registration": "home"}
    return {
        "name": "globe",
        "driver": "cellular",
        "state": "ready",
        "since": now - 3600,
        "reason": "",
        "model": "Quectel EC25-E",
        "number_now": "",
        "facts": FACTS | facts | {"sim": "ready", "texts": True} | more,
        "problem": None,
    }


def make_text(text_id: str, at: float, text: str, **more: Any) -> dict[str, Any]:
    return TEXT | {"text_id": text_id, "text": text, "at": at, "sent_at": at - 2} | more


def sent_text(text_id: str, at: float, text: str, state: str, reason: str = "") -> dict[str, Any]:
    delivered_at = at + 5 if state == "delivered" else None
    sent_at = at + 2 if state in {"sent", "delivered"} else None
    out = {"direction": "out", "state": state, "reason": reason, "is_read": True, "author": "Nena"}
    times = {"delivered_at": delivered_at, "sent_at": sent_at}
    return make_text(text_id, at, text, number="09181112222", **out) | times


def make_status(now: float, **more: Any) -> dict[str, Any]:
    def station(extension: str, name: str, state: str = "idle", **more: Any) -> dict[str, Any]:
        told = {"extension": extension, "name": name, "state": state, "since": now - 60}
        return {**told, "reason": "", "peer": "", **more}

    status: dict[str, Any] = {
        "at": now,
        "shop": "Aling Nena's Bakery",
        "lines": [
            {
                "name": "landline",
                "driver": "voice_modem",
                "state": "ready",
                "since": now - 60,
                "reason": "",
                "model": "USRobotics USR5637",
                "number_now": "",
                "facts": FACTS,
                "problem": None,
            },
            mobile_line(now),
        ],
        "stations": [
            station("11", "Counter"),
            station("12", "Kitchen"),
            station("13", "Office", "off_hook", reason="left off the hook, it gets no calls"),
        ],
        "calls": [],
        "today": {"calls": 4, "answered": 1, "missed": 2, "messages_new": 1, "texts_new": 2},
        "storage": {"free_bytes": 10**10, "recording": "announce", "problem": ""},
        "problems": [],
    }
    return status | more


def live_call(now: float, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "call_id": "c-open",
        "line": "landline",
        "caller": ROSA,
        "state": "offered",
    }
    told |= {"direction": "inbound", "since": now - 12, "started_at": now - 75, "station": ""}
    return told | more


def live_call_out(now: float, **more: Any) -> dict[str, Any]:
    told = {"direction": "outbound", "station": "11", "caller": caller(OUTSIDE)}
    return live_call(now, **(told | more))


def mulaw_wav(seconds: float, channels: int) -> bytes:
    """A header and silence: format 7, 8000 Hz (ITU-T G.711 µ-law)."""
    data = b"\xff" * int(seconds * 8000 * channels)
    form = struct.pack("<HHIIHH", 7, channels, 8000, 8000 * channels, channels, 8)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", len(body) + len(data)) + body + data


class Accounts:
    """One owner, one staff member; sessions that a test can end."""

    def __init__(self, claimed: bool) -> None:
        self.claimed = claimed
        self.sessions: dict[str, Person] = {}
        self.locked_s = 0.0

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
        self.doctor = FakeDoctor()
        self.texts = FakeTexts()
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

        return asyncio.run_coroutine_threadsafe(awaited(), self.loop).result(10)

    def _backend(self) -> ControlBackend:
        return ControlBackend(
            status=self.board,
            accounts=self.accounts,
            history=self,
            reader=InlineWorker(),
            mark_message=self._mark,
            open_recording=self._open,
            config=lambda: ("", 1),
            import_config=import_config,
            line_doctor=self.doctor,
            texts=self.texts,
            texts_kept=self.texts,
            line_details=details_of,
            place_call=self._place,
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
