"""The shop's configuration: a frozen dataclass per TOML table, and its translation into the plan.

`settings.toml` reads and writes them; docs/configuration.md describes every key for the owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from appliance.core.plan import (
    LinePlan,
    MenuPlan,
    OutgoingPlan,
    Plan,
    RingGroupPlan,
    StationPlan,
    TelephonyPlan,
    VoicemailPlan,
)
from appliance.settings.numbering import numbering_of


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """``country``: ISO 3166 alpha-2, decides tones and rules. ``language``: of the prompts."""

    name: str = "My shop"
    country: str = "US"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """``mode``: off, announce or always. ``confirmed_by``: who answers for the country's rule.

    ``keep_days``: 0 for ever; else recordings that are older go.
    """

    mode: str = "off"
    confirmed_by: str = ""
    announcement: str = "recording_notice"
    keep_days: int = 0


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """``at``: local time. ``on``: a weekday, for every = week. ``to``: usb, or a folder's path.

    ``keep``: how many saved shops stay there.
    """

    every: str = "never"
    at: str = "03:30"
    on: str = "sunday"
    to: str = "usb"
    keep: int = 7
    recordings: bool = False


@dataclass(frozen=True, slots=True)
class BoxSettings:
    """``lamp_gpio``: the status lamp's (BCM), None: there is none."""

    lamp_gpio: int | None = None


@dataclass(frozen=True, slots=True)
class HangUpToneSettings:
    """What an exchange gives when the far end hangs up: Hz together, ms on and off in turn."""

    hz: tuple[int, ...]
    on_ms: tuple[int, ...]
    off_ms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LineSettings:
    """One way out. ``port`` as written: use `resolve_port`. ``settle_ms``: CONNECT to speech.

    ``silence_hang_up_s``: so long a silence of the caller frees the line. ``level``: off, or
    automatic for callers who come too low or too loud. GPIO numbers are the Pi's (BCM), None: not
    wired. Which driver reads which key: docs/configuration.md.
    """

    name: str
    driver: str
    answer: str
    port: str = ""
    answer_after_rings: int = 1
    model: str = "auto"
    settle_ms: int = 500
    silence_hang_up_s: float = 120.0
    level: str = "off"
    country: str = "US"  # the shop's, where the line names none
    hang_up_tone: tuple[HangUpToneSettings, ...] = ()
    # calling out
    outgoing: str = "allow"  # emergency_only, never
    prefixes: tuple[str, ...] = ()  # of its own operator: calls to them cost nothing
    rates: Mapping[str, float] = field(default_factory=dict)  # prefix -> price of a minute
    calls_a_day: int = 0  # 0: no limit
    minutes_a_day: int = 0
    # on two wires: voice modem, one-line board, line card
    dial_mode: str = "dial_tone"  # or blind: dial without waiting for dial tone
    flash_ms: int = 0  # 0: the country's
    distinctive_ring: bool = False
    receive_gain_db: float = 0.0
    transmit_gain_db: float = 0.0
    # cellular
    audio: str = "usb_sound"
    audio_port: str = ""
    pin: str = ""
    waiting_call: str = "reject"
    reset: str = "after_bad_call"
    power_gpio: int | None = None  # high presses the modem's power key
    supply_gpio: int | None = None  # high feeds the modem
    reset_gpio: int | None = None  # high resets it
    status_gpio: int | None = None  # low while it runs
    # cellular and gpio_line
    sound_card: str = ""
    # gpio_line
    ring_gpio: int | None = None
    hook_gpio: int | None = None
    loop_gpio: int | None = None
    caller_id_gpio: int | None = None
    kick_gpio: int | None = None  # edges keep the board's watchdog from dropping the hook
    board: str = ""  # of cellular too: its GPIO numbers, where they are not named
    # linecard_fxo: a FXO socket (5-8, as printed on the board) of a HAT
    linecard: str = ""
    socket: int = 0


