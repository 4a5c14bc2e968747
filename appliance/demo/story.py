"""The demo's first calls, told in plain words: what the caller lives, and what the box decides."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.control.client import Client
from appliance.demo.telling import AGAIN_S, Telling, in_words
from appliance.errors import CounterbellError
from appliance.simulator.client import SimulatorClient

COUNTER = "11"  # the handset that somebody answers, now and for later calls
KITCHEN = "12"
LANDLINE, MOBILE = "landline", "globe"  # as network.toml and demo.toml name them
MILL = "09175550123"  # a far end of network.toml
MILL_TEXT = "Ten sacks, tomorrow at 6 in the morning. Salamat po! Marites"
MILL_SPEAKS_S = 11.0  # from the last key: dialling, one ring, and what the mill says
ANSWER_AFTER_S = 2.0
FREE_S = 20.0  # busy tone is believed after four cycles, and the line released


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
        self._client = SimulatorClient(state / "simulator.sock")

    def man_the_counter(self) -> None:
        """From now on handset 11 is answered by somebody. Raises SimulatorError."""
        self._client.answer_phones(
            [COUNTER], after_s=ANSWER_AFTER_S, say=self._voices["shop"], hang_up_after_s=None
        )

    def run(self) -> None:
        """The first calls, one after the other. What does not work is said, not raised."""
        try:
            first, *others = first_calls(self._voices, self._lacks_messages())
            self._call_in(first, 1)
            if self._has_mobile_line():
                self.call_out()
                self.receive_text()
            for number, call in enumerate(others, 2):
                self._call_in(call, number)
        except CounterbellError as error:
            self._say(f"  The first call did not work: {error}\n")

    def _call_in(self, call: FirstCall, number: int) -> None:
        self._until_free()
        self._say(f"  {call.title}\n")
        with Telling(self._state, self._say) as telling:
            for moment in self._client.call(
                line=LANDLINE,
                number=call.number,
                name=call.name,
                press=call.press,
                say=call.say,
                say_after_s=call.say_after_s,
                hang_up_after_s=call.hang_up_after_s,
                save=self._state / f"heard-{number}.wav",
            ):
                telling.tell("caller", in_words(moment))

    def call_out(self) -> None:
        """From the kitchen's handset to the mill, whose number belongs to the mobile line.

        Raises SimulatorError.
        """
        self._until_free()
        self._say(f"  The kitchen dials 9 and the flour mill's number, {MILL}.\n")
        speech = str(self._voices["kitchen"].absolute())
        deeds = (
            ("lift",),
            ("wait", 1.0),
            ("press", f"9{MILL}"),
            ("wait", MILL_SPEAKS_S),
            ("say", speech),
            ("wait", 2.0),
            ("hang_up",),
        )
        heard = self._state / "heard-out.wav"
        with Telling(self._state, self._say, MILL, "mill") as telling:
            for moment in self._client.use_phone(KITCHEN, deeds, heard):
                telling.tell("kitchen", in_words(moment))

    def receive_text(self) -> None:
        """Raises CounterbellError when the box does not have it soon."""
        self._say("  The mill answers with a text to the mobile line.\n")
        sender, sent_at = f"+63{MILL[1:]}", time.time()
        self._client.text(line=MOBILE, sender=sender, text=MILL_TEXT)
        with self._box() as box:
            for _ in range(round(FREE_S / AGAIN_S)):
                texts = box.call("texts.list", limit=1)["texts"]
                if texts and texts[0]["at"] >= sent_at - 1.0:
                    took_s = time.time() - sent_at
                    self._say(f"    {took_s:6.1f} s  box     has “{texts[0]['text']}”\n\n")
                    return
                time.sleep(AGAIN_S)
        raise CounterbellError("the text did not arrive")

    def _lacks_messages(self) -> bool:
        with self._box() as box:
            return not box.call("messages.list", limit=1)["messages"]

    def _has_mobile_line(self) -> bool:
        """An older demo's folder keeps its shop, which has none."""
        with self._box() as box:
            return any(line["name"] == MOBILE for line in box.call("status.get")["lines"])

    def _until_free(self) -> None:
        """Wait for the line of the call before, which the box frees once it believes its end."""
        with self._box() as box:
            for _ in range(round(FREE_S / AGAIN_S)):
                if all(line["state"] == "ready" for line in box.call("status.get")["lines"]):
                    return
                time.sleep(AGAIN_S)

    def _box(self) -> Client:
        return Client(self._state / "control.sock")
