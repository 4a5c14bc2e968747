"""What a country's numbering plan says of a number as it is dialled, from libphonenumber's data."""

import re
from functools import cache
from itertools import product

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberType
from phonenumbers import ValidationResult as Length
from phonenumbers.shortnumberinfo import (
    ShortNumberCost,
    expected_cost_for_region,
    is_possible_short_number_for_region,
)

from appliance.core.plan import UNIVERSAL_EMERGENCY, NoNumbering, Numbering, Spelled
from appliance.settings.spelling import ABROAD_ALMOST_EVERYWHERE, Spelling

LONGEST_EMERGENCY = 5  # digits; none that libphonenumber knows is longer
SHORTEST_PREMIUM = 4  # no premium-rate number is shorter
# Personal numbers (the UK's 070) forward anywhere and cost as much as any premium rate.
_PREMIUM = (
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER,
)
# Of no country (ITU-T E.164, list of assigned codes): Inmarsat, satellites and networks at their
# operator's price, international premium rate.
_DEAR_CODES = (870, 881, 882, 883, 979)
# Premium rates that libphonenumber does not know: the Philippines' 1900 services (PLDT).
_PREMIUM_TOO = {"PH": ("+631900",)}


@cache
def numbering_of(country: str) -> Numbering:
    """Of an ISO 3166 country; where nothing is known of it, only 112 and 911 have a meaning."""
    metadata = PhoneMetadata.metadata_for_region(country, None)
    emergency = _emergency_numbers(country)
    if metadata is None or not emergency:
        return NoNumbering()
    return CountryNumbering(country, metadata, emergency)


def emergency_numbers(country: str) -> tuple[str, ...]:
    """Every number that is an emergency call there, in order."""
    known = numbering_of(country)
    numbers = known.emergency if isinstance(known, CountryNumbering) else UNIVERSAL_EMERGENCY
    return tuple(sorted(numbers))


def _emergency_numbers(country: str) -> frozenset[str]:
    """All of them, spelled out: which is the only way to know how one may go on."""
    metadata = PhoneMetadata.short_metadata_for_region(country)
    if metadata is None or metadata.emergency is None:
        return frozenset()
    pattern = re.compile(metadata.emergency.national_number_pattern or "(?!)")
    lengths = [n for n in metadata.emergency.possible_length or () if 1 < n <= LONGEST_EMERGENCY]
    digits = ("".join(chosen) for n in lengths for chosen in product("0123456789", repeat=n))
    return frozenset(number for number in digits if pattern.fullmatch(number))


