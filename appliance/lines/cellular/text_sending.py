"""Short messages on their way out: what is sent next, and what becomes of it; pure.

An error of the network is tried again with growing patience, one that can't mend is told at once.
A message whose fate nobody knows is never sent again: "perhaps sent" is what the owner is told.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.modem.at import CTRL_Z, Command, Result
from appliance.modem.fields import after_prefix, whole
from appliance.modem.mobile_identity import cme_sentence
from appliance.modem.sms_parts import OutgoingPart
from appliance.modem.sms_pdu import StatusReport

PATIENCE_S = (15.0, 60.0, 300.0, 900.0, 3600.0)  # then it has failed
SEND_S = 125.0  # 3GPP TS 27.005 lets +CMGS take as long as the network does; vendors name 120 s
MAX_UNREPORTED = 200
PERHAPS = "perhaps sent: the modem did not say what became of it; it is not sent again"
_UNKNOWN_FATE = (332,)  # network time-out: the message left, its receipt did not come
# 3GPP TS 24.011 E.2 (RP causes), 23.040 9.2.3.22 and 27.005 3.2.5.
_FINAL = {
    1: "there is no such number",
    8: "the operator bars messages from this SIM",
    10: "the operator bars messages from this SIM, or there is no credit",
    21: "the network turned the message down, perhaps for want of credit",
    28: "the number is not known to the network",
    29: "the network does not offer messages to this SIM",
    30: "the number is not known to the network",
    50: "the subscription does not include messages",
    69: "the network does not offer this kind of message",
    302: "the modem may not send messages",
    303: "the modem can't send messages",
    304: "the modem does not accept the message",
    305: "the modem does not accept the message",
    310: "no SIM card is in the modem, or it does not touch its contacts",
    311: "the SIM asks for its PIN",
    312: "the SIM is locked to another telephone",
    313: "the SIM card is broken, or not put in well",
    315: "the modem can't read this SIM card",
    316: "the SIM is blocked and asks for its PUK",
    321: "the modem does not accept the message",
    330: "the SIM does not know its operator's message centre: set it with AT+CSCA, or in a "
    "telephone",
}
_PASSING = {
    27: "the number can't be reached now",
    38: "the network is out of order",
    41: "the network failed for a moment",
    42: "the network is overloaded",
    47: "the network is overloaded",
    314: "the SIM card is busy",
    322: "the modem's memory is full",
    331: "the modem has no network",
    500: "the modem gave no reason",
}

_NO_NETWORK = (None, 38, 331, 500)  # +CMS ERROR; None: a bare ERROR
_NO_NETWORK_CME = (30, 31, 100)  # no network service, network time-out, unknown


@dataclass(slots=True, eq=False)
class _Text:
    text_id: str
    number: str
    parts: tuple[OutgoingPart, ...]
    sent: int = 0
    tries: int = 0
    not_before_s: float = 0.0
    delivered: int = 0
    lacked_network: bool = False  # as the last try was refused
    is_over: bool = False  # failed, delivered, or nothing more is expected
    references: list[int] = field(default_factory=list)


Tell = Callable[[str, str, str], None]  # text_id, state, reason; as TextListener.text_sent


class TextSending:
    """The queue of texts and the reports that are still to come. ``now``: monotonic seconds."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._queue: deque[_Text] = deque()
        self._unreported: deque[_Text] = deque(maxlen=MAX_UNREPORTED)
        self._current: _Text | None = None  # its command is with the modem
        self._doubtful: _Text | None = None  # the last whose fate is unknown
        self._quiet_until_s = 0.0

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, text_id: str, number: str, parts: tuple[OutgoingPart, ...]) -> None:
        self._queue.append(_Text(text_id, number, parts))

    def next_command(self, now: float) -> Command | None:
        """The next part's AT+CMGS; a text that waits for its next try lets others pass."""
        due = [text for text in self._queue if text.not_before_s <= now]
        if not due or now < self._quiet_until_s:
            return None
        self._current = due[0]
        part = due[0].parts[due[0].sent]
        return Command(
            f"AT+CMGS={part.length}",
            timeout_s=SEND_S,
            required=False,
            prompt_data=part.pdu.encode("ascii") + CTRL_Z,
            prefixes=("+CMGS:",),
            takes_call_results=False,
        )

    def next_at(self) -> float | None:
        """When next_command() has something to say, or None."""
        first = min((text.not_before_s for text in self._queue), default=None)
        return None if first is None else max(first, self._quiet_until_s)

    def finished(self, result: Result, now: float) -> None:
        """How the command of next_command() ended."""
        text, self._current = self._current, None
        if text is None:
            return
        reference = reference_of(result.lines)
        if result.ok or reference is not None:
            self._part_sent(text, reference)
        elif (result.error_code in _UNKNOWN_FATE and not _is_equipments(result)) or (
            result.timed_out and result.prompt_answered
        ):
            self._doubt(text)
        elif result.error_code in _FINAL and not _is_equipments(result):
            self._fail(text, _FINAL[result.error_code])
        else:
            self._try_later(text, result, now)

    def network_back(self, now: float) -> None:
        """What was refused for want of it is due; a try without a network is none."""
        for text in self._queue:
            if text.lacked_network and text is not self._current:
                text.lacked_network = False
                text.not_before_s = min(text.not_before_s, now)
                text.tries = max(0, text.tries - 1)

    def interrupted(self, now: float) -> None:
        """The modem is gone; a message that was with it may or may not have left.

        If it comes back without a reset, its late answer must not be taken for the next one's.
        """
        text, self._current = self._current, None
        if text is not None:
            self._quiet_until_s = now + SEND_S
            self._doubt(text)

    def late_reference(self, reference: int) -> None:
        """+CMGS came after its command was given up: the text was sent after all."""
        text, self._doubtful = self._doubtful, None
        if text is None:
            return
        text.references.append(reference)
        text.sent += 1
        if text.sent == len(text.parts):
            self._tell(text.text_id, "sent", "")
            text.is_over = False
            if text not in self._unreported:
                self._unreported.append(text)

    def reported(self, report: StatusReport) -> None:
        """A status report: the newest text with its reference and number."""
        for text in reversed(self._unreported):
            if report.reference in text.references and same_number(text.number, report.number):
                self._take_report(text, report)
                return
        doubtful = self._doubtful
        if doubtful is not None and same_number(doubtful.number, report.number):
            self.late_reference(report.reference)
            if not doubtful.is_over:
                self._take_report(doubtful, report)

    def _take_report(self, text: _Text, report: StatusReport) -> None:
        if text.is_over or report.state == "trying":
            return
        if report.state == "failed":
            text.is_over = True
            self._tell(text.text_id, "failed", _report_reason(report.status))
            return
        text.references.remove(report.reference)
        text.delivered += 1
        if text.delivered == len(text.parts):
            text.is_over = True
            self._unreported.remove(text)
            self._tell(text.text_id, "delivered", "")

    def _part_sent(self, text: _Text, reference: int | None) -> None:
        if reference is not None:
            text.references.append(reference)
        text.sent += 1
        text.tries = 0
        if text.sent == 1:
            self._unreported.append(text)
        if text.sent == len(text.parts):
            self._queue.remove(text)
            self._tell(text.text_id, "sent", "")

    def _doubt(self, text: _Text) -> None:
        self._fail(text, PERHAPS)
        self._doubtful = text

    def _fail(self, text: _Text, reason: str) -> None:
        self._queue.remove(text)
        text.is_over = True
        if len(text.parts) > 1:
            reason = f"part {text.sent + 1} of {len(text.parts)}: {reason}"
        self._tell(text.text_id, "failed", reason)

    def _try_later(self, text: _Text, result: Result, now: float) -> None:
        reason, lacks_network = _passing_reason(result), _lacks_network(result)
        if text.tries >= len(PATIENCE_S):
            self._fail(text, f"{reason} ({text.tries + 1} tries)")
            return
        text.not_before_s = now + PATIENCE_S[text.tries]
        text.lacked_network = lacks_network
        text.tries += 1


