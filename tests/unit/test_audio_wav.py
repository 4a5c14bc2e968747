"""WAV files, resampling and loudness: what becomes of a sound that a shop brings."""

import math
import struct
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.audio.clips import clip_bytes, decode_clip, load_clip
from appliance.audio.loudness import active_level_dbm0, level_dbm0, match_loudness
from appliance.audio.resample import RATES_HZ, to_telephone_rate
from appliance.audio.wav import alaw_table, pcm_wav, read_wav, ulaw_table
from appliance.errors import PromptError


def sine(hz: float, rate_hz: int = 8000, seconds: float = 0.5, peak: int = 8000) -> "array[int]":
    turn = 2 * math.pi * hz / rate_hz
    return array("h", (round(peak * math.sin(turn * n)) for n in range(round(seconds * rate_hz))))


def wav_file(encoding: int, channels: int, bits: int, body: bytes, rate_hz: int = 8000) -> bytes:
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", encoding, channels, rate_hz, rate_hz * frame, frame, bits)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"LIST" + struct.pack("<I", 3) + b"abc\0"  # an odd chunk with its pad byte
    chunks += b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def test_pcm_comes_back_as_it_went_in() -> None:
    samples = sine(440)
    wav = read_wav(pcm_wav(samples, 8000))
    assert wav.rate_hz == 8000
    assert wav.samples == samples


def test_stereo_is_mixed_down() -> None:
    body = struct.pack("<6h", 100, 200, -100, -300, 32767, 32767)
    assert list(read_wav(wav_file(1, 2, 16, body)).samples) == [150, -200, 32767]


def test_eight_bits_are_unsigned() -> None:
    assert list(read_wav(wav_file(1, 1, 8, bytes([0, 128, 255]))).samples) == [-32768, 0, 32512]


def test_g711_tables_hold_the_values_of_the_recommendation() -> None:
    ulaw, alaw = ulaw_table(), alaw_table()
    assert (ulaw[0x00], ulaw[0x80], ulaw[0xFF], ulaw[0x7F]) == (-32124, 32124, 0, 0)
    assert (ulaw[0xFE], ulaw[0x7E]) == (8, -8)
    assert (alaw[0xD5], alaw[0x55], alaw[0xAA], alaw[0x2A]) == (8, -8, 32256, -32256)
    assert sorted(alaw) == sorted(-value for value in alaw)
    assert list(read_wav(wav_file(7, 1, 8, b"\x00\xff")).samples) == [-32124, 0]
    assert list(read_wav(wav_file(6, 1, 8, b"\xd5\x2a")).samples) == [8, -32256]


def test_a_streams_header_ends_where_the_file_ends() -> None:
    data = bytearray(pcm_wav(array("h", [1, 2, 3]), 8000))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    assert list(read_wav(bytes(data) + b"\x09").samples) == [1, 2, 3]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a WAV"),
        (b"RIFF\0\0\0\0WAVE", "no sound"),
        (b"RIFF\0\0\0\0WAVEdata\2\0\0\0ab", "before its format"),
        (b"RIFF\0\0\0\0WAVEfmt \2\0\0\0ab", "cut short"),
        (wav_file(1, 3, 16, b"abcdef"), "3 channels"),
        (wav_file(3, 1, 32, bytes(8)), "format 3 with 32 bits"),
        (wav_file(1, 1, 16, bytes(20), rate_hz=0), "0 Hz"),
    ],
)
def test_what_is_not_taken_says_why(data: bytes, said: str) -> None:
    with pytest.raises(PromptError, match=said):
        read_wav(data)


def test_a_file_that_is_too_long_is_refused() -> None:
    with pytest.raises(PromptError, match="longer than 1 s"):
        read_wav(pcm_wav(array("h", bytes(2 * 8001)), 8000), max_s=1)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 60), st.booleans())
def test_rubbish_is_refused_and_nothing_worse(rubbish: bytes, at: int, is_appended: bool) -> None:
    good = pcm_wav(array("h", range(20)), 8000)
    for data in (rubbish, good[:at] + rubbish + good[at if is_appended else at + len(rubbish) :]):
        try:
            wav = read_wav(data)
        except PromptError:
            continue
        assert len(wav.samples) <= len(data)


def power_at(samples: "array[int]", hz: float) -> float:
    turn = 2 * math.pi * hz / 8000
    body = samples[400:-400]
    real = sum(value * math.cos(turn * n) for n, value in enumerate(body))
    imaginary = sum(value * math.sin(turn * n) for n, value in enumerate(body))
    return 2 * math.hypot(real, imaginary) / len(body)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_resampling_keeps_the_tone_and_its_length(rate_hz: int) -> None:
    out = to_telephone_rate(sine(1000, rate_hz), rate_hz)
    assert abs(len(out) - 4000) <= 1
    assert power_at(out, 1000) == pytest.approx(8000, rel=0.02)


@pytest.mark.parametrize("hz", [4600, 5000, 7000, 10000])
def test_resampling_folds_nothing_back(hz: int) -> None:
    out = to_telephone_rate(sine(hz, 22050), 22050)
    assert power_at(out, 8000 - hz if hz < 8000 else hz - 8000) < 8000 * 10 ** (-50 / 20)


def test_an_odd_rate_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(PromptError, match="7350 samples a second; use 8000"):
        to_telephone_rate(sine(100, 7350), 7350)


def test_zero_dbm0_is_where_g711_puts_it() -> None:
    peak = round(32767 * 10 ** (-3.14 / 20))
    assert level_dbm0(sine(1000, peak=peak)) == pytest.approx(0, abs=0.05)
    assert level_dbm0(array("h")) == -99


@pytest.mark.parametrize("peak", [300, 3000, 30000])
def test_speech_is_matched_and_pauses_do_not_count(peak: int) -> None:
    talk = sine(300, peak=peak)
    sound = talk + array("h", bytes(2 * 16000)) + talk
    matched = match_loudness(sound)
    assert active_level_dbm0(matched) == pytest.approx(-16, abs=0.2)
    assert level_dbm0(matched) < -20


def test_silence_is_left_alone_and_a_peak_bends() -> None:
    silence = array("h", bytes(320))
    assert match_loudness(silence) == silence
    spiky = sine(300, peak=700)
    spiky[1000] = 32767
    loud = match_loudness(spiky)
    assert 20000 < max(loud) <= 31000


def test_a_clip_is_kept_and_read_back(tmp_path) -> None:
    clip = decode_clip("hello", pcm_wav(sine(500, 16000), 16000))
    assert clip.ms == 500
    path = tmp_path / "hello.wav"
    path.write_bytes(clip_bytes(clip))
    assert load_clip("hello", path).samples == clip.samples
    with pytest.raises(PromptError, match="can't be read"):
        load_clip("hello", tmp_path / "missing.wav")
    with pytest.raises(PromptError, match=r"prompt hello: .*no sound"):
        decode_clip("hello", pcm_wav(array("h"), 8000))
