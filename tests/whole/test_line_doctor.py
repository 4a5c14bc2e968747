"""The line doctor in a whole shop: odd exchanges are learned, living calls teach nothing."""

import math
import os
import random
from typing import Any

import pytest

from appliance.simulator.far_end import FarEndConfig
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.tones import Cadence
from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML, Shop
from tests.whole.sound import linear, power_at, ulaw, wav_channels

# 20 in every run; COUNTERBELL_LIVING_CALLS=200 for the figure in docs/audio.md.
LIVING_CALLS = int(os.environ.get("COUNTERBELL_LIVING_CALLS", "20"))
# In no country's table: frequencies, then seconds on and off.
ODD_TONES = {
    "fast high": Cadence((850.0,), ((0.2, 0.15),)),
    "uneven": Cadence((600.0,), ((0.3, 0.15),)),
    "two lines": Cadence((700.0, 900.0), ((0.4, 0.6),)),
    "modulated": Cadence((375.0, 400.0, 425.0), ((0.6, 0.6),), -18.0),
    "two phases": Cadence((520.0,), ((0.15, 0.15), (0.5, 0.3))),
    "slow": Cadence((555.0,), ((1.1, 0.6),)),
    "very fast": Cadence((1000.0,), ((0.1, 0.1),)),
    "quiet": Cadence((660.0,), ((0.25, 0.35),), -30.0),
    "long pause": Cadence((440.0, 480.0), ((0.12, 0.6),)),
    "treble": Cadence((2400.0,), ((0.33, 0.9),)),
}


def odd_line(tone: Cadence, **more: Any) -> dict[str, Any]:
    habits = LineHabits(country="US", far_end_gone="tone", hang_up_tone=in_words(tone))
    return {"habits": habits, "digit_form": "none", "echo_db": 18.0, **more}


def in_words(tone: Cadence) -> str:
    on, off = (
        ",".join(f"{seconds:g}" for seconds in column) for column in zip(*tone.phases, strict=True)
    )
    return f"hz={'+'.join(f'{hz:g}' for hz in tone.hz)} on={on} off={off} level={tone.level_dbm0:g}"


def speech_like(seconds: float, seed: int, level: float = 0.15) -> bytes:
    """Syllables of changing pitch with pauses between, as µ-law; nothing in it repeats strictly."""

    rng = random.Random(seed)
    samples: list[int] = []
    while len(samples) < seconds * 8000:
        pitch, count = rng.uniform(100, 230), round(8000 * rng.uniform(0.08, 0.3))
        parts = [(h, rng.random() / h) for h in range(1, 9)]
        for n in range(count):
            shape = math.sin(math.pi * n / count)
            wave = sum(a * math.sin(2 * math.pi * pitch * h * n / 8000) for h, a in parts)
            samples.append(round(32767 * level * shape * wave / 2))
        samples += [0] * round(8000 * rng.choice([0.03, 0.06, 0.25]))
    return ulaw(samples, noise=12, seed=seed)


def hang_up_on_staff(shop: Shop, number: str, say: bytes, tone: Cadence) -> None:
    """A caller talks, hangs up; staff hear the tone for some cycles and put the handset down."""
    shop.answer_with("11", after_s=0.5)
    caller = shop.ring(press=("1",), press_after_s=3.0, number=number, say=say, say_after_s=1.5)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.pass_s(6.0)
    caller.hang_up()
    cycle_s = sum(on + off for on, off in tone.phases)
    shop.pass_s(max(3.0, 3.4 * cycle_s))
    shop.phone("11").hang_up()
    shop.until_ready()


def proposals(shop: Shop) -> list[dict[str, Any]]:
    return [one for line in shop.box.doctor.lines()["lines"] for one in line["proposals"]]


@pytest.mark.parametrize("name", ODD_TONES)
def test_an_odd_tone_is_learned_after_three_hang_ups(open_shop: OpenShop, name: str) -> None:
    tone = ODD_TONES[name]
    shop = open_shop(line=odd_line(tone))
    say = speech_like(5.0, seed=1)
    calls = 0
    while not proposals(shop):
        calls += 1
        assert calls <= 3, shop.box.doctor.lines()
        hang_up_on_staff(shop, f"0917{calls}", say, tone)
    (proposal,) = proposals(shop)
    for wanted in tone.hz:
        assert min(abs(hz - wanted) for hz in proposal["value"]["hz"]) <= 2


def test_calls_out_teach_from_their_answer_on(open_shop: OpenShop) -> None:
    """Three far ends hang up into an odd tone; ringback and a busy number before teach nothing."""
    tone = ODD_TONES["uneven"]
    shop = open_shop(line=odd_line(tone), far_ends=(FarEndConfig("5550001", hang_up_after_s=6.0),
                                                    FarEndConfig("5550002", "busy")))  # fmt: skip
    shop.until_ready()
    for number in ("5550002", "5550001", "5550001", "5550001"):
        shop.phone("11").lift()
        shop.pass_s(0.5)
        shop.phone("11").press(f"9{number}#")
        if number == "5550001":
            shop.until(lambda: shop.station_state("11") == "talking", 60.0)
            shop.pass_s(10.0)
        else:
            shop.until(lambda: shop.station_state("11") == "busy", 60.0)
        shop.phone("11").hang_up()
        shop.pass_s(2.0)
        shop.until_ready()
    (check,) = shop.box.doctor.lines()["lines"]
    assert check["calls"] == 3
    assert "noise_dbm0" in {one["name"] for one in check["measures"]}
    (proposal,) = check["proposals"]
    assert proposal["value"]["on_ms"][0] == pytest.approx(300, abs=25)
    assert len(proposal["calls"]) == 3