def reference_of(lines: tuple[str, ...]) -> int | None:
    """The message reference (0-255) that +CMGS: tells, or None."""
    for line in lines:
        said = after_prefix(line, "+CMGS:")
        number = None if said is None else whole(said.split(",")[0])
        if number is not None and 0 <= number <= 255:
            return number
    return None


def same_number(one: str, other: str) -> bool:
    """Whether two ways of writing a number (0917…, +63917…) can be the same: 7 last digits."""
    one, other = one.lstrip("+0"), other.lstrip("+0")
    return one == other or (len(one) >= 7 <= len(other) and one[-7:] == other[-7:])


def _is_equipments(result: Result) -> bool:
    """+CME ERROR: numbers of their own, none of which concerns the message itself."""
    return result.error.upper().startswith("+CME")


def _lacks_network(result: Result) -> bool:
    """Perhaps: some modems give no reason, or only that of their own equipment."""
    codes = _NO_NETWORK_CME if _is_equipments(result) else _NO_NETWORK
    return not result.timed_out and result.error_code in codes


def _passing_reason(result: Result) -> str:
    code = result.error_code
    if _is_equipments(result):
        return cme_sentence(code)
    if code is None:
        return "the modem did not take the message"
    return _PASSING.get(code, f"the modem answered with error {code}")


def _report_reason(status: int) -> str:
    """23.040 9.2.3.15, 40-7F: given up."""
    reasons = {
        0x41: "the number can't receive it",
        0x43: "the number can't be had",
        0x45: "the message centre knows of no such number",
        0x46: "it was too old when the telephone could be reached",
        0x60: "the network was overloaded for too long",
        0x61: "the telephone was busy for too long",
        0x62: "the telephone did not answer",
    }
    return reasons.get(status, f"the network could not deliver it (status {status:02X})")
