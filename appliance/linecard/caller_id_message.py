"""The message by which a telephone is told who calls: Telcordia GR-30 MDMF, ETSI EN 300 659-3.

Both standards give the same bytes for what is told here; how they are modulated is the HAT's.
"""

import time
import unicodedata

_CALL_SETUP = 0x80
_DATE_TIME, _NUMBER, _NO_NUMBER, _NAME, _NO_NAME = 0x01, 0x02, 0x04, 0x07, 0x08
_WITHHELD, _UNKNOWN = "P", "O"
MAX_NUMBER = 20  # EN 300 659-3 §5.4.2
MAX_NAME = 15  # GR-30 allows no more; EN 300 659-3 allows 50, most displays have 16


def call_setup(
    number: str,
    name: str,
    presentation: str,
    local: time.struct_time,
    international_prefix: str = "",
) -> bytes:
    """From its type to its last item, without the checksum.

    ``presentation``: allowed, private or unavailable; only an allowed caller is told.
    ``local``: when it was. ``international_prefix`` is written for a ``+``, which few displays have
    and no telephone could dial; "" drops it.
    """
    if presentation != "allowed":
        number = name = ""
    why = _WITHHELD if presentation == "private" else _UNKNOWN
    shown = _plain(number.replace("+", international_prefix, 1), MAX_NUMBER)
    spoken = _plain(name, MAX_NAME)
    items = _item(_DATE_TIME, time.strftime("%m%d%H%M", local))
    items += _item(_NUMBER, shown) if shown else _item(_NO_NUMBER, why)
    if spoken or not shown:
        items += _item(_NAME, spoken) if spoken else _item(_NO_NAME, why)
    return bytes((_CALL_SETUP, len(items))) + items


def _item(kind: int, text: str) -> bytes:
    return bytes((kind, len(text))) + text.encode("ascii")


def _plain(text: str, most: int) -> str:
    """The printable ASCII that is nearest to it: accents go, what has no letter is a ``?``."""
    parts = unicodedata.normalize("NFKD", text)
    kept = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return "".join(sign if " " <= sign <= "~" else "?" for sign in kept).strip()[:most]
