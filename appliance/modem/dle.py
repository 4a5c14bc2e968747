"""The DLE shield of V.253 voice streams: doubling going out, samples and events coming in."""

from dataclasses import dataclass

DLE = 0x10
ETX = 0x03  # end of stream, ITU-T V.253 table 16
SUB = 0x1A  # stands for two literal DLE samples, V.253

END_TRANSMIT = bytes((DLE, ETX))
END_DUPLEX = bytes((DLE, 0x5E))  # DLE ^: leaves +VTR and +VRX on Conexant's firmware
STOP_RECEIVE = bytes((DLE, 0x21))  # DLE !: leaves +VRX
ABORT_RECEIVE = bytes((DLE, 0x1B))  # DLE ESC: Si24xx; answered with DLE ESC and OK, no end mark


def encode(samples: bytes) -> bytes:
    """Shield ``samples`` for the modem: each 0x10 becomes two."""
    return samples.replace(b"\x10", b"\x10\x10")


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one piece of a stream held: ``codes`` are the second bytes of shielded events, in order.

    ``leftover``: every byte after the end of the stream; it belongs to the AT reply parser.
    """

    samples: bytes
    codes: tuple[int, ...]
    leftover: bytes


class DleDecoder:
    """Takes a shielded stream in pieces cut anywhere, also between a DLE and its second byte."""

    def __init__(self) -> None:
        self._pending = False
        self.ended = False

    def feed(self, data: bytes) -> Decoded:
        """Decode the next piece. After the end mark all bytes are leftover."""
        samples = bytearray()
        codes: list[int] = []
        for index, byte in enumerate(data):
            if self.ended:
                return Decoded(bytes(samples), tuple(codes), data[index:])
            if not self._pending:
                if byte == DLE:
                    self._pending = True
                else:
                    samples.append(byte)
                continue
            self._pending = False
            if byte == DLE:
                samples.append(DLE)
            elif byte == SUB:
                samples += b"\x10\x10"
            elif byte == ETX:
                self.ended = True
            else:
                codes.append(byte)
        return Decoded(bytes(samples), tuple(codes), b"")
