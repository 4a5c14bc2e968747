"""A talk in which one side hears nothing: told within 5 s; a polite listener is no trouble."""

import itertools

from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop
from tests.whole.sound import tone, ulaw

QUIET = {"echo_db": None}  # syllables of one tone teach the echo canceller nothing


def speech(seconds: float) -> bytes:
    """Syllables of 250 ms with pauses of 100 ms between, at about -15 dBm0."""
    syllable = tone(700, 0.25, 0.12) + ulaw([0] * 800, noise=16)
    return bytes(itertools.islice(itertools.cycle(syllable), round(seconds * 8000)))


def line_noise(seconds: float, noise: int = 24) -> bytes:
    return ulaw([0] * round(seconds * 8000), noise=noise)


def connect(shop: Shop, **habits: object) -> object:
    """The caller presses 1 and talks to station 11, who behaves like that."""
    shop.answer_with("11", after_s=1.0, **habits)
    caller = shop.ring(press=("1",), press_after_s=4.5, hang_up_after_s=40.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    return caller


def troubles(shop: Shop) -> list[str]:
    return [one["trouble"] for one in shop.status["calls"]]


def test_a_handset_that_sends_nothing_is_told_within_5_s(open_shop: OpenShop) -> None:
    shop = open_shop(line=QUIET, hat=QUIET)
    caller = connect(shop)
    caller.say(speech(20))
    took = shop.until(lambda: any(troubles(shop)), limit_s=10)
    assert took <= 5.0
    assert troubles(shop) == ["station 11 can't be heard"]
    assert "The others can't hear station 11" in shop.story
    shop.phone("11").say(line_noise(60))
    shop.until(lambda: not any(troubles(shop)), limit_s=5)
    assert "Station 11 is heard again" in shop.story
    shop.until(caller.done.done)
    shop.until_ready()
    quality = shop.last_call()["quality"]
    assert [one["silent"] for one in quality["one_way"]] == ["station", "station"]
    assert [one["over"] for one in quality["one_way"]] == [False, True]
    assert quality["one_way"][0]["after_ms"] < 500, "from the bridging on"


def test_a_line_that_dies_in_the_talk_is_told_within_5_s(open_shop: OpenShop) -> None:
    shop = open_shop(line=QUIET, hat=QUIET)
    caller = connect(shop, say=speech(60), say_after_s=0.1)
    caller.say(speech(6))
    shop.pass_s(5.5)
    assert troubles(shop) == [""]
    took = shop.until(lambda: any(troubles(shop)), limit_s=10)
    assert took <= 0.7 + 5.0
    assert troubles(shop) == ["the caller can't be heard"]
    shop.until(caller.done.done)
    shop.until_ready()
    trouble = shop.last_call()["quality"]["one_way"][0]
    assert 5_500 <= trouble["after_ms"] <= 7_000


def test_a_polite_listener_is_no_trouble(open_shop: OpenShop) -> None:
    shop = open_shop(line=QUIET, hat=QUIET)
    caller = connect(shop, say=line_noise(60), say_after_s=0.0)
    caller.say(speech(20))
    shop.pass_s(20.0)
    assert troubles(shop) == [""]
    shop.until(caller.done.done)
    shop.until_ready()
    assert shop.last_call()["quality"]["one_way"] == []


def test_the_quality_of_a_talk_is_kept(open_shop: OpenShop) -> None:
    shop = open_shop(line=QUIET, hat=QUIET)
    caller = connect(shop, say=line_noise(4) + speech(4) + line_noise(60), say_after_s=0.0)
    caller.say(speech(6) + line_noise(60))
    shop.until(caller.done.done)
    shop.until_ready()
    quality = shop.last_call()["quality"]
    assert quality["ms"] > 15_000
    assert abs(quality["caller"]["level_dbm0"] - -15.3) < 2
    assert abs(quality["station"]["level_dbm0"] - -15.3) < 2
    assert 5_000 < quality["caller"]["talk_ms"] < 10_000, "the busy tone at the end included"
    assert 3_000 < quality["station"]["talk_ms"] < 5_500
    assert 1_000 < quality["overtalk_ms"] < 3_000
    assert quality["dead_air_ms"] > 5_000
    assert quality["caller"]["clipped_percent"] == 0.0
    assert quality["one_way"] == []