class CountryNumbering:
    """A core.plan.Numbering."""

    def __init__(self, country: str, metadata: PhoneMetadata, emergency: frozenset[str]) -> None:
        self._country = country
        self._abroad = re.compile(metadata.international_prefix or "")
        self._emergency = emergency
        self._code = phonenumbers.country_code_for_region(country)
        self._spelling = Spelling(country, metadata, self._code)

    @property
    def emergency(self) -> frozenset[str]:
        return self._emergency

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CountryNumbering) and other._country == self._country

    def __hash__(self) -> int:
        return hash(self._country)

    def kind(self, number: str) -> str:
        """As core.plan.Numbering."""
        if number in self._emergency:
            return "emergency"
        if not number.removeprefix("+").isdecimal():
            return "service_code"
        behind = self._spelling.behind_operator(number)
        return self._kind_of_whole(number) if behind is None else self._kind_behind(behind)

    def _is_known_premium(self, number: str) -> bool:
        return self.spelled(number).sure.startswith(_PREMIUM_TOO.get(self._country, ()))

    def _kind_of_whole(self, number: str) -> str:
        """A prefix decides as much as the whole: an exchange connects at the last digit it needs.

        It takes no notice of those after it.
        """
        if self._is_known_premium(number):
            return "premium"
        beginnings = [number[:n] for n in range(SHORTEST_PREMIUM, len(number) + 1)]
        if self._is_foreign(number):
            is_dear = any(self._is_dear_abroad(beginning) for beginning in beginnings)
            return "premium_abroad" if is_dear else "international"
        if any(self._is_premium(beginning) for beginning in beginnings):
            return "premium"
        if self._is_too_short(number) or self._may_become_premium(number):
            return "incomplete"
        return "ordinary"

    def _kind_behind(self, number: str) -> str:
        """Another operator is chosen: ``number`` decides, if it is one for certain."""
        kind = self.kind(number)
        parsed = self._parsed(number)
        is_number = parsed is not None and phonenumbers.is_valid_number(parsed)
        judged = ("premium", "premium_abroad", "international")
        return kind if kind in judged or (kind == "ordinary" and is_number) else "unjudged"

    def spelled(self, number: str) -> Spelled:
        return self._spelling.spelled(number)

    def may_become_emergency(self, digits: str) -> bool:
        return bool(digits) and any(
            number.startswith(digits) and number != digits for number in self._emergency
        )

    def reaches_emergency(self, number: str) -> bool:
        """An exchange connects at the last digit that it needs, so no other number begins so."""
        behind = self._spelling.behind_operator(number)
        if behind is not None and self.reaches_emergency(behind):
            return True
        if not number.startswith(tuple(self._emergency)):
            return False
        parsed = self._parsed(number)
        is_other = parsed is not None and phonenumbers.is_valid_number(parsed)
        return number in self._emergency or not is_other

    def is_whole(self, number: str) -> bool:
        """Only where the plan is certain: valid, and too long for its type with one more digit."""
        parsed = self._parsed(number)
        if parsed is None or not phonenumbers.is_valid_number(parsed):
            return False
        kind = phonenumbers.number_type(parsed)
        longer = self._parsed(number + "0")
        if longer is None:
            return True
        length = phonenumbers.is_possible_number_for_type_with_reason(longer, kind)
        return length == Length.TOO_LONG

    def _parsed(self, number: str) -> PhoneNumber | None:
        try:
            return phonenumbers.parse(number, self._country)
        except NumberParseException:
            return None

    def _is_foreign(self, number: str) -> bool:
        """Beyond the shop's own country, islands that share its country code among them."""
        parsed = self._parsed(number)
        if parsed is None or not phonenumbers.is_valid_number(parsed):
            if parsed is not None and parsed.country_code != self._code:
                return True
            beginnings = ("+", ABROAD_ALMOST_EVERYWHERE)
            return number.startswith(beginnings) or self._abroad.match(number) is not None
        return not phonenumbers.is_valid_number_for_region(parsed, self._country)

    def _is_dear_abroad(self, number: str) -> bool:
        parsed = self._parsed(number)
        if parsed is None:
            return False
        return parsed.country_code in _DEAR_CODES or phonenumbers.number_type(parsed) in _PREMIUM

    def _is_premium(self, number: str) -> bool:
        if is_possible_short_number_for_region(_bare(number), self._country):
            cost = expected_cost_for_region(_bare(number), self._country)
            if cost == ShortNumberCost.PREMIUM_RATE:
                return True
        parsed = self._parsed(number)
        return parsed is not None and phonenumbers.number_type(parsed) in _PREMIUM

    def _may_become_premium(self, number: str) -> bool:
        """No number of the plan yet, and a premium-rate one with a few keys more."""
        parsed = self._parsed(number)
        if parsed is None or phonenumbers.is_valid_number(parsed):
            return False
        if is_possible_short_number_for_region(_bare(number), self._country):
            return False
        longer = (number + digit * n for n in (1, 2, 3) for digit in "0123456789")
        return any(self._is_premium(one) for one in longer)

    def _is_too_short(self, number: str) -> bool:
        """So short that an exchange would wait for more, which a caller could add unseen."""
        parsed = self._parsed(number)
        if parsed is None:
            return True
        length = phonenumbers.is_possible_number_with_reason(parsed)
        is_short = is_possible_short_number_for_region(_bare(number), self._country)
        return length in (Length.TOO_SHORT, Length.INVALID_LENGTH) and not is_short


def _bare(number: str) -> PhoneNumber:
    """A short number as libphonenumber wants it: never with a trunk or country code."""
    return PhoneNumber(national_number=int(number.removeprefix("+") or "0"))
