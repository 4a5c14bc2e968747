"""Calls through each kind of mobile modem in the whole daemon: in, out, answered, ended."""

import pytest

from appliance.simulator.cellular.attachment import NetworkHabits
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.far_end import Progress
from tests.whole.mobile_shop import KINDS, Mobile, OpenMobile
from tests.whole.sound import is_loud, linear, loudest_at, power_at, tone

OTHER = "09181234567"
SILENT_LIMIT_S = 8.0
ANSWER_LIMIT_S = 7.0  # from the far end's answer to the history's


def has_speech(heard: bytes) -> bool:
    """Loud for 0.4 s in all, and not by ringback."""
    pieces = [linear(heard[n : n + 400]) for n in range(0, len(heard) - 400, 400)]
    return sum(is_loud(one) and power_at(one, 425) < 0.3 for one in pieces) >= 8


@pytest.mark.parametrize("kind", ["ec25", "ec25_pcm", "sim7600", "a7672", "sim800"])
@pytest.mark.parametrize("by", ["caller", "station"])
def test_a_call_in_is_heard_both_ways(open_mobile: OpenMobile, kind: str, by: str) -> None:
    shop = open_mobile(Mobile(kind))
    shop.answer_with("11", 2.0, say=tone(700, 2.0), say_after_s=1.0)
    caller = shop.ring(press=("1",), say=tone(900, 2.0), say_after_s=8.0)
    shop.until(lambda: loudest_at(bytes(caller.heard)[-1600:], 700) > 0.9, 40.0)
    shop.until(lambda: loudest_at(bytes(shop.phone("11").heard)[-1600:], 900) > 0.9, 20.0)
    if by == "caller":
        caller.hang_up()
    else:
        shop.phone("11").hang_up()
    shop.until(caller.done.done, 15.0)
    shop.until_ready()
    call = shop.last_call()
    assert (call["caller"]["number"], call["digits"]) == ("09171234567", "1")
    assert (call["disposition"], call["ended_by"]) == ("answered", by)
    assert set(shop.health()["counters"]) <= {"pcm_stalls"}
    assert shop.mobile.modem.restarts == 0


@pytest.mark.parametrize("kind", list(KINDS))
def test_who_rings_as_soon_as_the_last_caller_has_gone_is_answered(
    open_mobile: OpenMobile, kind: str
) -> None:
    shop = open_mobile(Mobile(kind))
    first = shop.ring(number="09170000001", hang_up_after_s=3.0)
    shop.until(first.done.done, 40.0)
    shop.pass_s(0.15)
    second = shop.ring(number="09170000002")
    shop.until(lambda: second.result()["answered_at_s"] is not None, ANSWER_LIMIT_S)
    shop.pass_s(3.0)
    second.hang_up()
    shop.until(second.done.done, 15.0)
    shop.until_ready()
    rows = [(row["caller"]["number"], row["ended_by"]) for row in shop.calls()[:2]]
    assert rows == [("09170000002", "caller"), ("09170000001", "caller")]


