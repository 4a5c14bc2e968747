"""counterbell.toml: what the owner writes on the card with any computer, read and checked.

Everything that is wrong is told at once, and then nothing of the file is used. A secret
that was taken is overwritten with stars where it stands: the file keeps its length, lines and
comments, and no copy of the secret is left in a freed block of the card.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.box.wifi import Wifi, wifi_problems

MOST_BYTES = 64 * 1024
STAR = "*"
_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LOCALE = re.compile(r"(C|[a-z]{2,3}_[A-Z]{2})\.UTF-8")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9][A-Za-z0-9_+-]*){0,2}")
_KEYS = {"hostname", "timezone", "locale", "wifi"}
_WIFI_KEYS = {"ssid", "password", "country"}
_BOM = b"\xef\xbb\xbf"
# Strings (of three quotes first), comments, and anything else: enough to find where a value stands.
_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|.',
    re.DOTALL,
)
_PASSWORD_IS = re.compile(r"(?:^|[\s.{,])(?:password|\"password\"|'password')[ \t]*=[ \t]*$")


@dataclass(frozen=True, slots=True)
class OwnerSettings:
    """What the file asks for; "" or None: it says nothing of it, so that stays as it is.

    ``wifi_as_before``: its password was taken at an earlier start, and the network stays.
    """

    hostname: str = ""
    timezone: str = ""
    locale: str = ""
    wifi: Wifi | None = None
    wifi_as_before: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The settings, or what is wrong (then there are none), each a sentence for the owner."""

    settings: OwnerSettings | None
    problems: tuple[str, ...] = ()


def read_owner_file(data: bytes) -> Reading:
    """Read and check the file's bytes; what depends on the machine is checked where it is used."""
    try:
        tree = tomllib.loads(_text(data))
    except ValueError as error:
        return Reading(None, (_unreadable(error),))
    except RecursionError:
        return Reading(None, ("it is nested too deeply to be read",))
    problems: list[str] = []
    settings = _settings(tree, problems)
    return Reading(None, tuple(problems)) if problems else Reading(settings)


def _text(data: bytes) -> str:
    """Raises ValueError."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES // 1024} KiB")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data:
        raise ValueError("save it as UTF-8, it is UTF-16 now")
    try:
        text = data.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(f"save it as UTF-8: line {line} has a letter in another code") from error
    return text


def _unreadable(error: ValueError) -> str:
    """tomllib's own words name a place and never a value."""
    if isinstance(error, tomllib.TOMLDecodeError):
        return f"it can't be read: {error}. Text stands between quotes, as in the sample"
    return str(error)


def _settings(tree: Mapping[str, Any], problems: list[str]) -> OwnerSettings:
    problems += [
        f"'{_shown(key)}' is no setting; there are {_list(_KEYS)}"
        for key in tree
        if key not in _KEYS
    ]
    hostname = _text_of(tree, "hostname", problems).lower()
    if hostname and (
        not _HOSTNAME.fullmatch(hostname) or hostname.isdigit() or hostname == "localhost"
    ):
        problems.append(
            "hostname has 1 to 63 letters a to z, digits and hyphens, with no hyphen at its ends"
        )
    timezone = _text_of(tree, "timezone", problems)
    if timezone and not _ZONE.fullmatch(timezone):
        problems.append("timezone is a place such as Asia/Manila")
    locale = _text_of(tree, "locale", problems)
    if locale and not _LOCALE.fullmatch(locale):
        problems.append("locale is a language and a country such as en_PH.UTF-8")
    wifi, as_before = _wifi(tree.get("wifi"), problems)
    return OwnerSettings(hostname, timezone, locale, wifi, as_before)


def _wifi(table: object, problems: list[str]) -> tuple[Wifi | None, bool]:
    """The network, and whether its password was taken already."""
    if table is None:
        return None, False
    if not isinstance(table, dict):
        problems.append("wifi is a part of its own: a line [wifi], and its settings below it")
        return None, False
    problems += [
        f"'{_shown(key)}' is no setting of [wifi]; there are {_list(_WIFI_KEYS)}"
        for key in table
        if key not in _WIFI_KEYS
    ]
    ssid, password, country = (
        _text_of(table, key, problems) for key in ("ssid", "password", "country")
    )
    if not ssid and not password:
        return None, False  # left empty, as in the sample
    as_before = bool(password) and set(password) == {STAR}
    wifi = Wifi(ssid, "" if as_before else password, country)
    problems += wifi_problems(wifi)
    return wifi, as_before


def _text_of(table: Mapping[str, Any], key: str, problems: list[str]) -> str:
    value = table.get(key, "")
    if isinstance(value, str):
        return value
    problems.append(f"{key} is a text between quotes")
    return ""


def _shown(key: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in key[:40])


def _list(keys: set[str]) -> str:
    first = sorted(keys)
    return f"{', '.join(first[:-1])} and {first[-1]}"


# --- secrets -------------------------------------------------------------------------------------


def erased(data: bytes) -> bytes:
    """The file of a good `Reading` with stars in place of its password; never longer or shorter."""
    wanted = _secret(data)
    if not wanted:
        return data
    mark = data[: len(data) - len(data.removeprefix(_BOM))]
    text = data.removeprefix(_BOM).decode()
    for by_key in (True, False):
        parts = [*_starred(text, wanted, by_key)]
        starred = mark + "".join(parts).encode()
        if _is_clean(starred):
            return starred
    return STAR.encode() * len(data)  # better no file than a secret in it


def _secret(data: bytes) -> str:
    """The password that the file holds, "" where there is none."""
    tree = tomllib.loads(_text(data)).get("wifi", {})
    secret = tree.get("password", "") if isinstance(tree, dict) else ""
    return "" if not isinstance(secret, str) or set(secret) <= {STAR} else secret


def _is_clean(data: bytes) -> bool:
    try:
        return not _secret(data)
    except (ValueError, RecursionError):
        return False


def _starred(text: str, secret: str, by_key: bool) -> Iterator[str]:
    """The text's tokens; ``by_key``: only what is given to a key named password is starred."""
    before = ""
    for match in _TOKEN.finditer(text):
        token = match[0]
        is_string = len(token) > 1 and token[0] in "\"'"
        if is_string and _value(token) == secret and (not by_key or _PASSWORD_IS.search(before)):
            yield _stars(token)
        else:
            yield token
        before = (before + token)[-200:]


def _value(token: str) -> str:
    try:
        return str(tomllib.loads(f"x = {token}")["x"])
    except ValueError:
        return ""


def _stars(token: str) -> str:
    """The same string token, in bytes as long, with nothing but stars in it."""
    quote = token[0] * 3 if token[:3] in ('"""', "'''") and len(token) > 5 else token[0]
    return quote + STAR * (len(token.encode()) - 2 * len(quote)) + quote
