"""What differs between families of cellular modems, and which family answers: data and a chooser.

Sources: Quectel EC2x/EG2x AT manuals (QPCMV, QTONEDET, QPINC, DSCI), SIMCom SIM7500/7600 and A76xx
AT manuals (CPCMREG, CRESET, SPIC), SIM800 AT manual 1.09; hardware designs for the power keys.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class PowerTiming:
    """How long the power key is held, seconds. ``off_key_s`` powers off, ``on_key_s`` on.

    ``down_s``: from the off press until the modem is off. ``boot_s``: from then on, or from a
    reset, until it answers AT at the latest. ``reset_s``: how long its reset line is pulled.
    """

    off_key_s: float
    down_s: float
    on_key_s: float
    boot_s: float
    reset_s: float = 0.3  # EC25: 150 to 460 ms, SIM7600: 100 to 500 ms, SIM800: over 105 ms


@dataclass(frozen=True, slots=True)
class SoundPath:
    """How one way of hearing the modem is set up; each command is optional unless noted.

    ``before_call``: sent before ATA and ATD; then the call is heard from its beginning.
    ``in_call``: the one command that starts the sound ``settle_s`` after the call was connected,
    "" for none; it is repeated every ``retry_s`` for ``limit_s`` while it is refused, then read
    back with ``readback``, whose answer must begin with ``is_on``.
    ``after_call``: commands tried in turn at the end until one is accepted.
    ``suspect``: refusals of ``in_call`` from which on the sound counts as degraded, 0: never.
    """

    before_call: tuple[str, ...] = ()
    in_call: str = ""
    readback: str = ""
    is_on: str = ""
    after_call: tuple[str, ...] = ()
    settle_s: float = 0.0
    retry_s: float = 0.3
    limit_s: float = 12.0
    suspect: int = 0


@dataclass(frozen=True, slots=True)
class CellularProfile:
    """One family. ``ident``: patterns searched in the answers to +CGMM, ATI and +CGMI, in order.

    ``extras``: settings of its own after a start. ``sound``: by the line's ``audio`` setting.
    ``reset``: commands that restart it, tried in turn. ``iccid``: commands that read the SIM's
    serial number; ``tries_left``: the PIN's tries. ``hears_keys``: switches on its reports of keys.
    ``list_s``: how often the list of calls is asked for during a call.
    """

    name: str
    title: str
    ident: tuple[str, ...]
    power: PowerTiming
    extras: tuple[str, ...] = ()
    sound: Mapping[str, SoundPath] = field(default_factory=dict)
    reset: tuple[str, ...] = ("AT+CFUN=1,1",)
    iccid: tuple[str, ...] = ("AT+CCID", "AT+ICCID", "AT+CICCID")
    tries_left: tuple[str, ...] = ("AT+CPINR",)
    hears_keys: str = ""
    list_s: float = 1.0

    def sound_path(self, audio: str) -> SoundPath:
        """How ``audio`` (usb_sound, serial_pcm, sound_card) is set up; nothing where unknown."""
        return self.sound.get(audio, _BY_WIRE)


_BY_WIRE = SoundPath()
_LTE_KEY = PowerTiming(off_key_s=2.6, down_s=6.0, on_key_s=0.6, boot_s=25.0)

EC25 = CellularProfile(
    name="ec25",
    title="Quectel EC25/EG25",
    ident=(r"\bE[CG]2[015]", r"\bEP06", r"\bEG9[15]"),
    power=PowerTiming(off_key_s=0.8, down_s=12.0, on_key_s=0.6, boot_s=25.0),
    extras=("AT^DSCI=1", 'AT+QGPSCFG="outport","none"'),
    sound=MappingProxyType(
        {
            "usb_sound": SoundPath(
                before_call=("AT+QPCMV=0", "AT+QPCMV=1,2"), after_call=("AT+QPCMV=0",)
            ),
            "serial_pcm": SoundPath(
                before_call=("AT+QPCMV=0", "AT+QPCMV=1,0"), after_call=("AT+QPCMV=0",)
            ),
        }
    ),
    iccid=("AT+QCCID", "AT+CCID"),
    tries_left=('AT+QPINC="SC"', "AT+CPINR"),
    hears_keys="AT+QTONEDET=1",
)
SIM7600 = CellularProfile(
    name="sim7600",
    title="SIMCom SIM7600",
    ident=(r"SIM7[056]\d\d", r"SIMCOM_SIM7[56]"),
    power=_LTE_KEY,
    extras=("AT+CPCMFRM=0", "AT+CPCMBANDWIDTH=1,1"),
    sound=MappingProxyType(
        {
            "serial_pcm": SoundPath(
                in_call="AT+CPCMREG=1",
                readback="AT+CPCMREG?",
                is_on="+CPCMREG: 1",
                after_call=("AT+CPCMREG=0", "AT+CPCMREG=0,1"),
                settle_s=0.3,  # sooner a well modem refuses it too
                suspect=1,
            )
        }
    ),
    reset=("AT+CRESET", "AT+CFUN=1,1"),
    iccid=("AT+CICCID", "AT+CCID"),
    tries_left=("AT+SPIC", "AT+CPINR"),
    hears_keys="AT+DDET=1",
)
A7670 = CellularProfile(
    name="a7670",
    title="SIMCom A7670/A7672",
    ident=(r"\bA76[67]\d", r"SIMCOM_A76"),
    power=replace(_LTE_KEY, reset_s=2.5),  # A7670 hardware design: 2 s at least
    reset=("AT+CRESET", "AT+CFUN=1,1"),
    iccid=("AT+CICCID", "AT+CCID"),
    tries_left=("AT+SPIC", "AT+CPINR"),
    hears_keys="AT+DDET=1",
    list_s=2.0,  # notices get lost when it is asked more often
)
SIM800 = CellularProfile(
    name="sim800",
    title="SIMCom SIM800",
    ident=(r"SIM[89]\d\d",),
    power=PowerTiming(off_key_s=1.5, down_s=3.0, on_key_s=1.2, boot_s=12.0),
    extras=("AT+CHFA=0", "AT+CLVL=60", "AT+CMIC=0,6", "AT+CLCC=0"),
    iccid=("AT+CCID",),
    tries_left=("AT+SPIC",),
    hears_keys="AT+DDET=1",
)
GENERIC = CellularProfile(
    name="generic",
    title="3GPP modem",
    ident=(),
    power=_LTE_KEY,
    tries_left=("AT+CPINR", "AT+SPIC"),
)
PROFILES = (EC25, SIM7600, A7670, SIM800, GENERIC)
_OTHER_NAMES = {"eg25": EC25, "a7672": A7670, "quectel": EC25, "sim7500": SIM7600}


def named_profile(model: str) -> CellularProfile | None:
    """The profile an owner named in ``model``; None for ``auto`` and for unknown names."""
    by_name = {p.name: p for p in PROFILES} | _OTHER_NAMES
    return by_name.get(model.strip().lower())


def recognise(answers: Iterable[str]) -> CellularProfile | None:
    """The family whose pattern occurs in the modem's answers about itself, or None."""
    lines = [line.strip() for line in answers]
    for profile in PROFILES:
        for pattern in profile.ident:
            if any(re.search(pattern, line, re.IGNORECASE) for line in lines):
                return profile
    return None
