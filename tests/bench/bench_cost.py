"""The cost of one bridged, recorded call with every detector on both sides."""

import re
import subprocess

from tests.cost import INSTRUCTIONS_LIMIT, SHARE_LIMIT, bench_audio, instructions_per_20_ms

TARGET_US = 15.0
ROUNDS = 7


def microseconds(calls: int) -> float:
    """For each 20 ms and call, socket calls included: the least of several rounds."""
    found = []
    for _ in range(ROUNDS):
        command = [bench_audio(), str(calls), "2000"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        match = re.search(r"([\d.]+) us of CPU", told)
        assert match is not None, told
        found.append(float(match[1]))
    return min(found)


def rows() -> list[tuple[str, str, str]]:
    """(figure, measured, bar)."""
    alone, among_eight = instructions_per_20_ms(1), instructions_per_20_ms(8)
    return [
        ("instructions per 20 ms", f"{alone:,.0f}", f"<= {INSTRUCTIONS_LIMIT:,}"),
        (
            "each of 8 calls",
            f"{among_eight:,.0f} ({among_eight / alone:.2f} of one alone)",
            f"<= {SHARE_LIMIT}",
        ),
        ("time per 20 ms, one call", f"{microseconds(1):.1f} µs", f"<= {TARGET_US} µs"),
        ("time per 20 ms, each of 8", f"{microseconds(8):.1f} µs", f"<= {TARGET_US} µs"),
    ]
