"""A call out of the soak: dialled at the handset, and followed until both ends have hung up."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from appliance.simulator.far_end import FarEnd, FarEndConfig, Progress
from tests.soak.shop import EXTENSION, SoakShop

NUMBERS = {"US": "2125550123", "PH": "09171234567", "VN": "0912345678", "GB": "02079460123"}
LIFTED_S = 1.0  # until the first key
KEY_S = 0.24
REACHED_LIMIT_S = 40.0  # from the last key until the network has the number, or we gave up
DEAD_LIMIT_S = 200.0
_BEHAVIOURS = ("answer",) * 5 + ("busy", "no_answer", "unobtainable", "congestion")


@dataclass(frozen=True, slots=True)
class OutScript:
    """``stays_s``: from the answer, or from the dialling where nobody answers, until the handset
    is put down; where the far end goes first it stays up. ``far_stays_s``: None: it does not.
    """

    behaviour: str
    rings: int
    stays_s: float
    far_stays_s: float | None
    ends_with_key: bool


def draw_out(chance: Random) -> OutScript:
    """Who is called, and who hangs up."""
    far_goes = chance.random() < 0.5
    return OutScript(
        chance.choice(_BEHAVIOURS),
        chance.randrange(1, 4),
        chance.uniform(3.0, 25.0),
        chance.uniform(2.0, 20.0) if far_goes else None,
        chance.random() < 0.5,
    )


class OutCall:
    """``is_certain``: the line was in service when the first key was pressed, so there is a row."""

    def __init__(self, shop: SoakShop, script: OutScript) -> None:
        self._shop = shop
        self._phone = shop.phone(EXTENSION)
        self.script = script
        self.far: FarEnd | None = None
        self.is_certain = False
        self.far_went_first = False
        self.was_cut = False  # the far end was hung up on though the handset was up
        self.answered = False
        self.stayed_s = 0.0  # from the answer to the end

    def make(self, wait: Callable[[Callable[[], object], float], bool]) -> None:
        """Returns when the far end is gone and, unless it went first, the handset is down."""
        shop, script = self._shop, self.script
        number = NUMBERS[shop.country]
        shop.network.directory.add(
            FarEndConfig(
                number,
                script.behaviour,
                rings=script.rings,
                hang_up_after_s=script.far_stays_s,
            )
        )
        before = len(shop.network.directory.calls)
        self._phone.lift()
        shop.pass_s(LIFTED_S)
        keys = f"9{number}#" if script.ends_with_key else f"9{number}"
        self.is_certain = shop.line_state == "ready"
        self._phone.press(keys)
        calls = shop.network.directory.calls
        if not wait(lambda: len(calls) > before, KEY_S * len(keys) + REACHED_LIMIT_S):
            return
        far = self.far = calls[-1]
        self._follow(far, wait)

    def _follow(self, far: FarEnd, wait: Callable[[Callable[[], object], float], bool]) -> None:
        if self.script.behaviour == "answer":
            wait(lambda: far.progress in (Progress.ANSWERED, Progress.GONE), REACHED_LIMIT_S)
            self.answered = far.progress is Progress.ANSWERED
        begun = self._shop.loop.time()
        ends_by_itself = self.answered and self.script.far_stays_s is not None
        wait(lambda: far.is_over, DEAD_LIMIT_S if ends_by_itself else self.script.stays_s)
        self.stayed_s = self._shop.loop.time() - begun
        self.far_went_first = far.ended_by == "far"
        self.was_cut = self.answered and far.ended_by == "other"
        if not self.far_went_first:
            self.hang_up()
            wait(lambda: far.is_over, DEAD_LIMIT_S)

    def hang_up(self) -> None:
        """Put the handset down. Idempotent."""
        if self._phone.off_hook:
            self._phone.hang_up()

    def wrong(self, row: dict[str, Any], is_hard: bool) -> str:
        """The count that ``row``, its history, belongs to; "" where it is as it was."""
        if row["answered_at"] is not None and not self.answered:
            return "false_answers"
        if self.was_cut and not is_hard:
            return "false_hang_ups"
        return ""
