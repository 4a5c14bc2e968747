"""Who calls, before the first ring: somebody who gave up is not taken for the next caller."""

from appliance.core.events import CallerIdReceived, Event
from appliance.lines.voice_modem.caller_watch import CallerWatch
from appliance.loop import VirtualLoop


def block(number: str) -> tuple[str, ...]:
    return ("DATE=0117", "TIME=1805", f"NMBR={number}", "NAME=JUAN")


def test_a_caller_who_gave_up_before_the_first_ring_is_not_the_next_one() -> None:
    loop = VirtualLoop()
    told: list[Event] = []
    watch = CallerWatch("line", told.append, loop)
    for line in (*block("0917"), *block("0917"), *block("0918")):
        watch.text(line)
    watch.ring()
    for line in block("0919"):  # while it rings: nobody else
        watch.text(line)
    loop.close()
    assert [e.number for e in told if isinstance(e, CallerIdReceived)] == ["0917", "0918"]
