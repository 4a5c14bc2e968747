"""What the shop wants done with its calls: the plan, as frozen dataclasses. `settings` fills it in.

A destination is a string as in the configuration: ``menu:main``, ``ring_group:orders``,
``station:11``, ``voicemail:owner``, ``prompt:hours``, ``number:boss`` or ``hang_up``.
Settings has checked that every name exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LinePlan:
    """How calls on one line begin. ``answer`` is the first destination.

    ``network_tells``: who calls out is told by signalling that it rings, and that it is answered.
    """

    name: str
    answer: str
    answer_after_rings: int = 1
    outgoing: str = "allow"  # emergency_only, never
    prefixes: tuple[str, ...] = ()  # of the line's own operator: calls to them cost nothing
    rates: Mapping[str, float] = field(default_factory=dict)  # prefix -> price of a minute
    calls_a_day: int = 0  # 0: no limit
    minutes_a_day: int = 0
    network_tells: bool = False


@dataclass(frozen=True, slots=True)
class StationPlan:
    extension: str
    name: str


@dataclass(frozen=True, slots=True)
class RingGroupPlan:
    """Stations offered together (``ring_all``) or in turn (``hunt``, ``ring_for_s`` each)."""

    name: str
    stations: tuple[str, ...]
    strategy: str
    ring_for_s: float
    otherwise: str


@dataclass(frozen=True, slots=True)
class VoicemailPlan:
    """A mailbox. A message ends by hang-up, ``#``, ``silence_s`` of silence, ``max_message_s``."""

    name: str
    greeting: str
    max_message_s: float = 180.0
    silence_s: float = 5.0


@dataclass(frozen=True, slots=True)
class MenuPlan:
    """One menu. ``keys``: digit to destination. ``otherwise``: after ``repeats`` extra rounds."""

    name: str
    prompt: str
    keys: Mapping[str, str]
    otherwise: str
    wait_for_key_s: float = 6.0
    repeats: int = 2
    wrong_key_prompt: str = "wrong_key"
    secret: bool = False  # its keys are neither recorded nor kept


@dataclass(frozen=True, slots=True)
class Spelled:
    """A dialled number, or the beginning of one, as E.164 writes it where the plan knows (+44…).

    ``perhaps``: what else it may mean. ``has_operator``: a code before it chose an operator.
    """

    sure: str
    perhaps: tuple[str, ...] = ()
    has_operator: bool = False


class Numbering(Protocol):
    """What the country's numbering plan says of a number, as it is dialled."""

    def kind(self, number: str) -> str:
        """emergency, premium, premium_abroad, international, service_code, incomplete, ordinary.

        Or unjudged: what follows the code of another operator is no number that is known.
        """

    def spelled(self, number: str) -> Spelled:
        """So that two ways of dialling one number can be compared."""

    def may_become_emergency(self, digits: str) -> bool:
        """Whether an emergency number begins with ``digits`` and is longer."""

    def reaches_emergency(self, number: str) -> bool:
        """Whether an exchange that gets ``number`` may connect an emergency call."""

    def is_whole(self, number: str) -> bool:
        """Whether no number of the plan begins with ``number`` and is longer."""


# 3GPP TS 22.101 clause 10.1.1: these are so in every mobile telephone.
UNIVERSAL_EMERGENCY = frozenset({"112", "911"})


@dataclass(frozen=True, slots=True)
class NoNumbering:
    """Of a country of which nothing is known: only 112 and 911 are emergency numbers."""

    def kind(self, number: str) -> str:
        if number in UNIVERSAL_EMERGENCY:
            return "emergency"
        if not number.removeprefix("+").isdecimal():
            return "service_code"
        return "international" if number.startswith(("+", "00")) else "ordinary"

    def spelled(self, number: str) -> Spelled:
        abroad = number.removeprefix("00")
        return Spelled(f"+{abroad}" if abroad and abroad != number else number)

    def may_become_emergency(self, digits: str) -> bool:
        return bool(digits) and any(
            number.startswith(digits) and number != digits for number in UNIVERSAL_EMERGENCY
        )

    def reaches_emergency(self, number: str) -> bool:
        return number.startswith(tuple(UNIVERSAL_EMERGENCY))

    def is_whole(self, number: str) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class OutgoingPlan:
    """Who may be called. Prefixes win over the rest, the longer over the shorter; 0: no limit.

    ``quiet``: minutes of the local day from and to which nothing is dialled automatically.
    """

    access_code: str = "9"
    international: bool = False
    premium: bool = False
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    calls_a_day: int = 200
    minutes_a_day: int = 0
    quiet: tuple[int, int] = (21 * 60, 8 * 60)
    answer_within_s: float = 60.0


@dataclass(frozen=True, slots=True)
class TelephonyPlan:
    """House-wide limits, in seconds. See docs/configuration.md for the meaning of each."""

    recording: str = "off"  # off, announce, always
    announcement: str = "recording_notice"
    max_call_s: float = 4 * 3600.0
    ring_gap_s: float = 14.0  # no ring for so long: gave up; spans one RING lost by a modem
    dial_tone_s: float = 15.0  # lifted, no digit for so long: busy tone
    inter_digit_s: float = 4.0
    busy_tone_s: float = 30.0  # then the howler
    howler_s: float = 60.0  # then silence: the handset is parked "left off the hook"
    internal_ring_s: float = 60.0
    listen_in: tuple[str, ...] = ()  # extensions that may listen in on others, with *90


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the core needs to know of the configuration; one immutable generation of it."""

    generation: int
    lines: Mapping[str, LinePlan] = field(default_factory=dict)
    stations: Mapping[str, StationPlan] = field(default_factory=dict)
    ring_groups: Mapping[str, RingGroupPlan] = field(default_factory=dict)
    voicemails: Mapping[str, VoicemailPlan] = field(default_factory=dict)
    menus: Mapping[str, MenuPlan] = field(default_factory=dict)
    telephony: TelephonyPlan = field(default_factory=TelephonyPlan)
    outgoing: OutgoingPlan = field(default_factory=OutgoingPlan)
    numbers: Mapping[str, str] = field(default_factory=dict)  # by name, for ``number:NAME``
    numbering: Numbering = field(default_factory=NoNumbering)
