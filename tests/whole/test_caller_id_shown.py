"""Who calls, on the displays of the telephones that ring: whole daemon, firmware, FSK."""

from typing import Any

import pytest

from appliance.simulator.hat_line import HatLineConfig
from appliance.simulator.line_habits import LineHabits
from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML, Shop
from tests.whole.test_linecard_line import MORE

TAKEN_S = 2.5  # a HAT with lifelines gives the telephones up to 1 s later


def moments(shop: Shop, extension: str, what: str) -> list[dict[str, Any]]:
    return [dict(one) for one in shop.phone(extension).timeline if one["what"] == what]


@pytest.mark.parametrize(
    ("country", "system"),
    [("US", "bell202"), ("PH", "bell202"), ("GB", "v23"), ("DE", "v23"), ("JP", "v23")],
)
def test_between_the_first_ring_and_the_second(
    open_shop: OpenShop, country: str, system: str
) -> None:
    shop = open_shop(toml=TOML.replace('"US"', f'"{country}"'))
    bursts: list[tuple[str, float]] = []
    phone = shop.phone("11")
    rung = phone._rung

    def note(burst: bool) -> None:
        bursts.append(("on" if burst else "off", shop.loop.time()))
        rung(burst)

    phone._rung = note  # type: ignore[method-assign]
    shop.ring(press=("1",), press_after_s=2.0)
    shop.until(lambda: phone.shown and shop.phone("12").shown, 40.0)
    shown_s = shop.loop.time()
    for extension in ("11", "12"):
        shown = shop.phone(extension).shown
        assert shown is not None
        assert (shown.number, shown.name) == ("09171234567", "JUAN CRUZ")
        assert (shown.presentation, shown.system) == ("allowed", system)
    pulses = 2 if country == "GB" else 1  # one ring
    assert [kind for kind, _ in bursts] == ["on", "off"] * pulses
    assert 0.7 <= shown_s - bursts[-1][1] <= 1.8
    shop.until(lambda: len(bursts) > 2 * pulses, 6.0)
    assert bursts[2 * pulses][1] - shown_s >= 0.15
    if country != "JP":
        pause_s = bursts[2 * pulses][1] - bursts[2 * pulses - 1][1]
        assert pause_s == pytest.approx(2.0 if country == "GB" else 4.0, abs=0.6)
    shop.phone("12").lift()
    shop.until(lambda: shop.station_state("12") == "talking")


@pytest.mark.parametrize("presentation", ["private", "unavailable"])
def test_why_there_is_no_number(open_shop: OpenShop, presentation: str) -> None:
    shop = open_shop()
    shop.ring(press=("1",), press_after_s=2.0, number="", name="", presentation=presentation)
    shop.until(lambda: shop.phone("11").shown, 40.0)
    shown = shop.phone("11").shown
    assert shown is not None
    assert (shown.number, shown.name, shown.presentation) == ("", "", presentation)


def test_a_colleague_is_shown_with_extension_and_name(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.phone("12").lift()
    shop.pass_s(0.5)
    shop.phone("12").press("11")
    shop.until(lambda: shop.phone("11").shown, 20.0)
    shown = shop.phone("11").shown
    assert shown is not None
    assert (shown.number, shown.name) == ("12", "Kitchen")


def test_lifted_before_the_second_ring_nothing_is_sent_into_the_ear(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.answer_with("11", after_s=1.2)
    shop.ring(press=("1",), press_after_s=2.0)
    shop.until(lambda: shop.station_state("11") == "talking", 40.0)
    shop.pass_s(2.0)
    assert moments(shop, "11", "shows") == []


def test_the_caller_after_one_who_gave_up(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.phone("12").lift()
    shop.pass_s(0.5)
    shop.phone("12").press("11")
    shop.until(lambda: shop.phone("11").ringing, 20.0)
    shop.pass_s(0.5)
    shop.phone("12").hang_up()
    shop.ring(press=("1",), press_after_s=2.0)
    shop.until(lambda: shop.phone("11").shown, 60.0)
    assert [one["number"] for one in moments(shop, "11", "shows")] == ["09171234567"]


def test_a_call_from_the_hat_s_own_line(open_shop: OpenShop) -> None:
    line = HatLineConfig("wall", "hat0", 5, habits=LineHabits(country="US", far_end_gone="tone"))
    shop = open_shop(more=MORE, hat_lines=(line,))
    shop.pass_s(TAKEN_S)
    shop.ring(press=("1",), press_after_s=2.0, line="wall", number="0281", name="CARLA")
    shop.until(lambda: shop.phone("11").shown, 40.0)
    shown = shop.phone("11").shown
    assert shown is not None
    assert (shown.number, shown.name) == ("0281", "CARLA")
