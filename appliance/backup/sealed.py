"""The sealed file: a head, then chunks that only the owner's passphrase opens (docs/backup.md).

Key: Argon2id (RFC 9106). Chunks: libsodium's secretstream (XChaCha20-Poly1305), which refuses a
chunk that is changed, missing, repeated or out of its place; the head is authenticated with each.
"""

import hashlib
import struct
import unicodedata
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import nacl.exceptions
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_ABYTES as _ADDED,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_HEADERBYTES as _STREAM_HEAD,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_pull as _init_pull,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_push as _init_push,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_KEYBYTES as _KEY,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_pull as _pull,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_push as _push,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_state as _State,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_FINAL as _FINAL,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_MESSAGE as _MESSAGE,
)
from nacl.pwhash import argon2id
from nacl.utils import random as random_bytes

from appliance.errors import BackupError

MAGIC = b"CBELLSHP"
VERSION = 1
CHUNK = 65536  # bytes of plaintext in every chunk but the last
SHORTEST_PASSPHRASE = 8
LONGEST_PASSPHRASE = 1000
_HEAD = struct.Struct(f">8sHBxIQ16s{_STREAM_HEAD}s")
_CHECK = 8  # bytes of SHA-256 after the head: tells damage from a wrong passphrase, no more
HEAD_BYTES = _HEAD.size + _CHECK
_ARGON2ID = 1
_MOST_PASSES, _MOST_MEMORY = 32, 512 * 2**20  # what a head may ask of us


@dataclass(frozen=True, slots=True)
class Cost:
    """What it costs to try a passphrase: ``passes`` of Argon2id over ``memory`` bytes."""

    passes: int = 4
    memory: int = 64 * 2**20  # a box with 512 MiB takes calls meanwhile


ORDINARY = Cost()


class Source(Protocol):
    """What bytes are read from; `read` gives fewer than asked at the end only."""

    def read(self, size: int, /) -> bytes: ...


class SealedWriter:
    """A file to write plaintext to; ``target`` receives the sealed one. `finish` ends it.

    Raises BackupError for a passphrase that won't do.
    """

    def __init__(self, target: BinaryIO, passphrase: str, cost: Cost) -> None:
        check_passphrase(passphrase)
        salt = random_bytes(argon2id.SALTBYTES)
        self._state = _State()
        stream = _init_push(self._state, _key(passphrase, salt, cost))
        self._head = _HEAD.pack(MAGIC, VERSION, _ARGON2ID, cost.passes, cost.memory, salt, stream)
        self._target = target
        self._waiting = bytearray()
        target.write(self._head + _check(self._head))

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > CHUNK:  # the last one is kept back: it is marked as such
            self._seal(bytes(self._waiting[:CHUNK]), _MESSAGE)
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        """Write the last chunk. The target is neither synced nor closed."""
        self._seal(bytes(self._waiting), _FINAL)
        self._waiting.clear()

    def _seal(self, plain: bytes, tag: int) -> None:
        self._target.write(_push(self._state, plain, self._head, tag))


class SealedReader:
    """Reads plaintext. Everything it gives has been authenticated; `finish` asks for the end.

    Raises BackupError: no saved shop, a newer format, a wrong passphrase, damage.
    """

    def __init__(self, source: Source, passphrase: str) -> None:
        self._source = source
        self._head, cost, salt, stream = _read_head(source)
        self._state = _State()
        _init_pull(self._state, stream, _key(passphrase, salt, cost))
        self._plain = memoryview(b"")
        self._chunks = 0
        self._is_last = False
        self._open_next()

    def read(self, size: int) -> bytes:
        """``size`` bytes; fewer at the end of the plaintext only."""
        found = bytearray()
        while len(found) < size:
            if not self._plain:
                if self._is_last:
                    break
                self._open_next()
                continue
            taken = self._plain[: size - len(found)]
            found += taken
            self._plain = self._plain[len(taken) :]
        return bytes(found)

    def finish(self) -> None:
        """Read what is left, to the last chunk; nothing may follow it."""
        while not self._is_last:
            self._open_next()
        if self._source.read(1):
            raise BackupError("the file is damaged: something follows its end")

    def _open_next(self) -> None:
        sealed = _exactly(self._source, CHUNK + _ADDED)
        where = HEAD_BYTES + self._chunks * (CHUNK + _ADDED)
        if len(sealed) < _ADDED:
            raise BackupError(f"the file is cut short after {where} bytes")
        try:
            plain, tag = _pull(self._state, sealed, self._head)
        except (nacl.exceptions.CryptoError, ValueError) as error:
            if not self._chunks:
                raise BackupError(
                    "the passphrase is not the one of this file (or its beginning is damaged)"
                ) from error
            reason = "cut short or damaged" if len(sealed) < CHUNK + _ADDED else "damaged"
            raise BackupError(f"the file is {reason} after {where} bytes") from error
        self._is_last = tag == _FINAL
        if not self._is_last and len(plain) != CHUNK:
            raise BackupError(f"the file is damaged after {where} bytes")
        self._plain = memoryview(plain)
        self._chunks += 1


def check_passphrase(passphrase: str) -> None:
    """Raises BackupError when a shop may not be sealed with it."""
    if not SHORTEST_PASSPHRASE <= len(passphrase) <= LONGEST_PASSPHRASE:
        raise BackupError(f"a passphrase has at least {SHORTEST_PASSPHRASE} characters")
    if len(set(passphrase)) < 3:
        raise BackupError("this passphrase is too easy to guess")
    _encoded(passphrase)


def _read_head(source: Source) -> tuple[bytes, Cost, bytes, bytes]:
    head = _exactly(source, HEAD_BYTES)
    packed, check = head[: _HEAD.size], head[_HEAD.size :]
    if packed[: len(MAGIC)] != MAGIC:
        raise BackupError("this file is no saved shop")
    is_whole = check == _check(packed)
    if len(head) < HEAD_BYTES:
        raise BackupError("the file is cut short in its first bytes")
    _, version, derivation, passes, memory, salt, stream = _HEAD.unpack(packed)
    if not is_whole and version == VERSION:
        raise BackupError("the file is damaged in its first bytes")
    if version != VERSION or derivation != _ARGON2ID:
        raise BackupError(
            f"this shop was saved by a newer release (format {version}): update this box first"
        )
    if not (1 <= passes <= _MOST_PASSES and argon2id.MEMLIMIT_MIN <= memory <= _MOST_MEMORY):
        raise BackupError("the file asks for more work than this box does for a passphrase")
    return packed, Cost(passes, memory), salt, stream


def _check(head: bytes) -> bytes:
    return hashlib.sha256(head).digest()[:_CHECK]


def _key(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    secret = _encoded(passphrase[: LONGEST_PASSPHRASE + 1])
    key: bytes = argon2id.kdf(_KEY, secret, salt, cost.passes, cost.memory)
    return key


def _encoded(passphrase: str) -> bytes:
    """The same bytes whichever keyboard composed its letters (Unicode NFC)."""
    try:
        return unicodedata.normalize("NFC", passphrase).encode()
    except UnicodeEncodeError as error:
        raise BackupError("the passphrase has a character that can't be used") from error


def _exactly(source: Source, size: int) -> bytes:
    """``size`` bytes, fewer at the end; a pipe gives them piece by piece."""
    found = bytearray()
    while len(found) < size:
        data = source.read(size - len(found))
        if not data:
            break
        found += data
    return bytes(found)
