"""Automatic level: a caller who comes too low is brought up for the handset, when asked for."""

from math import log10

from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML, Shop
from tests.whole.sound import linear, tone, ulaw

LEVELLED = TOML.replace('answer = "menu:main"\n', 'answer = "menu:main"\nlevel = "automatic"\n')


def quiet_speech(seconds: float) -> bytes:
    """Syllables that swell and fade, at about -34 dBm0 (peak 650)."""
    parts = b"".join(tone(700, 0.03, 0.02 * swell / 4) for swell in (1, 2, 4, 3, 4, 2, 3, 1))
    one = parts + ulaw([0] * 1200, noise=12)
    return (one * (1 + round(seconds * 8000) // len(one)))[: round(seconds * 8000)]


def loudest_half_second(shop: Shop) -> float:
    """What the handset heard last, in dBm0, of 5 s of talk."""
    shop.answer_with("11", after_s=1.0)
    caller = shop.ring(press=("1",), press_after_s=4.5, hang_up_after_s=40.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    caller.say(quiet_speech(20))
    shop.pass_s(18.0)
    heard = linear(bytes(shop.phone("11").heard)[-40_000:])
    caller.hang_up()
    shop.until_ready()
    powers = (sum(s * s for s in heard[n : n + 4000]) / 4000 for n in range(0, 36_000, 4000))
    return 10 * log10(max(powers) / 260558792)


def test_a_quiet_caller_is_brought_up_where_it_is_asked_for(open_shop: OpenShop) -> None:
    assert abs(loudest_half_second(open_shop(toml=LEVELLED)) - -23) < 3


def test_by_default_a_level_is_left_alone(open_shop: OpenShop) -> None:
    assert loudest_half_second(open_shop()) < -32
