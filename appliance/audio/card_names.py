"""Sound cards by names that survive a restart and another socket order; pure.

PortAudio counts devices and ALSA counts cards in the order in which they were found, so neither
number means anything tomorrow. A name is one of:

``alsa:ID``    the card's ALSA id, in brackets in /proc/asound/cards
``usb:PATH``   the USB socket it is plugged into, such as ``usb:1-1.2`` (sysfs' name of the port)
``API:TEXT``   a part of the device's name within one sound system, such as ``jack:system``
``TEXT``       a part of the device's name within any
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.errors import SoundCardAbsent

STANDARD_RATES_HZ = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 192000)
PREFERRED_RATES_HZ = (48000, 16000, 8000)  # of a card that offers what it is asked for
SAME_RATE = 0.01  # a rate this near to a standard one is that one, by a clock that is off
_HARDWARE = re.compile(r"\s*:?\s*-?\s*\(hw:(\d+),(\d+)\)$")


@dataclass(frozen=True, slots=True)
class CardInfo:
    """One device as PortAudio lists it. ``alsa_id``, ``usb_path``: "" where it has none."""

    index: int
    name: str
    host_api: str
    channels_in: int
    channels_out: int
    rate_hz: float
    alsa_id: str = ""
    usb_path: str = ""

    @property
    def api(self) -> str:
        """The sound system in one small word: alsa, jack, oss."""
        return self.host_api.split(" ", maxsplit=1)[0].lower()

    @property
    def plain_name(self) -> str:
        """The name without ALSA's numbers."""
        return _HARDWARE.sub("", self.name)

    @property
    def stable_names(self) -> tuple[str, ...]:
        """What to write as ``device``, the surest first."""
        names = [f"usb:{self.usb_path}"] if self.usb_path else []
        names += [f"alsa:{self.alsa_id}"] if self.alsa_id else []
        return (*names, f"{self.api}:{self.plain_name}")

    @property
    def card_number(self) -> int | None:
        """ALSA's number of the card now, or None for what is no card of ALSA."""
        found = _HARDWARE.search(self.name)
        return int(found.group(1)) if found else None


def choose(device: str, cards: Sequence[CardInfo]) -> CardInfo:
    """The card that ``device`` names. Raises SoundCardAbsent with what there is instead."""
    matching = [card for card in cards if _matches(device, card)]
    whole = [card for card in matching if card.channels_in and card.channels_out]
    if matching and not whole:
        lacks = "microphone" if matching[0].channels_out else "loudspeaker"
        raise SoundCardAbsent(f"'{matching[0].plain_name}' has no {lacks}")
    exact = [c for c in whole if device.lower() in (c.plain_name.lower(), *_lower(c.stable_names))]
    found = exact or whole
    if not found:
        there = ", ".join(card.stable_names[0] for card in cards) or "none"
        raise SoundCardAbsent(f"no sound card is called '{device}'; there are: {there}")
    if len({(card.card_number, card.api) for card in found}) > 1 or (
        found[0].card_number is None and len(found) > 1
    ):
        names = ", ".join(card.stable_names[0] for card in found)
        raise SoundCardAbsent(f"'{device}' fits more than one sound card: {names}")
    return found[0]


def _lower(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


def _matches(device: str, card: CardInfo) -> bool:
    wanted = device.lower()
    api, colon, text = wanted.partition(":")
    if colon and api == "usb":
        return text == card.usb_path.lower() != ""
    if colon and api == "alsa" and card.alsa_id and text == card.alsa_id.lower():
        return True
    if colon and api == card.api:
        return text != "" and text in card.plain_name.lower()
    return wanted in card.plain_name.lower()


def nominal_hz(rate_hz: float) -> int:
    """The rate that a card's clock means by ``rate_hz``: 8000 for 8008."""
    near = min(STANDARD_RATES_HZ, key=lambda standard: abs(standard - rate_hz))
    return near if abs(near - rate_hz) <= near * SAME_RATE else round(rate_hz)


def rates_to_try(asked_hz: int, card: CardInfo) -> list[tuple[float, int]]:
    """(rate to open at, nominal rate), best first. ``asked_hz`` 0: the card's own.

    A sound server runs at one rate, which may be off by its clock's error (8008 for 8000): it is
    opened at that. An ALSA card is asked for what it most likely runs at by itself.
    """
    own = (card.rate_hz, nominal_hz(card.rate_hz))
    if asked_hz:
        return [own if own[1] == asked_hz else (float(asked_hz), asked_hz)]
    if card.api != "alsa":
        return [own]
    tries = [(float(rate), rate) for rate in PREFERRED_RATES_HZ]
    return [*tries, own] if own not in tries else tries
