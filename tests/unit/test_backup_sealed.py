"""The sealed file: what was written comes back, and nothing else ever does."""

import hashlib
import io
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.backup.sealed import CHUNK, HEAD_BYTES, Cost, SealedReader, SealedWriter
from appliance.errors import BackupError

QUICK = Cost(1, 8192)
PASSPHRASE = "pan de sal at six"
SEALED_CHUNK = CHUNK + 17  # libsodium: crypto_secretstream_xchacha20poly1305_ABYTES


def seal(plain: bytes, passphrase: str = PASSPHRASE, piece: int = 1 << 20) -> bytes:
    target = io.BytesIO()
    writer = SealedWriter(target, passphrase, QUICK)
    for at in range(0, len(plain), piece):
        writer.write(plain[at : at + piece])
    writer.finish()
    return target.getvalue()


def unseal(sealed: bytes, passphrase: str = PASSPHRASE, piece: int = 1 << 20) -> bytes:
    reader = SealedReader(io.BytesIO(sealed), passphrase)
    plain = b""
    while data := reader.read(piece):
        plain += data
    reader.finish()
    return plain


def plain_of(chunks: float) -> bytes:
    return bytes(n * 7 % 251 for n in range(int(CHUNK * chunks)))


@settings(max_examples=25)
@given(
    st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 5]),
    st.sampled_from([999, CHUNK, 3 * CHUNK]),
    st.sampled_from([1000, CHUNK, 1 << 20]),
)
def test_what_was_sealed_comes_back(size: int, written: int, read: int):
    plain = plain_of(3)[:size]
    sealed = seal(plain, piece=written)
    assert unseal(sealed, piece=read) == plain
    assert len(plain) < 64 or plain[:64] not in sealed


def test_the_same_shop_is_never_the_same_file():
    assert seal(b"shop") != seal(b"shop")


def test_a_passphrase_is_its_letters_however_they_were_typed():
    composed, parts = (unicodedata.normalize(form, "cà phê sữa đá") for form in ("NFC", "NFD"))
    assert composed != parts
    assert unseal(seal(b"shop", composed), parts) == b"shop"


@pytest.mark.parametrize("wrong", ["", "pan de sal at SIX", "x" * 2000, PASSPHRASE + " "])
def test_a_wrong_passphrase_is_told_as_one(wrong: str):
    with pytest.raises(BackupError, match="passphrase"):
        unseal(seal(plain_of(2)), wrong)


@pytest.mark.parametrize("poor", ["", "short", "aaaaaaaaaaaa", "x" * 1001])
def test_a_poor_passphrase_seals_nothing(poor: str):
    target = io.BytesIO()
    with pytest.raises(BackupError):
        SealedWriter(target, poor, QUICK)
    assert not target.getvalue()


WHOLE = seal(plain_of(2.5))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(WHOLE) * 8 - 1))
def test_a_flipped_bit_anywhere_is_refused(bit: int):
    damaged = bytearray(WHOLE)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BackupError):
        unseal(bytes(damaged))


@pytest.mark.parametrize("byte", range(HEAD_BYTES))
def test_every_byte_of_the_head_counts(byte: int):
    damaged = bytearray(WHOLE)
    damaged[byte] ^= 0x55
    with pytest.raises(BackupError):
        unseal(bytes(damaged))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_cut_short_anywhere_is_refused(size: int):
    with pytest.raises(BackupError):
        unseal(WHOLE[:size])


@pytest.mark.parametrize("chunks", [0, 1, 2])
def test_a_file_cut_between_chunks_is_refused(chunks: int):
    with pytest.raises(BackupError, match="cut short"):
        unseal(WHOLE[: HEAD_BYTES + chunks * SEALED_CHUNK])


def chunks_of(sealed: bytes) -> tuple[bytes, list[bytes]]:
    body = sealed[HEAD_BYTES:]
    return sealed[:HEAD_BYTES], [
        body[at : at + SEALED_CHUNK] for at in range(0, len(body), SEALED_CHUNK)
    ]


def test_chunks_in_another_order_twice_or_missing_are_refused():
    head, (one, two, last) = chunks_of(WHOLE)
    for order in ([two, one, last], [one, one, last], [one, last], [one, two], [one, two, two]):
        with pytest.raises(BackupError):
            unseal(head + b"".join(order))
    for more in (last, b"\0", one):
        with pytest.raises(BackupError, match=r"follows its end|damaged"):
            unseal(WHOLE + more)


def test_the_chunks_of_one_file_do_not_fit_another():
    head, chunks = chunks_of(WHOLE)
    _, others = chunks_of(seal(plain_of(2.5)))
    with pytest.raises(BackupError):
        unseal(head + b"".join([chunks[0], others[1], chunks[2]]))


def rewritten(at: int, data: bytes) -> bytes:
    """With a head that is whole: as somebody writes it on purpose, or a newer release."""
    head = bytearray(WHOLE[: HEAD_BYTES - 8])
    head[at : at + len(data)] = data
    return bytes(head) + hashlib.sha256(head).digest()[:8] + WHOLE[HEAD_BYTES:]


def test_a_newer_format_asks_for_an_update():
    with pytest.raises(BackupError, match="newer release"):
        unseal(rewritten(8, b"\0\2"))
    with pytest.raises(BackupError, match="newer release"):
        unseal(rewritten(10, b"\2"))


def test_the_head_is_part_of_every_chunk():
    with pytest.raises(BackupError):
        unseal(rewritten(11, b"\1"))  # a byte that nothing but the seal looks at


@pytest.mark.parametrize(
    ("at", "data"),
    [(12, b"\0\0\0\0"), (12, b"\xff\xff\xff\xff"), (16, b"\0" * 8), (16, b"\0\0\1" + b"\0" * 5)],
)
def test_a_head_can_not_keep_the_box_busy(at: int, data: bytes):
    with pytest.raises(BackupError, match="more work"):
        unseal(rewritten(at, data))


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_what_is_no_saved_shop_is_refused(data: bytes):
    with pytest.raises(BackupError):
        unseal(data)
