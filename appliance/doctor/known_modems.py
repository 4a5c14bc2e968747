"""The USB identities of modems: what each interface is for. One table for udev and the doctor.

Sources, by model: ``source`` of each row. Interface numbers are bInterfaceNumber.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

AT, PCM, DIAGNOSTICS, POSITION, DIALUP = "at", "pcm", "diag", "nmea", "ppp"


@dataclass(frozen=True, slots=True)
class KnownModem:
    """One USB identity. ``vendor``, ``product``: four hex digits, lower case, as in sysfs.

    ``name``: goes into /dev/counterbell/NAME-... ``driver``: of a ``[[line]]``. ``roles``: what a
    serial interface is for, by its number; ``at_order``: where AT commands are answered, the best
    first. ``sound``: "usb" (an ALSA card of its own), "serial" (raw samples at the interface of
    role pcm), "wires" or "" (in the AT stream). ``start_s``: from power to the first answer.
    """

    vendor: str
    product: str
    name: str
    title: str
    driver: str
    source: str
    roles: Mapping[int, str] = field(default_factory=dict)
    sound: str = ""
    start_s: float = 3.0

    @property
    def at_order(self) -> tuple[int, ...]:
        order = (AT, DIALUP)
        return tuple(
            number for role in order for number, has in sorted(self.roles.items()) if has == role
        )


def _voice(vendor: str, product: str, title: str, source: str) -> KnownModem:
    return KnownModem(
        vendor, product, "voice-modem", title, "voice_modem", source, MappingProxyType({0: AT})
    )


_QUECTEL = MappingProxyType({0: DIAGNOSTICS, 1: PCM, 2: AT, 3: DIALUP})
_SIM7600 = MappingProxyType({0: DIAGNOSTICS, 1: POSITION, 2: AT, 3: DIALUP, 4: PCM})
# Interfaces 0 and 1 are its network card.
_A76XX = MappingProxyType({2: DIAGNOSTICS, 4: AT, 5: DIALUP})

_CDC_ACM = "Linux drivers/usb/class/cdc-acm.c, acm_ids"
_USB_IDS = "usb.ids"
_OPTION = "Linux drivers/usb/serial/option.c"

KNOWN_MODEMS: tuple[KnownModem, ...] = (
    _voice("0baf", "0303", "USRobotics USR5637", "lsusb of the modem; " + _USB_IDS),
    _voice("0572", "1321", "Conexant CX93010", _CDC_ACM),
    _voice("0572", "1324", "Conexant RD02-D400", _CDC_ACM),
    _voice("0572", "1328", "Conexant CX930xx (TRENDnet TFM-561U, Aztech UM-3100)", _CDC_ACM),
    _voice("0572", "1329", "Conexant CX930xx (Hummingbird huc56s)", _CDC_ACM),
    _voice("0572", "1340", "Conexant CX93010 (UCMxx)", f"{_CDC_ACM}; {_USB_IDS}"),
    _voice("0572", "1349", "Conexant CX930xx (Hiro H50228)", _CDC_ACM),
    _voice("0803", "3095", "Zoom 3095", f"{_CDC_ACM}; {_USB_IDS}"),
    _voice("06e0", "f120", "MultiTech MT9234ZBA", _USB_IDS),
    KnownModem(
        "2c7c", "0125", "ec25", "Quectel EC25/EG25", "cellular",
        f"{_OPTION}; Quectel LTE Linux USB driver guide, table of interfaces",
        _QUECTEL, "usb", 13.0,
    ),
    KnownModem(
        "2c7c", "0121", "ec21", "Quectel EC21/EG21", "cellular",
        f"{_OPTION}; Quectel LTE Linux USB driver guide, table of interfaces",
        _QUECTEL, "usb", 13.0,
    ),
    KnownModem(
        "1e0e", "9001", "sim7600", "SIMCom SIM7500/SIM7600", "cellular",
        f"{_OPTION}; SIM7500_SIM7600 Linux USB application note, table of interfaces",
        _SIM7600, "serial", 16.0,
    ),
    KnownModem(
        "1e0e", "9011", "a76xx", "SIMCom A7670/A7672 (or SIM7600 as network card)", "cellular",
        f"{_OPTION} (RNDIS mode); interface numbers as reported for an A7600C, not by its maker",
        _A76XX, "wires", 10.0,
    ),
)  # fmt: skip

# Given to every unit of a kind by its maker: they tell no modem from another.
SHARED_SERIALS: tuple[str, ...] = ("0123456789ABCDEF", "24680246", "12345678", "00000000", "0")

_BY_USB = MappingProxyType({(m.vendor, m.product): m for m in KNOWN_MODEMS})


def known_modem(vendor: str, product: str) -> KnownModem | None:
    """The row of a USB identity (hex digits as in sysfs), or None."""
    return _BY_USB.get((vendor.lower(), product.lower()))
