"""What an emulated voice modem does with each AT command: settings, identity, and actions."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from appliance.simulator.profiles import Coding, ModemProfile, coding_lines
from appliance.simulator.tones import dtmf, tone

_ITEM = re.compile(r"\[(\d*),(\d*),(\d+)\]|\{([0-9*#A-Da-d]),(\d+)\}|([0-9*#A-Da-d!])|,")
# Settings that a modem forgets when it leaves class 8.
_VOICE_ONLY = ("+VGT", "+VGR", "+VIT", "+VLS", "+VSD")


@dataclass(frozen=True, slots=True)
class Reply:
    """``lines`` of text, then ``result`` (None = nothing), ``delay_s`` after the command ran.

    ``goes_on``: the result comes by itself, later.
    """

    result: str | None = "OK"
    lines: tuple[str, ...] = ()
    delay_s: float = 0.0
    goes_on: bool = False


ERROR = Reply("ERROR")


class ModemActions(Protocol):
    """What a command may make the modem do."""

    def set_hook(self, off_hook: bool) -> None: ...

    def start_stream(self, kind: str) -> bool:
        """``kind``: VTX, VRX or VTR; False when the state does not allow it."""

    def send_tone(self, ulaw: bytes) -> bool:
        """Into the line; False when on-hook."""

    def flash(self) -> None: ...

    def dial(self, text: str) -> Reply:
        """``text``: all after ATD."""

    def caller_id_again(self) -> tuple[str, ...]: ...


class Dialect:
    """One modem's settings and the meaning of its commands."""

    def __init__(self, profile: ModemProfile, actions: ModemActions) -> None:
        self._profile = profile
        self._actions = actions
        self.echo = True
        self.verbose = True
        self.quiet = False
        self.waits_for_tone = True
        self.coding: Coding
        self._rate = 8000
        self._registers: dict[str, int] = {}
        self.settings: dict[str, str] = {}
        self.reset()

    def reset(self) -> None:
        """Power-up settings (``Z``, ``&F``)."""
        self.echo = self.verbose = True
        self.quiet = False
        self.waits_for_tone = True  # X4
        self._registers = {}
        self.settings = {name: start[0] for name, start in self._profile.settings.items()}
        self._reset_coding()

    def _reset_coding(self) -> None:
        number = self._profile.default_coding
        self.coding = next(c for c in self._profile.codings if c.number == number)
        self._rate = 8000

    def run(self, command: str) -> Reply:
        """One command of a line."""
        first = command[:1].upper()
        if first in "+-#*":
            return self._extended(command)
        basic = self._basic_table().get(first)
        if basic is None:
            return ERROR
        return basic(command[1:])

    def _basic_table(self) -> dict[str, Callable[[str], Reply]]:
        def accepted(_: str) -> Reply:
            return Reply()

        return {
            "A": lambda _: self._answer(),
            "D": self._dial,
            "E": self._set_echo,
            "H": self._hook,
            "I": self._information,
            "Q": self._set_quiet,
            "S": self._register,
            "V": self._set_verbose,
            "Z": lambda _: self._restart(),
            "&": lambda rest: self._restart() if rest[:1].upper() == "F" else Reply(),
            "L": accepted,
            "M": accepted,
            "X": self._set_progress,
            "%": self._percent,
            ":": lambda _: Reply() if self._profile.has_registers else ERROR,
            "\\": accepted,
        }

    def _percent(self, text: str) -> Reply:
        if text[:1].upper() == "V" and "%V" in self.settings:
            self.settings["%V"] = text[1:] or "0"
        return Reply()

    def _set_echo(self, text: str) -> Reply:
        self.echo = text == "1"
        return Reply()

    def _set_verbose(self, text: str) -> Reply:
        self.verbose = text == "1"
        return Reply()

    def _set_quiet(self, text: str) -> Reply:
        self.quiet = text == "1"
        return Reply()

    def _restart(self) -> Reply:
        self._actions.set_hook(False)
        echo = self.echo
        self.reset()
        self.echo = echo and self.echo
        return Reply()

    def _hook(self, text: str) -> Reply:
        self.settings["+VLS"] = "0"
        self._actions.set_hook(text == "1")
        return Reply()

    def _answer(self) -> Reply:
        if self.settings["+FCLASS"] != "8":
            self._actions.set_hook(True)  # a data answer: nobody replies to its carrier
            self._actions.set_hook(False)
            return Reply("NO CARRIER", delay_s=3.0)
        self.settings["+VLS"] = "1"
        self._actions.set_hook(True)
        return Reply(self._profile.answer_reply)

    def _dial(self, text: str) -> Reply:
        if not text.rstrip().endswith(";"):
            return Reply("NO CARRIER", delay_s=3.0)  # a data call: nobody answers with a carrier
        return self._actions.dial(text)

    def hang_up(self) -> None:
        """As ATH, by the modem's own doing."""
        self.settings["+VLS"] = "0"
        self._actions.set_hook(False)

    def _set_progress(self, text: str) -> Reply:
        if text[:1] not in ("0", "1", "2", "3", "4"):
            return ERROR
        self.waits_for_tone = text[:1] in ("2", "4")  # ITU-T V.250 6.3.7
        return Reply()

    def _information(self, text: str) -> Reply:
        line = self._profile.information.get(f"I{text or '0'}")
        return Reply(lines=(line,)) if line else Reply()

    def _register(self, text: str) -> Reply:
        match = re.fullmatch(r"(\d+)(?:=(\d*)|(\?))", text)
        if match is None:
            return ERROR
        number, value, asked = match.groups()
        if asked:
            return Reply(lines=(f"{self._registers.get(number, 0):03d}",))
        self._registers[number] = int(value or "0")
        return Reply()

    def _extended(self, command: str) -> Reply:
        match = re.fullmatch(r"([+\-#*][A-Za-z]+)\s*(=\?|\?|=)?\s*(.*)", command)
        if match is None:
            return ERROR
        name, form, value = match.group(1).upper(), match.group(2) or "", match.group(3)
        if name in self._profile.information:
            known = form in ("", "?")
            return Reply(lines=(self._profile.information[name],)) if known else ERROR
        if name in self._profile.settings:
            return self._setting(name, form, value)
        handler = {
            "+VTX": self._stream,
            "+VRX": self._stream,
            "+VTR": self._stream,
            "+VTS": self._action,
            "+VIP": self._action,
            "+VRID": self._action,
            "+VSM": self._coding,
        }.get(name)
        return handler(name, form, value) if handler else ERROR

    def _stream(self, name: str, form: str, _: str) -> Reply:
        can = not form and self.settings["+FCLASS"] == "8" and bool(self.coding.codec)
        if not can or not self._actions.start_stream(name[1:]):
            return ERROR
        return Reply("CONNECT")

    def _action(self, name: str, form: str, value: str) -> Reply:
        if name == "+VRID":
            return Reply(lines=self._actions.caller_id_again())
        if name == "+VIP" and not form:
            self._forget_voice()
            return Reply()
        if name == "+VTS" and form == "=":
            return self._send_tones(value)
        return ERROR

    def _send_tones(self, text: str) -> Reply:
        """``1,2,[f1,f2,t],{d,t},!`` with t in 10 ms; OK comes when the last tone has ended."""
        sound = b""
        position = 0
        while position < len(text):
            match = _ITEM.match(text, position)
            if match is None:
                return ERROR
            position = match.end()
            low, high, length, key, key_length, single = match.groups()
            if length is not None:
                hz = tuple(float(f) for f in (low, high) if f and f != "0")
                sound += tone(hz, int(length) * 10, -10.0) if hz else b"\xff" * int(length) * 80
            elif key is not None:
                sound += dtmf(key.upper(), int(key_length) * 10, 50)
            elif single == "!":
                self._actions.flash()
            elif single is not None:
                sound += dtmf(single.upper(), int(self.settings["+VTD"]) * 10 or 100, 50)
        if not self._actions.send_tone(sound):
            return ERROR
        return Reply(delay_s=len(sound) / 8000)

    def _coding(self, _: str, form: str, value: str) -> Reply:
        if form == "=?":
            return Reply(lines=coding_lines(self._profile))
        if form == "?":
            return Reply(lines=(f"{self.coding.number},{self._rate},0,0",))
        numbers = [part.strip() for part in value.split(",")]
        if form != "=" or not all(part.isdigit() or not part for part in numbers):
            return ERROR
        wanted = [c for c in self._profile.codings if str(c.number) == numbers[0]]
        rate = int(numbers[1]) if len(numbers) > 1 and numbers[1] else 8000
        if not wanted or not wanted[0].codec or rate != 8000 or len(numbers) > 4:
            return ERROR
        self.coding = wanted[0]
        return Reply()

    def _setting(self, name: str, form: str, value: str) -> Reply:
        _, low, high = self._profile.settings[name]
        if form == "?":
            return Reply(lines=(self.settings[name],))
        if form == "=?":
            return Reply(lines=("0,1,8" if name == "+FCLASS" else f"({low}-{high})",))
        if form != "=" or not value:
            return ERROR
        if low >= 0 and not all(_within(part, low, high) for part in value.split(",")):
            return ERROR
        if name == "+FCLASS" and value not in ("0", "1", "8"):
            return ERROR
        self._apply(name, value)
        return Reply()

    def _apply(self, name: str, value: str) -> None:
        if name == "+FCLASS" and value != "8" and self.settings[name] == "8":
            self._forget_voice()
        self.settings[name] = value
        if name == "+VLS":
            self._actions.set_hook(value in ("1", "3", "5", "7", "9", "13"))

    def _forget_voice(self) -> None:
        hook = self.settings["+VLS"]
        for name in _VOICE_ONLY:
            self.settings[name] = self._profile.settings[name][0]
        self.settings["+VLS"] = hook
        self._reset_coding()


def _within(part: str, low: int, high: int) -> bool:
    return part.strip().isdigit() and low <= int(part) <= high
