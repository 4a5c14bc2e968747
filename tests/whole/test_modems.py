"""Every family of modem, their clocks and their misbehaviour; the line always comes back."""

import pytest

from appliance.simulator.modem_state import Faults
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop
from tests.whole.sound import find_clip, linear, loudest_at, share_heard, tone


def a_call_works(shop: Shop) -> None:
    """Menu, key, both directions of speech, hang-up by the counter."""
    shop.phone("11").clear()
    shop.answer_with("11", after_s=1.0, say=tone(700, 1.5), say_after_s=0.5, hang_up_after_s=5.0)
    caller = shop.ring(press=("1",), press_after_s=2.0, say=tone(900, 4.0), say_after_s=2.0)
    shop.until(caller.done.done)
    assert caller.ended_by == "other"
    assert loudest_at(bytes(shop.phone("11").heard), 900) > 0.9
    assert loudest_at(bytes(caller.heard), 700) > 0.9
    shop.until_ready()
    assert shop.last_call()["digits"] == "1"
    assert shop.last_call()["disposition"] == "answered"


@pytest.mark.parametrize(
    ("profile", "digit_form"),
    [
        ("usr5637", "shielded"),
        ("conexant", "bare"),
        ("si24xx", "shielded"),
        ("si24xx", "bare"),
        ("usr5637", "none"),
    ],
)
def test_every_family(open_shop: OpenShop, profile: str, digit_form: str) -> None:
    shop = open_shop(line={"profile": profile, "digit_form": digit_form})
    a_call_works(shop)


@pytest.mark.parametrize(
    ("modem_ppm", "hat_ppm"), [(-1000.0, -1000.0), (-1000.0, 1000.0), (1000.0, -1000.0)]
)
def test_clocks_that_differ(open_shop: OpenShop, modem_ppm: float, hat_ppm: float) -> None:
    shop = open_shop(line={"ppm": modem_ppm}, hat={"clock_ppm": hat_ppm})
    shop.answer_with("11", after_s=0.5)
    caller = shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=60.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.pass_s(2.0)
    port = shop.box.fleet.lines["landline"].port
    assert port is not None
    for _ in range(8):
        shop.pass_s(5.0)
        stats = shop.box.audio.port_stats(port)
        assert stats.fill_in_frames < 8 * 60, "the queue does not grow"
    assert stats.overruns == 0
    assert stats.underruns <= 3, "a few 10 ms gaps while the clocks become known"
    shop.until(caller.done.done)
    shop.until_ready()


@pytest.mark.parametrize("ppm", [-1000.0, 1000.0])
def test_the_greeting_is_whole_on_a_fast_or_slow_clock(open_shop: OpenShop, ppm: float) -> None:
    shop = open_shop(line={"ppm": ppm})
    caller = shop.ring(hang_up_after_s=4.0)
    shop.until(caller.done.done)
    heard, clip = linear(bytes(caller.heard)), shop.box.prompts.clip("welcome").samples
    at = find_clip(heard, clip)
    assert at is not None
    assert share_heard(heard, clip, at) > 0.95


@pytest.mark.parametrize("profile", ["usr5637", "conexant", "si24xx"])
def test_still_streaming_when_we_start(open_shop: OpenShop, profile: str) -> None:
    shop = open_shop(line={"profile": profile, "faults": Faults(stuck_streaming=True)})
    a_call_works(shop)


@pytest.mark.parametrize(
    "faults",
    [
        Faults(silent_end=True),
        Faults(bare_end=True),
        Faults(samples_after_hang_up_ms=600),
        Faults(late_connect_s=4.0),
        Faults(no_caller_id=True),
    ],
    ids=["silent_end", "bare_end", "lingers", "late_connect", "no_caller_id"],
)
def test_a_fault_costs_no_second_call(open_shop: OpenShop, faults: Faults) -> None:
    shop = open_shop(line={"faults": faults})
    for _ in range(2):
        shop.answer_with("11", after_s=1.0, hang_up_after_s=2.0)
        caller = shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=20.0)
        shop.until(caller.done.done)
        assert caller.outcome == "answered"
        shop.until_ready()
        assert shop.last_call()["disposition"] == "answered"
    assert len(shop.calls()) == 2


