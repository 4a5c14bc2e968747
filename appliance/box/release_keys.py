"""Who may sign a release: Ed25519 key pairs as one line of text each (docs/updates.md)."""

import base64
import binascii
import os
from pathlib import Path

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from appliance.errors import ReleaseRefused

TRUSTED = Path("etc/counterbell/release-keys")  # below the root of the box
_PUBLIC, _SECRET = "counterbell-release-key", "counterbell-release-secret-key"
_KEY_BYTES = 32
_LONGEST = 4096  # bytes of a key's file


def make_pair(path: Path) -> Path:
    """A new pair: the secret half in ``path`` (0600), the public one beside it, which is returned.

    Raises ReleaseRefused when there is a file already, OSError.
    """
    public = path.with_name(f"{path.name}.pub")
    for one in (path, public):
        if one.exists():
            raise ReleaseRefused(f"{one} is there already: a key is never written over")
    key = SigningKey.generate()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(_line(_SECRET, bytes(key)))
    public.write_text(_line(_PUBLIC, bytes(key.verify_key)))
    return public


def read_secret(path: Path) -> SigningKey:
    """Raises ReleaseRefused."""
    return SigningKey(_read(path, _SECRET))


def trusted_keys(folder: Path) -> list[VerifyKey]:
    """The public keys in ``folder``; a file that holds none is passed over."""
    keys = []
    for path in sorted(folder.glob("*.pub")) if folder.is_dir() else ():
        try:
            keys.append(VerifyKey(_read(path, _PUBLIC)))
        except ReleaseRefused:
            continue
    return keys


def is_signed_by(keys: list[VerifyKey], signature: bytes, message: bytes) -> bool:
    """Whether one of ``keys`` made ``signature`` over ``message``."""
    for key in keys:
        try:
            key.verify(message, signature)
        except BadSignatureError:
            continue
        return True
    return False


def _line(word: str, key: bytes) -> str:
    return f"{word} {base64.b64encode(key).decode()}\n"


def _read(path: Path, word: str) -> bytes:
    try:
        with path.open("rb") as file:
            words = file.read(_LONGEST).decode("ascii").split()
        key = base64.b64decode(words[1], validate=True) if words[:1] == [word] else b""
    except (OSError, ValueError, IndexError, binascii.Error) as error:
        raise ReleaseRefused(f"{path} is no key of ours: {error}") from error
    if len(key) != _KEY_BYTES:
        raise ReleaseRefused(f"{path} is no key of ours: make one with ./provision.sh release-key")
    return key
