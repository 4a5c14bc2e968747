"""A tone in words, as an exchange is told to give it: ``hz=600+700 on=0.3 off=0.15``."""

import re

from appliance.errors import SimulatorError
from appliance.simulator.tones import Cadence

_HELP = 'write "hz=600+700 on=0.3 off=0.15", with "on=0.4,0.2 off=0.3,0.5" for two phases'


def parse_tone(text: str) -> Cadence:
    """The tone ``text`` describes; level (dBm0) may follow; without on and off it is steady.

    ``hz``: 1 to 4 of 100-3900. ``on``, ``off``: as many seconds each, 0-65. ``level``: −60…0, of
    each frequency. Raises SimulatorError.
    """
    words = dict(re.findall(r"(\w+)=(\S+)", text))
    if " ".join(f"{key}={value}" for key, value in words.items()) != " ".join(text.split()):
        raise SimulatorError(f"tone {text!r}: {_HELP}")
    try:
        hz = tuple(float(f) for f in words.pop("hz").split("+"))
        on_s = [float(s) for s in words.pop("on", "").split(",") if s]
        off_s = [float(s) for s in words.pop("off", "").split(",") if s]
        phases = tuple(zip(on_s, off_s, strict=True))
        level_dbm0 = float(words.pop("level", "-13"))
    except (KeyError, ValueError) as error:
        raise SimulatorError(f"tone {text!r}: {_HELP}") from error
    is_well = (
        not words
        and len(hz) <= 4
        and all(100 <= f <= 3900 for f in hz)
        and all(0.01 <= on <= 65 and 0 <= off <= 65 for on, off in phases)
        and -60 <= level_dbm0 <= 0
    )
    if not is_well:
        raise SimulatorError(f"tone {text!r}: {_HELP}")
    return Cadence(hz, phases, level_dbm0)
