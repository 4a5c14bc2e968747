"""The stage that asks the caller to press a key, in rounds, and then chooses by itself."""

from enum import Enum

from appliance.core.leg import LegInput
from appliance.core.machine import Machine
from appliance.core.plan import MenuPlan
from appliance.core.secret import HIDDEN_DIGIT
from appliance.core.stage import ServedCall
from appliance.core.words import spoken_destination


class MenuState(Enum):
    NEW = "new"
    PLAYING = "playing"
    WAITING = "waiting"
    DONE = "done"


class MenuInput(Enum):
    BEGIN = "begin"
    FINISHED = "PlaybackFinished"
    KEY = "a key of the menu"
    WRONG_KEY = "a wrong key"
    NO_KEY = "no key in time"
    LEAVE = "leave"


MENU_TABLE: dict[tuple[MenuState, MenuInput], MenuState] = {
    (MenuState.NEW, MenuInput.BEGIN): MenuState.PLAYING,
    (MenuState.PLAYING, MenuInput.FINISHED): MenuState.WAITING,
    (MenuState.PLAYING, MenuInput.KEY): MenuState.DONE,
    (MenuState.PLAYING, MenuInput.WRONG_KEY): MenuState.PLAYING,
    (MenuState.PLAYING, MenuInput.LEAVE): MenuState.DONE,
    (MenuState.WAITING, MenuInput.KEY): MenuState.DONE,
    (MenuState.WAITING, MenuInput.WRONG_KEY): MenuState.PLAYING,
    (MenuState.WAITING, MenuInput.NO_KEY): MenuState.PLAYING,
    (MenuState.WAITING, MenuInput.LEAVE): MenuState.DONE,
    (MenuState.DONE, MenuInput.LEAVE): MenuState.DONE,
}


class MenuStage:
    """One menu for one caller."""

    leg_input = LegInput.ASK

    def __init__(self, call: ServedCall, menu: MenuPlan) -> None:
        self._call = call
        self._menu = menu
        self._round = 1
        self._machine = Machine(f"menu {menu.name}", MENU_TABLE, MenuState.NEW)
        self._timer = call.desk.timer(f"call:{call.call_id}")

    def begin(self) -> None:
        self._machine.move(MenuInput.BEGIN)
        if self._menu.secret:
            self._call.keep_secret(True)
            self._note(f"Menu {self._menu.name} asks for secret digits: they are not kept")
        self._play(self._menu.prompt)

    def has_key(self, digit: str) -> bool:
        """Whether this key leads anywhere."""
        return digit in self._menu.keys

    def digit(self, digit: str) -> None:
        destination = self._menu.keys.get(digit)
        if destination is None:
            self._wrong_key(digit)
            return
        self._machine.move(MenuInput.KEY)
        where = spoken_destination(destination)
        shown = self._shown(digit)
        self._note(f"Pressed {shown} in menu {self._menu.name}: {where}", key=shown)
        self._call.go(destination, back_to=f"menu:{self._menu.name}")

    def leave(self) -> None:
        self._machine.move(MenuInput.LEAVE)
        self._timer.cancel()
        if self._menu.secret:
            self._call.keep_secret(False)

    def _shown(self, digit: str) -> str:
        return HIDDEN_DIGIT if self._menu.secret else digit

    def _play(self, *prompts: str) -> None:
        desk, endpoint = self._call.desk, self._call.endpoint
        desk.play(endpoint, prompts, self._finished, stop_on_digit=True)

    def _finished(self, reason: str) -> None:
        self._machine.move(MenuInput.FINISHED)
        self._timer.start(self._menu.wait_for_key_s, self._no_key)

    def _wrong_key(self, digit: str) -> None:
        self._machine.move(MenuInput.WRONG_KEY)
        self._timer.cancel()
        shown = self._shown(digit)
        text = f"Pressed {shown}, which is not a key of menu {self._menu.name}"
        self._note(text, key=shown, round=self._round)
        self._next_round(self._menu.wrong_key_prompt, self._menu.prompt)

    def _no_key(self) -> None:
        self._machine.move(MenuInput.NO_KEY)
        waited = self._menu.wait_for_key_s
        text = f"No key within {waited:g} s in menu {self._menu.name}"
        self._note(text, wait_s=waited, round=self._round)
        self._next_round(self._menu.prompt)

    def _next_round(self, *prompts: str) -> None:
        if self._round <= self._menu.repeats:
            self._round += 1
            self._play(*prompts)
            return
        destination = self._menu.otherwise
        where = spoken_destination(destination)
        text = f"No choice in {self._round} rounds of menu {self._menu.name}: {where}"
        self._note(text, rounds=self._round)
        self._call.go(destination)

    def _note(self, text: str, **figures: str | int | float | bool | None) -> None:
        self._call.desk.note(self._call.call_id, text, **figures)
