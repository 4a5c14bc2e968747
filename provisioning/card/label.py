"""Draws a box's label as SVG: label.py CODE ADDRESS; standard input: qrencode -t ASCII -m 0."""

import sys

WIDTH_MM, HEIGHT_MM, MARGIN_MM, QR_MM = 60, 30, 3, 24
TEXT_X = MARGIN_MM + QR_MM + 3


def modules(drawn: str) -> list[list[bool]]:
    """Rows of the code, dark or not; qrencode draws each module two characters wide."""
    return [[row[i] == "#" for i in range(0, len(row), 2)] for row in drawn.splitlines() if row]


def text(y_mm: float, size_mm: float, words: str, weight: str = "normal") -> str:
    """One line of words."""
    style = f'font-family="sans-serif" font-size="{size_mm}" font-weight="{weight}"'
    return f'<text x="{TEXT_X}" y="{y_mm}" {style}>{words}</text>'


def label(rows: list[list[bool]], code: str, address: str) -> str:
    """The whole label."""
    side = QR_MM / len(rows)
    squares = "".join(
        f"M{MARGIN_MM + x * side:.3f} {MARGIN_MM + y * side:.3f}h{side:.3f}v{side:.3f}h-{side:.3f}z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    )
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm"'
            f' viewBox="0 0 {WIDTH_MM} {HEIGHT_MM}">',
            f'<rect width="{WIDTH_MM}" height="{HEIGHT_MM}" fill="#fff"/>',
            f'<path d="{squares}" fill="#000"/>',
            text(7, 4, "Counterbell", "bold"),
            text(13, 2.4, "claim code, works once"),
            text(18.5, 5, f"{code[:4]} {code[4:]}", "bold"),
            text(25, 2.2, address),
            "</svg>",
        )
    )


if __name__ == "__main__":
    print(label(modules(sys.stdin.read()), sys.argv[1], sys.argv[2]))
