"""The parts of a daemon behind the real control methods and server, with fixed answers."""

import asyncio
import contextlib
import os
import socket
import tempfile
import threading
from collections.abc import Awaitable
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import msgspec
from hypothesis import strategies as st

from appliance.control.methods import ControlBackend, Methods
from appliance.control.server import ControlServer
from appliance.control.status import StatusBoard
from appliance.errors import (
    BackupError,
    NetworkRefused,
    SettingsOnTrial,
    SignInLocked,
    SignInRefused,
    UpdateError,
)
from appliance.loop import InlineWorker
from appliance.settings.toml import read_toml
from tests.fake_texts import TEXT, FakeTexts

CALLER = {"number": "0917", "name": "ROSA", "presentation": "allowed"}
CALL: dict[str, Any] = {
    "call_id": "c1",
    "line": "landline",
    "caller": CALLER,
    "started_at": 1.0,
    "answered_at": None,
    "ended_at": None,
    "disposition": None,
    "ended_by": None,
    "digits": "",
    "legs": [],
    "offers": [],
    "recording": None,
    "story": [{"at": 1.0, "text": "Rang.", "figures": {"rings": 1}}],
}
MESSAGE = {
    "recording_id": "r1",
    "call_id": "c1",
    "voicemail": "owner",
    "line": "landline",
    "caller": CALLER,
    "left_at": 1.0,
    "ms": 5,
    "heard": False,
}


class FakeLinecards:
    """One HAT, lent at once."""

    def lend_linecard(self, name: str, reason: str) -> dict[str, object]:
        if name not in ("", "hat0"):
            raise LookupError(f"there is no line card '{name}'")
        assert reason
        return {"linecard": "hat0", "port": "/dev/ttyAMA0", "free": True}

    def take_back_linecard(self, name: str) -> None:
        assert name == "hat0"


class FakeBackups:
    """Makes ``file``, or fails with ``problem``; keeps what is uploaded and asked."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.file = b"shop" * 100_000
        self.problem = ""
        self.refusal = ""
        self.staged: dict[str, Any] | None = None
        self.asked: list[tuple[object, ...]] = []
        self.most_bytes = 1_000_000

    async def make(self, passphrase: str, recordings: bool) -> tuple[dict[str, Any], int]:
        if self.refusal:
            raise BackupError(self.refusal)
        self.asked.append(("make", passphrase, recordings))
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._send, args=(ours,)).start()
        return {"name": "Nena-s-2026-11-22.counterbell"}, theirs.detach()

    def _send(self, ours: socket.socket) -> None:
        with ours, contextlib.suppress(BrokenPipeError):
            ours.sendall(self.file)

    def upload(self) -> tuple[dict[str, Any], int]:
        if self.folder is not None:
            path = self.folder / "upload"
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            return {"most_bytes": self.most_bytes}, fd
        with tempfile.TemporaryFile() as file:
            return {"most_bytes": self.most_bytes}, os.dup(file.fileno())

    async def restore(self, passphrase: str) -> None:
        if self.refusal:
            raise BackupError(self.refusal)
        self.asked.append(("restore", passphrase))

    def state(self) -> dict[str, Any]:
        before = {"name": "before-restore-2026-01-01-000000", "bytes": 12_300_000}
        return {"doing": "", "problem": self.problem, "staged": self.staged, "before": before}

    def forget(self) -> None:
        self.asked.append(("forget",))

    def restart(self) -> None:
        self.asked.append(("restart",))


class FakeNetwork:
    """Keeps what is asked; ``now`` is what `state` tells."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.refusal = ""
        self.now: dict[str, Any] = {"waiting": False, "ssid": "", "ok": False, "text": "", "at": 0}

    def join(self, ssid: str, password: str, country: str) -> None:
        if self.refusal:
            raise NetworkRefused(self.refusal)
        self.asked.append((ssid, password, country))

    def state(self) -> dict[str, Any]:
        return self.now


