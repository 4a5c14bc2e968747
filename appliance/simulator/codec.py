"""The simulator's own sample codecs: G.711, linear PCM, gain, mixing, and the DLE shield.

Audio inside the simulator is µ-law bytes at 8 kHz; everything here is a table made once, so that a
10 ms frame costs a few microseconds.
"""

from collections.abc import Callable, Collection, Iterable
from functools import cache

RATE_HZ = 8000
FRAME_SAMPLES = 80  # 10 ms
SILENCE = 0xFF  # µ-law zero
SILENT_FRAME = bytes([SILENCE]) * FRAME_SAMPLES
FULL_SCALE_DBM0 = 3.17  # ITU-T G.711: the level of a full-scale µ-law sine
FULL_SCALE_PEAK = 32124

DLE = 0x10
SUB = 0x1A
ETX = 0x03


def _ulaw_to_linear(code: int) -> int:
    """One µ-law byte as a 16-bit sample (ITU-T G.711 table 2a, scaled by 4)."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7)
    sample = magnitude - 0x84
    return -sample if code & 0x80 else sample


def _linear_to_ulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 0x84
    segment = magnitude.bit_length() - 8
    return ~(sign | segment << 4 | (magnitude >> (segment + 3)) & 0x0F) & 0xFF


def _alaw_to_linear(code: int) -> int:
    """One A-law byte as a 16-bit sample (ITU-T G.711 table 1a, scaled by 8)."""
    code ^= 0x55
    segment, step = (code >> 4) & 7, code & 0x0F
    magnitude = (step << 4) + 8 if segment == 0 else ((step << 4) + 0x108) << (segment - 1)
    return magnitude if code & 0x80 else -magnitude


def _linear_to_alaw(sample: int) -> int:
    sign = 0x80 if sample >= 0 else 0
    magnitude = min(sample if sample >= 0 else -sample - 1, 32767)
    segment = max((magnitude >> 8).bit_length(), 0)
    step = magnitude >> 4 if segment == 0 else magnitude >> (segment + 3)
    return (sign | segment << 4 | step & 0x0F) ^ 0x55


@cache
def ulaw_decode_table() -> tuple[int, ...]:
    """256 16-bit samples, by µ-law byte."""
    return tuple(_ulaw_to_linear(code) for code in range(256))


@cache
def _ulaw_encode_table() -> bytes:
    """µ-law bytes by (sample >> 2) + 8192: µ-law resolves 14 bits."""
    return bytes(_linear_to_ulaw(index * 4 - 32768) for index in range(16384))


def ulaw_encode(samples: Iterable[int]) -> bytes:
    """16-bit samples to µ-law; out of range is clipped."""
    table = _ulaw_encode_table()
    return bytes([table[(max(-32768, min(32767, s)) >> 2) + 8192] for s in samples])


def ulaw_decode(data: bytes) -> list[int]:
    """µ-law to 16-bit samples."""
    table = ulaw_decode_table()
    return [table[code] for code in data]


@cache
def gain_table(db: float) -> bytes:
    """A ``bytes.translate`` table that changes the level of µ-law audio by ``db`` dB."""
    factor = 10 ** (db / 20)
    return ulaw_encode(int(sample * factor) for sample in ulaw_decode_table())


@cache
def _mix_table() -> bytes:
    samples = ulaw_decode_table()
    return b"".join(ulaw_encode(a + b for b in samples) for a in samples)


def mix(a: bytes, b: bytes) -> bytes:
    """The sum of two µ-law frames of equal length."""
    table = _mix_table()
    return bytes([table[x << 8 | y] for x, y in zip(a, b, strict=True)])


@cache
def _power_table() -> tuple[int, ...]:
    return tuple(sample * sample for sample in ulaw_decode_table())


def mean_power(frame: bytes) -> float:
    """Mean square of µ-law audio on the 16-bit scale; 0.0 for no samples."""
    if not frame:
        return 0.0
    table = _power_table()
    return sum([table[code] for code in frame]) / len(frame)


def power_of_dbm0(level_dbm0: float) -> float:
    """The mean square of a sine of so many dBm0."""
    return (peak_of_dbm0(level_dbm0) ** 2) / 2


def peak_of_dbm0(level_dbm0: float) -> float:
    """The peak, on the 16-bit scale, of a sine of so many dBm0."""
    return float(FULL_SCALE_PEAK * 10 ** ((level_dbm0 - FULL_SCALE_DBM0) / 20))


class LineCodec:
    """How a modem's stream carries samples: one of ``ulaw alaw unsigned8 signed8 linear16``.

    Raises KeyError for another name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._tables = None if name == "linear16" else _eight_bit_tables(name)
        self._odd = b""

    def to_wire(self, ulaw: bytes) -> bytes:
        if self._tables is not None:
            return ulaw.translate(self._tables[0])
        return b"".join(s.to_bytes(2, "little", signed=True) for s in ulaw_decode(ulaw))

    def from_wire(self, wire: bytes) -> bytes:
        """µ-law of what arrived; half a 16-bit sample waits for its other half."""
        if self._tables is not None:
            return wire.translate(self._tables[1])
        wire = self._odd + wire
        whole = len(wire) & ~1
        self._odd = wire[whole:]
        view = memoryview(wire)
        return ulaw_encode(
            int.from_bytes(view[i : i + 2], "little", signed=True) for i in range(0, whole, 2)
        )


