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
    """Why the PIN is not given to the SIM. ``reason``: what the owner should do about it."""

    reason: str


def token(pin: str, iccid: str) -> str:
    """Stands for this PIN at this SIM; an unread ICCID is a SIM of its own."""
    return f"{iccid}:{hashlib.sha256(f'{iccid}/{pin}'.encode()).hexdigest()[:32]}"


def may_give(pin: str, iccid: str, tries_left: int | None, given: str) -> PinRefusal | None:
    """None: give it. ``tries_left``: as the modem says, None for unknown."""
    if not pin:
        return PinRefusal("the SIM asks for a PIN: write it into the line's settings as pin")
    if given == token(pin, iccid):
        return PinRefusal(
            "the SIM refused the configured PIN, or was unplugged while it was given: "
            "correct the line's pin, or enter it with the SIM in a telephone"
        )
    if tries_left is not None and tries_left < FEWEST_TRIES:
        return PinRefusal(
            f"the SIM accepts only {tries_left} more PIN: enter it with the SIM in a telephone"
        )
    if tries_left is None and given.startswith(f"{iccid}:"):
        return PinRefusal(
            "the SIM refused another PIN before and the modem does not tell how many tries are "
            "left: enter it with the SIM in a telephone"
        )
    return None
