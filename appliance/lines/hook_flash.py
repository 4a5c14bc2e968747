"""How long a line's hook is tapped for the exchange's R key, by country."""

LONG_MS, TIMED_BREAK_MS = 600, 100
# North America's range is 300-1000 ms; the timed break of ETSI ES 200 659 is 50-130 ms.
_LONG = frozenset({"US", "CA", "MX", "PH", "TW", "KR", "JP", "TH", "VN", "ID", "MY", "SG"})


def flash_time_ms(country: str, flash_ms: int = 0) -> int:
    """``flash_ms`` as configured; 0: the custom of ``country`` (ISO 3166)."""
    return flash_ms or (LONG_MS if country.upper() in _LONG else TIMED_BREAK_MS)
