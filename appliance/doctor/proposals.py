"""The TOML that would put a modem to use, which was found and is not configured."""

import re
from collections.abc import Collection

import tomlkit

from appliance.doctor.at_script import Modem
from appliance.doctor.known_modems import PCM
from appliance.doctor.usb_scan import UsbDevice
from appliance.settings import Settings


def propose_line(
    port: str, modem: Modem, device: UsbDevice | None, settings: Settings, taken: Collection[str]
) -> str:
    """A ``[[line]]`` (and its ``[[sound_card]]``) for ``port``, or "" for what is no line.

    ``taken``: names that were proposed already. It passes `check_toml` behind the configuration.
    """
    if modem.kind not in ("voice", "cellular"):
        return ""
    used = {line.name for line in settings.lines} | {c.name for c in settings.sound_cards}
    base = "landline" if modem.kind == "voice" else "mobile"
    name = _free(base, used | set(taken))
    line = tomlkit.table()
    line["name"] = name
    line["driver"] = "voice_modem" if modem.kind == "voice" else "cellular"
    line["port"] = port
    line["answer"] = _answer(settings)
    document = tomlkit.document()
    card = _add_sound(line, name, device) if modem.kind == "cellular" else None
    if card is not None:
        document["sound_card"] = _rows(card)
    document["line"] = _rows(line)
    return tomlkit.dumps(document)


def _add_sound(
    line: tomlkit.items.Table, name: str, device: UsbDevice | None
) -> tomlkit.items.Table | None:
    """How the modem's sound comes, into ``line``; the sound card that it needs, if any."""
    known = device.known if device is not None else None
    pcm = device.port_of(PCM) if device is not None else None
    if device is not None and device.sound_cards:
        line["audio"] = "usb_sound"
        line["sound_card"] = name
        return _card(name, f"usb:{device.socket}")
    if pcm is not None:
        line["audio"], line["audio_port"] = "serial_pcm", pcm.path
        return None
    line["audio"] = "usb_sound" if known is not None and known.sound == "usb" else "sound_card"
    line["sound_card"] = name
    return _card(name, "write one of the names of 'counterbell sound-cards' here")


def _card(name: str, device: str) -> tomlkit.items.Table:
    card = tomlkit.table()
    card["name"], card["device"] = name, device
    return card


def _rows(table: tomlkit.items.Table) -> tomlkit.items.AoT:
    rows = tomlkit.aot()
    rows.append(table)
    return rows


def _free(base: str, used: set[str]) -> str:
    names = (base, *(f"{base}{number}" for number in range(2, 100)))
    return next(name for name in names if name not in used)


def _answer(settings: Settings) -> str:
    """Where the shop's other lines lead, else its first menu or ring group."""
    if settings.lines:
        return settings.lines[0].answer
    if settings.menus:
        return f"menu:{settings.menus[0].name}"
    if settings.ring_groups:
        return f"ring_group:{settings.ring_groups[0].name}"
    return "hang_up"


def proposed_name(proposal: str) -> str:
    """The line's name in a proposal."""
    found = re.search(r'\[\[line\]\]\nname = "([^"]+)"', proposal)
    return found[1] if found else ""
