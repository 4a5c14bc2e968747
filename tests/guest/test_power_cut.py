"""Power is cut in the middle of a recorded call; what the box is afterwards."""

import time

from playwright.sync_api import Browser

from appliance.simulator.caller import CallScript
from tests.guest.box import SERVICES, Box
from tests.guest.conftest import Tell
from tests.guest.line import Call, Network
from tests.guest.marks import find, mark
from tests.guest.page import a_phone, play_to_the_end, sign_in
from tests.guest.test_calls import until_answered, until_heard
from tests.guest.wires import pause

TALK_S, LOST_S = 25.0, 2.0  # at most 1 s lost, and what is on its way through modem and loop
NUMBER = "09170000003"


def talk(call: Call, sound: bytes) -> float:
    """Speak; when it began, monotonic."""
    began = time.monotonic() - call.age_s()
    call.say(sound)
    pause(TALK_S)
    said = next(moment["at_s"] for moment in call.moments if moment["what"] == "says")
    assert isinstance(said, float | int)
    return began + float(said)


def tell_of_boot(box: Box, tell: Tell, answered_s: float) -> None:
    """From power to the answer, part by part."""
    names = ("KernelTimestampMonotonic", "InitRDTimestampMonotonic", "UserspaceTimestampMonotonic")
    manager = box.properties("", *names)
    told = box.ask("systemd-analyze time").splitlines()[0]
    began, ready = (
        int(box.properties(SERVICES[0], name)[name]) / 1e6
        for name in ("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")
    )
    user_s = int(manager[names[2]]) / 1e6
    tell(f"boot to 'answers a ring': {answered_s:.1f} s after the power came ({told})")
    tell(
        f"    guest's clock: systemd began at {user_s:.1f} s, the telephony daemon at "
        f"{began:.1f} s, it was ready at {ready:.1f} s"
    )
    for line in box.ask("systemd-analyze critical-chain --no-pager " + SERVICES[0]).splitlines():
        tell(f"    {line}")


def test_a_power_cut_in_a_call_loses_no_more_than_it_must(
    landline: Box, network: Network, chromium: Browser, tell: Tell
) -> None:
    shop = landline
    shop.until_ready("landline")
    known = {call["call_id"] for call in shop.calls()}
    sound = mark(TALK_S + 10.0, seed=11)
    before, since = shop.guest.monitor.written(), time.monotonic()
    call = network.call("landline", CallScript(NUMBER))
    until_answered(call)
    began = talk(call, sound)
    written = shop.guest.monitor.written() - before
    lasted_s = time.monotonic() - since
    shop.guest.cut()
    spoken_s = time.monotonic() - began
    network.unplug("landline")
    tell(
        f"power cut; written in {lasted_s:.0f} s of a recorded call: {written / 1e6:.2f} MB, "
        f"{written / lasted_s * 3600 / 1e6:.0f} MB an hour"
    )

    shop.guest.start(plugged=("line0",))
    network.plug_in("landline")
    network.connect(line0=shop.guest.serial("line0"))
    again = network.call("landline", CallScript("09170000004", give_up_after_s=600.0))
    dialled_at = time.monotonic() - shop.guest.started_at
    after = Box(shop.guest)
    after.booted()
    answered_s = dialled_at + until_answered(again)
    until_heard(again, shop.prompts["welcome"], "the greeting")
    again.hang_up()
    tell_of_boot(after, tell, answered_s)
    repairs = after.ask("dmesg | grep -E 'EXT4-fs.*recover|orphan' || true")
    tell(f"repaired at the start: {repairs or 'nothing'}")
    assert after.ask("systemctl --failed --no-legend --plain") == ""

    cut = after.until_history(NUMBER)
    assert cut["disposition"] == "interrupted"
    assert known <= {one["call_id"] for one in after.calls()}
    theirs, ours = after.recording(cut)
    there = find(sound[: int(spoken_s * 8000)], theirs)
    lost_s = spoken_s - there.offset_s
    tell(f"of {spoken_s:.1f} s spoken before the cut the last {lost_s:.1f} s are lost")
    assert there.share >= 0.8
    assert lost_s <= LOST_S
    assert find(shop.prompts["welcome"], ours).share >= 0.8
    with a_phone(chromium, shop.guest.url) as page:
        sign_in(page)
        length_s, reached_s = play_to_the_end(page, NUMBER)
    assert abs(length_s - len(theirs) / 8000) < 0.5
    assert reached_s > length_s - 0.5
    tell(f"its recording of {length_s:.1f} s plays to the end in a browser")