def test_a_modem_that_streams_on_is_told_to_the_owner_until_it_heals(open_shop: OpenShop) -> None:
    shop = open_shop(line={"faults": Faults(ignores_end=True)})
    caller = shop.ring(press=("1",), hang_up_after_s=2.0)
    shop.until(caller.done.done)
    shop.until(lambda: shop.line_state in ("fault", "retrying"))
    assert "can't be stopped" in shop.status["lines"][0]["reason"]
    shop.network.line("landline").modem.misbehave(Faults())
    shop.until(lambda: shop.line_state == "ready")
    a_call_works(shop)


@pytest.mark.parametrize("faults", [Faults(errors_only=True), Faults(never_answers=True)])
def test_a_modem_that_obeys_nothing_is_told_to_the_owner_until_it_heals(
    open_shop: OpenShop, faults: Faults
) -> None:
    shop = open_shop()
    modem = shop.network.line("landline").modem
    modem.misbehave(faults)
    shop.until(lambda: shop.line_state in ("fault", "retrying"), 100.0)
    assert "modem" in shop.status["lines"][0]["reason"]
    modem.misbehave(Faults())
    shop.until(lambda: shop.line_state == "ready", 100.0)
    assert shop.status["lines"][0]["reason"] == ""
    a_call_works(shop)


def test_errors_while_it_answers(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(give_up_after_s=12.0)
    shop.until(lambda: shop.line_state == "ringing")
    modem = shop.network.line("landline").modem
    modem.misbehave(Faults(errors_only=True))
    shop.until(lambda: shop.line_state != "ringing")
    shop.until(lambda: not shop.status["calls"])
    assert shop.last_call()["disposition"] == "failed"
    modem.misbehave(Faults())
    shop.until(caller.done.done)
    shop.until(lambda: shop.line_state == "ready")
    a_call_works(shop)


@pytest.mark.parametrize("moment", ["ringing", "answering", "menu", "talking", "releasing"])
def test_the_port_vanishes_and_comes_back(open_shop: OpenShop, moment: str) -> None:
    shop = open_shop()
    shop.answer_with("11", after_s=0.5)
    caller = shop.ring(press=("1",), press_after_s=2.0)
    reached = {
        "ringing": lambda: shop.line_state == "ringing",
        "answering": lambda: shop.status["calls"] and shop.line_state == "in_call",
        "menu": lambda: shop.status["calls"] and shop.status["calls"][0]["state"] == "menu",
        "talking": lambda: shop.station_state("11") == "talking",
        "releasing": lambda: shop.station_state("11") == "talking",
    }[moment]
    shop.until(reached)
    if moment == "releasing":
        shop.phone("11").hang_up()
        shop.until(lambda: shop.station_state("11") == "idle")
        shop.pass_s(0.05)
    shop.network.line("landline").unplug()
    shop.until(lambda: not shop.status["calls"])
    shop.until(lambda: shop.line_state in ("fault", "retrying", "down"))
    call = shop.last_call()
    assert call["disposition"] == ("answered" if moment in ("talking", "releasing") else "failed")
    assert call["ended_by"] == ("station" if moment == "releasing" else "line")
    if moment == "talking":
        shop.until(lambda: shop.station_state("11") == "busy")
    shop.pass_s(5.0)
    caller.hang_up()
    shop.network.line("landline").plug_in()
    assert shop.until(lambda: shop.line_state == "ready") < 8.0
    shop.phone("11").hang_up()
    a_call_works(shop)
    assert shop.box.audio.in_use["ports"] == 8, "only the HAT's"


def test_a_second_caller_knocks_and_is_no_second_call(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.answer_with("11", after_s=0.5)
    caller = shop.ring(press=("1",), press_after_s=2.0, number="0917", hang_up_after_s=20.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.network.line("landline").exchange.wait_call("0999", "WAITING")
    shop.pass_s(3.0)
    assert shop.line_state == "in_call"
    assert len(shop.status["calls"]) == 1
    shop.until(caller.done.done)
    shop.until(lambda: shop.line_state == "ready", 100.0)
    shop.until(lambda: not shop.phone("11").off_hook)  # it hangs up on hearing busy tone
    assert len(shop.calls()) == 1
    assert shop.last_call()["caller"]["number"] == "0917"
    assert "Another caller waits" in shop.story
    a_call_works(shop)
    assert len(shop.calls()) == 2
    assert shop.last_call()["caller"]["number"] not in ("0917", "0999")
