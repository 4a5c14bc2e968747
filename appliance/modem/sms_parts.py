"""Long messages: cut into parts for sending, and joined from parts that come in any order; pure."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from appliance.errors import TextError
from appliance.modem import gsm7
from appliance.modem.sms_fields import GSM7, UCS2, Part
from appliance.modem.sms_pdu import Deliver, text_of, write_submit

MAX_PARTS = 20  # of one text sent: each part is paid for
# Networks send the parts of one message within seconds, also after the modem was away (the service
# centre is told that it is back). What is not there after an hour is lost; a shop wants to read
# today what did come.
WAIT_S = 3600.0
REUSED_S = 1800.0  # service-centre time: further apart, and the reference was used for another text
REMEMBER_S = 24 * 3600.0  # a part sent once more by the network is known for so long
GAP = "[…]"  # stands for a part that never came
_WHOLE = {GSM7: 160, UCS2: 140}  # septets; octets (23.040 9.2.3.16)
_IN_PARTS = {GSM7: 153, UCS2: 134}  # with a header of six octets


@dataclass(frozen=True, slots=True)
class OutgoingPart:
    """What one AT+CMGS sends. ``length``: of its TPDU, for the command."""

    pdu: str
    length: int


@dataclass(frozen=True, slots=True)
class Joined:
    """A whole message, or what came of it. ``copies``: every key under which a part was added.

    ``parts``: what it was joined from, for PartsJoiner.remember().
    """

    number: str
    text: str
    sent_at: float | None
    missing_parts: int
    copies: tuple[Hashable, ...]
    parts: tuple[Deliver, ...] = ()


@dataclass(slots=True)
class _Group:
    first_s: float
    parts: dict[int, Deliver] = field(default_factory=dict)
    copies: list[Hashable] = field(default_factory=list)


_Key = tuple[str, int, int, int]
_Print = tuple[str, float | None, Part | None, bytes]  # by which a message is known again


def split_text(number: str, text: str, reference: int) -> tuple[OutgoingPart, ...]:
    """The messages that carry ``text``: GSM 7-bit where it can say it, else UCS-2.

    At most 160 (in parts 153) septets, or 70 (67) UTF-16 units each; neither an escape pair nor a
    surrogate pair is cut. ``reference``: the same in all parts, another for the next text; its
    lowest 8 bits count. Raises TextError: more than 20 parts, no number, lone surrogates.
    """
    septets = gsm7.encode(text)
    alphabet = UCS2 if septets is None else GSM7
    try:
        data = text.encode("utf-16-be") if septets is None else septets
    except UnicodeEncodeError as error:
        raise TextError("a text holds half a character") from error
    if len(data) <= _WHOLE[alphabet]:
        return (OutgoingPart(*write_submit(number, alphabet, data)),)
    pieces = _cut(data, _IN_PARTS[alphabet], alphabet)
    if len(pieces) > MAX_PARTS:
        raise TextError(f"a text takes {len(pieces)} messages; at most {MAX_PARTS} are sent")
    parts = (Part(reference & 0xFF, len(pieces), i + 1) for i in range(len(pieces)))
    return tuple(
        OutgoingPart(*write_submit(number, alphabet, piece, part))
        for piece, part in zip(pieces, parts, strict=True)
    )


def clean_text(text: str) -> str:
    """Fit to keep and show: line feeds as the only line ends, no other control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    return "".join(c for c in text if c in "\n\t" or not (c < " " or "\x7f" <= c <= "\x9f"))