@pytest.mark.parametrize("direction", ["in", "out"])
def test_the_data_call_in_the_list_is_none_of_ours(open_mobile: OpenMobile, direction: str) -> None:
    network = NetworkHabits(data_call=True)
    shop = open_mobile(Mobile("ec25", emulated={"network": network}))
    shop.answer_with("11", 2.0)
    if direction == "in":
        caller = shop.ring(press=("1",))
        shop.pass_s(25.0)
        caller.hang_up()
        shop.until(caller.done.done, 15.0)
    else:
        shop.add_far_end(OTHER, rings=1)
        shop.dial_out(OTHER)
        shop.until(lambda: shop.is_answered, 40.0)
        shop.phone("11").hang_up()
    shop.until_ready()
    shop.pass_s(20.0)
    assert shop.last_call()["disposition"] == "answered"
    assert shop.mobile.modem.restarts == 0
    assert shop.health()["counters"].keys().isdisjoint({"stuck_calls_freed", "resets"})


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_call_out_rings_is_answered_and_heard_both_ways(
    open_mobile: OpenMobile, kind: str
) -> None:
    shop = open_mobile(Mobile(kind))
    shop.add_far_end(OTHER, rings=2)
    phone = shop.phone("11")
    far = shop.dial_out(OTHER)
    phone.clear()
    shop.until(lambda: far.progress is Progress.ANSWERED, 40.0)
    assert far.number == OTHER
    assert loudest_at(bytes(phone.heard), 425) > 0.3, "no ringback"
    assert shop.last_call()["answered_at"] is None, "told as answered while it rang"
    lifted_at = shop.loop.clock.utc()
    phone.clear()
    shop.until(lambda: shop.is_answered, ANSWER_LIMIT_S)
    assert shop.last_call()["answered_at"] - lifted_at <= ANSWER_LIMIT_S
    phone.say(tone(1000, 1.0))
    shop.pass_s(2.0)
    assert loudest_at(bytes(far.heard), 1000) > 0.9
    assert has_speech(bytes(phone.heard)), "the far end's hello"
    phone.hang_up()
    shop.until(lambda: far.is_over, 10.0)
    shop.until_ready()
    call = shop.last_call()
    assert (call["direction"], call["disposition"]) == ("outbound", "answered")
    assert [dial["outcome"] for dial in call["dials"]] == ["answered"]


@pytest.mark.parametrize("kind", ["ec25", "sim7600", "a7672"])
def test_a_silent_answer_is_told_too(open_mobile: OpenMobile, kind: str) -> None:
    shop = open_mobile(Mobile(kind))
    shop.add_far_end(OTHER, rings=1, speaks=False)
    far = shop.dial_out(OTHER)
    shop.until(lambda: far.progress is Progress.ANSWERED, 40.0)
    shop.phone("11").say(tone(1000, 1.0))
    shop.until(lambda: shop.is_answered, SILENT_LIMIT_S)
    shop.phone("11").hang_up()
    shop.until_ready()


@pytest.mark.parametrize("kind", ["ec25", "sim7600", "sim800"])
def test_each_key_that_makes_no_tone_is_sent_once(open_mobile: OpenMobile, kind: str) -> None:
    shop = open_mobile(Mobile(kind))
    shop.add_far_end(OTHER, rings=1)
    far = shop.dial_out(OTHER)
    shop.until(lambda: shop.is_answered, 40.0)
    shop.phone("11").press("122550", pulse=True)
    shop.pass_s(15.0)
    assert [m["key"] for m in far.timeline if m["what"] == "key"] == list("122550")
    sent = [text for text in shop.mobile.modem.transcript if text.startswith("AT+VTS")]
    assert sent == [f"AT+VTS={key}" for key in "122550"]


@pytest.mark.parametrize("kind", ["ec25", "a7672"])
@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [("busy", "busy"), ("unobtainable", "unobtainable"), ("no_answer", "no_answer")],
)
def test_a_call_out_comes_to_nothing(
    open_mobile: OpenMobile, kind: str, behaviour: str, outcome: str
) -> None:
    shop = open_mobile(Mobile(kind), more="\n[outgoing]\nanswer_within_s = 300\n")
    shop.add_far_end(OTHER, behaviour=behaviour)
    far = shop.dial_out(OTHER)
    shop.until(lambda: [d["outcome"] for d in shop.last_call()["dials"]] != [None], 120.0)
    assert [dial["outcome"] for dial in shop.last_call()["dials"]] == [outcome]
    assert shop.last_call()["answered_at"] is None
    shop.phone("11").hang_up()
    shop.until_ready()
    assert far.is_over


@pytest.mark.parametrize("kind", ["ec25", "sim7600", "a7672"])
def test_the_far_end_hangs_up(open_mobile: OpenMobile, kind: str) -> None:
    shop = open_mobile(Mobile(kind))
    shop.add_far_end(OTHER, rings=1, hang_up_after_s=9.0)
    far = shop.dial_out(OTHER)
    shop.until(lambda: far.is_over, 60.0)
    shop.until(lambda: shop.line_state == "ready", 10.0)
    shop.phone("11").hang_up()
    shop.until_ready()
    assert shop.last_call()["ended_by"] == "far_end"
    assert shop.mobile.modem.restarts == 0


