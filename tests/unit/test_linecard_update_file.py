"""Firmware files and LMS signatures: the standard's examples, and what must be refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.linecard import image as reader
from appliance.linecard.image import ImageError, is_signed_by, lms_verify, read_parts
from appliance.linecard.update import parse_report
from tests.whole.linecard_images import PLACES, Keys, lms_signer

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "data" / "lms_rfc8554.json").read_text())["cases"]


def case(number: int) -> tuple[bytes, bytes, bytes]:
    one = CASES[number]
    return tuple(bytes.fromhex(one[name]) for name in ("key", "message", "signature"))  # type: ignore[return-value]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys.make(tmp_path_factory.mktemp("keys"), "product")


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_standard_s_signatures_are_good(number: int) -> None:
    assert lms_verify(*case(number))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(range(len(CASES))), st.integers(0, 10**6))
def test_a_flipped_bit_is_refused(number: int, place: int) -> None:
    parts = [bytearray(part) for part in case(number)]
    place %= 8 * sum(map(len, parts))
    for part in parts:
        if place < 8 * len(part):
            part[place // 8] ^= 1 << place % 8
            break
        place -= 8 * len(part)
    assert not lms_verify(*map(bytes, parts))


@given(st.binary(max_size=60), st.binary(max_size=10), st.binary(max_size=1300))
def test_anything_else_is_no_signature(key: bytes, message: bytes, signature: bytes) -> None:
    assert not lms_verify(key, message, signature)


def test_a_file_is_read_and_its_signer_known(keys: Keys, tmp_path: Path) -> None:
    parts = read_parts(keys.update((1, 2, 3)))
    assert [part.words for part in parts] == ["1.2.3", "1.2.3"]
    assert len({part.slot for part in parts}) == 2
    assert all(is_signed_by(part, keys.public.read_bytes()) for part in parts)
    stranger = Keys.make(tmp_path, "stranger").public.read_bytes()
    assert not any(is_signed_by(part, stranger) for part in parts)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_not_signed(keys: Keys, data: Any) -> None:
    file = bytearray(keys.update((1, 2, 3)))
    place = data.draw(st.integers(0, len(file) // 2 - 1))
    file[place] ^= data.draw(st.integers(1, 255))
    padding = range(64, 256), range(256 + 1292, 2048)  # neither signed nor used
    try:
        part = read_parts(bytes(file))[0]
    except ImageError:
        return
    assert any(place in one for one in padding) or not is_signed_by(part, keys.public.read_bytes())


@given(st.binary(max_size=3000))
def test_junk_is_no_firmware(junk: bytes) -> None:
    with pytest.raises(ImageError):
        read_parts(junk)


@pytest.mark.parametrize("length", [0, 1, 2047, 2048, 5000])
def test_a_file_cut_short_says_so(keys: Keys, length: int) -> None:
    with pytest.raises(ImageError, match=r"empty|no line-card firmware|cut short"):
        read_parts(keys.update((1, 2, 3))[:length])


def test_a_report_that_is_too_short_is_refused() -> None:
    with pytest.raises(OSError, match="UPDATE_REPORT"):
        parse_report(bytes(23))


def test_no_leaf_signs_twice_and_the_count_is_on_the_disk_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    lms_signer.make_key(key, 5)
    assert key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        lms_signer.make_key(key, 5)
    leaves: list[int] = []

    def sign(secret: object, leaf: int, nodes: object, message: bytes) -> bytes:
        assert json.loads(key.read_text())["next_leaf"] > leaf
        leaves.append(leaf)
        raise RuntimeError("the power fails")

    with monkeypatch.context() as patch:
        patch.setattr(lms_signer.Secret, "sign", sign)
        for _ in range(30):
            with pytest.raises(RuntimeError):
                lms_signer.sign(key, [b"message"])
    public, (last, very_last) = lms_signer.sign(key, [b"one", b"two"])
    assert leaves == list(range(30))
    assert lms_verify(public, b"one", last)
    assert lms_verify(public, b"two", very_last)
    with pytest.raises(lms_signer.KeyExhausted):
        lms_signer.sign(key, [b"three"])


def test_the_header_s_numbers_are_the_reader_s() -> None:
    assert PLACES["IMAGE_SIGNATURE"] == reader.SIGNATURE_AT
    assert PLACES["IMAGE_PROGRAM"] == reader.PROGRAM_AT
    assert PLACES["IMAGE_PROGRAM_BYTES"] == reader.MOST_PROGRAM_BYTES
