"""What a modem is asked, in which order, and what its answers mean. No I/O.

ITU-T V.250 (AT, I, +GMI), V.253 (+FCLASS, +VSM), 3GPP TS 27.007 (+CGMI, +CGMM, +CPIN, +CSQ, +CREG,
+COPS). Nothing here goes off-hook, and no PIN is ever sent: +CPIN? only asks.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.modem.at import Command
from appliance.modem.voice_formats import find_ulaw, parse_formats

ASK_S = 1.0  # modems answer questions about themselves within 300 ms
_NO_ANSWER_DBM = 99  # +CSQ: not known or not detectable, 27.007 clause 8.5
_WEAK_RSSI = 10  # -93 dBm; below it calls are often lost

# +CME ERROR of a SIM, 27.007 clause 9.2.1
_SIM_ERRORS = {"10": "NOT INSERTED", "13": "FAILURE", "14": "BUSY", "15": "WRONG"}
_REGISTERED = {"1": "home", "5": "roaming"}
_NOT_REGISTERED = {"0": "not searching", "2": "searching", "3": "denied", "4": "unknown"}

# Ends a stream that a daemon which was killed left behind; a modem in command mode answers ERROR.
# V.253 clause 10.2 (DLE ETX), Conexant's end of duplex (DLE ^).
WAKE = b"\x10\x03\x10^\r"


def _ask(text: str) -> Command:
    return Command(text, timeout_s=ASK_S, required=False, may_time_out=True)


HELLO = (Command("AT", timeout_s=0.8, may_time_out=True, required=False),)
WHO = tuple(
    _ask(text)
    for text in ("ATE0", "ATV1", "ATI", "AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+GMI", "AT+FCLASS=?")
)
VOICE = tuple(_ask(text) for text in ("ATI3", "AT+FCLASS=8", "AT+VSM=?", "AT+FCLASS=0"))
CELLULAR = tuple(
    _ask(text) for text in ("AT+CMEE=1", "AT+CPIN?", "AT+CSQ", "AT+CREG?", "AT+CEREG?", "AT+COPS?")
)


@dataclass(frozen=True, slots=True)
class Answer:
    """How one command was answered. ``error``: what +CME ERROR or +CMS ERROR said."""

    asked: str
    ok: bool
    lines: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Modem:
    """What a modem said. ``kind``: voice, cellular, or other.

    ``identity``: its own words. ``ulaw``: it offers µ-law sound, None where it listed nothing.
    ``sim``: READY, SIM PIN, NOT INSERTED ... ``rssi``: 0-31, None where unknown. ``network``:
    home, roaming, searching, denied ...
    """

    kind: str
    identity: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    ulaw: bool | None = None
    sim: str = ""
    rssi: int | None = None
    network: str = ""
    operator: str = ""

    @property
    def signal_dbm(self) -> int | None:
        """27.007 clause 8.5: -113 dBm and 2 dB a step."""
        return None if self.rssi is None else 2 * self.rssi - 113

    @property
    def is_weak(self) -> bool:
        return self.rssi is not None and self.rssi < _WEAK_RSSI


def next_script(answers: Iterable[Answer]) -> tuple[Command, ...]:
    """What to ask after WHO."""
    answers = tuple(answers)
    if "8" in _classes(answers):
        return VOICE
    speaks_27007 = any(a.asked in ("AT+CGMM", "AT+CGMI") and a.ok and a.lines for a in answers)
    return CELLULAR if speaks_27007 else ()


def understand(answers: Iterable[Answer]) -> Modem:
    """What all the answers come to; any of them may be missing."""
    answers = tuple(answers)
    classes = _classes(answers)
    formats = parse_formats(_lines(answers, "AT+VSM=?"))
    sim = _sim(answers)
    kind = "voice" if "8" in classes else "cellular" if sim else "other"
    return Modem(
        kind=kind,
        identity=_identity(answers),
        classes=classes,
        formats=tuple(one.name for one in formats),
        ulaw=None if not formats else find_ulaw(formats) is not None,
        sim=sim,
        rssi=_rssi(answers),
        network=_network(answers),
        operator=_operator(answers),
    )


def _lines(answers: Iterable[Answer], *asked: str) -> tuple[str, ...]:
    return tuple(line for a in answers if a.asked in asked and a.ok for line in a.lines)


def _identity(answers: tuple[Answer, ...]) -> tuple[str, ...]:
    said = _lines(answers, "ATI", "ATI3", "AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+GMI")
    words = (re.sub(r"^\+?C?GM[IMR]:\s*", "", line).strip('" ')[:60] for line in said)
    shown = (w for w in words if w and not re.search(r"IMEI|\d{14,}", w))
    return tuple(dict.fromkeys(shown))


def _classes(answers: tuple[Answer, ...]) -> tuple[str, ...]:
    """The service classes of +FCLASS=?, such as 0,1,1.0,8 (V.253 clause 9.1)."""
    text = ",".join(_lines(answers, "AT+FCLASS=?"))
    return tuple(re.findall(r"(?<![\d.])\d+(?:\.\d+)*", text.partition(":")[2] or text))


def _sim(answers: tuple[Answer, ...]) -> str:
    for answer in answers:
        if answer.asked != "AT+CPIN?":
            continue
        for line in answer.lines:
            found = re.match(r"\+CPIN:\s*\"?([A-Z0-9 -]+)", line)
            if found:
                return found[1].strip()
        if answer.error:
            return _SIM_ERRORS.get(answer.error, f"ERROR {answer.error}"[:30])
    return ""


def _rssi(answers: tuple[Answer, ...]) -> int | None:
    for line in _lines(answers, "AT+CSQ"):
        found = re.match(r"\+CSQ:\s*(\d+)", line)
        if found and int(found[1]) < _NO_ANSWER_DBM:
            return int(found[1])
    return None


def _network(answers: tuple[Answer, ...]) -> str:
    """The better of +CREG and +CEREG: with voice over LTE the first may stay at 0."""
    states = [
        found[1]
        for line in _lines(answers, "AT+CREG?", "AT+CEREG?")
        if (found := re.match(r"\+CE?REG:\s*\d\s*,\s*(\d+)", line))
    ]
    for state in states:
        if state in _REGISTERED:
            return _REGISTERED[state]
    shown = [_NOT_REGISTERED.get(state, f"state {state}") for state in states]
    return shown[0] if shown else ""


def _operator(answers: tuple[Answer, ...]) -> str:
    for line in _lines(answers, "AT+COPS?"):
        found = re.match(r'\+COPS:\s*\d\s*,\s*\d\s*,\s*"([^"]{1,40})"', line)
        if found:
            return found[1]
    return ""
