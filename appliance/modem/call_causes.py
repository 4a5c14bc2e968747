"""Why a mobile call ended, as a cause of DialFailed: from numbers and from vendors' words.

Numbers: 3GPP TS 24.008 table 10.5.123 and annex H. AT+CEER (3GPP TS 27.007 8.10) leaves its text
to the vendor: a number, a place and a number (SIMCom: "12,17"), or words (Quectel, SIM7600).
"""

import re

from appliance.modem.fields import after_prefix, split_fields, whole

BUSY, NO_ANSWER, REJECTED = "busy", "no_answer", "rejected"
UNOBTAINABLE, CONGESTION, NO_SERVICE, ENDED = "unobtainable", "congestion", "no_service", "ended"

_NUMBERS = {
    BUSY: (17,),
    NO_ANSWER: (18, 19),
    # barred, refused, not subscribed, no credit
    REJECTED: (8, 21, 24, 29, 50, 55, 57, 65, 68, 69, 70, 79, 87),
    UNOBTAINABLE: (1, 3, 22, 27, 28, 88, 91),
    CONGESTION: (6, 25, 34, 41, 42, 43, 44, 47, 49, 58, 102),
    NO_SERVICE: (38, 63),
}
_CAUSE_OF = {number: cause for cause, numbers in _NUMBERS.items() for number in numbers}
_WORDS = (
    (NO_SERVICE, r"no service|no network|out of service|not registered|offline|no cell|plmn|"
                 r"network out of order|access class|radio (?:link|fail)|emergency|"
                 r"service (?:or option )?(?:not available|unavailable)|no dial ?tone"),
    (BUSY, r"busy"),
    (NO_ANSWER, r"no answer|not answer|no user respon|alerting|no response"),
    (UNOBTAINABLE, r"unassigned|unallocated|unobtainable|no route|number changed|"
                   r"(?:invalid|incomplete) number|number (?:invalid|incomplete)|"
                   r"destination out of order|incompatible destination|not exist"),
    (CONGESTION, r"congest|no circuit|channel (?:unacceptable|unavailable)|resource|"
                 r"temporary failure|requested circuit|timer expir"),
    (REJECTED, r"reject|barr|denied|not allowed|refus|declin|not subscribed|acm"),
)  # fmt: skip
_MARKED = re.compile(r"(?:cause|code)\D{0,3}(\d{1,3})\b|\((\d{1,3})\)", re.IGNORECASE | re.ASCII)


def cause_of_number(number: int) -> str:
    """A call control cause value; "ended" for normal clearing, 31 and what is not in the table."""
    return _CAUSE_OF.get(number, ENDED)


def cause_of_words(text: str) -> str:
    """A vendor's sentence, "ended" when it says nothing of the kind."""
    for cause, pattern in _WORDS:
        if re.search(pattern, text, re.IGNORECASE):
            return cause
    return ENDED


def read_cause(text: str) -> str | None:
    """An AT+CEER line: one of the causes, or None when it is none. Any line is taken."""
    said = after_prefix(text, "+CEER:")
    if said is None:
        return None
    numbers = [whole(part) for part in split_fields(said)]
    found = [number for number in numbers if number is not None]
    if found and len(found) == len(numbers):
        return cause_of_number(found[-1])
    marked = _MARKED.search(said)
    if marked:
        return cause_of_number(int(marked[1] or marked[2]))
    by_words = cause_of_words(said)
    return cause_of_number(found[-1]) if by_words == ENDED and found else by_words
