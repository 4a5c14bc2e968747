"""One number, dialled in many ways: 0044…, 011 44…, +44…, 01033 0044…; each as E.164 writes it.

What leads abroad and what leads to another place of the country is from libphonenumber's data. The
codes that choose another operator for one call are not in it, and are here.
"""

import re

from phonenumbers import PhoneMetadata

from appliance.core.plan import Spelled

ABROAD_ALMOST_EVERYWHERE = "00"  # ITU-T E.164 clause 8.2
_NANPA = (r"101[0-9]{4}", "")  # carrier access codes, ATIS-0300050
# By country: a pattern, and what the rest of the number means behind it ("+": a country code).
_OPERATOR_CODES: dict[str, tuple[tuple[str, str], ...]] = {
    "US": (_NANPA,),
    "CA": (_NANPA,),
    "DE": ((r"010(?:0[0-9]{2}|[1-9][0-9])", ""),),
    "AU": ((r"14[0-9]{2}", ""),),
    "VN": ((r"17[1-9]", ""),),
    "ID": ((r"010[0-9]{2}", "+"), (r"00[17]", "+")),
}


class Spelling:
    """Of one country. ``code``: its own, as 63."""

    def __init__(self, country: str, metadata: PhoneMetadata, code: int) -> None:
        self._abroad = re.compile(metadata.international_prefix or "(?!)")
        self._trunk = metadata.national_prefix or ""
        self._code = code
        self._operators = [
            (re.compile(code), rest) for code, rest in _OPERATOR_CODES.get(country, ())
        ]

    def behind_operator(self, number: str) -> str | None:
        """What is dialled behind a code that chooses an operator; None: no such code."""
        for pattern, rest in self._operators:
            found = pattern.match(number)
            if found is not None:
                return rest + number[found.end() :]
        return None

    def spelled(self, number: str) -> Spelled:
        """Of a number, or of the beginning of one."""
        behind = self.behind_operator(number)
        if behind is not None:
            inner = self.spelled(behind)
            return Spelled(inner.sure, inner.perhaps, has_operator=True)
        perhaps: tuple[str, ...] = ()
        if number.startswith(ABROAD_ALMOST_EVERYWHERE) and self._abroad.match(number) is None:
            perhaps = ("+" + number.removeprefix(ABROAD_ALMOST_EVERYWHERE),)
        return Spelled(self._sure(number), perhaps)

    def _sure(self, number: str) -> str:
        """As it is where nothing follows what leads abroad or out of town."""
        if not number.isdecimal():
            return number
        abroad = self._abroad.match(number)
        rest = number[abroad.end() :] if abroad else number.removeprefix(self._trunk)
        if not rest:
            return number
        return f"+{rest}" if abroad else f"+{self._code}{rest}"