def test_what_was_learned_is_applied_heard_and_dismissed_no_more(open_shop: OpenShop) -> None:
    tone = ODD_TONES["uneven"]
    shop = open_shop(line=odd_line(tone))
    say = speech_like(5.0, seed=2)
    for number in ("0917", "0918"):
        hang_up_on_staff(shop, number, say, tone)
    (proposal,) = proposals(shop)
    assert len(proposal["calls"]) == 2
    assert proposal["has_clip"]
    clips = list((shop.state / "line-doctor").glob("*.wav"))
    assert [clip.stem for clip in clips] == [proposal["proposal_id"]]
    (channel,) = wav_channels(clips[0])
    assert power_at(linear(channel)[:2200], 600.0) > 0.9  # the tone, and nobody's words
    assert shop.box.backend is not None
    applying = shop.box.doctor.apply(proposal["proposal_id"], shop.box.configs.import_text)
    generation, changes = shop.run(applying)
    assert generation == 2
    assert "hang_up_tone" in changes[0]
    assert proposals(shop) == []
    assert not list((shop.state / "line-doctor").glob("*.wav"))
    assert shop.box.config.current.settings.lines[0].hang_up_tone[0].hz == (600,)
    stop_and_restart(shop)
    assert proposals(shop) == []
    assert shop.box.doctor.lines()["lines"][0]["calls"] == 2


def stop_and_restart(shop: Shop) -> None:
    shop.stop_box()
    shop.restart_box()


@pytest.mark.parametrize("is_learned", [False, True])
def test_a_learned_tone_frees_the_line_within_its_fourth_cycle(
    open_shop: OpenShop, is_learned: bool
) -> None:
    """Nothing but the learned pattern can tell this one, as the call without it shows."""
    tone = Cadence((1500.0,), ((0.3, 1.1),))
    learned = "hang_up_tone = {{ hz = [1500], on_ms = [300], off_ms = [1100] }}\n"
    answer = 'answer = "menu:main"\n'
    toml = TOML.replace(answer, answer + learned, 1) if is_learned else TOML
    shop = open_shop(line=odd_line(tone), toml=toml)
    shop.answer_with("11", after_s=0.5)
    caller = shop.ring(press=("1",), press_after_s=3.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    caller.hang_up()
    shop.pass_s(4 * 1.4 + 1.0)  # and a second for the modem to go on-hook
    assert (shop.line_state == "ready") is is_learned, shop.told()


@pytest.mark.parametrize("first", range(0, LIVING_CALLS, 10))
def test_living_calls_are_not_hung_up_and_teach_nothing(open_shop: OpenShop, first: int) -> None:
    """Speech, music and beeps of a till; callers who are put on hold; the shop ends each call."""
    shop = open_shop(line={"digit_form": "none", "echo_db": 18.0})
    for seed in range(first, first + 10):
        live_call(shop, seed)
    assert proposals(shop) == []
    assert shop.box.doctor.lines()["lines"][0]["calls"] == 10


def live_call(shop: Shop, seed: int) -> None:
    rng = random.Random(seed)
    seconds = rng.uniform(14.0, 22.0)
    sound = (speech_like, music_like, till_like)[seed % 3]
    shop.answer_with("11", after_s=0.5)
    caller = shop.ring(
        press=("1",), press_after_s=3.0, number=f"09{rng.randrange(10**8)}",
        say=sound(seconds + 9.0, seed), say_after_s=1.5,
    )  # fmt: skip
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.pass_s(seconds / 2)
    if seed % 2:  # on hold, to our music or ringing tone and its echo, and back
        shop.phone("11").flash()
        shop.pass_s(5.0)
        shop.phone("11").flash()
    shop.pass_s(seconds / 2)
    assert not caller.done.done(), f"call {seed} was hung up: {shop.story}"
    shop.phone("11").hang_up()
    shop.until_ready()


def music_like(seconds: float, seed: int) -> bytes:
    """A tune with a beat: notes of a scale, each struck and held, as hold music and radios have."""
    rng = random.Random(seed)
    beat = round(8000 * rng.uniform(0.18, 0.5))
    samples: list[int] = []
    while len(samples) < seconds * 8000:
        note = 110.0 * 2 ** (
            rng.choice([0, 2, 4, 5, 7, 9, 11, 12, 16, 19]) / 12 + rng.choice([1, 2])
        )
        length = beat * rng.choice([1, 1, 2, 4])
        fall = rng.choice([0.0, 2.0, 5.0])
        for n in range(length):
            loud = 4000 * math.exp(-fall * n / 8000)
            wave = sum(math.sin(2 * math.pi * note * h * n / 8000) / h**2 for h in (1, 2, 3))
            samples.append(round(loud * wave))
    return ulaw(samples, noise=12, seed=seed)


def till_like(seconds: float, seed: int) -> bytes:
    """Somebody talks beside a till: a beep for each thing sold, as fast as hands are."""
    rng = random.Random(seed)
    samples = linear(speech_like(seconds, seed, level=0.08))
    at = 0
    while at + 1200 < len(samples):
        for n in range(960):
            samples[at + n] += round(3500 * math.sin(2 * math.pi * 2000 * n / 8000))
        at += round(8000 * rng.uniform(0.5, 2.5))
    return ulaw(samples, seed=seed)
