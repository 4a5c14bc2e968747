"""What a person is told to do with a handset, in order: lift, press, wait, say, flash, hang up."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import SimulatorError
from appliance.simulator.phones import Phone
from appliance.simulator.wav import read_wav

_SHAPES = {
    "lift": 'lift: ["lift"]',
    "hang_up": 'hang_up: ["hang_up"]',
    "flash": 'flash: ["flash"]',
    "answer": 'answer (wait for it to ring, at most so many seconds): ["answer", 30]',
    "press": 'press: ["press", "12"]',
    "pulse": 'pulse: ["pulse", "12"]',
    "wait": 'wait: ["wait", 2.5]',
    "say": 'say: ["say", "hello.wav"]',
}
_ANSWER_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Action:
    """``what`` with its ``text`` (keys), ``seconds`` or ``audio`` (µ-law)."""

    what: str
    text: str = ""
    seconds: float = 0.0
    audio: bytes = b""


def parse_actions(value: object) -> tuple[Action, ...]:
    """Actions from JSON; reads the files they name. Raises SimulatorError."""
    if not isinstance(value, list) or not value:
        raise SimulatorError('actions must be a list such as [["lift"], ["press", "12"]]')
    return tuple(_parse(item) for item in value)


def _parse(item: object) -> Action:
    if not isinstance(item, list) or not item or item[0] not in _SHAPES:
        raise SimulatorError(f"no action {item!r}; there are {', '.join(_SHAPES)}")
    what = str(item[0])
    value = item[1] if len(item) == 2 else None
    if what in ("lift", "hang_up", "flash") and len(item) == 1:
        return Action(what)
    if what == "answer" and len(item) == 1:
        return Action(what, seconds=_ANSWER_PATIENCE_S)
    if what in ("wait", "answer") and isinstance(value, int | float) and value >= 0:
        return Action(what, seconds=float(value))
    if what in ("press", "pulse") and isinstance(value, str):
        return Action(what, text=value)
    if what == "say" and isinstance(value, str):
        return Action(what, audio=read_wav(Path(value)))
    raise SimulatorError(f"write {_SHAPES[what]}")


async def perform(phone: Phone, actions: tuple[Action, ...]) -> None:
    """Do them one after the other, each to its end. Raises SimulatorError."""
    for action in actions:
        await _perform(phone, action)


async def _perform(phone: Phone, action: Action) -> None:
    match action.what:
        case "lift":
            phone.lift()
            await asyncio.sleep(0.1)
        case "hang_up":
            phone.hang_up()
            await asyncio.sleep(0.1)
        case "flash":
            phone.flash()
            await asyncio.sleep(0.5)
        case "press":
            phone.press(action.text)
            await asyncio.sleep(0.2 * len(action.text) + 0.1)
        case "pulse":
            phone.press(action.text, pulse=True)
            await asyncio.sleep(1.8 * len(action.text))
        case "say":
            phone.say(action.audio)
            await asyncio.sleep(len(action.audio) / 8000)
        case "answer":
            await _answer(phone, action.seconds)
        case "wait":
            await asyncio.sleep(action.seconds)


async def _answer(phone: Phone, patience_s: float) -> None:
    deadline = asyncio.get_running_loop().time() + patience_s
    while not phone.ringing:
        if asyncio.get_running_loop().time() >= deadline:
            raise SimulatorError(
                f"extension {phone.config.extension} did not ring within {patience_s:g} s"
            )
        await asyncio.sleep(0.05)
    phone.lift()
    await asyncio.sleep(0.1)
