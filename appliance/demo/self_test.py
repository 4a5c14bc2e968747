"""`counterbell self-test`: this release answers a call of its own, on a line that is emulated.

A daemon with a folder of its own, a voice modem on a pty, a caller who presses a key. Needs no
device, no network, no root; leaves nothing behind.
"""

import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from appliance.control.client import Client
from appliance.demo.marked_sound import heard_at_s, write_sound
from appliance.demo.processes import Child, Children
from appliance.errors import CounterbellError, SelfTestFailed
from appliance.simulator.client import SimulatorClient
from appliance.storage.config_store import ConfigStore
from appliance.storage.state_folder import StateFolder

LIMIT_S = 240  # for all of it; a computer takes some 20 s, a small Raspberry Pi some 60
LINE, CALLER = "rehearsal", "09171234567"
KEY, OTHER_KEY = "5", "4"
SOUNDS = {"greeting": "greeting", "4": "four", "5": "five"}
TRIES = 3  # of the call
CALL_S = 11.0  # from the answer: greeting, a second of quiet, the key, its prompt
LOOK_S = 0.2
PATIENCE_S = 40.0  # for the line to come up; for the call to be in the history
NETWORK, TELEPHONY = "emulated telephone network", "telephony daemon"
_HERE = Path(__file__).parent

Tell = Callable[[str, float], object]  # what was found good, and after how many seconds


def self_test(tell: Tell) -> None:
    """Raises SelfTestFailed with one sentence."""
    began = time.monotonic()

    def done(sentence: str) -> None:
        tell(sentence, round(time.monotonic() - began, 1))

    with _limited(LIMIT_S), tempfile.TemporaryDirectory(prefix="counterbell-self-test-") as name:
        state = Path(name) / "state"
        try:
            _prepare(state)
            with _running(state) as client:
                _until(client, "status.get", _is_ready, "the line did not come into service")
                done("the daemon runs and its line is in service")
                _call_with_patience(client, state)
                done("it answered; the caller heard the greeting, pressed a key, heard its prompt")
                _until(client, "calls.list", _is_kept, "the call is not in the history as it was")
                done("the call and its key are in the history")
        except SelfTestFailed:
            raise
        except (CounterbellError, OSError) as error:
            raise SelfTestFailed(f"the self-test failed: {error}") from error


@contextlib.contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Main thread only: whatever hangs ends here; being asked to end leaves nothing either."""

    def late(*_: object) -> NoReturn:
        raise SelfTestFailed(f"the self-test did not end within {seconds} s")

    def ended(*_: object) -> NoReturn:
        sys.exit(143)

    before = [
        (number, signal.signal(number, handler))
        for number, handler in ((signal.SIGALRM, late), (signal.SIGTERM, ended))
    ]
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in before:
            signal.signal(number, handler)


def _prepare(state: Path) -> None:
    with StateFolder(state) as folder:
        for sound in SOUNDS.values():
            write_sound(folder.prompts / f"{sound}.wav", sound)
        toml = _HERE / "rehearsal_shop.toml"
        ConfigStore(folder.path).save(toml.read_text(), toml.name, time.time())


@contextlib.contextmanager
def _running(state: Path) -> Iterator[Client]:
    """Network and daemon, ready; both are ended."""
    program = [sys.executable, "-P", "-m", "appliance.cli"]
    where = ["--state", str(state)]
    network = _HERE / "rehearsal_network.toml"
    said: list[str] = []
    children = Children(
        [
            Child(NETWORK, [*program, "simulate", "serve", *where, "--config", str(network)]),
            Child(TELEPHONY, [*program, "run", *where, "--log-level", "warning"]),
        ],
        said.append,
    )
    try:
        for name in (NETWORK, TELEPHONY):
            children.start(name)
            children.wait_ready(name)
        with Client(state / "control.sock") as client:
            yield client
    finally:
        children.end(TELEPHONY)
        children.end(NETWORK)


def _call_with_patience(client: Client, state: Path) -> None:
    """A machine that is busy with calls makes gaps in ours: then once more, on a line set free."""
    for left in reversed(range(TRIES)):
        try:
            _call(state)
            return
        except SelfTestFailed:
            if not left:
                raise
        _until(client, "status.get", _is_ready, "the line was not freed after a call")


def _call(state: Path) -> None:
    """Ring, listen, press, listen."""
    heard = state / "heard.wav"
    moments = list(
        SimulatorClient(state / "simulator.sock").call(
            line=LINE, number=CALLER, press=[KEY], hang_up_after_s=CALL_S, save=heard
        )
    )
    if not any(moment["what"] == "answered" for moment in moments):
        raise SelfTestFailed("the line rang and was not answered")
    greeting = heard_at_s(heard, SOUNDS["greeting"])
    if greeting is None:
        raise SelfTestFailed("the call was answered, but the caller did not hear the greeting")
    wanted = heard_at_s(heard, SOUNDS[KEY])
    if wanted is None or wanted <= greeting:
        raise SelfTestFailed(f"the caller pressed {KEY} and did not hear its prompt")
    if heard_at_s(heard, SOUNDS[OTHER_KEY]) is not None:
        raise SelfTestFailed(f"the caller pressed {KEY} and heard another key's prompt")


def _until(client: Client, method: str, is_so: Callable[[Any], bool], problem: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so(client.call(method)):
        if time.monotonic() > deadline:
            raise SelfTestFailed(problem)
        time.sleep(LOOK_S)


def _is_ready(status: Any) -> bool:
    return any(line["name"] == LINE and line["state"] == "ready" for line in status["lines"])


def _is_kept(answer: Any) -> bool:
    return any(
        call["line"] == LINE
        and call["caller"]["number"] == CALLER
        and call["digits"] == KEY
        and call["answered_at"] is not None
        and call["ended_at"] is not None
        for call in answer["calls"]
    )
