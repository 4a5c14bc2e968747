"""The stage that plays prompts to their end; no key interrupts it."""

from collections.abc import Callable
from enum import Enum

from appliance.core.leg import LegInput
from appliance.core.machine import Machine
from appliance.core.stage import ServedCall


class PromptState(Enum):
    NEW = "new"
    PLAYING = "playing"
    DONE = "done"


class PromptInput(Enum):
    BEGIN = "begin"
    DIGIT = "DigitReceived"
    FINISHED = "PlaybackFinished"
    LEAVE = "leave"


PROMPT_TABLE: dict[tuple[PromptState, PromptInput], PromptState] = {
    (PromptState.NEW, PromptInput.BEGIN): PromptState.PLAYING,
    (PromptState.PLAYING, PromptInput.DIGIT): PromptState.PLAYING,
    (PromptState.PLAYING, PromptInput.FINISHED): PromptState.DONE,
    (PromptState.PLAYING, PromptInput.LEAVE): PromptState.DONE,
    (PromptState.DONE, PromptInput.LEAVE): PromptState.DONE,
}


class PromptStage:
    """Plays ``prompts``; ``then`` is told the reason of the end: finished, stopped or lost."""

    def __init__(
        self,
        call: ServedCall,
        prompts: tuple[str, ...],
        then: Callable[[str], None],
        leg_input: LegInput = LegInput.PLAY,
    ) -> None:
        self._call = call
        self._prompts = prompts
        self._then = then
        self._machine = Machine("prompt", PROMPT_TABLE, PromptState.NEW)
        self.leg_input = leg_input

    def begin(self) -> None:
        self._machine.move(PromptInput.BEGIN)
        self._call.desk.play(self._call.endpoint, self._prompts, self._finished)

    def digit(self, digit: str) -> None:
        self._machine.move(PromptInput.DIGIT)

    def leave(self) -> None:
        self._machine.move(PromptInput.LEAVE)

    def _finished(self, reason: str) -> None:
        self._machine.move(PromptInput.FINISHED)
        self._then(reason)
