"""A blocking client of a running simulated network, for the command line and for scripts."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from appliance.errors import SimulatorError
from appliance.simulator.unix_socket import reach

Message = dict[str, object]


def converse(state: Path, message: Message) -> Iterator[tuple[str, Message]]:
    """Send one request to the network in ``state``; ("event", ...) as they happen, ("result", ...).

    Raises SimulatorError when no network runs there, when it refuses, or when it goes away.
    """
    try:
        end = reach(state)
    except OSError as error:
        raise SimulatorError(
            f"no simulated network runs in {state}; start one with: counterbell demo"
        ) from error
    with contextlib.closing(end), end.makefile("rb") as lines:
        try:
            end.sendall(json.dumps(message).encode() + b"\n")
            for line in lines:
                answer: Message = json.loads(line)
                if "error" in answer:
                    raise SimulatorError(str(answer["error"]))
                for kind in ("event", "result"):
                    value = answer.get(kind)
                    if isinstance(value, dict):
                        yield kind, value
                if "result" in answer:
                    return
        except (ConnectionError, ValueError) as error:
            raise SimulatorError(f"the simulated network in {state} went away") from error
    raise SimulatorError(f"the simulated network in {state} went away")


def request(
    state: Path, message: Message, on_event: Callable[[Message], None] | None = None
) -> Message:
    """Send one request and wait for its result. Raises SimulatorError, as ``converse`` does."""
    result: Message = {}
    for kind, value in converse(state, message):
        if kind == "result":
            result = value
        elif on_event is not None:
            on_event(value)
    return result


class SimulatorClient:
    """The network behind one ``simulator.sock``, for callers in Python."""

    def __init__(self, socket_path: Path) -> None:
        self._state = socket_path.parent

    def answer_phones(
        self,
        extensions: Sequence[str] = (),
        after_s: float | None = 2.0,
        say: Path | None = None,
        hang_up_after_s: float | None = None,
    ) -> None:
        """What the people at these handsets (none named: at all) do from the next ring on.

        ``after_s`` None: they do not answer. Raises SimulatorError.
        """
        request(
            self._state,
            {
                "do": "phones",
                "extensions": list(extensions),
                "answer_after": after_s,
                "say": str(say.absolute()) if say else "",
                "hang_up_after": hang_up_after_s,
            },
        )

    def call(
        self,
        *,
        line: str,
        number: str,
        name: str = "",
        press: Sequence[str] = (),
        say: Path | None = None,
        say_after_s: float | None = None,
        hang_up_after_s: float | None = None,
        save: Path | None = None,
    ) -> Iterator[Message]:
        """Call ``line``; each moment of the call as it is lived. Raises SimulatorError."""
        message: Message = {
            "do": "call",
            "line": line,
            "from": number,
            "name": name,
            "press": list(press),
            "say": str(say.absolute()) if say else "",
            "say_after": say_after_s,
            "hang_up_after": hang_up_after_s,
            "record": str(save.absolute()) if save else "",
        }
        for kind, value in converse(self._state, message):
            if kind == "event":
                yield value

    def use_phone(
        self, extension: str, actions: Sequence[Sequence[object]], save: Path | None = None
    ) -> Iterator[Message]:
        """Do ``actions`` at a handset, such as ("press", "11"); each moment as it is lived.

        Raises SimulatorError.
        """
        message: Message = {
            "do": "phone",
            "extension": extension,
            "actions": [list(action) for action in actions],
            "record": str(save.absolute()) if save else "",
        }
        for kind, value in converse(self._state, message):
            if kind == "event":
                yield value

    def text(self, *, line: str, sender: str, text: str) -> None:
        """Send the mobile line a short message. Raises SimulatorError."""
        request(self._state, {"do": "text", "line": line, "from": sender, "text": text})

    def state(self) -> Message:
        """Every line, HAT and phone as it is now. Raises SimulatorError."""
        return request(self._state, {"do": "state"})
