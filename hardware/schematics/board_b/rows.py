"""Rows of the table of parts that come many times: resistors and bypass capacitors, 0805."""

R = "Resistor_SMD:R_0805_2012Metric | Yageo | RC0805FR-07"
BIG_R = "Resistor_SMD:R_1206_3216Metric | Yageo | RC1206FR-07"
C = "Capacitor_SMD:C_0805_2012Metric"
HIGH_C = "Capacitor_SMD:C_1206_3216Metric"
Y2_C = "Capacitor_SMD:C_1808_4520Metric"


def resistors(text: str, kind: str = R) -> str:
    """ "R301 220k,R302 4.7k" as rows: 1 %."""
    rows = []
    for word in text.split(","):
        ref, value = word.split()
        unit = value[-1] if value[-1] in "kM" else ""
        digits = value.removesuffix(unit)
        letter = unit.upper() or "R"
        code = digits.replace(".", letter) if "." in digits else digits + letter
        rows.append(f"{ref} | Device:R | {value} | {kind}{code}L |")
    return "\n".join(rows)


def bypass(*refs: str) -> str:
    return "\n".join(f"{ref} | Device:C | 100n | {C} | Yageo | CC0805KRX7R9BB104 |" for ref in refs)
