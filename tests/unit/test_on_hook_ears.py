"""An on-hook line's ears: which bursts are one ring, and whose a caller ID is."""

from collections.abc import Iterator

import pytest

from appliance.interfaces import HeardCallerId
from appliance.lines.on_hook_ears import OnHookEars
from appliance.loop import VirtualLoop
from tests.unit.linecard_rig import pass_time
from tests.unit.test_caller_id_capture import frame, keys


class Rig:
    """Ears and what they told."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.rings = 0
        self.listens: list[bool] = []
        self.ears = OnHookEars(
            "wall",
            loop,
            listen=self.listens.append,
            on_ring=self._rang,
            on_burst_over=lambda: None,
        )
        self.ears.begin()

    def _rang(self) -> None:
        self.rings += 1

    def ring(self, seconds: float = 1.0) -> None:
        self.ears.burst_began()
        pass_time(self.loop, seconds)
        self.ears.burst_ended()

    def hear(self, heard: HeardCallerId) -> str | None:
        """The number that is told."""
        caller = self.ears.heard(heard, current_flows=False)
        return None if caller is None else caller.number


@pytest.fixture
def rig() -> Iterator[Rig]:
    loop = VirtualLoop()
    yield Rig(loop)
    loop.close()


def out_of_service(rig: Rig) -> None:
    """As when the sound card goes and comes back."""
    rig.ears.end()
    rig.ears.begin()


def test_a_double_ring_is_one_ring(rig: Rig) -> None:
    rig.ring(0.4)
    pass_time(rig.loop, 0.2)
    rig.ring(0.4)
    pass_time(rig.loop, 2.0)
    rig.ring(0.4)
    assert rig.rings == 2


def test_who_calls_is_told_before_and_after_the_first_ring(rig: Rig) -> None:
    assert rig.hear(frame("0917")) == "0917"
    out_of_service(rig)
    pass_time(rig.loop, 30.0)
    rig.ring()
    pass_time(rig.loop, 2.0)
    assert rig.hear(frame("0918")) == "0918"


def test_caller_id_that_comes_after_its_ringing_is_nobody_else_s(rig: Rig) -> None:
    """The call was told and is over; the next caller must not get the number of this one."""
    rig.ears.end()
    rig.ring()  # while the line was out of service
    rig.ears.begin()
    pass_time(rig.loop, 3.4)
    assert rig.hear(frame("0917")) is None
    pass_time(rig.loop, 5.0)
    rig.ring()
    pass_time(rig.loop, 2.0)
    assert rig.hear(frame("0918")) == "0918"


def test_long_after_any_ring_it_is_the_next_caller_s(rig: Rig) -> None:
    rig.ears.end()
    rig.ring()
    rig.ears.begin()
    pass_time(rig.loop, 5.0)
    assert rig.hear(keys("A0917C")) == "0917"


def test_after_a_reversal_it_is_the_next_caller_s(rig: Rig) -> None:
    rig.ring()
    out_of_service(rig)
    rig.ears.reversal(current_flows=False)
    assert rig.hear(frame("0917")) == "0917"


def test_an_exchange_that_sends_it_first_is_believed_soon_after_a_ring(rig: Rig) -> None:
    assert rig.hear(frame("0910")) == "0910"
    rig.ring()
    pass_time(rig.loop, 0.5)
    out_of_service(rig)
    assert rig.hear(frame("0917")) == "0917"
    rig.ring()
    pass_time(rig.loop, 1.0)
    out_of_service(rig)
    pass_time(rig.loop, 20.0)
    rig.ring()
    pass_time(rig.loop, 1.0)
    assert rig.hear(frame("0918")) == "0918"
    out_of_service(rig)
    assert rig.hear(frame("0919")) is None, "it sends it after the ring now"


def test_keys_of_another_telephone_are_no_caller_id(rig: Rig) -> None:
    rig.ears.reversal(current_flows=True)
    assert rig.ears.heard(keys("A0917C"), current_flows=True) is None


def test_who_was_answered_sends_none_any_more(rig: Rig) -> None:
    """A short call, and the next caller's number comes before his first ring."""
    rig.ring()
    rig.ears.taken()
    pass_time(rig.loop, 2.0)
    rig.ears.begin()
    assert rig.hear(frame("0917")) == "0917"


def test_a_ring_that_ends_when_the_line_is_taken(rig: Rig) -> None:
    rig.ears.burst_began()
    rig.ears.taken()
    pass_time(rig.loop, 0.2)
    rig.ears.burst_ended()
    rig.ears.begin()
    assert rig.hear(frame("0917")) == "0917"


def test_nothing_is_told_of_a_line_that_is_taken(rig: Rig) -> None:
    rig.ears.taken()
    assert rig.hear(frame("0917")) is None
