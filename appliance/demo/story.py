"""The demo's first calls, told in plain words: what the caller lives, and what the box decides."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.control.client import Client
from appliance.errors import ControlError, CounterbellError, SimulatorError
from appliance.simulator.client import SimulatorClient

COUNTER = "11"  # the handset that somebody answers, now and for later calls
ANSWER_AFTER_S = 2.0
AGAIN_S = 0.3  # how often the box is looked at
FREE_S = 20.0  # busy tone is believed after four cycles, and the line released
WORDS = {
    "dialled": "dials the shop",
    "answered": "is answered",
    "sound": "listens",
    "gave_up": "gives up",
    "busy": "finds the line busy",
}


@dataclass(frozen=True, slots=True)
class FirstCall:
    """One call that the demo places by itself."""

    title: str
    number: str
    name: str
    press: Sequence[str]
    say: Path
    say_after_s: float
    hang_up_after_s: float


def first_calls(voices: Mapping[str, Path], with_message: bool) -> Iterator[FirstCall]:
    """Somebody who talks with the counter; on the very first start also one who leaves a message.

    The times fit the demo's own prompts: two rings and a greeting from the counter; the box's words
    and its tone.
    """
    yield FirstCall(
        "A first caller rings the shop and presses 1.",
        "09171234567", "JUAN CRUZ", ("1",), voices["caller"], 7.5, 34.0,
    )  # fmt: skip
    if with_message:
        yield FirstCall(
            "A second caller presses 0 and leaves a message.",
            "09189876543", "MARIA SANTOS", ("0",), voices["message"], 8.0, 34.0,
        )  # fmt: skip


class Story:
    """Places calls and tells them. `run` is for a thread of its own, where ``say`` is called."""

    def __init__(
        self, state: Path, voices: Mapping[str, Path], say: Callable[[str], object]
    ) -> None:
        self._state = state
        self._voices = voices
        self._say = say
        self._saying = threading.Lock()
        self._client = SimulatorClient(state / "simulator.sock")

    def man_the_counter(self) -> None:
        """From now on handset 11 is answered by somebody. Raises SimulatorError."""
        self._client.answer_phones(
            [COUNTER], after_s=ANSWER_AFTER_S, say=self._voices["shop"], hang_up_after_s=None
        )

    def run(self) -> None:
        """The first calls, one after the other. What does not work is said, not raised."""
        try:
            for number, call in enumerate(first_calls(self._voices, self._lacks_messages())):
                self._until_free()
                self._tell_call(call, self._state / f"heard-{number + 1}.wav")
        except CounterbellError as error:
            self._say(f"  The first call did not work: {error}\n")

    def _lacks_messages(self) -> bool:
        with self._box() as box:
            return not box.call("messages.list", limit=1)["messages"]

    def _until_free(self) -> None:
        """Wait for the line of the call before, which the box frees once it believes its end."""
        with self._box() as box:
            for _ in range(round(FREE_S / AGAIN_S)):
                if all(line["state"] == "ready" for line in box.call("status.get")["lines"]):
                    return
                time.sleep(AGAIN_S)

    def _box(self) -> Client:
        return Client(self._state / "control.sock")

    def _tell_call(self, call: FirstCall, heard: Path) -> None:
        self._say(f"  {call.title}\n")
        began_at = time.time()
        ended = threading.Event()
        box = threading.Thread(target=self._tell_box, args=(began_at, ended), daemon=True)
        box.start()
        last = ""
        try:
            for moment in self._client.call(
                line=self._line(),
                number=call.number,
                name=call.name,
                press=call.press,
                say=call.say,
                say_after_s=call.say_after_s,
                hang_up_after_s=call.hang_up_after_s,
                save=heard,
            ):
                words = in_words(moment)
                if words and words != last:
                    self._tell(time.time() - began_at, "caller", words)
                    last = words
        finally:
            ended.set()
            box.join()
        self._say("\n")

    def _line(self) -> str:
        lines = self._client.state()["lines"]
        if not isinstance(lines, list) or not lines:
            raise SimulatorError("the network has no line")
        return str(lines[0]["name"])

    def _tell(self, at_s: float, who: str, words: str) -> None:
        with self._saying:
            self._say(f"    {at_s:6.1f} s  {who:<7} {words}\n")

    def _tell_box(self, began_at: float, ended: threading.Event) -> None:
        """Tell each note of the box's story soon after it is written, until the call is over."""
        told = 0
        patience = round(FREE_S / AGAIN_S)  # the last note comes after the caller is gone
        with self._box() as box:
            while patience:
                patience -= ended.wait(AGAIN_S)
                with suppress(ControlError):
                    call = newest(box, began_at)
                    for note in call["story"][told:] if call else ():
                        self._tell(note["at"] - began_at, "box", note["text"])
                        told += 1
                    if call and call["ended_at"]:
                        patience = min(patience, 1)
                if ended.is_set() and patience:
                    time.sleep(AGAIN_S)


def newest(box: Client, began_at: float) -> Mapping[str, Any] | None:
    """The call with its story that began at ``began_at`` or later. Raises ControlError."""
    calls = box.call("calls.list", limit=1, story=True)["calls"]
    return calls[0] if calls and calls[0]["started_at"] >= began_at - 0.5 else None


def in_words(moment: Mapping[str, object]) -> str:
    """A moment of a caller's life in plain words; "" for what need not be told."""
    what = str(moment.get("what"))
    if what == "ringing":
        return f"hears it ring ({moment.get('ring')})"
    if what == "pressed":
        return f"presses {moment.get('key')}"
    if what == "says":
        return f"speaks for {float(str(moment.get('ms') or 0)) / 1000:.0f} s"
    if what == "hung_up":
        return "hangs up" if moment.get("by") == "caller" else "hears the shop hang up"
    return WORDS.get(what, "")
