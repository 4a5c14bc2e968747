"""A Wi-Fi network as the owner gives it: checked, and written the way NetworkManager reads it.

The file is a GKeyFile (nm-settings-keyfile(5)): backslashes begin escapes, a leading space is lost
unless it is written ``\\s``. A network's name may hold anything, ``;`` and ``=`` too, so it goes as
its bytes, which NetworkManager takes for every name.
"""

import re
import uuid
from dataclasses import dataclass, field

CONNECTION = "counterbell-wifi"
LONGEST_NAME_BYTES = 32  # IEEE 802.11 §9.4.2.2
_HEX_KEY = re.compile(r"[0-9A-Fa-f]{64}")
_COUNTRY = re.compile(r"[A-Z]{2}")
# The same for every box and network, so that a new file takes the place of the old one.
_UUID = uuid.uuid5(uuid.NAMESPACE_DNS, "wifi.counterbell.local")


@dataclass(frozen=True, slots=True)
class Wifi:
    """``password``: 8 to 63 characters, a key of 64 hexadecimal digits, or "": an open network."""

    ssid: str
    password: str = field(repr=False)
    country: str = ""


def wifi_problems(wifi: Wifi) -> list[str]:
    """What is wrong with it, each a sentence for the owner; no password is ever in one."""
    problems = []
    name = wifi.ssid.encode("utf-8", "surrogatepass")
    if not 1 <= len(name) <= LONGEST_NAME_BYTES or not _is_text(wifi.ssid):
        problems.append(
            f"the name of the Wi-Fi network (ssid) has 1 to {LONGEST_NAME_BYTES} bytes "
            "and no control characters"
        )
    if wifi.password and not _is_password(wifi.password):
        problems.append(
            "the password of the Wi-Fi has 8 to 63 characters, plain letters, digits and signs, "
            "or is a key of 64 hexadecimal digits"
        )
    if not _COUNTRY.fullmatch(wifi.country):
        problems.append(
            "the country of the Wi-Fi is two capital letters, such as PH: they decide which radio "
            "channels are allowed"
        )
    return problems


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return not any(ord(letter) < 32 or ord(letter) == 127 for letter in name)


def _is_password(password: str) -> bool:
    if _HEX_KEY.fullmatch(password):
        return True
    return 8 <= len(password) <= 63 and all(32 <= ord(letter) < 127 for letter in password)


def keyfile(wifi: Wifi) -> str:
    """NetworkManager's file of a network that has no `wifi_problems`."""
    name = "".join(f"{byte};" for byte in wifi.ssid.encode())
    lines = [
        "# Written by Counterbell; the page or counterbell.toml changes it.",
        "[connection]",
        f"id={CONNECTION}",
        f"uuid={_UUID}",
        "type=wifi",
        "autoconnect=true",
        "autoconnect-retries=0",  # for ever: the access point may start later than the box
        "",
        "[wifi]",
        "mode=infrastructure",
        f"ssid={name}",
        "",
        "[ipv4]",
        "method=auto",
        "route-metric=600",  # the wire goes first (its is 100)
        "",
        "[ipv6]",
        "method=auto",
        "route-metric=600",
    ]
    if wifi.password:
        lines += ["", "[wifi-security]", "key-mgmt=wpa-psk", f"psk={escaped(wifi.password)}"]
    return "\n".join(lines) + "\n"


def escaped(value: str) -> str:
    """A string as g_key_file_get_string reads it back."""
    text = value.replace("\\", "\\\\")
    begins, ends = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    middle = text[begins : len(text) - ends] if begins < len(text) else ""
    return "\\s" * begins + middle + ("\\s" * ends if middle else "")


def country_rule(country: str) -> str:
    """What modprobe tells the kernel's Wi-Fi."""
    about = "# Written by Counterbell: the radio rules of the shop's country."
    return f"{about}\noptions cfg80211 ieee80211_regdom={country}\n"