@dataclass(frozen=True, slots=True)
class OutgoingSettings:
    """Who may be called. ``access_code``: before an outside number, from a handset.

    ``allow``, ``deny``: prefixes that win over the rest, the longer over the shorter.
    ``quiet_from``, ``quiet_to``: local HH:MM between which nothing is dialled automatically.
    """

    access_code: str = "9"
    international: bool = False
    premium: bool = False
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    calls_a_day: int = 200
    minutes_a_day: int = 0
    quiet_from: str = "21:00"
    quiet_to: str = "08:00"
    answer_within_s: float = 60.0


@dataclass(frozen=True, slots=True)
class NumberSettings:
    """An outside number that callers can be sent to, as ``number:NAME``."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class LinecardSettings:
    """One line-card HAT. ``port`` as written: use `resolve_port`.

    ``ring_at_once``: telephones that its supply can ring together.
    """

    name: str
    port: str
    ring_at_once: int = 2


@dataclass(frozen=True, slots=True)
class SoundCardSettings:
    """``device``: a stable name (audio/card_names.py). ``rate_hz``: 0 for the card's own."""

    name: str
    device: str
    rate_hz: int = 0


@dataclass(frozen=True, slots=True)
class StationSettings:
    """One handset: at a HAT's ``socket`` (1-8, as printed on the board), or at a sound card.

    GPIO numbers are the Pi's (BCM), None: not wired. ``keypad_rows``, ``keypad_columns``: GPIOs of
    a 4x3 keypad, from the top and from the left.
    """

    extension: str
    name: str
    driver: str
    linecard: str = ""
    socket: int = 0
    level: str = "off"
    sound_card: str = ""
    hook_gpio: int | None = None
    ringer_gpio: int | None = None
    lamp_gpio: int | None = None
    keypad_rows: tuple[int, ...] = ()
    keypad_columns: tuple[int, ...] = ()
    board: str = ""  # its GPIO numbers, where they are not named


@dataclass(frozen=True, slots=True)
class RingGroupSettings:
    """``stations``: extensions. ``otherwise``: a destination, also at once when all are busy."""

    name: str
    stations: tuple[str, ...]
    strategy: str = "ring_all"
    ring_for_s: float = 25.0
    otherwise: str = "hang_up"


@dataclass(frozen=True, slots=True)
class VoicemailSettings:
    """A mailbox. ``greeting``: a prompt."""

    name: str
    greeting: str = "leave_message"
    max_message_s: float = 180.0
    silence_s: float = 5.0


@dataclass(frozen=True, slots=True)
class PromptSettings:
    """What is said, by language: ``text`` to speak, ``audio`` WAV files that win over the text."""

    name: str
    text: Mapping[str, str] = field(default_factory=dict)
    audio: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MenuSettings:
    """``keys``: one of 0-9 * # to a destination. ``secret``: what is pressed is kept nowhere."""

    name: str
    prompt: str
    keys: Mapping[str, str]
    otherwise: str = "hang_up"
    wait_for_key_s: float = 6.0
    repeats: int = 2
    wrong_key_prompt: str = "wrong_key"
    secret: bool = False


