"""Secret digits: no touch tone in the file, no digit in the story, the history or the log."""

import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from math import cos, log10, pi, sin

import pytest

from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML, Shop
from tests.whole.sound import linear, loudest_at, tone, ulaw, wav_channels

LOWS, HIGHS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
SECRET = TOML.replace('name = "main"\n', 'name = "main"\nsecret = true\n')
OPEN = TOML
NUMBER = "4929718"  # none of them is a key of the menu


def level_dbm0(samples: list[int], hz: float) -> float:
    """One frequency's level by plain correlation: nothing of the detector's own."""
    count = len(samples)
    re = sum(s * cos(2 * pi * hz * n / 8000) for n, s in enumerate(samples))
    im = sum(s * sin(2 * pi * hz * n / 8000) for n, s in enumerate(samples))
    power = 2 * (re * re + im * im) / count**2
    return 10 * log10(power / 260558792 + 1e-12)


def tones_in(samples: list[int]) -> Iterator[float]:
    """The weaker tone's level of each 10 ms in which a low and a high tone stand together."""
    for at in range(0, len(samples) - 80, 40):
        piece = samples[at : at + 80]
        power = sum(s * s for s in piece) / 80 / 260558792
        if power < 1e-6:
            continue  # under -60 dBm0
        low = max(level_dbm0(piece, hz) for hz in LOWS)
        high = max(level_dbm0(piece, hz) for hz in HIGHS)
        if 10 ** (low / 10) + 10 ** (high / 10) > 0.7 * power and abs(low - high) < 12:
            yield min(low, high)


def dial(shop: Shop, keys: str = NUMBER) -> None:
    """Keys while the prompt plays and after it; then the caller hangs up."""
    caller = shop.ring(press=(keys,), press_after_s=4.5, hang_up_after_s=16.0)
    shop.until(caller.done.done)
    shop.until_ready()
    shop.pass_s(1.0)


def channels(shop: Shop) -> list[list[int]]:
    (path,) = sorted((shop.state / "recordings").rglob("*.wav"))
    return [linear(one) for one in wav_channels(path)]


def test_no_tone_is_in_the_file_and_the_spans_are_marked(open_shop: OpenShop) -> None:
    shop = open_shop(recording="always", toml=SECRET)
    dial(shop)
    left, right = channels(shop)
    assert list(tones_in(left)) == []
    assert list(tones_in(right)) == []
    recording = shop.last_call()["recording"]
    assert recording["ms"] == len(left) // 8
    spans = recording["secret_spans"]
    assert spans
    for span in spans:
        assert 0 <= span["from_ms"] < span["to_ms"] <= recording["ms"]
        for side in (left, right):
            assert not any(side[span["from_ms"] * 8 + 8 : span["to_ms"] * 8 - 8])


def test_an_ordinary_menu_records_them(open_shop: OpenShop) -> None:
    shop = open_shop(recording="always", toml=OPEN)
    dial(shop)
    left, _right = channels(shop)
    assert len(list(tones_in(left))) > 5, "this test would see them"
    assert "secret_spans" not in shop.last_call()["recording"]
    assert "4" in shop.last_call()["digits"]


def test_no_digit_is_told_or_kept_anywhere(
    open_shop: OpenShop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shop = open_shop(recording="off", toml=SECRET)
    dial(shop, keys="94")
    call = shop.last_call()
    assert call["digits"] == "••"
    assert "Pressed •, which is not a key of menu main" in shop.story
    assert "asks for secret digits" in shop.story
    with closing(sqlite3.connect(shop.state / "history.sqlite")) as db:
        rows = db.execute("SELECT kind, data FROM event WHERE kind IN ('digit', 'note')").fetchall()
    for kind, raw in rows:
        data = json.loads(raw)
        kept = data["digit"] if kind == "digit" else data["figures"].get("key", "•")
        assert kept == "•"
    assert "Pressed 9" not in caplog.text
    assert "Pressed 4" not in caplog.text


def test_keys_ahead_of_a_secret_menu_are_not_kept_either(open_shop: OpenShop) -> None:
    shop = open_shop(recording="announce", toml=SECRET)
    caller = shop.ring(press=("9",), press_after_s=1.0, hang_up_after_s=6.0)
    shop.until(caller.done.done)
    shop.until_ready()
    assert set(shop.last_call()["digits"]) <= {"•"}


def test_the_shop_asks_for_it_while_talking(open_shop: OpenShop) -> None:
    shop = open_shop(recording="always")
    shop.answer_with("11", after_s=1.0, say=tone(1600, 1.5), say_after_s=0.3)
    caller = shop.ring(press=("1",), press_after_s=4.5, hang_up_after_s=30.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    call_id = shop.status["calls"][0]["call_id"]
    assert not shop.box.ask_secret("nobody", True)
    shop.pass_s(3.0)
    assert shop.box.ask_secret(call_id, True)
    shop.pass_s(1.0)
    for key in "5309":
        caller.say(key_tone(key))
        shop.pass_s(0.4)
    shop.pass_s(1.0)
    caller.say(tone(900, 1.0))
    shop.pass_s(2.0)
    shop.box.ask_secret(call_id, False)
    shop.pass_s(2.0)
    shop.until(caller.done.done)
    shop.until_ready()
    shop.phone("11").hang_up()
    left, right = channels(shop)
    spans = shop.last_call()["recording"]["secret_spans"]
    assert spans
    after_the_menu = spans[0]["from_ms"] * 8 - 1600
    assert list(tones_in(left[after_the_menu:])) == []
    assert list(tones_in(right[after_the_menu:])) == []
    assert loudest_at(ulaw(left), 900) > 0.9, "what is no key stays"
    assert "Secret digits asked for" in shop.story
    assert "Secret digits are over" in shop.story


def key_tone(key: str) -> bytes:
    row, column = divmod("123A456B789C*0#D".index(key), 4)
    low, high = LOWS[row], HIGHS[column]
    samples = [
        round(4000 * (sin(2 * pi * low * n / 8000) + sin(2 * pi * high * n / 8000)))
        for n in range(1200)
    ]
    return ulaw(samples)
