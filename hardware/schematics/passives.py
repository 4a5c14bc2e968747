"""Rows of a parts table for the plainest parts: 1 % resistors, 100 nF capacitors, size 0805."""

R = "Resistor_SMD:R_0805_2012Metric | Yageo | RC0805FR-07"
C = "Capacitor_SMD:C_0805_2012Metric"


def resistors(text: str) -> str:
    """ "R301 220k, R302 4.7k" as rows; a value without a letter is in ohms."""
    rows = []
    for word in text.split(","):
        ref, value = word.split()
        letter = value[-1] if value[-1] in "kM" else "R"
        digits = value.rstrip("kM")
        code = digits.replace(".", letter) if "." in digits else digits + letter
        rows.append(f"{ref} | Device:R | {value} | {R}{code.replace('k', 'K')}L |")
    return "\n".join(rows)


def bypass(*refs: str) -> str:
    """100 nF each."""
    return "\n".join(f"{ref} | Device:C | 100n | {C} | Yageo | CC0805KRX7R9BB104 |" for ref in refs)
