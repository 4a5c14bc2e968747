"""The voice modem line calls out of a whole shop: what its own ear hears decides, not the modem."""

from typing import Any

import pytest

from appliance.core.events import AnswerSignHeard, Event, HangUpSignHeard, LineDialled
from appliance.lines.voice_modem.line import VoiceModemLine
from appliance.simulator.far_end import FarEndConfig
from appliance.simulator.line_habits import LineHabits
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop

US = LineHabits("US", progress_codes=False)


class Outgoing:
    """The shop's line, dialled by hand; its events go to ``events`` in place of the core."""

    def __init__(self, shop: Shop, far_end: FarEndConfig) -> None:
        self.shop = shop
        self.events: list[Event] = []
        line = shop.box.fleet.lines["landline"]
        assert isinstance(line, VoiceModemLine)
        self.line: Any = line
        line._sink = line._standing._sink = self.events.append
        shop.network.directory.add(far_end)

    def dial(self, number: str = "5550001") -> None:
        self.line.dial(number)
        self.shop.until(lambda: LineDialled("landline", True) in self.events, 20.0)
        port = self.line.port
        self.shop.box.audio.listen(port, digits=True, busy=True, silence_ms=4000, lenient=False)

    def signs(self, kind: type) -> list[str]:
        return [e.sign for e in self.events if isinstance(e, kind)]

    def release(self) -> None:
        self.line.release()
        exchange = self.shop.network.line("landline").exchange
        self.shop.until(lambda: not exchange.off_hook, 10.0)


@pytest.mark.parametrize("profile", ["usr5637", "conexant", "si24xx"])
def test_ringback_is_heard_and_then_the_far_end(open_shop: OpenShop, profile: str) -> None:
    shop = open_shop(line={"profile": profile, "habits": US})
    call = Outgoing(shop, FarEndConfig("5550001", rings=3))
    call.dial()
    shop.until(lambda: "ringback" in call.signs(AnswerSignHeard), 30.0)
    assert "modem_connected" not in call.signs(AnswerSignHeard), "OK and VCON are no answer"
    assert call.signs(HangUpSignHeard) == []
    call.release()


@pytest.mark.parametrize(
    ("behaviour", "sign"),
    [("busy", "busy_tone"), ("congestion", "busy_tone"), ("unobtainable", "unobtainable_tone")],
)
def test_refusals_are_heard_by_our_own_ear(open_shop: OpenShop, behaviour: str, sign: str) -> None:
    shop = open_shop(line={"habits": US})
    call = Outgoing(shop, FarEndConfig("5550001", behaviour))
    call.dial()
    shop.until(lambda: sign in call.signs(HangUpSignHeard), 30.0)
    assert call.signs(AnswerSignHeard) == [] or behaviour == "unobtainable"
    call.release()


def test_a_reversal_at_the_answer_is_a_sign_of_it(open_shop: OpenShop) -> None:
    shop = open_shop(line={"habits": LineHabits("US", reversal_on_answer=True)})
    call = Outgoing(shop, FarEndConfig("5550001", rings=2))
    call.dial()
    shop.until(lambda: "polarity" in call.signs(AnswerSignHeard), 30.0)
    assert "modem_ringback" in call.signs(AnswerSignHeard)
    assert "polarity" not in call.signs(HangUpSignHeard)
    call.release()


def test_the_far_end_hangs_up(open_shop: OpenShop) -> None:
    shop = open_shop(line={"habits": US})
    call = Outgoing(shop, FarEndConfig("5550001", rings=0, hang_up_after_s=4.0))
    call.dial()
    shop.until(lambda: "modem_busy" in call.signs(HangUpSignHeard), 40.0)
    call.release()
