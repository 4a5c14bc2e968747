"""The DLE shield: any payload, cut anywhere."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.modem.dle import DleDecoder, encode

RICH = st.lists(st.sampled_from([0x10, 0x10, 0x03, 0x1A, 0x00, 0xFF, 0x41]), max_size=80).map(bytes)
CUTS = st.lists(st.integers(0, 200), max_size=6)


def decode(stream: bytes, cuts: list[int]) -> tuple[bytes, list[int], bytes, bool]:
    decoder = DleDecoder()
    samples, codes, leftover = b"", [], b""
    edges = sorted({0, len(stream), *(c for c in cuts if c < len(stream))})
    for start, end in pairwise(edges):
        piece = decoder.feed(stream[start:end])
        samples += piece.samples
        codes += piece.codes
        leftover += piece.leftover
    return samples, codes, leftover, decoder.ended


@settings(max_examples=200)
@given(RICH, RICH, CUTS)
def test_what_is_encoded_is_decoded_and_the_rest_is_left_over(payload, rest, cuts):
    stream = encode(payload) + b"\x10\x03" + rest
    assert decode(stream, cuts) == (payload, [], rest, True)


@settings(max_examples=200)
@given(st.binary(max_size=100), CUTS)
def test_where_a_stream_is_cut_makes_no_difference(stream, cuts):
    assert decode(stream, cuts) == decode(stream, [])


def test_every_split_of_a_stream_with_codes():
    stream = b"a\x10\x10b\x10/\x105\x10~\x10\x1ac\x10b\x10\x03\r\nOK\r\n"
    for cut in range(len(stream)):
        assert decode(stream, [cut]) == (b"a\x10b\x10\x10c", [*b"/5~b"], b"\r\nOK\r\n", True)
