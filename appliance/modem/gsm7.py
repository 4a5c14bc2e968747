"""The GSM 7-bit alphabets and their packing: 3GPP TS 23.038 6.1.2, 6.2.1 and annex A.

Default alphabet and extension; locking and single shift tables of Turkish, Spanish and Portuguese.
The other national languages are read with the default tables. A septet is a byte below 0x80.
"""

ESCAPE, CARRIAGE_RETURN = 0x1B, 0x0D
TURKISH, SPANISH, PORTUGUESE = 1, 2, 3  # 23.038 6.2.1.2.4
_DIGITS_AND_SIGNS = "()*+,-./0123456789:;<=>?"
_CAPITALS, _SMALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'"
    f"{_DIGITS_AND_SIGNS}¡{_CAPITALS}ÄÖÑÜ§¿{_SMALL}äöñüà"
)
_TURKISH = (
    "@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bŞşßÉ !\"#¤%&'"
    f"{_DIGITS_AND_SIGNS}İ{_CAPITALS}ÄÖÑÜ§ç{_SMALL}äöñüà"
)
_PORTUGUESE = (
    "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|\x1bÂâÊÉ !\"#º%&'"
    f"{_DIGITS_AND_SIGNS}Í{_CAPITALS}ÃÕÚÜ§~{_SMALL}ãõ`üà"
)
_LOCKING = {TURKISH: _TURKISH, PORTUGUESE: _PORTUGUESE}
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


def _at(codes: bytes, characters: str) -> dict[int, str]:
    return dict(zip(codes, characters, strict=True))


_SINGLE = {
    TURKISH: {**_EXTENSION, **_at(b"\x47\x49\x53\x63\x67\x69\x73", "ĞİŞçğış")},
    SPANISH: {**_EXTENSION, **_at(b"\x09AIOUaiou", "çÁÍÓÚáíóú")},
    PORTUGUESE: {
        **_EXTENSION,
        **_at(b"\x05\x09\x0b\x0c\x0e\x0f\x12\x13\x15\x16\x17\x18\x19\x1f", "êçÔôÁáΦΓΩΠΨΣΘÊ"),
        **_at(b"AIOU[\\aiou{|\x7f", "ÀÍÓÚÃÕÂíóúãõâ"),
    },
}
_CODE = {character: bytes((code,)) for code, character in enumerate(_DEFAULT)}
_CODE.update({c: bytes((ESCAPE, code)) for code, c in _EXTENSION.items()})
del _CODE["\x1b"]


def encode(text: str) -> bytes | None:
    """The septets of ``text`` in the default alphabet and its extension, None: it can't say it."""
    codes = [_CODE.get(character) for character in text]
    return None if None in codes else b"".join(code for code in codes if code is not None)


def decode(septets: bytes, locking: int = 0, single: int = 0) -> str:
    """Text of septets; ``locking``, ``single``: national languages, 0 or unknown: default.

    23.038 6.2.1.1: a code that the shift table lacks is read from the main table; a second escape,
    and one at the end, is a space.
    """
    main = _LOCKING.get(locking, _DEFAULT)
    shifted = _SINGLE.get(single, _EXTENSION)
    text, is_shifted = [], False
    for septet in septets:
        code = septet & 0x7F
        if is_shifted:
            text.append(" " if code == ESCAPE else shifted.get(code, main[code]))
            is_shifted = False
        elif code == ESCAPE:
            is_shifted = True
        else:
            text.append(main[code])
    return "".join(text) + (" " if is_shifted else "")


def pack(septets: bytes, fill_bits: int = 0) -> bytes:
    """Septets in octets, the first in the lowest bits, after ``fill_bits`` zeros (0-6)."""
    bits, count = 0, fill_bits
    for septet in septets:
        bits |= (septet & 0x7F) << count
        count += 7
    return bits.to_bytes((count + 7) // 8, "little")


def unpack(octets: bytes, count: int, fill_bits: int = 0) -> bytes:
    """The first ``count`` septets of packed octets, fewer when there are not so many."""
    bits = int.from_bytes(octets, "little") >> fill_bits
    there = max(0, (8 * len(octets) - fill_bits) // 7)
    return bytes(bits >> 7 * i & 0x7F for i in range(min(count, there)))
