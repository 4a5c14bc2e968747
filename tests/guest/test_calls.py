"""Calls into the booted box: a voice modem plugged in late, and a mobile modem with serial PCM."""

from appliance.simulator.caller import CallScript, Deed
from tests.guest.box import SERVICES, Box
from tests.guest.conftest import Tell
from tests.guest.line import Call, Network
from tests.guest.marks import Found, find, mark
from tests.guest.wires import pause, wait_for

HEARD = 0.8  # of a sound's pieces
ANSWER_S = 180.0
MARK_S, PIECE_MS = 6.0, 80  # the clocks of modem and box differ: the sound is stretched


def until_answered(call: Call) -> float:
    wait_for("the ring is answered", call.is_answered, ANSWER_S)
    return call.answered_after_s()


def until_heard(call: Call, sound: bytes, what: str, limit_s: float = 60.0) -> Found:
    def is_there() -> bool:
        return find(sound, call.heard).share >= HEARD

    wait_for(f"the caller hears {what}", is_there, limit_s)
    return find(sound, call.heard)


def test_a_modem_plugged_in_late_needs_no_restart(landline: Box) -> None:
    assert landline.is_ready("landline")
    assert landline.properties(SERVICES[0], "NRestarts") == {"NRestarts": "0"}


def test_a_ring_is_answered_and_a_digit_leads_on(
    landline: Box, network: Network, tell: Tell
) -> None:
    shop = landline
    prompts = shop.prompts
    shop.until_ready("landline")
    number = "09171234567"
    call = network.call("landline", CallScript(number, deeds=(Deed(keys="2"),)))
    answered_s = until_answered(call)
    greeting = until_heard(call, prompts["welcome"], "the greeting")
    hours = until_heard(call, prompts["hours"], "the opening hours")
    heard = call.heard
    assert find(prompts["cakes"], heard).share < 0.2
    assert greeting.first_s < hours.first_s
    call.hang_up()
    told = shop.until_history(number)
    assert told["line"] == "landline"
    assert told["digits"].startswith("2")
    assert told["disposition"] == "answered"
    tell(
        f"a ring is answered {answered_s:.1f} s after it was dialled; "
        f"{greeting.share:.0%} of the greeting, {hours.share:.0%} of the opening hours heard"
    )


def test_serial_pcm_carries_a_mark_both_ways(shop: Box, network: Network, tell: Tell) -> None:
    network.connect(at0=shop.guest.serial("at0"), pcm0=shop.guest.serial("pcm0"))
    for serial in ("at0", "pcm0"):
        shop.guest.plug(serial)
    took_s = shop.until_ready("globe", 300.0)
    number, sound = "09181112233", mark(MARK_S, seed=7)
    call = network.call("globe", CallScript(number))
    until_answered(call)
    call.say(sound)
    greeting = until_heard(call, shop.prompts["welcome"], "the greeting over serial PCM")
    pause(MARK_S / 2)
    call.hang_up()
    told = shop.until_history(number)
    theirs, ours = shop.recording(told)
    there = find(sound, theirs, PIECE_MS)
    assert there.share >= HEARD
    assert find(shop.prompts["welcome"], ours).share >= HEARD
    assert find(sound, ours, PIECE_MS).share < 0.2
    tell(
        f"a mobile modem served {took_s:.0f} s after it was plugged in; serial PCM: "
        f"{greeting.share:.0%} of the greeting heard, {there.share:.0%} of the mark recorded"
    )
