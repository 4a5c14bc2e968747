"""The TOML tables of a configuration and their keys: one declaration for reading and writing."""

import dataclasses
import re
from dataclasses import dataclass
from functools import cache

from appliance.settings import (
    LinecardSettings,
    LineSettings,
    MenuSettings,
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
    LATER_LINE_DRIVERS,
    LATER_STATION_DRIVERS,
    LEVELS,
    LINE_DRIVERS,
    RECORDING_MODES,
    STATION_DRIVERS,
    STRATEGIES,
)

COUNTRY = re.compile(r"[A-Z]{2}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
EXTENSION = re.compile(r"[0-9]{1,6}")

MAX_TEXT = 200  # characters of a name, path or other short text
MAX_SPEECH = 2000  # characters of one prompt's text: about two minutes of speech


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table.

    ``kind``: text, integer, number, boolean, destination, prompt, linecard, extensions,
    key_table, language_table or tones. ``pattern`` must match the whole text and is told to people
    as ``allowed``.
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
        Key("port"),
        Key("answer", "destination"),
        Key("answer_after_rings", "integer", 1, 10),
        Key("model", pattern=NAME, allowed='"auto" or the name of a modem profile'),
        Key("settle_ms", "integer", 0, 5000),
        Key("silence_hang_up_s", "number", 20, 3600),
        Key("level", choices=LEVELS),
        _COUNTRY,
        Key("hang_up_tone", "tones"),
    ),
)
LINECARD = Table("linecard", "linecards", LinecardSettings, "name", (_NAME, Key("port")))
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
        Key("linecard", "linecard"),
        Key("socket", "integer", 1, 8),
        Key("level", choices=LEVELS),
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
    LINE,
    LINECARD,
    SOUND_CARD,
    STATION,
    RING_GROUP,
    VOICEMAIL,
    MENU,
    PROMPT,
)
