"""The messages of the line-card link (docs/linecard-protocol.md): their payloads, both ways."""

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from appliance.errors import LinkError

PROTOCOL = 1  # the oldest version spoken, and the one offered unless a newer one is wanted
NEWEST_PROTOCOL = 2
CODEC_ULAW = 0x01  # bits in HELLO's codec mask
CODEC_LINEAR = 0x02
CODEC_NAMES = {0: "ulaw", 1: "linear"}  # as HELLO_REPLY numbers them
NONCE_BYTES = 4
RING_AT_ONCE = 2  # telephones, unless RING_SUPPLY says otherwise
SOCKETS = range(1, 9)  # as printed on the board

_HELLO_REPLY = struct.Struct(">8B8s4s")
_HEALTH = struct.Struct(">6I")
_LINE_STATE = struct.Struct(">BBbB")
_PORT_HEALTH = struct.Struct(">BBB2sBBBbB5HI")


class Kind(IntEnum):
    """Message kinds. Below 80 (hex): towards the HAT."""

    HELLO = 0x01
    RING = 0x10
    STOP_RING = 0x11
    SEIZE = 0x12
    RELEASE = 0x13
    FLASH_LINE = 0x14
    GAIN = 0x15
    GET_HEALTH = 0x16
    COUNTRY = 0x17  # version 2, as all that follow
    RING_SUPPLY = 0x18
    CALLER_ID = 0x19
    GET_PORT_HEALTH = 0x1A
    USE_PORT = 0x1B
    HELLO_REPLY = 0x81
    HOOK = 0x90
    HOOK_FLASH = 0x91
    PULSE_DIGIT = 0x92
    RING_DETECTED = 0x93
    LOOP = 0x94
    HEALTH = 0x95
    LINE_STATE = 0x96  # version 2, as all that follow
    PORT_HEALTH = 0x97


class LineFlag(IntFlag):
    """What LINE_STATE says of an exchange line."""

    CONNECTED = 0x01
    IN_USE = 0x02  # by another telephone, while we are on-hook
    PARALLEL = 0x04  # another telephone is in our call
    REVERSED = 0x08  # polarity
    READY = 0x10  # the chip works
    AUDIO = 0x20  # off-hook and settled: speech passes
    OVERLOAD = 0x40  # more current than a telephone line may give


class CallerIdStandard(IntEnum):
    """How telephones are told who calls; AS_COUNTRY: what is usual there."""

    AS_COUNTRY = 0
    BELL = 1  # Bell 202, Telcordia GR-30
    ETSI = 2  # V.23, EN 300 659-1


@dataclass(frozen=True, slots=True)
class RingCadence:
    """One burst and one pause of ringing, in milliseconds (1-65535).

    ``on2_ms`` and ``off2_ms``: the second burst of a double ring; 0: there is none.
    """

    on_ms: int = 1000
    off_ms: int = 4000
    on2_ms: int = 0
    off2_ms: int = 0


@dataclass(frozen=True, slots=True)
class LineState:
    """An exchange line as its chip measures it. ``volts`` is negative when it is reversed."""

    socket: int
    flags: LineFlag
    volts: int
    ma: int


@dataclass(frozen=True, slots=True)
class PortHealth:
    """One socket's chip. Counters are since power-up and wrap at 65536.

    ``exchange``: an FXO socket; then ``starts`` counts how often its chip was brought up,
    ``losses`` how often it was lost, ``overloads`` and ``rings`` what it saw; else ``starts``
    counts lifted handsets and ``losses`` the rings that were tripped. ``chip_state`` is the
    firmware's own number.
    """

    socket: int
    exchange: bool
    chip_state: int
    country: str
    ring_hz: int
    caller_id: int
    flags: LineFlag
    volts: int
    ma: int
    starts: int
    losses: int
    overloads: int
    rings: int
    ring_heat_ms: int
    uptime_ms: int


@dataclass(frozen=True, slots=True)
class HelloReply:
    """Who answers. ``version`` 0: it speaks none of ours. Masks: bit n-1 is socket n.

    ``codec``: of audio frames from now on, 0 = µ-law, 1 = 16-bit linear.
    """

    version: int
    firmware: str
    fxs_mask: int
    fxo_mask: int
    off_hook_mask: int
    serial: str
    nonce: bytes
    codec: int = 0


