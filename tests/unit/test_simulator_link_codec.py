"""The simulator's independent decoder of the line-card link reads the protocol's golden frames."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.simulator import link_codec as link

GOLDEN = Path(__file__).parents[1] / "data" / "link_golden.json"

BYTES = st.integers(0, 255)
MESSAGES = st.builds(
    link.MessageFrame,
    BYTES,
    st.integers(0, 0xEF),
    st.integers(2, 255),
    st.binary(max_size=64),
)
AUDIO = st.builds(
    link.AudioFrame,
    BYTES,
    BYTES,
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.dictionaries(st.integers(1, 8), st.binary(min_size=80, max_size=80)).map(
        lambda sockets: tuple(sorted(sockets.items()))
    ),
)
FRAMES = st.one_of(MESSAGES, AUDIO)


def _golden() -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = json.loads(GOLDEN.read_text())
    return frames


def _audio(fields: dict[str, Any]) -> tuple[tuple[int, bytes], ...]:
    sound = bytes.fromhex(fields["ulaw"])
    sockets = [n for n in range(1, 9) if fields["socket_mask"] >> (n - 1) & 1]
    return tuple((n, sound[i * 80 : i * 80 + 80]) for i, n in enumerate(sockets))


@pytest.mark.parametrize("fields", _golden(), ids=lambda fields: str(fields["name"]))
def test_golden_frame(fields: dict[str, Any]) -> None:
    wire = bytes.fromhex(fields["wire"])
    decoder = link.LinkDecoder()
    got = decoder.feed(wire)
    expected: link.Frame
    if fields["kind"] == "bad":
        assert (got, decoder.bad) == ([], 1)
        return
    if fields["kind"] == "message":
        expected = link.MessageFrame(
            fields["ack"],
            fields["sequence"],
            fields["message_kind"],
            bytes.fromhex(fields["payload"]),
        )
    else:
        expected = link.AudioFrame(
            fields["ack"],
            fields["sequence"],
            fields["sample_counter"],
            fields["peer_counter"],
            _audio(fields),
        )
    assert got == [expected]
    assert link.encode_frame(expected) == wire


def test_golden_frames_cover_both_kinds() -> None:
    assert {fields["kind"] for fields in _golden()} >= {"message", "audio", "bad"}


def test_crc_check_value() -> None:
    assert link.crc16(b"123456789") == 0x29B1


@given(st.lists(st.one_of(st.just(b"\0"), st.binary(max_size=300)), max_size=4).map(b"".join))
def test_cobs_round_trip(data: bytes) -> None:
    coded = link.cobs_encode(data)
    assert 0 not in coded
    assert link.cobs_decode(coded) == data


@settings(max_examples=60)
@given(st.lists(FRAMES, max_size=4), st.lists(st.integers(0, 3000), max_size=5))
def test_frames_survive_any_split(frames: list[link.Frame], cuts: list[int]) -> None:
    wire = b"\0" + b"".join(map(link.encode_frame, frames))
    places = [0, *sorted({cut % (len(wire) + 1) for cut in cuts}), len(wire)]
    decoder = link.LinkDecoder()
    got = [frame for a, b in itertools.pairwise(places) for frame in decoder.feed(wire[a:b])]
    assert got == frames
    assert (decoder.good, decoder.bad) == (len(frames), 0)


@settings(max_examples=60)
@given(FRAMES, st.integers(0, 5000), st.integers(1, 254), MESSAGES)
def test_a_spoiled_frame_is_dropped_and_the_next_one_read(
    frame: link.Frame, place: int, change: int, following: link.MessageFrame
) -> None:
    wire = bytearray(link.encode_frame(frame))
    place %= len(wire) - 1
    wire[place] = (wire[place] - 1 + change) % 255 + 1  # another byte, and no delimiter
    decoder = link.LinkDecoder()
    got = decoder.feed(bytes(wire) + b"\0" + link.encode_frame(following))
    assert got == [following]
    assert decoder.bad == 1


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=900), max_size=5))
def test_noise_is_never_an_error(chunks: list[bytes]) -> None:
    decoder = link.LinkDecoder()
    for chunk in chunks:
        decoder.feed(chunk)
    following = link.MessageFrame(0xFF, 0, 1, b"x")
    assert decoder.feed(b"\0" + link.encode_frame(following)) == [following]
