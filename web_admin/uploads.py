"""Large files from the visitor, as raw bytes straight to the card: saved shops, releases."""

import os

from flask import request, session

from web_admin.visitor import client
from web_admin.words import sentence_text

PIECE = 65536
ENDPOINTS = frozenset({"backup.upload", "update.upload"})
_RAW = "application/octet-stream"
_NO_LIMIT = 2**62
_NO_ROOM = "There is not enough space on the card of the box for this file."


def allow_upload() -> None:
    """Before anything reads the request: such a file is large, and goes straight to the card.

    Only for who is signed in, and only as raw bytes: a form would be kept in memory first.
    """
    if request.endpoint in ENDPOINTS and "token" in session and request.mimetype == _RAW:
        request.max_content_length = _NO_LIMIT


def take_upload(method: str) -> tuple[str, int]:
    """The request's bytes, into the file that ``method`` gives. A sentence for the page, a code."""
    info, descriptor = client().open_file(method)
    with os.fdopen(descriptor, "wb", buffering=0) as target:
        most = int(info["most_bytes"])
        if (request.content_length or 0) > most:
            return _NO_ROOM, 507
        taken = 0
        try:
            while data := request.stream.read(PIECE):
                taken += len(data)
                if taken > most:
                    return _NO_ROOM, 507
                rest = memoryview(data)
                while rest:
                    rest = rest[target.write(rest) or 0 :]
        except OSError as error:
            return sentence_text(f"the card of the box refused it: {error.strerror or error}"), 507
    return "", 200