@dataclass(frozen=True, slots=True)
class TelephonySettings:
    """House-wide limits in seconds; the same names and defaults as `core.plan.TelephonyPlan`."""

    max_call_s: float = 4 * 3600.0
    ring_gap_s: float = 14.0
    dial_tone_s: float = 15.0
    inter_digit_s: float = 4.0
    busy_tone_s: float = 30.0
    howler_s: float = 60.0
    internal_ring_s: float = 60.0
    listen_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """One whole configuration, checked: every name in it exists. The empty one is valid."""

    shop: ShopSettings = field(default_factory=ShopSettings)
    recording: RecordingSettings = field(default_factory=RecordingSettings)
    telephony: TelephonySettings = field(default_factory=TelephonySettings)
    outgoing: OutgoingSettings = field(default_factory=OutgoingSettings)
    backup: BackupSettings = field(default_factory=BackupSettings)
    box: BoxSettings = field(default_factory=BoxSettings)
    numbers: tuple[NumberSettings, ...] = ()
    lines: tuple[LineSettings, ...] = ()
    linecards: tuple[LinecardSettings, ...] = ()
    sound_cards: tuple[SoundCardSettings, ...] = ()
    stations: tuple[StationSettings, ...] = ()
    ring_groups: tuple[RingGroupSettings, ...] = ()
    voicemails: tuple[VoicemailSettings, ...] = ()
    menus: tuple[MenuSettings, ...] = ()
    prompts: tuple[PromptSettings, ...] = ()

    def to_plan(self, generation: int) -> Plan:
        """What the core needs of this configuration, as its generation ``generation``."""
        return Plan(
            generation=generation,
            lines={x.name: _line_plan(x) for x in self.lines},
            stations={x.extension: StationPlan(x.extension, x.name) for x in self.stations},
            ring_groups={
                x.name: RingGroupPlan(x.name, x.stations, x.strategy, x.ring_for_s, x.otherwise)
                for x in self.ring_groups
            },
            voicemails={
                x.name: VoicemailPlan(x.name, x.greeting, x.max_message_s, x.silence_s)
                for x in self.voicemails
            },
            menus={x.name: _menu_plan(x) for x in self.menus},
            telephony=self._telephony_plan(),
            outgoing=_outgoing_plan(self.outgoing),
            numbers={x.name: x.number for x in self.numbers},
            numbering=numbering_of(self.shop.country),
        )

    @property
    def automatic_levels(self) -> frozenset[str]:
        """The endpoints (``line:NAME``, ``station:EXTENSION``) whose level is automatic."""
        lines = {f"line:{x.name}" for x in self.lines if x.level == "automatic"}
        return frozenset(
            lines | {f"station:{x.extension}" for x in self.stations if x.level == "automatic"}
        )

    def _telephony_plan(self) -> TelephonyPlan:
        limits = self.telephony
        return TelephonyPlan(
            recording=self.recording.mode,
            announcement=self.recording.announcement,
            max_call_s=limits.max_call_s,
            ring_gap_s=limits.ring_gap_s,
            dial_tone_s=limits.dial_tone_s,
            inter_digit_s=limits.inter_digit_s,
            busy_tone_s=limits.busy_tone_s,
            howler_s=limits.howler_s,
            internal_ring_s=limits.internal_ring_s,
            listen_in=limits.listen_in,
        )


def _line_plan(line: LineSettings) -> LinePlan:
    return LinePlan(
        name=line.name,
        answer=line.answer,
        answer_after_rings=line.answer_after_rings,
        outgoing=line.outgoing,
        prefixes=line.prefixes,
        rates=dict(line.rates),
        calls_a_day=line.calls_a_day,
        minutes_a_day=line.minutes_a_day,
        network_tells=line.driver == "cellular",
    )


def _outgoing_plan(outgoing: OutgoingSettings) -> OutgoingPlan:
    return OutgoingPlan(
        access_code=outgoing.access_code,
        international=outgoing.international,
        premium=outgoing.premium,
        allow=outgoing.allow,
        deny=outgoing.deny,
        calls_a_day=outgoing.calls_a_day,
        minutes_a_day=outgoing.minutes_a_day,
        quiet=(_minute(outgoing.quiet_from), _minute(outgoing.quiet_to)),
        answer_within_s=outgoing.answer_within_s,
    )


def _minute(time_of_day: str) -> int:
    hours, minutes = time_of_day.split(":")
    return int(hours) * 60 + int(minutes)


def _menu_plan(menu: MenuSettings) -> MenuPlan:
    return MenuPlan(
        name=menu.name,
        prompt=menu.prompt,
        keys=dict(menu.keys),
        otherwise=menu.otherwise,
        wait_for_key_s=menu.wait_for_key_s,
        repeats=menu.repeats,
        wrong_key_prompt=menu.wrong_key_prompt,
        secret=menu.secret,
    )


def resolve_port(state_dir: Path, port: str) -> str:
    """The path of a line's or HAT's port: a relative one is looked for in the state folder."""
    return str(state_dir / port)


def resolve_audio(state_dir: Path, audio: str) -> Path:
    """The path of a prompt's WAV file: a relative one is in the state's prompts folder."""
    return state_dir / "prompts" / audio
