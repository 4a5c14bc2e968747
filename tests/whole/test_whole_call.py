"""The main job: line, greeting, menu, handsets, talk, hang-up, history, and the next caller."""

from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML
from tests.whole.sound import find_clip, linear, loudest_at, share_heard, tone

SPOKEN = 'text = {{ en = "Six to eight." }}'


def test_a_caller_presses_1_and_talks_with_the_counter(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.answer_with("11", after_s=2.0, say=tone(700, 3.0), say_after_s=0.5)
    caller = shop.ring(press=("1",), say=tone(900, 3.0), say_after_s=6.0, hang_up_after_s=20.0)
    shop.until(lambda: shop.phone("12").ringing and shop.phone("11").ringing)
    shop.until(lambda: shop.station_state("11") == "talking")
    assert shop.station_state("12") == "idle"
    shop.until(caller.done.done)
    assert loudest_at(bytes(shop.phone("11").heard), 900) > 0.9
    assert loudest_at(bytes(caller.heard), 700) > 0.9
    assert not shop.phone("12").ringing
    shop.until_ready()
    call = shop.last_call()
    assert call["disposition"] == "answered"
    assert call["ended_by"] == "caller"
    assert call["digits"] == "1"
    assert call["caller"] == {
        "number": "09171234567",
        "name": "JUAN CRUZ",
        "presentation": "allowed",
    }
    assert [offer["outcome"] for offer in call["offers"]] == ["answered", "cancelled"]


def test_the_greeting_starts_when_the_line_has_settled_and_is_heard_whole(
    open_shop: OpenShop,
) -> None:
    shop = open_shop()
    caller = shop.ring(hang_up_after_s=4.0)
    shop.until(caller.done.done)
    heard = linear(bytes(caller.heard))
    clip = shop.box.prompts.clip("welcome").samples
    at = find_clip(heard, clip)
    assert at is not None
    # heard[0] is the pick-up; CONNECT comes up to 300 ms later, the greeting 500 ms after that
    assert 4000 <= at <= 4000 + 2400 + 480
    assert share_heard(heard, clip, at) == 1.0


def test_a_key_stops_the_greeting(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(press=("1",), press_after_s=1.4, hang_up_after_s=6.0)
    shop.until(lambda: shop.phone("11").ringing)
    pressed_s = next(m["at_s"] for m in caller.timeline if m["what"] == "pressed")
    shop.until(caller.done.done)
    heard, clip = linear(bytes(caller.heard)), shop.box.prompts.clip("welcome").samples
    answered_s = caller.result()["answered_at_s"]
    stop = round((pressed_s - answered_s + 0.2) * 8000)  # type: ignore[operator]
    at = find_clip(heard[:stop], clip[: 8000 * 3 // 10])
    assert at is not None, "the greeting had begun"
    assert at + len(clip) > stop + 2400, "it was stopped in the middle"
    assert share_heard(heard, clip, at) < 0.8
    assert find_clip(heard, clip[-4000:], stop) is None


def test_the_counter_hangs_up_and_the_next_caller_is_served(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.answer_with("12", after_s=1.0, hang_up_after_s=2.0)
    for number in ("111", "222"):
        caller = shop.ring(press=("1",), number=number)
        shop.until(caller.done.done)
        assert caller.ended_by == "other"
        shop.until_ready()
        call = shop.last_call()
        assert call["caller"]["number"] == number
        assert (call["disposition"], call["ended_by"]) == ("answered", "station")
    assert len(shop.calls()) == 2
    assert shop.station_state("12") == "idle"


def test_a_wrong_key_is_told_and_the_menu_comes_again(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(press=("7", "1"), press_after_s=3.0, hang_up_after_s=12.0)
    shop.until(lambda: shop.phone("11").ringing)
    shop.until(caller.done.done)
    heard = linear(bytes(caller.heard))
    prompts = shop.box.prompts
    sorry = find_clip(heard, prompts.clip("wrong_key").samples, 24000)
    assert sorry is not None
    assert share_heard(heard, prompts.clip("wrong_key").samples, sorry) == 1.0
    assert find_clip(heard, prompts.clip("welcome").samples[:5600], sorry + 4000) is not None
    assert "Pressed 7, which is not a key of menu main" in shop.story


def test_no_key_asks_again_and_then_goes_the_other_way(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(hang_up_after_s=16.0)
    shop.until(lambda: shop.phone("11").ringing)
    shop.until(caller.done.done)
    heard, clip = linear(bytes(caller.heard)), shop.box.prompts.clip("welcome").samples
    first = find_clip(heard, clip)
    assert first is not None
    second = find_clip(heard, clip, first + len(clip))
    assert second is not None
    assert abs(second - first - len(clip) - 3 * 8000) < 400, "3 s for a key"
    shop.until_ready()
    assert shop.story.count("No key within 3 s") == 2
    assert shop.last_call()["disposition"] == "abandoned"


def test_two_handsets_lift_in_the_same_tick(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(press=("1",), say=tone(900, 6.0), say_after_s=2.0, hang_up_after_s=14.0)
    shop.until(lambda: shop.phone("11").ringing and shop.phone("12").ringing)
    shop.phone("11").lift()
    shop.phone("12").lift()
    shop.pass_s(1.0)
    states = {shop.station_state("11"), shop.station_state("12")}
    assert states == {"talking", "dialing"}, "one has the caller, the other a dial tone"
    shop.until(caller.done.done)
    talking, other = ("11", "12") if shop.phone("11").heard else ("12", "11")
    if loudest_at(bytes(shop.phone(talking).heard), 900) < 0.9:
        talking, other = other, talking
    assert loudest_at(bytes(shop.phone(talking).heard), 900) > 0.9
    assert loudest_at(bytes(shop.phone(other).heard), 900) < 0.1
    shop.until_ready()
    outcomes = sorted(offer["outcome"] for offer in shop.last_call()["offers"])
    assert outcomes == ["answered", "cancelled"]


def test_an_unmade_prompt_is_named_and_the_call_goes_on(open_shop: OpenShop) -> None:
    shop = open_shop(toml=TOML.replace(SPOKEN, 'audio = {{ en = "lost.wav" }}'))
    assert any("lost.wav" in problem for problem in shop.status["problems"])
    assert shop.status["storage"]["problem"] == ""
    caller = shop.ring(press=("2",), hang_up_after_s=8.0)
    shop.until(caller.done.done)
    assert loudest_at(bytes(caller.heard), 1400) > 0.9, "the attention tone stands in"
    shop.until_ready()
