"""The one way of a number to a modem: what is not a number is refused, never mended."""

import re

from appliance.errors import NumberRefused

MAX_DIGITS = 20  # E.164 has 15; an international prefix and a carrier's code are given room
# By ISO 3166 country, what is dialled for the + of an international number (ITU-T E.164 lists);
# where there is no single one (Brazil: a carrier is chosen by it), none.
INTERNATIONAL_PREFIX = {
    "AU": "0011", "BE": "00", "CA": "011", "CN": "00", "DE": "00", "DK": "00", "ES": "00",
    "FI": "00", "FR": "00", "GB": "00", "HK": "001", "ID": "001", "IE": "00", "IN": "00",
    "IT": "00", "JP": "010", "KR": "001", "MX": "00", "MY": "00", "NL": "00", "NO": "00",
    "NZ": "00", "PH": "00", "PL": "00", "PT": "00", "SE": "00", "SG": "001", "TH": "001",
    "TW": "002", "US": "011", "VN": "00", "ZA": "00",
}  # fmt: skip

_NUMBER = re.compile(r"\+?[0-9*#]+", re.ASCII)


def dialable(text: str, international_prefix: str = "+") -> str:
    """``text`` as it may stand in a dial command: 1-20 of ``0-9*#`` after an optional ``+``.

    ``international_prefix`` stands in for the ``+``: itself on a cellular line, digits on an analog
    one, "" where none is known. Raises NumberRefused, with a reason for whoever dialled.
    """
    if not _NUMBER.fullmatch(text):
        raise NumberRefused("this is no telephone number: only digits, * and # can be dialled")
    plus, digits = text.startswith("+"), text.removeprefix("+")
    if plus and not international_prefix:
        raise NumberRefused(
            "this line's country has no single international prefix: write it in place of the +"
        )
    if plus and international_prefix != "+":
        plus, digits = False, international_prefix + digits
    if len(digits) > MAX_DIGITS:
        raise NumberRefused(f"a number of {len(digits)} digits is too long: {MAX_DIGITS} at most")
    return ("+" if plus else "") + digits