class PartsJoiner:
    """Holds parts until their message is whole. ``now``: monotonic seconds."""

    def __init__(self) -> None:
        self._groups: dict[_Key, _Group] = {}
        self._known: dict[_Print, float] = {}

    @property
    def deadline(self) -> float | None:
        """When tick() must be called, or None."""
        return min((g.first_s + WAIT_S for g in self._groups.values()), default=None)

    @property
    def waiting(self) -> int:
        """How many parts wait for others."""
        return sum(len(group.parts) for group in self._groups.values())

    def add(self, message: Deliver, copy: Hashable, now: float) -> list[Joined]:
        """One message from the modem, kept there as ``copy``; what is whole by it."""
        part = message.part
        if part is None or part.total == 1:
            return [_join([message], 1, (copy,))]
        key = (message.number, part.reference, part.total, part.bits)
        told: list[Joined] = []
        group = self._groups.get(key)
        if group and _is_another(group, part.number, message):
            told = [self._take(key)]  # the sender has used the reference again
            group = None
        if group is None:
            group = self._groups[key] = _Group(now)
        group.parts.setdefault(part.number, message)
        if copy not in group.copies:
            group.copies.append(copy)
        if len(group.parts) == part.total:
            told.append(self._take(key))
        return told

    def tick(self, now: float) -> list[Joined]:
        """Let time pass: what has waited for ``WAIT_S`` is told with its gaps."""
        late = [key for key, group in self._groups.items() if now >= group.first_s + WAIT_S]
        return [self._take(key) for key in late]

    def take_all(self) -> list[Joined]:
        """Everything that waits, with its gaps: the modem needs the room."""
        return [self._take(key) for key in list(self._groups)]

    def remember(self, messages: Iterable[Deliver], now: float) -> None:
        """These are kept for good: should the network send one again, it is known."""
        self._known = {p: at for p, at in self._known.items() if now - at < REMEMBER_S}
        self._known.update((_print(message), now) for message in messages)

    def is_known(self, message: Deliver, now: float) -> bool:
        """Whether just this message, sent in the same second, was kept before."""
        at = self._known.get(_print(message))
        return at is not None and now - at < REMEMBER_S and message.sent_at is not None

    def _take(self, key: _Key) -> Joined:
        group = self._groups.pop(key)
        parts = [group.parts[number] for number in sorted(group.parts)]
        return _join(parts, key[2], tuple(group.copies))


def _is_another(group: _Group, number: int, message: Deliver) -> bool:
    """Whether a part belongs to a later message with the same reference."""
    held = group.parts.get(number)
    if held is not None:
        return held.user.data != message.user.data
    first = next(iter(group.parts.values())).sent_at
    if first is None or message.sent_at is None:
        return False
    return abs(first - message.sent_at) > REUSED_S


def _cut(data: bytes, size: int, alphabet: str) -> list[bytes]:
    pieces = []
    while data:
        end = min(size, len(data))
        if end < len(data) and _splits_a_pair(data, end, alphabet):
            end -= 1 if alphabet == GSM7 else 2
        pieces.append(data[:end])
        data = data[end:]
    return pieces


def _splits_a_pair(data: bytes, end: int, alphabet: str) -> bool:
    if alphabet == GSM7:
        return data[end - 1] == gsm7.ESCAPE
    return 0xD8 <= data[end - 2] <= 0xDB  # the first half of a surrogate pair


def _join(parts: list[Deliver], total: int, copies: tuple[Hashable, ...]) -> Joined:
    """Neighbours in the same alphabet are joined before they are read: a pair may be cut."""
    texts: list[str] = []
    run: list[Deliver] = []
    numbers = [part.part.number if part.part else 1 for part in parts]
    expected = 1
    for number, message in zip(numbers, parts, strict=True):
        gap = number - expected
        if run and (gap or not _same_alphabet(run[-1], message)):
            texts.append(_run_text(run))
            run = []
        texts += [GAP] * gap
        run.append(message)
        expected = number + 1
    texts += [_run_text(run), *[GAP] * (total + 1 - expected)]
    first = parts[0]
    missing = total - len(parts)
    return Joined(first.number, "".join(texts), first.sent_at, missing, copies, tuple(parts))


def _same_alphabet(one: Deliver, other: Deliver) -> bool:
    return (
        one.user.coding.alphabet == other.user.coding.alphabet
        and one.user.header.locking == other.user.header.locking
        and one.user.header.single == other.user.header.single
        and one.user.coding.alphabet in (GSM7, UCS2)
    )


def _run_text(run: list[Deliver]) -> str:
    user = run[0].user
    step = 2 if user.coding.alphabet == UCS2 else 1
    pieces = (message.user.data for message in run)
    data = b"".join(piece[: len(piece) // step * step] for piece in pieces)
    text = text_of(user.coding.alphabet, data, user.header)
    return clean_text(text)


def _print(message: Deliver) -> _Print:
    return message.number, message.sent_at, message.part, message.user.data
