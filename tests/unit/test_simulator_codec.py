"""The simulator's own codecs: µ-law, A-law, DLE shield, tones, WAV files."""

import contextlib
import itertools
import math
import wave
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import SimulatorError
from appliance.simulator import codec, tones, wav

RICH = st.lists(
    st.one_of(st.just(b"\x10"), st.just(b"\x10\x10"), st.just(b"\x1a\x03"), st.binary(max_size=9)),
    max_size=12,
).map(b"".join)


def _undo(chunks: list[bytes], ends: tuple[int, ...] = (3,)) -> tuple[bytes, list[int], bytes]:
    decoder = codec.DleDecoder()
    data, codes = b"", []
    for number, chunk in enumerate(chunks):
        items, rest = decoder.feed(chunk, ends)
        for item in items:
            if isinstance(item, int):
                codes.append(item)
            else:
                data += item
        if codes and codes[-1] in ends:
            return data, codes, rest + b"".join(chunks[number + 1 :])
    return data, codes, b""


def _cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted({c % (len(data) + 1) for c in cuts}), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(places)]


@settings(max_examples=150)
@given(payload=RICH, tail=RICH, cuts=st.lists(st.integers(0, 500), max_size=6))
def test_shield_survives_any_payload_and_split(
    payload: bytes, tail: bytes, cuts: list[int]
) -> None:
    wire = codec.dle_encode(payload) + b"\x10\x03" + tail
    assert _undo(_cut(wire, cuts)) == (payload, [3], tail)


def test_sub_stands_for_two_dles_and_codes_keep_their_place() -> None:
    items, rest = codec.DleDecoder().feed(b"ab\x10\x1acd\x10be\x10\x10")
    assert items == [b"ab\x10\x10cd", ord("b"), b"e\x10"]
    assert rest == b""


def test_ulaw_is_g711() -> None:
    table = codec.ulaw_decode_table()
    assert (table[0xFF], table[0x7F], table[0x00], table[0x80]) == (0, 0, -32124, 32124)
    for code in range(256):
        assert table[codec.ulaw_encode([table[code]])[0]] == table[code]


@given(st.integers(-32768, 32767))
def test_ulaw_error_is_at_most_half_a_step(sample: int) -> None:
    decoded = codec.ulaw_decode(codec.ulaw_encode([sample]))[0]
    assert abs(decoded - max(-32124, min(32124, sample))) <= (abs(sample) + 132) / 32 + 4


@pytest.mark.parametrize("name", ["ulaw", "alaw", "unsigned8", "signed8", "linear16"])
def test_line_codecs_keep_a_tone(name: str) -> None:
    line = codec.LineCodec(name)
    sent = tones.tone((440.0,), 200)
    wire = line.to_wire(sent)
    got = line.from_wire(wire[:33]) + line.from_wire(wire[33:])
    assert len(got) == len(sent)
    assert codec.mean_power(got) == pytest.approx(codec.mean_power(sent), rel=0.06)


def test_levels_are_dbm0() -> None:
    sine = tones.tone((1000.0,), 100, -10.0)
    assert codec.mean_power(sine) == pytest.approx(codec.power_of_dbm0(-10.0), rel=0.02)
    softer = sine.translate(codec.gain_table(-12.0))
    level_db = 10 * math.log10(codec.mean_power(softer) / codec.mean_power(sine))
    assert level_db == pytest.approx(-12.0, abs=0.3)


def test_mixing_adds_and_clips() -> None:
    a, b = codec.ulaw_encode([1000, 30000, -8]), codec.ulaw_encode([500, 30000, 8])
    mixed = codec.ulaw_decode(codec.mix(a, b))
    assert mixed[0] == pytest.approx(1500, abs=40)
    assert mixed[1] == 32124
    assert mixed[2] == 0


def _goertzel(samples: list[int], hz: float) -> float:
    turn = 2 * math.pi * hz / 8000
    real = sum(s * math.cos(turn * n) for n, s in enumerate(samples))
    imag = sum(s * math.sin(turn * n) for n, s in enumerate(samples))
    return math.hypot(real, imag) / len(samples)


@pytest.mark.parametrize("key", tones.DTMF_KEYS)
def test_dtmf_holds_its_two_frequencies(key: str) -> None:
    samples = codec.ulaw_decode(tones.dtmf(key, 100, 0))
    loudest = sorted(
        (697, 770, 852, 941, 1209, 1336, 1477, 1633), key=lambda f: -_goertzel(samples, f)
    )
    assert set(loudest[:2]) == set(tones.key_frequencies(key))


def test_cadence_repeats_without_a_seam() -> None:
    cadence = tones.Cadence((425,), ((0.375, 0.375),))
    player = tones.CadencePlayer(cadence)
    got = b"".join(player.frame() for _ in range(225))
    assert got == tones.cadence_cycle(cadence) * 3


def test_unknown_key_is_refused() -> None:
    with pytest.raises(KeyError):
        tones.dtmf("x")


def test_wav_round_trip_reads_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    sound = tones.tone((440.0,), 250)
    wav.write_wav(path, sound)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 8000, 2)
        assert file.getnframes() == 2000
    assert wav.read_wav(path) == sound


@pytest.mark.parametrize(
    ("rate", "channels", "width"), [(16000, 2, 2), (22050, 1, 2), (8000, 1, 1)]
)
def test_wav_of_other_kinds_keeps_length_and_level(
    tmp_path: Path, rate: int, channels: int, width: int
) -> None:
    path = tmp_path / "b.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setframerate(rate)
        file.setsampwidth(width)
        for n in range(rate):
            sample = int(8000 * math.sin(2 * math.pi * 400 * n / rate))
            piece = (
                sample.to_bytes(2, "little", signed=True)
                if width == 2
                else bytes([(sample >> 8) + 128])
            )
            file.writeframesraw(piece * channels)
    got = wav.read_wav(path)
    assert len(got) == 8000
    assert codec.mean_power(got) == pytest.approx(8000**2 / 2, rel=0.05)


@settings(max_examples=100)
@given(st.binary(max_size=80), st.booleans())
def test_broken_wav_is_an_error_and_nothing_else(junk: bytes, real_head: bool) -> None:
    data = (wav.encode_wav(b"\xff" * 10)[:36] if real_head else b"") + junk
    with contextlib.suppress(SimulatorError):
        assert isinstance(wav.decode_wav(data), bytes)
