"""The messages of the line-card link (docs/linecard-protocol.md): their payloads, both ways."""

import struct
from dataclasses import dataclass
from enum import IntEnum

from appliance.errors import LinkError

PROTOCOL = 1
CODEC_ULAW = 0x01  # bit in HELLO's codec mask
NONCE_BYTES = 4
SOCKETS = range(1, 9)  # as printed on the board

_HELLO_REPLY = struct.Struct(">8B8s4s")
_HEALTH = struct.Struct(">6I")


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
    HELLO_REPLY = 0x81
    HOOK = 0x90
    HOOK_FLASH = 0x91
    PULSE_DIGIT = 0x92
    RING_DETECTED = 0x93
    LOOP = 0x94
    HEALTH = 0x95


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
class HelloReply:
    """Who answers. ``version`` 0: it speaks none of ours. Masks: bit n-1 is socket n."""

    version: int
    firmware: str
    fxs_mask: int
    fxo_mask: int
    off_hook_mask: int
    serial: str
    nonce: bytes


def hello(nonce: bytes) -> bytes:
    """HELLO's payload: we speak one version, µ-law."""
    return bytes((PROTOCOL, PROTOCOL, CODEC_ULAW)) + nonce


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


def parse_hello_reply(payload: bytes) -> HelloReply:
    """Raises LinkError when it is too short. Longer ones are of a later minor version: accepted."""
    if len(payload) < _HELLO_REPLY.size:
        raise LinkError(f"the HAT's HELLO_REPLY has {len(payload)} bytes, not {_HELLO_REPLY.size}")
    version, _, major, minor, patch, fxs, fxo, off_hook, serial, nonce = _HELLO_REPLY.unpack_from(
        payload
    )
    readable = serial.rstrip(b"\0")
    text = readable.decode("ascii") if readable.isascii() else serial.hex()
    text = text if text.isprintable() else serial.hex()
    return HelloReply(version, f"{major}.{minor}.{patch}", fxs, fxo, off_hook, text, nonce)


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
