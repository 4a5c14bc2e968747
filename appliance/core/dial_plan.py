"""What the keys pressed at a handset mean: an extension, an outside number, a feature code."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from appliance.core.plan import Plan

LISTEN_IN_CODE = "*90"  # and an extension: listen in on its call
FLASH_CODE = "*0"  # tap the line's hook for the call on hold: the exchange's R
LONGEST_NUMBER = 20  # digits; as interfaces.LineDriver.dial takes
END_KEY = "#"  # the number is whole: don't wait for more
# Where an emergency number could be the beginning of another one: time for its next key.
EMERGENCY_DIGIT_S = 2.0


class Kind(Enum):
    EXTENSION = "extension"
    LISTEN_IN = "listen in"
    FLASH = "flash"
    OUTSIDE = "outside"
    EMERGENCY = "emergency"
    NOTHING = "nothing"  # yet, or ever


@dataclass(frozen=True, slots=True)
class Dialled:
    """``target``: an extension or an outside number. ``wait_s``: for another key; 0: act now."""

    kind: Kind
    target: str
    wait_s: float


def read_keys(plan: Plan, extension: str, keys: str) -> Dialled:
    """What ``keys`` mean so far at the handset ``extension``."""
    if keys.endswith(END_KEY) and len(keys) > 1:
        return _at_once(_meaning(plan, extension, keys.removesuffix(END_KEY)))
    meaning = _meaning(plan, extension, keys)
    if meaning.kind is Kind.EMERGENCY:
        return meaning if _is_longer_known(plan, extension, keys) else _at_once(meaning)
    if meaning.kind is not Kind.OUTSIDE and not _is_longer_known(plan, extension, keys):
        return _at_once(meaning)
    return meaning


def _at_once(meaning: Dialled) -> Dialled:
    return Dialled(meaning.kind, meaning.target, 0.0)


def _meaning(plan: Plan, extension: str, keys: str) -> Dialled:
    """With the longest wait that may be needed for the next key."""
    patience_s = plan.telephony.inter_digit_s
    emergency = _emergency(plan, keys)
    if emergency:
        return Dialled(Kind.EMERGENCY, emergency, EMERGENCY_DIGIT_S)
    if keys in plan.stations:
        soon = _may_become_emergency(plan, keys) and not _has_longer_code(plan, extension, keys)
        return Dialled(Kind.EXTENSION, keys, EMERGENCY_DIGIT_S if soon else patience_s)
    if keys == FLASH_CODE:
        return Dialled(Kind.FLASH, "", patience_s)
    listened = keys.removeprefix(LISTEN_IN_CODE)
    if keys in _codes(plan, extension):
        return Dialled(Kind.LISTEN_IN, listened, patience_s)
    number = _outside(plan, keys)
    if number:
        whole = len(number) >= LONGEST_NUMBER or plan.numbering.is_whole(number)
        return Dialled(Kind.OUTSIDE, number, 0.0 if whole else patience_s)
    return Dialled(Kind.NOTHING, keys, patience_s)


def _codes(plan: Plan, extension: str) -> set[str]:
    """Keys with a meaning of their own, beside extensions and outside numbers."""
    codes = {FLASH_CODE}
    if extension in plan.telephony.listen_in:
        codes |= {LISTEN_IN_CODE + other for other in plan.stations if other != extension}
    return codes


def _has_longer_code(plan: Plan, extension: str, keys: str) -> bool:
    known = (*plan.stations, *_codes(plan, extension))
    return any(code.startswith(keys) and code != keys for code in known)


def _is_longer_known(plan: Plan, extension: str, keys: str) -> bool:
    """Whether another key could lead to something that ``keys`` are not."""
    return (
        _has_longer_code(plan, extension, keys)
        or _may_become_emergency(plan, keys)
        or (_can_call_out(plan) and _begins_outside(plan, keys))
    )


def _can_call_out(plan: Plan) -> bool:
    return any(line.outgoing != "never" for line in plan.lines.values())


def _begins_outside(plan: Plan, keys: str) -> bool:
    """An access code, or a part of one; without one, any number that is no extension."""
    code = plan.outgoing.access_code
    if not code:
        return keys not in plan.stations
    return code.startswith(keys) or keys.startswith(code)


def _outside(plan: Plan, keys: str) -> str:
    """The outside number in ``keys``, or ""."""
    code = plan.outgoing.access_code
    if not _can_call_out(plan) or not keys.startswith(code):
        return ""
    number = keys.removeprefix(code)
    is_number = number.isascii() and number.replace("*", "").isdecimal()
    return number[:LONGEST_NUMBER] if is_number else ""


def _without_code(plan: Plan, keys: str) -> Iterator[str]:
    """``keys``, and what follows the access code in them: an emergency number needs none."""
    yield keys
    code = plan.outgoing.access_code
    if code and keys.startswith(code) and keys != code:
        yield keys.removeprefix(code)


def _emergency(plan: Plan, keys: str) -> str:
    if not _can_call_out(plan) or keys in plan.stations:
        return ""
    numbers = _without_code(plan, keys)
    return next((n for n in numbers if plan.numbering.kind(n) == "emergency"), "")


def _may_become_emergency(plan: Plan, keys: str) -> bool:
    if not _can_call_out(plan):
        return False
    return any(plan.numbering.may_become_emergency(n) for n in _without_code(plan, keys))
