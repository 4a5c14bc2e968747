"""One number dialled through a voice modem: which way, and what the modem's answers mean."""

from dataclasses import dataclass
from enum import Enum, auto

from appliance.lines.voice_modem import dial_scripts
from appliance.lines.voice_modem.profiles import DialWay, Levels, ModemProfile
from appliance.modem.at import Command, Result


class Verdict(Enum):
    """What follows from a command that failed while a number was dialled."""

    REFUSED = auto()  # the call came to nothing: on-hook, `DialAttempt.cause` says why
    OTHER_WAY = auto()  # the modem can't do it this way; it has not connected
    NO_SOUND = auto()  # as REFUSED, but the modem must be brought to its senses first
    FAULT = auto()  # it is no longer a working modem


@dataclass(slots=True)
class DialWays:
    """What of a profile's ways was learned not to work on this modem, until it is opened anew."""

    ways: tuple[DialWay, ...]
    index: int = 0

    @property
    def way(self) -> DialWay:
        return self.ways[self.index]

    def next(self) -> bool:
        """Use the next one from now on; False where there is none."""
        has_more = self.index + 1 < len(self.ways)
        self.index += has_more
        return has_more


class DialAttempt:
    """``number``: dialable, without a ``+``. ``blind``: without waiting for dial tone."""

    def __init__(self, number: str, ways: DialWays, *, blind: bool) -> None:
        self._number = number
        self._ways = ways
        self._blind = blind
        self.cause = ""
        self.note = ""  # for the owner, where the modem is to blame

    def script(self, profile: ModemProfile, ulaw_id: int, levels: Levels) -> tuple[Command, ...]:
        """From class 0, on-hook, to CONNECT."""
        return dial_scripts.dial(
            profile, ulaw_id, levels, self._ways.way, self._number, blind=self._blind
        )

    def judge(self, result: Result) -> Verdict:
        """``result`` failed, and with it the script."""
        is_dial = dial_scripts.is_dial(result.command)
        is_sound = result.command.text == "AT+VTR"
        cause = dial_scripts.CAUSES.get(result.final)
        if cause is not None and (is_dial or is_sound or result.command.text == "AT+VLS=1"):
            self.cause = cause
            return Verdict.REFUSED
        if not is_dial and not is_sound:
            return Verdict.FAULT
        if result.timed_out and is_dial:
            return Verdict.FAULT
        self.cause, self.note = "no_service", _blame(result)
        has_other = self._ways.next()
        if result.timed_out:
            return Verdict.NO_SOUND  # it may stream: another command now would be swallowed
        return Verdict.OTHER_WAY if has_other else Verdict.REFUSED


def _blame(result: Result) -> str:
    said = "nothing" if result.timed_out else result.final
    if dial_scripts.is_dial(result.command):
        return f"the modem answers {said} to {result.text}: it can't dial in voice mode"
    return f"the modem answers {said} to AT+VTR after it has dialled: it never connects its sound"