class FakeUpdates:
    """Says what ``told`` holds; keeps what is uploaded and asked."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.told: dict[str, Any] = {
            "version": "0.1.0", "release": "0.1.0-abc", "can_update": True, "doing": "",
            "sentence": "", "ended": "", "target": "", "problem": "", "at": 0.0,
            "uploaded_bytes": 0, "found": None,
        }  # fmt: skip
        self.refusal = ""
        self.asked: list[tuple[object, ...]] = []
        self.most_bytes = 1_000_000

    def state(self) -> dict[str, Any]:
        return self.told

    def upload(self) -> tuple[dict[str, Any], int]:
        self._refuse()
        if self.folder is None:
            with tempfile.TemporaryFile() as file:
                return {"most_bytes": self.most_bytes}, os.dup(file.fileno())
        path = self.folder / "release"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        return {"most_bytes": self.most_bytes}, fd

    def look(self) -> None:
        self._refuse()
        self.asked.append(("look",))

    def install(self, source: str, name: str, url: str, allow_older: bool) -> None:
        self._refuse()
        self.asked.append(("install", source, name, url, allow_older))

    def forget(self) -> None:
        self.asked.append(("forget",))

    def _refuse(self) -> None:
        if self.refusal:
            raise UpdateError(self.refusal)


class Person(msgspec.Struct):
    name: str
    role: str


class Session(msgspec.Struct):
    token: str
    identity: Person


class FakeAccounts:
    """Knows two tokens and one password."""

    claimed = False

    def who(self, token: str) -> Person | None:
        return {
            "staff-token": Person("Jun", "staff"),
            "owner-token": Person("Nena", "owner"),
        }.get(token)

    def claim(self, code: str, name: str, password: str) -> Session:
        return self.sign_in(name, password)

    def sign_in(self, name: str, password: str) -> Session:
        if name == "locked":
            raise SignInLocked(42.0)
        if password != "right":
            raise SignInRefused("no")
        return Session("owner-token", Person(name, "owner"))

    def sign_out(self, token: str) -> None:
        pass


class FakeHistory:
    def list_calls(self, day, before, limit, story) -> dict[str, Any]:
        if before:
            raise ValueError("this is not a cursor")
        return {"calls": [CALL] * min(limit, 3), "next": None}

    def get_call(self, call_id: str) -> dict[str, Any] | None:
        if call_id == "huge":
            return {**CALL, "story": [{"at": 1.0, "text": "x" * 2_000_000, "figures": {}}]}
        if call_id == "wrong":
            return {"call_id": 5}
        return CALL if call_id == "c1" else None

    def list_messages(self, before, limit) -> dict[str, Any]:
        return {"messages": [MESSAGE], "next": "x"}

    def get_message(self, recording_id: str) -> dict[str, Any] | None:
        return {"recording_id": "r1", "heard": False} if recording_id == "r1" else None

    def get_recording(self, recording_id: str) -> dict[str, Any] | None:
        return {"recording_id": "r1"} if recording_id == "r1" else None


def open_file(_found: object) -> tuple[dict[str, Any], int]:
    with tempfile.TemporaryFile() as file:
        file.write(b"RIFF and the rest")
        file.seek(0)
        fd = os.dup(file.fileno())
    return {"ms": 5, "bytes": 17, "channels": 2, "name": "r1.wav"}, fd


def done(*_args: object) -> "Future[None]":
    future: Future[None] = Future()
    future.set_result(None)
    return future


class FakeConfigs:
    """Generation 1 is in use; a draft is there; what is on trial is 3. Notes what is asked."""

    def __init__(self, toml: str = "[shop]\n") -> None:
        self.toml = toml
        self.asked: list[tuple[Any, ...]] = []
        self.refusal = ""
        self.changes = ["shop.name: 'a' -> 'b'"]

    def text(self) -> tuple[str, int]:
        return self.toml, 1

    async def import_text(
        self, toml: str, name: str, by: str = "", *, how: str = "import", force: bool = False
    ) -> tuple[int, list[str]]:
        read_toml(toml, name)
        self._note("import", by, how, force)
        return 2, self.changes

    async def draft(self, toml: str, name: str, by: str) -> list[str]:
        read_toml(toml, name)
        self._note("draft", by)
        return self.changes

    async def diff(self) -> dict[str, Any]:
        self._note("diff")
        return {
            "changes": self.changes, "toml": "--- in use\n", "name": "f", "by": "Nena", "at": 1.0,
            "generation": 1,
        }  # fmt: skip

    async def apply(self, within_s: float, by: str) -> dict[str, Any]:
        self._note("apply", within_s, by)
        return {"generation": 3, "changes": self.changes, "until": 5.0 + within_s}

    async def confirm(self, generation: int | None, by: str) -> int:
        self._note("confirm", generation, by)
        return 3

    async def revert(self, generation: int | None, by: str) -> tuple[int, list[str]]:
        self._note("revert", generation, by)
        return 4, self.changes

    async def history(self) -> dict[str, Any]:
        one = {
            "generation": 1, "at": 1.0, "by": "", "how": "import", "name": "f",
            "changes": self.changes,
        }  # fmt: skip
        return {"generations": [one], "in_use": 1, "on_trial": False}

    def _note(self, *what: Any) -> None:
        self.asked.append(what)
        if self.refusal:
            raise SettingsOnTrial(self.refusal)


PROPOSAL: dict[str, Any] = {
    "proposal_id": "p1",
    "line": "landline",
    "key": "hang_up_tone",
    "value": {"hz": [600], "on_ms": [300], "off_ms": [150]},
    "value_text": "600 Hz, 0.3 s on, 0.15 s off",
    "present_text": "",
    "reason": "the last 3 calls that ended in a tone ended in this one",
    "calls": [
        {
            "call_id": f"c{n}",
            "caller": "0917",
            "at": 1.0,
            "ended_by": "",
            "cycles": 9,
            "level_dbm0": -20.0,
            "snr_db": 30.0,
            "tone_text": "600 Hz, 0.3 s on, 0.15 s off",
        }
        for n in (1, 2, 3)
    ],
    "has_clip": True,
    "clip_call_id": "c1",
    "plot": {
        "step_ms": 50,
        "level_dbm0": [-60.0] * 20 + ([-20.0] * 6 + [-60.0] * 3) * 9,
        "bursts_ms": [[1000 + n * 450, 1300 + n * 450] for n in range(9)],
    },
}


class FakeDoctor:
    """One line with one proposal, until it is applied or dismissed."""

    def __init__(self) -> None:
        self.proposals = [PROPOSAL]
        self.applied: list[str] = []
        self.dismissed: list[str] = []

    def lines(self) -> dict[str, Any]:
        measures = {"noise_dbm0": -58.2, "echo_return_loss_db": 17.5, "ring_period_s": 5.0}
        line = {
            "line": "landline",
            "calls": 12,
            "measures": [{"name": k, "value": v, "calls": 9} for k, v in measures.items()],
            "caller_id": "after ring 1",
            "hang_up_tones": [],
            "heard_tone": "600 Hz, 0.3 s on, 0.15 s off",
            "heard_tone_calls": 3,
            "heard_tone_known_as": "",
            "proposals": self.proposals,
        }
        return {"lines": [line]}

    def show(self, proposal_id: str) -> dict[str, Any] | None:
        return next((p for p in self.proposals if p["proposal_id"] == proposal_id), None)

    async def apply(self, proposal_id: str, _import_config: Any) -> tuple[int, list[str]] | None:
        if self.show(proposal_id) is None:
            return None
        self.applied.append(proposal_id)
        self.proposals = []
        return 3, ["line[landline].hang_up_tone: [] -> [...]"]

    def dismiss(self, proposal_id: str) -> bool:
        known = self.show(proposal_id) is not None
        self.dismissed.append(proposal_id)
        self.proposals = []
        return known

    def open_clip(self, proposal_id: str) -> tuple[dict[str, Any], int]:
        return open_file(proposal_id)


FACTS: dict[str, Any] = {
    "operator": "",
    "roaming": None,
    "signal_dbm": None,
    "registration": "",
    "sim": "",
    "last_problem": "",
    "warning": "",
    "texts": False,
}


def details_of(line: str) -> dict[str, Any] | None:
    known = {"imei": "860000000000001", "counters": {"resets": 2}}
    return known if line in {"globe", "landline"} else None


OUTGOING: dict[str, Any] = {
    "access_code": "9",
    "international": False,
    "premium": False,
    "allow": [],
    "deny": ["0900"],
    "quiet_from": "21:00",
    "quiet_to": "08:00",
    "shop": {"calls": 3, "seconds": 700.0, "calls_a_day": 200, "minutes_a_day": 0},
    "lines": [
        {
            "line": "landline",
            "outgoing": "allow",
            "calls": 3,
            "seconds": 700.0,
            "calls_a_day": 0,
            "minutes_a_day": 60,
        },
        {
            "line": "globe",
            "outgoing": "emergency_only",
            "calls": 0,
            "seconds": 0.0,
            "calls_a_day": 20,
            "minutes_a_day": 0,
        },
    ],
}


def backend(board: StatusBoard | None = None) -> ControlBackend:
    return ControlBackend(
        status=board or StatusBoard(),
        accounts=FakeAccounts(),
        history=FakeHistory(),
        reader=InlineWorker(),
        mark_message=done,
        open_recording=open_file,
        configs=FakeConfigs(),
        ask_secret=lambda call_id, _on: call_id == CALL["call_id"],
        line_doctor=FakeDoctor(),
        texts=(texts := FakeTexts(dict(TEXT))),
        texts_kept=texts,
        line_details=details_of,
        place_call=lambda station, _number: station == "11",
        linecards=FakeLinecards(),
        backups=FakeBackups(),
        network=FakeNetwork(),
        updates=FakeUpdates(),
        outgoing_rules=lambda: OUTGOING,
    )


class Served:
    """A server on a thread of its own, as the daemon is to its clients."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.board = StatusBoard(100)
        self.loop = asyncio.new_event_loop()
        made = backend(self.board)
        self.configs = cast(FakeConfigs, made.configs)
        self.methods = Methods(made)
        self.server = ControlServer(path, self.methods)
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.run(self.server.start())

    def run(self, work: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(awaited(), self.loop).result(60)

    def publish(self, snapshot: dict[str, Any]) -> None:
        self.loop.call_soon_threadsafe(self.board.publish, snapshot)

    def stop(self) -> None:
        self.run(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@contextmanager
def serving():
    with tempfile.TemporaryDirectory() as folder:
        served = Served(Path(folder) / "control.sock")
        try:
            yield served
        finally:
            served.stop()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


async def turn() -> None:
    """Let everything that is ready on the loop go first."""
    loop = asyncio.get_running_loop()
    last = loop.create_future()
    loop.call_soon(last.set_result, None)
    await last