@pytest.mark.parametrize("kind", ["ec25", "sim7600"])
def test_a_second_caller_is_sent_away_and_the_first_talks_on(
    open_mobile: OpenMobile, kind: str
) -> None:
    shop = open_mobile(Mobile(kind))
    shop.answer_with("11", 1.0)
    first = shop.ring(press=("1",))
    shop.until(lambda: shop.is_answered, 30.0)
    second = shop.ring(number="09170000002")
    shop.until(second.done.done, 10.0)
    shop.pass_s(3.0)
    assert not first.done.done()
    first.hang_up()
    shop.until_ready()
    assert shop.health()["counters"]["waiting_rejected"] == 1
    assert [call["caller"]["number"] for call in shop.calls_on_line()] == ["09171234567"]


def test_a_second_caller_waits_and_is_told_and_is_served_next(open_mobile: OpenMobile) -> None:
    shop = open_mobile(Mobile("ec25", line='waiting_call = "tell"'))
    shop.answer_with("11", 1.0)
    first = shop.ring(press=("1",))
    shop.until(lambda: shop.is_answered, 30.0)
    second = shop.ring(number="09170000002", press=("1",))
    shop.until(lambda: "09170000002" in shop.story, 5.0)
    assert not second.done.done()
    first.hang_up()
    shop.until(lambda: len(shop.calls_on_line()) == 2, 20.0)
    shop.until(lambda: shop.is_answered, 40.0)
    second.hang_up()
    shop.until_ready()
    numbers = [call["caller"]["number"] for call in shop.calls_on_line()]
    assert numbers == ["09170000002", "09171234567"]


@pytest.mark.parametrize("kind", ["ec25", "sim7600"])
def test_unplugged_in_a_call_out(open_mobile: OpenMobile, kind: str) -> None:
    shop = open_mobile(Mobile(kind))
    shop.add_far_end(OTHER, rings=1)
    shop.dial_out(OTHER)
    shop.until(lambda: shop.is_answered, 40.0)
    shop.mobile.unplug(keeps_power=True)
    shop.until(lambda: shop.last_call()["ended_at"] is not None, 5.0)
    assert "unplugged" in shop.story
    shop.phone("11").hang_up()
    shop.pass_s(20.0)
    shop.mobile.plug_in()
    assert shop.until(lambda: shop.line_state == "ready") <= 5.0
    assert shop.mobile.calls.there == [], "the call it kept was ended"
    far = shop.dial_out(OTHER)
    shop.until(lambda: shop.is_answered, 40.0)
    shop.phone("11").hang_up()
    shop.until(lambda: far.is_over, 10.0)


def test_a_degraded_second_call_has_the_modem_restarted(open_mobile: OpenMobile) -> None:
    shop = open_mobile(Mobile("sim7600", emulated={"faults": CellularFaults(pcm_errors=2)}))
    caller = shop.ring(hang_up_after_s=5.0)
    shop.until(caller.done.done, 60.0)
    shop.until(lambda: shop.mobile.modem.restarts == 1, 20.0)
    shop.until_ready()
    assert shop.health()["counters"]["resets"] == 1


@pytest.mark.parametrize("kind", ["ec25", "sim7600"])
def test_who_only_listens_is_no_trouble(open_mobile: OpenMobile, kind: str) -> None:
    shop = open_mobile(Mobile(kind))
    shop.add_far_end(OTHER, rings=1)
    shop.dial_out(OTHER)
    shop.until(lambda: shop.is_answered, 40.0)
    shop.pass_s(2.0)
    shop.phone("11").say(tone(1000, 8.0))
    shop.pass_s(8.0)
    assert [call["trouble"] for call in shop.status["calls"]] == [""]
    assert "hear" not in shop.story.partition("answered")[2]
    shop.phone("11").hang_up()
    shop.until_ready()
