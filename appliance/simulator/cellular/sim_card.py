"""A SIM card: who the subscriber is, and its PIN with three tries, then the PUK with ten.

3GPP TS 31.101 §9.5 (PIN and unblocking), TS 27.007 §8.3 (+CPIN).
"""

from dataclasses import dataclass

PIN_TRIES, PUK_TRIES = 3, 10


@dataclass(frozen=True, slots=True)
class SimConfig:
    """``pin``: "" when none is asked for. ``present``: False: the holder is empty."""

    number: str = "+639170000001"
    iccid: str = "8963021234567890123"
    imsi: str = "515021234567890"
    pin: str = ""
    puk: str = "12345678"
    present: bool = True


class Sim:
    """One card in its holder. It remembers wrong tries over restarts, as the real ones do."""

    def __init__(self, config: SimConfig) -> None:
        self.config = config
        self.pin = config.pin
        self.tries_left = PIN_TRIES
        self.puk_tries_left = PUK_TRIES
        self._unlocked = not config.pin

    def restart(self) -> None:
        """Power was taken away: the PIN is asked for again."""
        self._unlocked = not self.pin

    @property
    def state(self) -> str:
        """As +CPIN? says it; "" for no card, "dead" for one whose PUK was guessed ten times."""
        if not self.config.present:
            return ""
        if self.puk_tries_left <= 0:
            return "dead"
        if self.tries_left <= 0:
            return "SIM PUK"
        return "READY" if self._unlocked else "SIM PIN"

    @property
    def is_ready(self) -> bool:
        return self.state == "READY"

    def enter_pin(self, pin: str) -> bool:
        """Try a PIN; False when it is wrong, which costs a try."""
        if self.tries_left <= 0:
            return False
        if pin != self.pin:
            self.tries_left -= 1
            return False
        self.tries_left = PIN_TRIES
        self._unlocked = True
        return True

    def unblock(self, puk: str, new_pin: str) -> bool:
        """Try the PUK; False when it is wrong, which costs one of its ten tries."""
        if puk != self.config.puk:
            self.puk_tries_left -= 1
            return False
        self.pin, self.tries_left, self.puk_tries_left = new_pin, PIN_TRIES, PUK_TRIES
        self._unlocked = True
        return True
