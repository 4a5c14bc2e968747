"""The caller is gone: every way a line can show it, in every state of a call; the line is freed."""

from typing import Any

import pytest

from appliance.simulator.line_habits import LineHabits
from appliance.simulator.modem_state import Faults
from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML, Shop

NO_REPORT = {"digit_form": "none"}


def line(far_end_gone: str, country: str = "US", **more: Any) -> dict[str, Any]:
    return {"habits": LineHabits(country=country, far_end_gone=far_end_gone), **more}


def talk_and_leave(shop: Shop, after_s: float = 9.0) -> None:
    shop.answer_with("11", after_s=1.0)
    caller = shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=after_s)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.until(caller.done.done)


def serve_another(shop: Shop) -> None:
    """The line rings again and its caller is heard."""
    before = len(shop.calls())
    shop.phone("11").hang_up()
    shop.answer_with("11", after_s=0.5)
    shop.ring(press=("1",), press_after_s=3.5, number="222", hang_up_after_s=8.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    assert len(shop.calls()) == before + 1
    assert shop.calls()[0]["caller"]["number"] == "222"


@pytest.mark.parametrize("country", ["US", "PH", "VN", "GB"])
def test_by_busy_tone_alone(open_shop: OpenShop, country: str) -> None:
    toml = TOML.replace('country = "US"', f'country = "{country}"')
    shop = open_shop(toml=toml, line=line("tone", country))
    talk_and_leave(shop)
    assert shop.until_ready() < 8.0
    assert "busy tone was heard" in shop.story
    assert shop.last_call()["ended_by"] == "caller"
    serve_another(shop)


@pytest.mark.parametrize(
    ("profile", "how", "evidence"),
    [
        ("usr5637", "code", ("heard busy tone", "busy tone was heard")),
        ("conexant", "code", ("heard busy tone", "busy tone was heard")),
        ("si24xx", "code", ("heard busy tone", "busy tone was heard")),
        ("usr5637", "loop_break", ("the exchange opened the line",)),
    ],
)
def test_by_the_modem(
    open_shop: OpenShop, profile: str, how: str, evidence: tuple[str, ...]
) -> None:
    shop = open_shop(line=line(how, profile=profile))
    talk_and_leave(shop)
    shop.until_ready()
    assert any(word in shop.story for word in evidence)
    serve_another(shop)


def test_by_nothing_at_all_after_two_minutes_of_silence(open_shop: OpenShop) -> None:
    shop = open_shop(line=line("nothing"))
    talk_and_leave(shop)
    assert 100.0 < shop.until(lambda: shop.line_state == "ready", 150.0) < 130.0
    assert "nothing was heard" in shop.story
    assert shop.last_call()["disposition"] == "answered"
    serve_another(shop)


def test_the_longest_call_is_the_backstop(open_shop: OpenShop) -> None:
    shop = open_shop(more="[telephony]\nmax_call_s = 15\n")
    shop.answer_with("11", after_s=1.0)
    shop.ring(press=("1",), press_after_s=2.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    assert shop.until_ready() < 16.0
    call = shop.last_call()
    assert call["ended_by"] == "box"
    assert "the longest call is 15 s" in shop.story


def test_by_the_modem_ending_the_stream_itself(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.answer_with("11", after_s=1.0)
    shop.ring(press=("1",), press_after_s=2.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.network.line("landline").modem._leave(b"\x10\x03")
    assert shop.until_ready() < 8.0
    assert "the modem ended the call" in shop.story


def test_false_dial_tone_reports_end_nothing(open_shop: OpenShop) -> None:
    shop = open_shop(line={"faults": Faults(false_dial_codes=True)})
    shop.answer_with("11", after_s=1.0)
    caller = shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=12.0)
    shop.until(caller.done.done)
    assert caller.ended_by == "caller"
    shop.until_ready()


@pytest.mark.parametrize(
    ("recording", "tenths"),
    [*(("off", tenths) for tenths in range(2, 32, 3)), ("announce", 12), ("announce", 26)],
)
def test_while_it_is_answered_or_greeted(open_shop: OpenShop, recording: str, tenths: int) -> None:
    """From the first ring on, a new moment each time: ringing, answering, settling, greeting."""
    shop = open_shop(recording=recording)
    caller = shop.ring(give_up_after_s=2.5 + tenths / 10, hang_up_after_s=tenths / 10)
    shop.until(caller.done.done)
    shop.until_ready()
    call = shop.last_call()
    assert call["disposition"] == "abandoned"
    assert call["ended_by"] == "caller"
    assert [leg["ended_at"] is not None for leg in call["legs"]] == [True]
    serve_another(shop)


STATES = {
    "menu": lambda shop: shop.status["calls"] and shop.status["calls"][0]["state"] == "menu",
    "playing": lambda shop: shop.status["calls"] and shop.status["calls"][0]["state"] == "playing",
    "offered": lambda shop: shop.phone("11").ringing,
    "talking": lambda shop: shop.station_state("11") == "talking",
    "voicemail": lambda shop: shop.status["calls"][0]["state"] == "voicemail",
    "recording": lambda shop: "Taking a message" in shop.story,
}
KEYS = {"menu": "", "playing": "2", "offered": "1", "talking": "1"}


@pytest.mark.parametrize("state", STATES)
def test_in_every_state_of_a_served_call(open_shop: OpenShop, state: str) -> None:
    shop = open_shop(recording="always", line=line("loop_break"))
    if state == "talking":
        shop.answer_with("11", after_s=0.5)
    key = KEYS.get(state, "0")
    caller = shop.ring(press=(key,) if key else (), press_after_s=2.0)
    shop.until(lambda: shop.status["calls"])
    shop.until(lambda: STATES[state](shop))
    caller.hang_up()
    shop.until_ready()
    call = shop.last_call()
    assert call["ended_by"] == "caller"
    assert call["disposition"] == ("answered" if state == "talking" else "abandoned")
    assert not shop.phone("12").off_hook
    shop.until(lambda: shop.station_state("12") == "idle")
    assert shop.box.exchange.running_timers().keys() <= timers_of(shop, "station:11")
    serve_another(shop)


def timers_of(shop: Shop, owner: str) -> set[str]:
    return {key for key, value in shop.box.exchange.running_timers().items() if value == owner}


def test_by_a_regular_tone_that_no_table_has(open_shop: OpenShop) -> None:
    habits = LineHabits("US", far_end_gone="tone", hang_up_tone="hz=540 on=0.3 off=0.2")
    shop = open_shop(line={"habits": habits})
    talk_and_leave(shop)
    assert shop.until_ready() < 8.0
    assert "a regular tone like busy tone was heard" in shop.story
