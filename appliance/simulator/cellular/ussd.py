"""The operator's answers to codes such as *143#: single replies and menus of any depth."""

from dataclasses import dataclass, field

from appliance.errors import SimulatorError
from appliance.simulator.cellular import gsm_alphabet

# 3GPP TS 27.007 §7.15 <m>
DONE, REPLY_EXPECTED, TERMINATED, NOT_SUPPORTED, TIMED_OUT = 0, 1, 2, 4, 5
FORMS = ("text", "gsm", "ucs2", "packed")  # gsm: its alphabet's own codes, as +CSCS="GSM" has it
_UCS2_CODING, _GSM_CODING = 72, 15


@dataclass(frozen=True, slots=True)
class UssdAnswer:
    """``replies``: what may be keyed next, and what that gives; none: the dialogue is over.

    ``after_s``: how long the network takes. ``silent``: it never answers (the modem gives up).
    """

    text: str
    replies: dict[str, "UssdAnswer"] = field(default_factory=dict)
    after_s: float = 2.0
    silent: bool = False


DEFAULT_CODES = {
    "*143#": UssdAnswer("Your balance is P123.45, valid until 12/31."),
    "*123#": UssdAnswer("Tài khoản gốc: 45.000đ. HSD: 31/12."),
    "*100#": UssdAnswer(
        "1 Balance\n2 Offers", {"1": UssdAnswer("Balance P99.00"), "2": UssdAnswer("No offers.")}
    ),
}


class Dialogue:
    """One USSD session after another."""

    def __init__(self, codes: dict[str, UssdAnswer]) -> None:
        self._codes = codes
        self._open: UssdAnswer | None = None

    @property
    def is_open(self) -> bool:
        return self._open is not None

    def ask(self, text: str) -> UssdAnswer | None:
        """What the network answers to a code, or to a reply in an open menu; None: not known."""
        choices = self._open.replies if self._open is not None else self._codes
        answer = choices.get(text)
        self._open = answer if answer is not None and answer.replies else None
        return answer

    def close(self) -> None:
        self._open = None


def encode(text: str, form: str) -> tuple[str, int]:
    """(what stands between the quotes, data coding) in one of FORMS."""
    if form == "ucs2" or not gsm_alphabet.fits(text):
        return text.encode("utf-16-be").hex().upper(), _UCS2_CODING
    if form == "packed":
        return _pack(text).hex().upper(), _GSM_CODING
    if form == "gsm":
        return bytes(gsm_alphabet.to_septets(text)).decode("latin-1"), _GSM_CODING
    return text, _GSM_CODING


def _pack(text: str) -> bytes:
    """Septets; a whole last octet left over is filled with CR (3GPP TS 23.038 §6.1.2.3.1)."""
    septets = gsm_alphabet.to_septets(text)
    if len(septets) % 8 == 7 or (len(septets) % 8 == 0 and septets and septets[-1] == 0x0D):
        septets.append(0x0D)
    return gsm_alphabet.pack(septets)


def decode(text: str, form: str) -> str:
    """What the host typed, in the form it uses. Raises SimulatorError."""
    try:
        if form == "ucs2":
            return bytes.fromhex(text).decode("utf-16-be")
        if form == "packed":
            data = bytes.fromhex(text)
            septets = gsm_alphabet.unpack(data, len(data) * 8 // 7)
            if len(septets) % 8 == 0 and septets and septets[-1] in (0x00, 0x0D):
                septets.pop()
            return gsm_alphabet.from_septets(septets)
    except (ValueError, UnicodeDecodeError) as error:
        raise SimulatorError(f"{text!r} is no USSD string in the form {form}") from error
    return text