def _ulaw_tables() -> tuple[bytes, bytes]:
    return bytes(range(256)), bytes(range(256))


@cache
def _alaw_tables() -> tuple[bytes, bytes]:
    to_wire = bytes(_linear_to_alaw(sample) for sample in ulaw_decode_table())
    return to_wire, ulaw_encode(_alaw_to_linear(code) for code in range(256))


def alaw_to_ulaw(data: bytes) -> bytes:
    """A-law bytes as µ-law."""
    return data.translate(_alaw_tables()[1])


@cache
def _unsigned8_tables() -> tuple[bytes, bytes]:
    to_wire = bytes((sample >> 8) + 128 for sample in ulaw_decode_table())
    return to_wire, ulaw_encode((code - 128) << 8 for code in range(256))


@cache
def _signed8_tables() -> tuple[bytes, bytes]:
    to_wire = bytes((sample >> 8) & 0xFF for sample in ulaw_decode_table())
    return to_wire, ulaw_encode(((code ^ 0x80) - 128) << 8 for code in range(256))


def _eight_bit_tables(name: str) -> tuple[bytes, bytes]:
    makers: dict[str, Callable[[], tuple[bytes, bytes]]] = {
        "ulaw": _ulaw_tables,
        "alaw": _alaw_tables,
        "unsigned8": _unsigned8_tables,
        "signed8": _signed8_tables,
    }
    return makers[name]()


def dle_encode(data: bytes) -> bytes:
    """Shield a stream: each 0x10 is sent twice (ITU-T V.253 clause 9)."""
    return data.replace(b"\x10", b"\x10\x10")


class DleDecoder:
    """Takes the shield off a stream, across any split."""

    def __init__(self) -> None:
        self._pending = False

    def feed(self, chunk: bytes, ends: Collection[int] = ()) -> tuple[list[bytes | int], bytes]:
        """(items in order, what follows the end): ``bytes`` of data, ``int`` codes after a DLE.

        The first code in ``ends`` is the last item; the rest of the chunk comes back untouched.
        """
        items: list[bytes | int] = []
        data = bytearray()
        position = 0
        while position < len(chunk):
            if self._pending:
                self._pending = False
                code = chunk[position]
                position += 1
                self._take_code(code, data, items)
                if code in ends:
                    return items, chunk[position:]
                continue
            mark = chunk.find(b"\x10", position)
            if mark < 0:
                data += chunk[position:]
                break
            data += chunk[position:mark]
            self._pending = True
            position = mark + 1
        if data:
            items.append(bytes(data))
        return items, b""

    @staticmethod
    def _take_code(code: int, data: bytearray, items: list[bytes | int]) -> None:
        if code == DLE:
            data.append(DLE)
        elif code == SUB:
            data += b"\x10\x10"
        else:
            if data:
                items.append(bytes(data))
                data.clear()
            items.append(code)
