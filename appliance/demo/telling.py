"""Tells what happens in one call of the demo, line by line: its people, the box, the far end."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from appliance.control.client import Client
from appliance.errors import ControlError, SimulatorError
from appliance.simulator.client import SimulatorClient

AGAIN_S = 0.3  # how often the box and the network are looked at
LAST_NOTE_S = 20.0  # the box's last note comes after everybody is gone
MOMENTS = {
    "dialled": "dials the shop",
    "answered": "is answered",
    "sound": "listens",
    "gave_up": "gives up",
    "busy": "finds the line busy",
    "lifted": "lifts the handset",
}
FAR_MOMENTS = {"alerting": "rings", "answered": "lifts", "sound": "hears the shop"}


class Telling:
    """One call, from now on. A context manager: while it is open the box's story is told too.

    ``number``: whose telephone is told of, when the shop calls out; its owner is ``far_end``.
    """

    def __init__(
        self, state: Path, say: Callable[[str], object], number: str = "", far_end: str = ""
    ) -> None:
        self._state = state
        self._say = say
        self._number = number
        self._far_end = far_end
        self._began_at = time.time()
        self._saying = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._notes_told = 0
        self._far_told = 0
        self._last: dict[str, str] = {}  # who -> what was told last
        self._spoke = False  # somebody of the shop did

    def __enter__(self) -> "Telling":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._say("\n")

    def tell(self, who: str, words: str, at: float | None = None) -> None:
        """``at``: UTC seconds; None: now. What was just said of ``who`` is not said again."""
        with self._saying:
            if words and self._last.get(who) != words:
                self._last[who] = words
                self._spoke = self._spoke or words.startswith("speaks")
                at_s = (time.time() if at is None else at) - self._began_at
                self._say(f"    {at_s:6.1f} s  {who:<7} {words}\n")

    def _watch(self) -> None:
        """Until the call is over, and its last note told."""
        patience = round(LAST_NOTE_S / AGAIN_S)
        with Client(self._state / "control.sock") as box:
            while patience:
                patience -= self._ended.wait(AGAIN_S)
                with suppress(SimulatorError):
                    self._tell_far_end()
                with suppress(ControlError):
                    if self._tell_box(box):
                        patience = min(patience, 1)
                if self._ended.is_set() and patience:
                    time.sleep(AGAIN_S)

    def _tell_box(self, box: Client) -> bool:
        """Tell the notes that are new; whether the call has ended."""
        call = newest(box, self._began_at)
        for note in call["story"][self._notes_told :] if call else ():
            self.tell("box", note["text"], note["at"])
            self._notes_told += 1
        return bool(call and call["ended_at"])

    def _tell_far_end(self) -> None:
        if not self._number:
            return
        dialled = SimulatorClient(self._state / "simulator.sock").state()["dialled"]
        calls: list[Any] = dialled if isinstance(dialled, list) else []
        moments = next((c["timeline"] for c in calls if c["number"] == self._number), ())
        for moment in moments[self._far_told :]:
            self._far_told += 1
            if moment["what"] != "sound" or self._spoke:  # before, it is an echo of its own voice
                self.tell(self._far_end, FAR_MOMENTS.get(moment["what"], ""))


def newest(box: Client, began_at: float) -> Mapping[str, Any] | None:
    """The call with its story that began at ``began_at`` or later. Raises ControlError."""
    calls = box.call("calls.list", limit=1, story=True)["calls"]
    return calls[0] if calls and calls[0]["started_at"] >= began_at - 0.5 else None


def in_words(moment: Mapping[str, object]) -> str:
    """A moment at a telephone in plain words; "" for what need not be told."""
    what = str(moment.get("what"))
    if what == "ringing":
        return f"hears it ring ({moment.get('ring')})"
    if what == "pressed":
        return f"presses {moment.get('key') or moment.get('keys')}"
    if what == "says":
        return f"speaks for {float(str(moment.get('ms') or 0)) / 1000:.0f} s"
    if what == "hung_up":
        return "hears the shop hang up" if moment.get("by") == "shop" else "hangs up"
    return MOMENTS.get(what, "")
