"""The TOML tables of a configuration and their keys: one declaration for reading and writing."""

import dataclasses
import re
from dataclasses import dataclass
from functools import cache

from appliance.settings import (
    BackupSettings,
    BoxSettings,
    LinecardSettings,
    LineSettings,
    MenuSettings,
    NumberSettings,
    OutgoingSettings,
    PromptSettings,
    RecordingSettings,
    RingGroupSettings,
    ShopSettings,
    SoundCardSettings,
    StationSettings,
    TelephonySettings,
    VoicemailSettings,
)
from appliance.settings.defaults import (
    BACKUP_EVERY,
    CELLULAR_AUDIO,
    DIAL_MODES,
    LATER_LINE_DRIVERS,
    LATER_STATION_DRIVERS,
    LEVELS,
    LINE_BOARDS,
    LINE_DRIVERS,
    OUTGOING,
    RECORDING_MODES,
    RESETS,
    STATION_BOARDS,
    STATION_DRIVERS,
    STRATEGIES,
    WAITING_CALLS,
    WEEKDAYS,
)

COUNTRY = re.compile(r"[A-Z]{2}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
EXTENSION = re.compile(r"[0-9]{1,6}")
PIN = re.compile(r"[0-9]{4,8}")  # 3GPP TS 31.101 clause 9.3
ACCESS_CODE = re.compile(r"[0-9]{0,3}")
OUTSIDE_NUMBER = re.compile(r"\+?[0-9]{1,20}")
PREFIX = re.compile(r"\+?[0-9]{1,12}")
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
BACKUP_PLACE = re.compile(r"usb|/.+")
LAST_GPIO = 27  # of the Pi's 40-pin header

MAX_TEXT = 200  # characters of a name, path or other short text
MAX_SPEECH = 2000  # characters of one prompt's text: about two minutes of speech


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table.

    ``kind``: text, integer, number, boolean, destination, prompt, linecard, sound_card,
    extensions, prefixes, gpios, key_table, language_table, rate_table or tones. ``drivers``: of an
    entry with a driver, those that read it; () for all. ``pattern`` must match the whole text and
    is told to people as ``allowed``.
    """

    name: str
    kind: str = "text"
    low: float = 0.0
    high: float = 0.0
    choices: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()  # of an integer: these and no others
    later: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    allowed: str = "text"
    may_be_empty: bool = False
    drivers: tuple[str, ...] = ()
    needed: bool = False  # by the drivers that read it
    secret: bool = False  # told only to who exports the whole configuration


@dataclass(frozen=True, slots=True)
class Table:
    """One table. ``identity``: the key that tells its entries apart, "" where it has one entry."""

    name: str
    attribute: str
    record: type
    identity: str
    keys: tuple[Key, ...]

    def required(self, key: Key) -> bool:
        return key.name in _without_default(self.record)


@cache
def _without_default(record: type) -> frozenset[str]:
    missing = dataclasses.MISSING
    return frozenset(
        f.name
        for f in dataclasses.fields(record)
        if f.default is missing and f.default_factory is missing
    )


_NAME = Key("name", pattern=NAME, allowed="1-40 letters, digits, '_', '-' or '.'")
_COUNTRY = Key("country", pattern=COUNTRY, allowed='two capital letters, such as "PH"')
_OTHERWISE = Key("otherwise", "destination")
_TWO_WIRES = ("voice_modem", "gpio_line", "linecard_fxo")


def _gpio(name: str, driver: str, *, needed: bool = False) -> Key:
    return Key(name, "integer", 0, LAST_GPIO, drivers=(driver,), needed=needed)


def _time(name: str) -> Key:
    return Key(name, pattern=TIME_OF_DAY, allowed='a local time, such as "21:00"')


SHOP = Table(
    "shop",
    "shop",
    ShopSettings,
    "",
    (
        Key("name"),
        _COUNTRY,
        Key("language", pattern=LANGUAGE, allowed='a language code, such as "en"'),
    ),
)
RECORDING = Table(
    "recording",
    "recording",
    RecordingSettings,
    "",
    (
        Key("mode", choices=RECORDING_MODES),
        Key("confirmed_by", may_be_empty=True),
        Key("announcement", "prompt"),
        Key("keep_days", "integer", 0, 3650),
    ),
)
TELEPHONY = Table(
    "telephony",
    "telephony",
    TelephonySettings,
    "",
    (
        Key("max_call_s", "number", 10, 86_400),
        Key("ring_gap_s", "number", 2, 30),
        Key("dial_tone_s", "number", 1, 300),
        Key("inter_digit_s", "number", 1, 30),
        Key("busy_tone_s", "number", 1, 600),
        Key("howler_s", "number", 1, 600),
        Key("internal_ring_s", "number", 1, 600),
        Key("listen_in", "extensions", may_be_empty=True),
    ),
)
LINE = Table(
    "line",
    "lines",
    LineSettings,
    "name",
    (
        _NAME,
        Key("driver", choices=LINE_DRIVERS, later=LATER_LINE_DRIVERS),
        Key("port", drivers=("voice_modem", "cellular"), needed=True),
        Key("answer", "destination"),
        Key("answer_after_rings", "integer", 1, 10),
        Key("model", pattern=NAME, allowed='"auto" or the name of a modem profile'),
        Key("settle_ms", "integer", 0, 5000),
        Key("silence_hang_up_s", "number", 20, 3600),
        Key("level", choices=LEVELS),
        _COUNTRY,
        Key("hang_up_tone", "tones"),
        Key("outgoing", choices=OUTGOING),
        Key("prefixes", "prefixes", may_be_empty=True),
        Key("rates", "rate_table", 0, 10_000),
        Key("calls_a_day", "integer", 0, 10_000),
        Key("minutes_a_day", "integer", 0, 1440),
        Key("dial_mode", choices=DIAL_MODES, drivers=_TWO_WIRES),
        Key("flash_ms", "integer", 0, 1000, drivers=_TWO_WIRES),
        Key("distinctive_ring", "boolean", drivers=("voice_modem",)),
        Key("receive_gain_db", "number", -12, 12, drivers=("voice_modem", "linecard_fxo")),
        Key("transmit_gain_db", "number", -12, 12, drivers=("voice_modem", "linecard_fxo")),
        Key("audio", choices=CELLULAR_AUDIO, drivers=("cellular",)),
        Key("audio_port", drivers=("cellular",)),
        Key(
            "pin",
            pattern=PIN,
            allowed='4-8 digits in quotes, such as "1234"',
            secret=True,
            drivers=("cellular",),
        ),
        Key("waiting_call", choices=WAITING_CALLS, drivers=("cellular",)),
        Key("reset", choices=RESETS, drivers=("cellular",)),
        _gpio("power_gpio", "cellular"),
        _gpio("supply_gpio", "cellular"),
        _gpio("reset_gpio", "cellular"),
        _gpio("status_gpio", "cellular"),
        Key("sound_card", "sound_card", drivers=("cellular", "gpio_line")),
        _gpio("ring_gpio", "gpio_line", needed=True),
        _gpio("hook_gpio", "gpio_line", needed=True),
        _gpio("loop_gpio", "gpio_line"),
        _gpio("caller_id_gpio", "gpio_line"),
        _gpio("kick_gpio", "gpio_line"),
        Key("board", choices=LINE_BOARDS, drivers=("cellular", "gpio_line")),
        Key("linecard", "linecard", drivers=("linecard_fxo",), needed=True),
        Key("socket", "integer", 1, 8, drivers=("linecard_fxo",), needed=True),
    ),
)
OUTGOING_TABLE = Table(
    "outgoing",
    "outgoing",
    OutgoingSettings,
    "",
    (
        Key(
            "access_code",
            pattern=ACCESS_CODE,
            allowed='1-3 digits in quotes, such as "9", or ""',
            may_be_empty=True,
        ),
        Key("international", "boolean"),
        Key("premium", "boolean"),
        Key("allow", "prefixes", may_be_empty=True),
        Key("deny", "prefixes", may_be_empty=True),
        Key("calls_a_day", "integer", 0, 10_000),
        Key("minutes_a_day", "integer", 0, 100_000),
        _time("quiet_from"),
        _time("quiet_to"),
        Key("answer_within_s", "number", 5, 300),
    ),
)
BACKUP = Table(
    "backup",
    "backup",
    BackupSettings,
    "",
    (
        Key("every", choices=BACKUP_EVERY),
        _time("at"),
        Key("on", choices=WEEKDAYS),
        Key("to", pattern=BACKUP_PLACE, allowed='"usb", or a folder, such as "/mnt/nas"'),
        Key("keep", "integer", 1, 100),
        Key("recordings", "boolean"),
    ),
)
BOX = Table("box", "box", BoxSettings, "", (Key("lamp_gpio", "integer", 0, LAST_GPIO),))
NUMBER = Table(
    "number",
    "numbers",
    NumberSettings,
    "name",
    (_NAME, Key("number", pattern=OUTSIDE_NUMBER, allowed='1-20 digits, such as "+639171234567"')),
)
LINECARD = Table(
    "linecard",
    "linecards",
    LinecardSettings,
    "name",
    (_NAME, Key("port"), Key("ring_at_once", "integer", 1, 8)),
)
SOUND_CARD = Table(
    "sound_card",
    "sound_cards",
    SoundCardSettings,
    "name",
    (
        _NAME,
        Key("device"),
        Key("rate_hz", "integer", 0, 48_000, numbers=(0, 8000, 16_000, 48_000)),
    ),
)
STATION = Table(
    "station",
    "stations",
    StationSettings,
    "extension",
    (
        Key("extension", pattern=EXTENSION, allowed='1-6 digits in quotes, such as "11"'),
        Key("name"),
        Key("driver", choices=STATION_DRIVERS, later=LATER_STATION_DRIVERS),
        Key("linecard", "linecard", drivers=("linecard_fxs",), needed=True),
        Key("socket", "integer", 1, 8, drivers=("linecard_fxs",), needed=True),
        Key("level", choices=LEVELS),
        Key("sound_card", "sound_card", drivers=("sound_handset",), needed=True),
        _gpio("hook_gpio", "sound_handset", needed=True),
        _gpio("ringer_gpio", "sound_handset"),
        _gpio("lamp_gpio", "sound_handset"),
        Key("keypad_rows", "gpios", 4, 4, drivers=("sound_handset",)),
        Key("keypad_columns", "gpios", 3, 3, drivers=("sound_handset",)),
        Key("board", choices=STATION_BOARDS, drivers=("sound_handset",)),
    ),
)
RING_GROUP = Table(
    "ring_group",
    "ring_groups",
    RingGroupSettings,
    "name",
    (
        _NAME,
        Key("stations", "extensions"),
        Key("strategy", choices=STRATEGIES),
        Key("ring_for_s", "number", 1, 600),
        _OTHERWISE,
    ),
)
VOICEMAIL = Table(
    "voicemail",
    "voicemails",
    VoicemailSettings,
    "name",
    (
        _NAME,
        Key("greeting", "prompt"),
        Key("max_message_s", "number", 5, 1800),
        Key("silence_s", "number", 1, 60),
    ),
)
MENU = Table(
    "menu",
    "menus",
    MenuSettings,
    "name",
    (
        _NAME,
        Key("prompt", "prompt"),
        Key("keys", "key_table"),
        _OTHERWISE,
        Key("wait_for_key_s", "number", 1, 60),
        Key("repeats", "integer", 0, 10),
        Key("wrong_key_prompt", "prompt"),
        Key("secret", "boolean"),
    ),
)
PROMPT = Table(
    "prompt",
    "prompts",
    PromptSettings,
    "name",
    (_NAME, Key("text", "language_table"), Key("audio", "language_table")),
)

TABLES: tuple[Table, ...] = (
    SHOP,
    RECORDING,
    TELEPHONY,
    OUTGOING_TABLE,
    BACKUP,
    BOX,
    NUMBER,
    LINE,
    LINECARD,
    SOUND_CARD,
    STATION,
    RING_GROUP,
    VOICEMAIL,
    MENU,
    PROMPT,
)
