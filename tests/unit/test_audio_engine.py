"""What the engine plays, over the real C loop in virtual time."""

import gc
from array import array
from collections.abc import Iterator

import pytest

from appliance.audio.binding import ffi, lib, ulaw_encode
from appliance.audio.clips import Clip
from appliance.audio.wav import ulaw_table
from appliance.errors import AudioError
from tests.unit.audio_rig import QUIET, Bench, codes_of, digit_one, sound


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def test_the_codes_of_c_and_python_agree() -> None:
    assert ulaw_encode(array("h", ulaw_table()).tobytes()) == bytes(
        0xFF if code == 0x7F else code for code in range(256)
    )
    out = ffi.new("int16_t[]", 256)
    lib.audio_ulaw_decode(bytes(range(256)), out, 256)
    assert tuple(out) == ulaw_table()


def test_a_prompt_is_heard_sample_for_sample(bench: Bench) -> None:
    port, _, far = bench.line()
    bench.run(0.5)
    first, second = sound(0.7, 1), sound(0.31, 2)
    bench.play(port, "p1", [first, second])
    bench.run(1.5)
    assert bench.finished == [("p1", "finished")]
    assert codes_of(first) + codes_of(second) in far.heard
    assert bench.engine.port_stats(port).frames_out >= 8000 * 2 - 800


def test_a_digit_stops_the_prompt_and_both_are_told(bench: Bench) -> None:
    port, ear, far = bench.line()
    bench.engine.listen(port, digits=True, busy=True, silence_ms=0, lenient=True)
    clip = sound(5, 3)
    bench.play(port, "menu", [clip], stop_on_digit=True)
    bench.run(1.0)
    before = len(far.heard)
    far.say(digit_one(0.1))
    bench.run(0.3)
    assert ear.told == [("digit", "1")]
    assert bench.finished == [("menu", "digit")]
    assert set(far.heard[before + 1600 :]) <= QUIET
    bench.run(5)
    assert codes_of(clip) not in far.heard


def test_a_new_prompt_replaces_the_old_one(bench: Bench) -> None:
    port, _, _ = bench.line()
    bench.play(port, "a", [sound(2, 1)])
    bench.run(0.1)
    bench.play(port, "b", [sound(2, 2)])
    bench.run(0.1)
    assert bench.finished == [("a", "stopped")]
    bench.engine.player.stop(port)
    bench.run(0.1)
    assert bench.finished == [("a", "stopped"), ("b", "stopped")]


def test_music_goes_round_and_round(bench: Bench) -> None:
    port, _, far = bench.line()
    bench.run(0.2)
    music = sound(0.4, 7)
    bench.engine.configure("PH", music)
    bench.engine.player.play_music(port)
    bench.run(2.5)
    assert codes_of(music) * 4 in far.heard
    bench.engine.player.stop(port)
    bench.run(0.2)
    before = len(far.heard)
    bench.run(0.5)
    assert set(far.heard[before:]) <= QUIET


@pytest.mark.parametrize("tone", ["dial", "ringback", "busy", "reorder", "howler"])
def test_tones_sound_until_stopped(bench: Bench, tone: str) -> None:
    port, _, far = bench.line()
    bench.run(0.2)
    bench.engine.player.play_tone(port, tone)
    bench.run(7)
    assert len(set(far.heard[-40_000:])) > 20
    bench.engine.player.stop(port)
    bench.run(0.3)
    assert set(far.heard[-800:]) <= QUIET


def test_the_beep_ends_itself_and_an_unknown_tone_is_refused(bench: Bench) -> None:
    port, _, far = bench.line()
    bench.run(0.2)
    bench.engine.player.play_tone(port, "beep")
    bench.run(1)
    loud = [n for n, code in enumerate(far.heard) if code not in QUIET]
    assert loud[-1] - loud[0] == pytest.approx(3200, abs=20)
    with pytest.raises(AudioError, match="no tone siren; known are dial, "):
        bench.engine.player.play_tone(port, "siren")
    bench.engine.player.play_music(port)  # no music: the ringing tone, never dead air
    bench.run(1)
    assert far.heard[-1] not in QUIET or len(set(far.heard[-400:])) > 20


def test_any_number_of_clips_may_be_played_in_time(bench: Bench) -> None:
    port, _, _ = bench.line()
    for number in range(700):
        clip = Clip(f"clip {number}", array("h", [number + 1] * 80))
        bench.play(port, str(number), [clip])
        bench.run(0.02)
    del clip
    gc.collect()
    assert [reason for _, reason in bench.finished] == ["finished"] * 700


def test_a_playlist_is_neither_empty_nor_endless(bench: Bench) -> None:
    port, _, _ = bench.line()
    for count in (0, 17):
        with pytest.raises(AudioError, match=f"{count} clips to play; 1 to 16 fit"):
            bench.play(port, "p", [sound(0.1, 1)] * count)


def test_a_clip_is_not_forgotten_while_it_is_heard(bench: Bench) -> None:
    (port, _, far), (other, _, _) = bench.line(), bench.line()
    bench.run(0.5)
    clip = sound(7, 11)
    bench.play(port, "long", [clip])
    for number in range(300):
        bench.play(other, str(number), [Clip(str(number), array("h", [1] * 80))])
        bench.run(0.02)
    bench.run(2)
    assert codes_of(clip) in far.heard


def test_a_caller_never_hears_dead_silence_unless_it_is_asked_for(bench: Bench) -> None:
    port, _, far = bench.line()
    bench.run(1)
    assert len(set(far.heard[-4000:])) > 3
    bench.engine.set_comfort_noise(port, None)
    bench.run(1)
    assert set(far.heard[-4000:]) <= {0xFF, 0x7F}
    with pytest.raises(AudioError):
        bench.engine.set_comfort_noise(port, -10.0)
