"""The daemon's main thread hangs in mid-call: the loop hangs up, and the daemon finds its way."""

from functools import partial

import pytest

from appliance.audio.engine import AudioEngine
from appliance.simulator.modem_state import State
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop

HANG_LIMIT_S = 7.0  # 5 s without a heartbeat, both end codes, the hang-up


def nothing(_engine: AudioEngine) -> None:
    """What a hung thread does."""


def hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """No heartbeat, and nobody takes what the loop reports."""
    for deed in ("heartbeat", "_drain"):
        monkeypatch.setattr(AudioEngine, deed, nothing)


def modem_state(shop: Shop) -> State:
    return shop.network.lines["landline"].modem.state


def is_on_hook(shop: Shop) -> bool:
    return modem_state(shop) is State.IDLE


@pytest.mark.parametrize("profile", ["usr5637", "conexant", "si24xx"])
def test_the_line_is_hung_up_and_served_again(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    shop = open_shop(line={"profile": profile})
    shop.answer_with("11", after_s=1.0)
    caller = shop.ring(press=("1",), press_after_s=2.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    assert modem_state(shop) is State.VTR
    with monkeypatch.context() as hung:
        hang(hung)
        shop.until(partial(is_on_hook, shop), HANG_LIMIT_S)
        shop.pass_s(5.0)
    shop.until(caller.done.done)
    shop.until_ready()
    call = shop.last_call()
    assert call["disposition"] == "answered"
    assert "hung up without it" in " ".join(note["text"] for note in call["story"])
    shop.phone("11").hang_up()
    shop.answer_with("11", after_s=0.5)
    shop.ring(press=("1",), press_after_s=3.5, number="222", hang_up_after_s=8.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    assert shop.last_call()["caller"]["number"] == "222"


def test_a_short_hang_is_no_hang_up(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = open_shop()
    shop.answer_with("11", after_s=1.0)
    shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=30.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    with monkeypatch.context() as hung:
        hang(hung)
        shop.pass_s(3.5)
    shop.pass_s(5.0)
    assert modem_state(shop) is State.VTR
    assert shop.station_state("11") == "talking"
