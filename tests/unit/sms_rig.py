"""An encoder of short messages written on its own, by strings of bits: the oracle of the tests."""

from datetime import UTC, datetime, timedelta

DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = dict(zip("\f^{}\\[~]|€", [10, 20, 40, 41, 47, 60, 61, 62, 64, 101], strict=True))


def codes(text):
    out = []
    for c in text:
        out += [27, EXTENSION[c]] if c in EXTENSION else [DEFAULT.index(c)]
    return out


def packed(septets, fill=0):
    bits = "".join(f"{s:07b}"[::-1] for s in septets)
    bits = "0" * fill + bits
    bits += "0" * (-len(bits) % 8)
    return "".join(f"{int(bits[i : i + 8][::-1], 2):02X}" for i in range(0, len(bits), 8))


def swapped(digits):
    digits += "F" * (len(digits) % 2)
    return "".join(digits[i + 1] + digits[i] for i in range(0, len(digits), 2))


def address(number):
    if number.startswith("+"):
        return f"{len(number) - 1:02X}91{swapped(number[1:])}"
    if number.isdecimal():
        return f"{len(number):02X}81{swapped(number)}"
    body = packed(codes(number))
    return f"{(len(codes(number)) * 7 + 3) // 4:02X}D0{body}"


def stamp(utc, quarters=32):
    local = datetime.fromtimestamp(utc, UTC) + timedelta(minutes=15 * quarters)
    zone = swapped(f"{abs(quarters):02d}")
    if quarters < 0:
        zone = f"{int(zone, 16) | 8:02X}"
    return swapped(local.strftime("%y%m%d%H%M%S")) + zone


def user_data(text, udh=""):
    """(coding scheme, length and data) of a text and a header given in hex without its length."""
    head = f"{len(udh) // 2:02X}{udh}" if udh else ""
    if all(c in DEFAULT or c in EXTENSION for c in text) and "\x1b" not in text:
        septets, octets = codes(text), len(head) // 2
        skipped = (octets * 8 + 6) // 7
        return (
            "00",
            f"{skipped + len(septets):02X}{head}{packed(septets, skipped * 7 - octets * 8)}",
        )
    body = text.encode("utf-16-be").hex().upper()
    return "08", f"{(len(head) + len(body)) // 2:02X}{head}{body}"


def deliver(number, text, utc=1_790_000_000, udh="", quarters=32, scheme=None, ud=None):
    """(PDU in hex with a service centre, octets of its TPDU)."""
    coding, data = user_data(text, udh)
    first = "44" if udh else "04"
    tpdu = first + address(number) + "00" + (scheme or coding) + stamp(utc, quarters) + (ud or data)
    return "07913689010000F0" + tpdu, len(tpdu) // 2


def report(number, reference, status, utc=1_790_000_000):
    tpdu = f"06{reference:02X}{address(number)}{stamp(utc)}{stamp(utc + 5)}{status:02X}"
    return "07913689010000F0" + tpdu, len(tpdu) // 2


def part(number, total, reference=7, bits=8):
    if bits == 16:
        return f"0804{reference:04X}{total:02X}{number:02X}"
    return f"0003{reference:02X}{total:02X}{number:02X}"
