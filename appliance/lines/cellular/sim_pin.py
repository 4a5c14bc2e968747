"""Whether the configured PIN may be given to a SIM: once, and never again a wrong one; pure rules.

Three wrong PINs lock a SIM. What was given is written down before it is sent, so that neither a
restart nor a power cut between the question and its answer makes us try it again.
"""

import hashlib
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

FEWEST_TRIES = 2  # the last try is the owner's


class PinStore(Protocol):
    """Keeps which PINs were given to which SIMs and not accepted yet."""

    def given(self, line: str) -> str:
        """The token kept for ``line``, "" for none."""

    def keep(self, line: str, token: str) -> "Future[None]":
        """Replace it ("" forgets); done once it is durable."""


class ForgetfulPinStore:
    """For a line whose settings hold no PIN, and for tests: remembers until it is dropped."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}

    def given(self, line: str) -> str:
        return self._tokens.get(line, "")

    def keep(self, line: str, token: str) -> "Future[None]":
        self._tokens[line] = token
        done: Future[None] = Future()
        done.set_result(None)
        return done


@dataclass(frozen=True, slots=True)
class PinRefusal:
    """Why the PIN is not given to the SIM. ``reason``: what the owner should do about it.

    ``state``: as `health` tells of the SIM: pin_wanted, or pin_wrong.
    """

    reason: str
    state: str = "pin_wrong"


def note(pin: str, iccid: str, tries_left: int | None, *, refused: bool = False) -> str:
    """This PIN was given to this SIM, which had so many tries left; did it refuse it?

    An unread ICCID is a SIM of its own.
    """
    state = "refused" if refused else "?" if tries_left is None else str(tries_left)
    return f"{_key(pin, iccid)}:{state}"


def is_of(kept: str, iccid: str) -> bool:
    """Whether a note is about this SIM."""
    return kept.startswith(f"{iccid}:")


def may_give(pin: str, iccid: str, tries_left: int | None, kept: str) -> PinRefusal | None:
    """None: give it. ``tries_left``: None for unknown. ``kept``: the last note."""
    if not pin:
        reason = "the SIM asks for a PIN: write it into the line's settings as pin"
        return PinRefusal(reason, "pin_wanted")
    if kept.startswith(f"{_key(pin, iccid)}:") and not _was_harmless(kept, tries_left):
        return PinRefusal(
            "the SIM refused the configured PIN, or was lost while it was given: "
            "correct the line's pin, or enter it with the SIM in a telephone"
        )
    if tries_left is not None and tries_left < FEWEST_TRIES:
        return PinRefusal(
            f"the SIM accepts only {tries_left} more PIN: enter it with the SIM in a telephone"
        )
    if tries_left is None and is_of(kept, iccid):
        return PinRefusal(
            "the SIM refused another PIN before and the modem does not tell how many tries are "
            "left: enter it with the SIM in a telephone"
        )
    return None


def _was_harmless(kept: str, tries_left: int | None) -> bool:
    """The answer was never heard, but the SIM has lost no try: it was not taken for wrong."""
    before = kept.rpartition(":")[2]
    return tries_left is not None and before.isdigit() and tries_left >= int(before)


def _key(pin: str, iccid: str) -> str:
    return f"{iccid}:{hashlib.sha256(f'{iccid}/{pin}'.encode()).hexdigest()[:32]}"
