"""The GSM 7 bit default alphabet with its extension table, and septets packed into octets.

The simulator's own; 3GPP TS 23.038 §6.1.2 and §6.2.1.
"""

from appliance.errors import SimulatorError

ESCAPE = 0x1B
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_TO_SEPTETS = {char: (code,) for code, char in enumerate(_BASIC) if code != ESCAPE} | {
    char: (ESCAPE, code) for code, char in _EXTENSION.items()
}


def fits(text: str) -> bool:
    """Whether every character is in the alphabet or its extension."""
    return all(char in _TO_SEPTETS for char in text)


def to_septets(text: str) -> list[int]:
    """One septet a character, two for the extension's. Raises SimulatorError for any other."""
    septets: list[int] = []
    for char in text:
        if char not in _TO_SEPTETS:
            raise SimulatorError(f"{char!r} is not in the GSM alphabet")
        septets += _TO_SEPTETS[char]
    return septets


def from_septets(septets: list[int]) -> str:
    """The text; an escape before a code that is not in the extension shows the basic character."""
    text = ""
    escaped = False
    for septet in septets:
        if escaped:
            text += _EXTENSION.get(septet, _BASIC[septet])
            escaped = False
        elif septet == ESCAPE:
            escaped = True
        else:
            text += _BASIC[septet]
    return text + (" " if escaped else "")


def pack(septets: list[int], fill_bits: int = 0) -> bytes:
    """Septets from the lowest bit up, after ``fill_bits`` zeros."""
    value = 0
    for index, septet in enumerate(septets):
        value |= septet << (fill_bits + 7 * index)
    return value.to_bytes((fill_bits + 7 * len(septets) + 7) // 8, "little")


def unpack(data: bytes, count: int, fill_bits: int = 0) -> list[int]:
    """``count`` septets after ``fill_bits``. Raises SimulatorError when the data are too short."""
    if fill_bits + 7 * count > 8 * len(data):
        raise SimulatorError(f"{len(data)} octets hold no {count} septets")
    value = int.from_bytes(data, "little") >> fill_bits
    return [value >> (7 * index) & 0x7F for index in range(count)]
