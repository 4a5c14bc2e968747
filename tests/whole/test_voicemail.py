"""A message: when it is offered, each way it can end, and that the owner sees it."""

from pathlib import Path

import pytest

from appliance.simulator.exchange import LineHabits
from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML, Shop
from tests.whole.sound import find_clip, linear, loudest_at, tone, ulaw, wav_channels

SILENCE = b"\xff"


def reach(shop: Shop) -> None:
    """Until the beep is over and the message runs."""
    shop.until(lambda: shop.status["calls"])
    shop.until(lambda: "Taking a message" in shop.story)
    shop.pass_s(0.5)


def message_of(shop: Shop) -> Path:
    (message,) = shop.messages()
    (path,) = (shop.state / "recordings").rglob(f"{message['recording_id']}.wav")
    (channel,) = wav_channels(path)
    assert message["ms"] == len(channel) // 8
    assert message["caller"]["number"] == "09171234567"
    assert message["voicemail"] == "owner"
    assert not message["heard"]
    return path


def test_ended_by_hanging_up(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(press=("0",), press_after_s=2.0)
    reach(shop)
    caller.say(tone(900, 3.0))
    shop.pass_s(3.0)
    caller.hang_up()
    shop.until_ready()
    shop.pass_s(0.5)
    (channel,) = wav_channels(message_of(shop))
    assert loudest_at(channel, 900) > 0.9
    assert shop.last_call()["disposition"] == "voicemail"
    shop.until(lambda: shop.status["today"]["messages_new"] == 1)


@pytest.mark.parametrize("country", ["US", "PH", "GB"])
def test_the_busy_tone_after_it_is_not_kept(open_shop: OpenShop, country: str) -> None:
    toml = TOML.replace('country = "US"', f'country = "{country}"')
    habits = LineHabits(country=country, far_end_gone="tone")
    shop = open_shop(toml=toml, line={"habits": habits})
    caller = shop.ring(press=("0",), press_after_s=2.0)
    reach(shop)
    caller.say(tone(900, 3.0))
    shop.pass_s(3.0)
    caller.hang_up()
    shop.until_ready()
    shop.pass_s(0.5)
    (channel,) = wav_channels(message_of(shop))
    assert "left out" in shop.story
    assert loudest_at(channel, 900) > 0.9
    assert loudest_at(channel[-4000:], 900) > 0.9  # the tone would be louder than all before
    assert 3.0 < len(channel) / 8000 < 3.7


def test_ended_by_hash_it_is_confirmed(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(press=("0",), press_after_s=2.0)
    reach(shop)
    caller.say(tone(900, 3.0))
    shop.pass_s(3.2)
    caller.press("#")
    shop.until(caller.done.done)
    assert caller.ended_by == "other"
    shop.until_ready()
    message_of(shop)
    saved = shop.box.prompts.clip("message_saved").samples
    assert find_clip(linear(bytes(caller.heard)), saved, 10 * 8000) is not None
    assert "ended with #" in shop.story


def test_ended_by_silence_after_real_speech_on_a_noisy_line(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(press=("0",), press_after_s=2.0)
    reach(shop)
    speech = list(shop.box.prompts.clip("leave_message").samples)
    begun = shop.loop.time()
    caller.say(ulaw([*speech, *[0] * 96_000], noise=60))
    shop.until(lambda: "s of silence" in shop.story, 30.0)
    ended_s = shop.loop.time() - begun
    assert len(speech) / 8000 + 4.0 < ended_s < len(speech) / 8000 + 7.0, "5 s of silence"
    shop.until(caller.done.done)
    shop.until_ready()
    message_of(shop)


def test_a_message_without_a_word_is_none(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(press=("0",), press_after_s=2.0)
    reach(shop)
    shop.pass_s(0.2)
    caller.press("#")
    shop.until(caller.done.done)
    shop.until_ready()
    assert shop.messages() == []
    assert "Empty message dropped" in shop.story
    assert shop.status["today"]["messages_new"] == 0


def test_the_longest_message(open_shop: OpenShop) -> None:
    toml = TOML.replace(
        '[[voicemail]]\nname = "owner"', '[[voicemail]]\nname = "owner"\nmax_message_s = 6'
    )
    shop = open_shop(toml=toml)
    caller = shop.ring(press=("0",), press_after_s=2.0)
    reach(shop)
    speech = ulaw(shop.box.prompts.clip("leave_message").samples)
    caller.say(speech * 4)
    shop.until(caller.done.done)
    shop.until_ready()
    assert 5500 < shop.messages()[0]["ms"] < 6500
    assert "the longest message is 6 s" in shop.story


def test_nobody_answers(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(press=("1",), press_after_s=2.0)
    begun = shop.until(lambda: shop.phone("11").ringing)
    assert begun
    assert 11.0 < shop.until(lambda: "nobody lifted" in shop.story) < 13.0
    reach(shop)
    assert shop.station_state("11") == shop.station_state("12") == "idle"
    caller.say(tone(900, 3.0))
    shop.pass_s(3.0)
    caller.hang_up()
    shop.until_ready()
    shop.pass_s(0.5)
    message_of(shop)
    outcomes = [offer["outcome"] for offer in shop.last_call()["offers"]]
    assert outcomes == ["no_answer", "no_answer"]


def test_all_busy_is_offered_the_mailbox_at_once(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.phone("11").lift()
    shop.phone("12").lift()
    shop.until(lambda: shop.station_state("12") == "dialing")
    caller = shop.ring(press=("1",), press_after_s=2.0)
    shop.until(lambda: shop.status["calls"])
    shop.until(lambda: shop.last_call()["digits"] == "1")
    assert shop.until(lambda: shop.status["calls"][0]["state"] == "voicemail") < 0.1
    assert "all busy" in shop.story
    caller.hang_up()
    shop.until_ready()
    assert shop.last_call()["offers"] == []


@pytest.mark.parametrize("by", ["mark", "again"])
def test_a_message_that_was_heard_is_not_new(open_shop: OpenShop, by: str) -> None:
    shop = open_shop()
    caller = shop.ring(press=("0",), press_after_s=2.0)
    reach(shop)
    shop.pass_s(2.5)
    caller.hang_up()
    shop.until_ready()
    shop.pass_s(1.0)
    (message,) = shop.messages()
    shop.box.history.mark_message(message["recording_id"], heard=True).result()
    if by == "again":
        shop.box.history.mark_message(message["recording_id"], heard=False).result()
    shop.pass_s(11.0)
    assert shop.status["today"]["messages_new"] == (1 if by == "again" else 0)