def hello(nonce: bytes, newest: int = PROTOCOL, codecs: int = CODEC_ULAW) -> bytes:
    """HELLO's payload: versions up to ``newest``, and a mask of codecs."""
    return bytes((PROTOCOL, newest, codecs)) + nonce


def ring(socket: int, cadence: RingCadence) -> bytes:
    """RING's payload."""
    payload = struct.pack(">BHH", socket, cadence.on_ms, cadence.off_ms)
    if cadence.on2_ms:
        payload += struct.pack(">HH", cadence.on2_ms, cadence.off2_ms)
    return payload


def gain(socket: int, to_phone_db10: int, from_phone_db10: int) -> bytes:
    """GAIN's payload; tenths of a decibel."""
    return struct.pack(">Bhh", socket, to_phone_db10, from_phone_db10)


def flash_line(socket: int, ms: int) -> bytes:
    """FLASH_LINE's payload."""
    return struct.pack(">BH", socket, ms)


def country(
    socket: int,
    letters: str,
    caller_id: CallerIdStandard = CallerIdStandard.AS_COUNTRY,
    ring_hz: int = 0,
) -> bytes:
    """COUNTRY's payload. ``socket`` 0: all; ``letters``: ISO 3166-1; ``ring_hz`` 0: 25 Hz."""
    return struct.pack(">B2sBB", socket, letters.encode("ascii"), caller_id, ring_hz)


def caller_id(socket: int, message: bytes) -> bytes:
    """CALLER_ID's payload. ``message``: SDMF or MDMF from its type on, without the checksum.

    Raises LinkError when it is too long for a message of the link, or its length is not its own.
    """
    if len(message) < 2 or message[1] != len(message) - 2 or len(message) > 62:
        raise LinkError(f"{len(message)} bytes are no caller ID that fits")
    return bytes((socket,)) + message + bytes((-sum(message) & 0xFF,))


def parse_line_state(payload: bytes) -> LineState:
    """Raises LinkError when it is too short."""
    if len(payload) < _LINE_STATE.size:
        raise LinkError(f"the HAT's LINE_STATE has {len(payload)} bytes, not {_LINE_STATE.size}")
    socket, flags, volts, ma = _LINE_STATE.unpack_from(payload)
    return LineState(socket, LineFlag(flags & 0x7F), volts, ma)


def parse_port_health(payload: bytes) -> PortHealth:
    """Raises LinkError when it is too short."""
    if len(payload) < _PORT_HEALTH.size:
        raise LinkError(f"the HAT's PORT_HEALTH has {len(payload)} bytes, not {_PORT_HEALTH.size}")
    socket, kind, state, letters, ring_hz, standard, flags, volts, ma, *counted = (
        _PORT_HEALTH.unpack_from(payload)
    )
    text = letters.decode("ascii", "replace")
    measured = (LineFlag(flags & 0x7F), volts, ma)
    return PortHealth(socket, kind != 0, state, text, ring_hz, standard, *measured, *counted)


def parse_hello_reply(payload: bytes) -> HelloReply:
    """Raises LinkError when it is too short. Longer ones are of a later minor version: accepted."""
    if len(payload) < _HELLO_REPLY.size:
        raise LinkError(f"the HAT's HELLO_REPLY has {len(payload)} bytes, not {_HELLO_REPLY.size}")
    fields = _HELLO_REPLY.unpack_from(payload)
    version, codec, major, minor, patch, fxs, fxo, off_hook, serial, nonce = fields
    readable = serial.rstrip(b"\0")
    text = readable.decode("ascii") if readable.isascii() else serial.hex()
    text = text if text.isprintable() else serial.hex()
    return HelloReply(version, f"{major}.{minor}.{patch}", fxs, fxo, off_hook, text, nonce, codec)


def parse_health(payload: bytes) -> dict[str, int]:
    """HEALTH's counters by name. Raises LinkError when it is too short."""
    if len(payload) < _HEALTH.size:
        raise LinkError(f"the HAT's HEALTH has {len(payload)} bytes, not {_HEALTH.size}")
    names = (
        "uptime_ms",
        "good_frames",
        "bad_frames",
        "lost_audio_frames",
        "playout_underruns",
        "playout_overruns",
    )
    return dict(zip(names, _HEALTH.unpack_from(payload), strict=True))
