"""A mobile line in the whole daemon: serial PCM through the C loop, faults drawn at random."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.simulator.cellular.line import CellularConfig, SimulatedCellular
from appliance.simulator.hat import HatConfig
from appliance.simulator.network import NetworkConfig, SimulatedNetwork
from appliance.simulator.phones import PhoneConfig
from tests.whole.shop import TOML, Shop
from tests.whole.sound import loudest_at, tone

MOBILE = TOML.replace(
    """driver = "voice_modem"
port = "devices/line0"
""",
    """driver = "cellular"
port = "devices/at0"
audio = "serial_pcm"
audio_port = "devices/pcm0"
""",
)
assert MOBILE != TOML
CALLS = 8


class MobileShop(Shop):
    """A shop whose only line is a mobile one."""

    def __init__(self, state: Path, prompts: Path, **mobile: Any) -> None:
        super().__init__(state, prompts, toml=MOBILE)
        devices = state / "devices"
        config = CellularConfig(
            "landline", devices / "at0", audio="serial_pcm", audio_path=devices / "pcm0", **mobile
        )
        self.network = SimulatedNetwork(
            self.loop,
            NetworkConfig(
                cellular=(config,),
                hats=(HatConfig("hat0", devices / "hat0"),),
                phones=tuple(PhoneConfig(str(10 + n), "hat0", n) for n in (1, 2, 3)),
            ),
        )
        self.box = self.make_box()

    @property
    def mobile(self) -> SimulatedCellular:
        return self.network.mobile("landline")

    def _identify(self, path: str) -> object | None:
        if path == str(self.mobile.path):
            here = self.mobile.plugged_in
            return (path, self.mobile.modem.restarts) if here else None
        return path


@pytest.fixture
def shop(tmp_path: Path, prompts: Path) -> Iterator[MobileShop]:
    with MobileShop(tmp_path, prompts, profile="sim7600") as shop:
        yield shop


def test_a_caller_presses_a_key_and_talks_through_serial_pcm(shop: MobileShop) -> None:
    shop.answer_with("11", 2.0, say=tone(700, 3.0), say_after_s=0.5)
    caller = shop.ring(press=("1",), say=tone(900, 3.0), say_after_s=6.0, hang_up_after_s=20.0)
    shop.until(caller.done.done)
    assert loudest_at(bytes(shop.phone("11").heard), 900) > 0.9
    assert loudest_at(bytes(caller.heard), 700) > 0.9
    shop.until_ready()
    call = shop.last_call()
    assert call["caller"]["number"] == "09171234567"
    assert call["digits"] == "1"
    assert call["disposition"] == "answered"
    assert call["ended_by"] == "caller"


def test_unplugged_in_a_call_it_is_back_soon(shop: MobileShop) -> None:
    caller = shop.ring()
    shop.until(lambda: shop.line_state == "in_call")
    shop.pass_s(3.0)
    shop.mobile.unplug(keeps_power=True)
    shop.until(lambda: not shop.status["calls"], 5.0)
    caller.hang_up()
    shop.pass_s(30.0)
    shop.mobile.plug_in()
    assert shop.until(lambda: shop.line_state == "ready") <= 5.0


def test_texts_come_and_go_outside_of_calls(shop: MobileShop) -> None:
    caller = shop.ring(hang_up_after_s=15.0)
    shop.until(lambda: shop.line_state == "in_call")
    before = shop.box.texts.revision
    shop.mobile.send_text("+639170000001", "Is it open?")
    shop.box.fleet.lines["landline"].send_text("t1", "+639170000001", "Yes, until eight.")
    shop.pass_s(3.0)
    assert shop.box.texts.revision == before
    assert shop.mobile.state()["texts_sent"] == []
    shop.until(caller.done.done)
    shop.until(lambda: shop.mobile.state()["texts_sent"])
    assert shop.mobile.state()["texts_sent"] == [
        {"number": "+639170000001", "text": "Yes, until eight."}
    ]
    shop.until(lambda: shop.box.texts.revision != before)
    shop.until(lambda: not any(shop.mobile.state()["texts_kept"].values()))


@pytest.mark.parametrize("profile", ["sim7600", "ec25"])
def test_calls_with_random_faults_leave_no_stuck_line(
    tmp_path: Path, prompts: Path, profile: str
) -> None:
    with MobileShop(tmp_path, prompts, profile=profile, random_faults=True) as shop:
        for number in range(CALLS):
            caller = shop.ring(number=f"0917000{number:04}", hang_up_after_s=6.0 + number % 5)
            shop.until(caller.done.done, 120.0)
            shop.until_ready()
        calls = shop.calls_on_line()
        assert len(calls) == CALLS
        assert {c["caller"]["number"] for c in calls} == {f"0917000{n:04}" for n in range(CALLS)}
