"""The key that signs this page's cookies: made once, kept over restarts, safe at a power cut."""

import os
import secrets
from pathlib import Path

SHORTEST = 32


def read_or_make_secret(path: Path) -> str:
    """The key in ``path``; made, with mode 0600, when it is missing or was cut short.

    Raises OSError.
    """
    try:
        kept = path.read_text("ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        kept = ""
    if len(kept) >= SHORTEST:
        return kept
    secret = secrets.token_urlsafe(SHORTEST)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return secret
