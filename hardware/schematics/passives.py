"""Rows of a parts table for the plainest parts: 1 % resistors and 100 nF capacitors; footprints."""

R = "Resistor_SMD:R_0805_2012Metric | Yageo | RC0805FR-07"
BIG_R = "Resistor_SMD:R_1206_3216Metric | Yageo | RC1206FR-07"
C = "Capacitor_SMD:C_0805_2012Metric"
HIGH_C = "Capacitor_SMD:C_1206_3216Metric"
Y2_C = "Capacitor_SMD:C_1808_4520Metric"


def resistors(text: str, kind: str = R) -> str:
    """ "R301 220k, R302 4.7k" as rows; a value without a letter is in ohms."""
    rows = []
    for word in text.split(","):
        ref, value = word.split()
        letter = value[-1] if value[-1] in "kM" else "R"
        digits = value.rstrip("kM")
        code = digits.replace(".", letter) if "." in digits else digits + letter
        rows.append(f"{ref} | Device:R | {value} | {kind}{code.replace('k', 'K')}L |")
    return "\n".join(rows)


def bypass(*refs: str) -> str:
    """100 nF each."""
    return "\n".join(f"{ref} | Device:C | 100n | {C} | Yageo | CC0805KRX7R9BB104 |" for ref in refs)
