"""The runner itself: its quick steps do what the emulator's own do, and it never stands still."""

from tests.rp2040.emulated_card import EmulatedCard
from tests.rp2040.link_host import RING, LinkHost


def run_a_while(*, plain: bool) -> tuple[str, float, float, int]:
    """Boot, HELLO, ringing and audio; memory and registers, chip time, sleep, instructions."""
    card = EmulatedCard(plain=plain)
    host = LinkHost(card)
    card.run(100)
    host.greet()
    host.send(RING, bytes([1, 3, 232, 11, 184]))
    host.run(150)
    state = card.state()
    card.close()
    return state["memory"], state["us"], state["idle_us"], state["instructions"]


def test_quick_steps_are_the_emulators_own() -> None:
    assert run_a_while(plain=False) == run_a_while(plain=True)
